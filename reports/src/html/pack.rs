use super::document::{SampleDocument, TextLimits};
use super::pool::{KnownTexts, Pool, TextReference};
use crate::{ReportError, SampleView};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Serialize;
use std::io::Write;

/// Attempts and bytes after which a chunk is closed.
const CHUNK_ATTEMPTS: usize = 128;
const CHUNK_BYTES: usize = 3 << 20;

/// How much of the texts a page holds, tried in this order until they fit.
const LIMITS: [TextLimits; 3] = [
    TextLimits { prompt: 256 << 10, text: 64 << 10 },
    TextLimits { prompt: 64 << 10, text: 8 << 10 },
    TextLimits { prompt: 12 << 10, text: 2 << 10 },
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

/// Packs the documents of attempts as they come, within a budget that is spread evenly over all of them.
pub(super) struct Packer {
    budget: usize,
    /// Attempts that are still to come, each counted with its weight.
    to_come: f64,
    known: KnownTexts,
    waiting: Vec<(u32, SampleView)>,
    waiting_bytes: usize,
    waiting_weight: f64,
    run: usize,
    /// The first of [`LIMITS`] that is tried: what fitted last.
    tier: usize,
    /// What is finished.
    pub chunks: Vec<Chunk>,
    /// What was left out.
    pub left_out: LeftOut,
}

impl Packer {
    /// A packer of `expected` attempts (counted with their weights) into `budget` bytes.
    pub(super) fn new(budget: usize, expected: f64) -> Self {
        Self {
            budget,
            to_come: expected,
            known: KnownTexts::default(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            waiting_weight: 0.0,
            run: 0,
            tier: 0,
            chunks: Vec::new(),
            left_out: LeftOut::default(),
        }
    }

    /// Adds an attempt: row `row` of run `run`. One of weight 2 may take twice as much room.
    pub(super) fn add(&mut self, run: usize, row: u32, view: &SampleView, weight: f64) -> Result<(), ReportError> {
        if run != self.run {
            self.flush()?;
            self.run = run;
        }
        self.waiting_bytes += size(view);
        self.waiting_weight += weight;
        self.waiting.push((row, view.clone()));
        if self.waiting.len() >= CHUNK_ATTEMPTS || self.waiting_bytes >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Closes the chunk.
    pub(super) fn flush(&mut self) -> Result<(), ReportError> {
        let waiting = std::mem::take(&mut self.waiting);
        let weight = std::mem::take(&mut self.waiting_weight);
        self.waiting_bytes = 0;
        if waiting.is_empty() {
            return Ok(());
        }
        let share = (weight / self.to_come.max(weight)).min(1.0);
        let allowance = (self.budget as f64 * share) as usize;
        self.to_come -= weight;
        let everything: Vec<&(u32, SampleView)> = waiting.iter().collect();
        let mut smallest = 0;
        for (tier, limits) in LIMITS.into_iter().enumerate().skip(self.tier) {
            smallest = self.pack(&everything, limits, allowance)?;
            if smallest <= allowance {
                // More may fit again where there is room to spare.
                self.tier = if smallest * 2 < allowance { tier.saturating_sub(1) } else { tier };
                return Ok(());
            }
            self.tier = tier;
        }
        // What is kept is chosen by the sample, so that the same samples can be read of every run.
        let kept_share = allowance as f64 / smallest.max(1) as f64;
        let keep = |view: &SampleView| f64::from(fraction(&view.sample.id)) / f64::from(u32::MAX) < kept_share;
        let kept: Vec<&(u32, SampleView)> = waiting.iter().filter(|(_, view)| keep(view)).collect();
        self.left_out.attempts += waiting.len() - kept.len();
        if !kept.is_empty() {
            self.pack(&kept, LIMITS[LIMITS.len() - 1], self.budget)?;
        }
        Ok(())
    }

    /// Packs and says how large it is; what is within `allowance` is taken.
    fn pack(&mut self, attempts: &[&(u32, SampleView)], limits: TextLimits, allowance: usize) -> Result<usize, ReportError> {
        let mut pool = Pool::new(&self.known);
        let mut cut = 0;
        let mut documents = Vec::with_capacity(attempts.len());
        for (_, view) in attempts {
            pool.next_document();
            let document = SampleDocument::of(view, limits);
            cut += usize::from(document.is_cut());
            documents.push(document.map(&mut |text, kind| pool.put(text, kind)));
        }
        let json = ChunkJson { texts: pool.texts(), documents };
        let data = packed(&json, Compression::new(6))?;
        let bytes = data.len();
        if bytes <= allowance {
            let here = pool.into_places();
            self.known.extend(self.chunks.len() as u32, here);
            self.chunks.push(Chunk { run: self.run, rows: attempts.iter().map(|(row, _)| *row).collect(), data });
            self.budget = self.budget.saturating_sub(bytes);
            self.left_out.cut += cut;
        }
        Ok(bytes)
    }
}

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

/// A number that depends on the text alone, evenly spread.
fn fraction(text: &str) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in text.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    // The last multiplication leaves the upper bits poorly mixed for short texts.
    hash ^= hash >> 15;
    hash.wrapping_mul(0x2c1b_3c6d) ^ (hash >> 12)
}
