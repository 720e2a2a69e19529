use super::document::{SampleDocument, TextLimits};
use super::pool::{KnownTexts, Place, Pool, TextReference};
use crate::{ReportError, SampleView};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Serialize;
use std::collections::HashMap;
use std::io::Write;

/// Attempts and bytes after which a chunk is closed.
const CHUNK_ATTEMPTS: usize = 96;
const CHUNK_BYTES: usize = 3 << 20;

/// How much of its texts a run shows, tried in this order until all of it fits.
const LIMITS: [TextLimits; 3] = [
    TextLimits { prompt: 256 << 10, text: 64 << 10 },
    TextLimits { prompt: 64 << 10, text: 8 << 10 },
    TextLimits { prompt: 8 << 10, text: 3 << 10 },
];

/// A part of the page's data: JSON, compressed (raw deflate) and in base64.
pub(super) fn packed(value: &impl Serialize, level: Compression) -> Result<String, ReportError> {
    let mut encoder = DeflateEncoder::new(Vec::new(), level);
    encoder.write_all(&serde_json::to_vec(value)?)?;
    Ok(STANDARD.encode(encoder.finish()?))
}

/// A finished chunk of documents.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The run they belong to.
    pub run: usize,
    /// Which of its rows, in the order of the documents.
    pub rows: Vec<u32>,
    /// The documents, packed.
    pub data: String,
}

#[derive(Serialize)]
struct ChunkJson<'a> {
    texts: &'a [Vec<String>; 5],
    documents: Vec<SampleDocument<TextReference>>,
}

/// How much of the texts was left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Attempts whose texts are not in the page.
    pub attempts: usize,
    /// Attempts with a text of which only beginning and end are.
    pub cut: usize,
}

/// Packs the documents of attempts as they come, within a budget that is spread over the runs. Where a run has more than its
/// share holds, its first samples are kept, so that the same samples can be read of every run of a benchmark.
pub(super) struct Packer {
    /// Bytes that are left for documents.
    budget: usize,
    /// Attempts of each run, each counted with its weight.
    weights: Vec<f64>,
    /// Bytes that are left for this run.
    allowance: usize,
    run: Option<usize>,
    /// The limits that this run's texts have: a place in [`LIMITS`]; `None` until its first chunk.
    tier: Option<usize>,
    /// Whether nothing more of this run fits.
    full: bool,
    expected: usize,
    known: KnownTexts,
    waiting: Vec<(u32, SampleView)>,
    waiting_bytes: usize,
    /// What is finished.
    pub chunks: Vec<Chunk>,
    /// What was left out.
    pub left_out: LeftOut,
}

impl Packer {
    /// A packer into `budget` bytes; `weights` are the runs' shares of it.
    pub(super) fn new(budget: usize, weights: Vec<f64>) -> Self {
        Self {
            budget,
            weights,
            allowance: 0,
            run: None,
            tier: None,
            full: false,
            expected: 0,
            known: KnownTexts::default(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            chunks: Vec::new(),
            left_out: LeftOut::default(),
        }
    }

    /// Begins a run of so many attempts, which have what is left of the budget less `reserved` bytes in proportion to their
    /// weight among the runs to come.
    pub(super) fn begin(&mut self, run: usize, attempts: usize, reserved: usize) -> Result<(), ReportError> {
        self.flush()?;
        let to_come: f64 = self.weights.iter().skip(run).sum();
        let share = self.weights.get(run).map_or(0.0, |weight| weight / to_come.max(*weight).max(1.0));
        self.allowance = (self.budget.saturating_sub(reserved) as f64 * share) as usize;
        (self.run, self.tier, self.full, self.expected) = (Some(run), None, false, attempts);
        Ok(())
    }

    /// The run that attempts are added to.
    pub(super) fn run(&self) -> Option<usize> {
        self.run
    }

    /// Adds an attempt: row `row` of the run.
    pub(super) fn add(&mut self, row: u32, view: &SampleView) -> Result<(), ReportError> {
        if self.full {
            self.left_out.attempts += 1;
            return Ok(());
        }
        self.waiting_bytes += size(view);
        self.waiting.push((row, view.clone()));
        if self.waiting.len() >= CHUNK_ATTEMPTS || self.waiting_bytes >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Closes the chunk.
    pub(super) fn flush(&mut self) -> Result<(), ReportError> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        if waiting.is_empty() {
            return Ok(());
        }
        let mut attempts: Vec<&(u32, SampleView)> = waiting.iter().collect();
        let last = LIMITS.len() - 1;
        let first_tier = self.tier.unwrap_or(0);
        for tier in first_tier..=last {
            // The first chunk decides how much of its texts a run shows: as much as lets all of it fit.
            let needed = |bytes: usize| match self.tier {
                None => bytes as f64 / attempts.len() as f64 * self.expected.max(attempts.len()) as f64,
                Some(_) => bytes as f64,
            };
            let bytes = self.pack(&attempts, LIMITS.get(tier).copied().unwrap_or(LIMITS[0]))?;
            if needed(bytes.0.len()) <= self.allowance as f64 || (tier == last && bytes.0.len() <= self.allowance) {
                self.tier = Some(tier);
                self.take(&attempts, bytes);
                return Ok(());
            }
            if tier == last {
                self.tier = Some(tier);
                let fit = self.allowance as f64 / bytes.0.len().max(1) as f64 * attempts.len() as f64;
                let kept = (fit * 0.9) as usize;
                self.left_out.attempts += attempts.len() - kept;
                attempts.truncate(kept);
            }
        }
        self.full = true;
        if !attempts.is_empty() {
            let packed = self.pack(&attempts, LIMITS.get(last).copied().unwrap_or(LIMITS[0]))?;
            if packed.0.len() <= self.allowance {
                self.take(&attempts, packed);
            } else {
                self.left_out.attempts += attempts.len();
            }
        }
        Ok(())
    }

    /// Keeps a packed chunk.
    fn take(&mut self, attempts: &[&(u32, SampleView)], (data, places, cut): Packed) {
        self.allowance = self.allowance.saturating_sub(data.len());
        self.budget = self.budget.saturating_sub(data.len());
        self.known.extend(self.chunks.len() as u32, places);
        self.left_out.cut += cut;
        let run = self.run.unwrap_or(0);
        self.chunks.push(Chunk { run, rows: attempts.iter().map(|(row, _)| *row).collect(), data });
    }

    /// Packs attempts.
    fn pack(&self, attempts: &[&(u32, SampleView)], limits: TextLimits) -> Result<Packed, ReportError> {
        let mut pool = Pool::new(&self.known);
        let mut cut = 0;
        let mut documents = Vec::with_capacity(attempts.len());
        for (_, view) in attempts {
            pool.next_document();
            let document = SampleDocument::of(view, limits);
            cut += usize::from(document.is_cut());
            documents.push(document.map(&mut |text, kind| pool.put(text, kind)));
        }
        let data = packed(&ChunkJson { texts: pool.texts(), documents }, Compression::new(6))?;
        Ok((data, pool.into_places(), cut))
    }
}

/// A packed chunk: its data, where its texts lie, and attempts with a text that is cut.
type Packed = (String, HashMap<[u8; 16], Place>, usize);

/// About how many bytes of text an attempt has.
fn size(view: &SampleView) -> usize {
    let exchanges = view.attempt.attempt.iter().flat_map(|attempt| &attempt.exchanges);
    let texts = exchanges.map(|e| {
        let prompt: usize = match &e.request.prompt {
            proctor_core::Prompt::Completion(text) => text.len(),
            proctor_core::Prompt::Chat(messages) => messages.iter().map(|m| m.content.len()).sum(),
        };
        prompt + e.completion.text.len() + e.completion.reasoning.as_ref().map_or(0, String::len)
    });
    texts.sum::<usize>() + 1024
}
