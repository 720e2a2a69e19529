use super::row::{Key, Recorded, read_row};
use flate2::read::MultiGzDecoder;
use proctor_core::{Prompt, Request, canonical_json, sha256_hex};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Most bytes of an answers file, unpacked.
const MOST_BYTES: u64 = 2 << 30;

/// SHA-256 that a `request_sha256` row refers to: of the request as canonical JSON, without its seed, since the seed
/// tells attempts at one question apart, not questions.
pub fn request_sha256(request: &Request) -> String {
    let mut bare = request.clone();
    bare.sampling.seed = None;
    let value = serde_json::to_value(&bare).unwrap_or(Value::Null);
    sha256_hex(canonical_json(&value).as_bytes())
}

/// All answers of a file, ready to be looked up.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    by_sample: HashMap<(String, u32, u32), Recorded>,
    /// By hash and epoch; an answer without epoch serves every epoch.
    by_request: HashMap<(String, Option<u32>), Recorded>,
    /// In the order of the file; the first that fits is taken.
    by_part: Vec<(String, Option<u32>, u32, Recorded)>,
    samples: HashSet<String>,
}

impl Answers {
    /// Reads a JSONL or JSON file, packed with gzip or not. The error is one sentence without the file's name.
    pub fn read(path: &Path) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
        read.map_err(|e| format!("cannot be read: {e}"))?;
        let too_large = || format!("holds more than {} GiB; split it", MOST_BYTES >> 30);
        if bytes.len() as u64 > MOST_BYTES {
            return Err(too_large());
        }
        let sha256 = sha256_hex(&bytes);
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut unpacked = Vec::new();
            let read = MultiGzDecoder::new(bytes.as_slice()).take(MOST_BYTES + 1).read_to_end(&mut unpacked);
            read.map_err(|e| format!("cannot be unpacked: {e}"))?;
            bytes = unpacked;
        }
        if bytes.len() as u64 > MOST_BYTES {
            return Err(too_large());
        }
        let text = std::str::from_utf8(&bytes).map_err(|e| format!("is not UTF-8 at byte {}", e.valid_up_to()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut answers = Answers { sha256, ..Answers::default() };
        let mut next_epoch = HashMap::new();
        if text.trim_start().starts_with('[') {
            let rows: Vec<Value> = serde_json::from_str(text).map_err(|e| format!("is not JSON: {e}"))?;
            for (position, row) in rows.iter().enumerate() {
                answers.add(row, &mut next_epoch).map_err(|e| format!("row {}: {e}", position + 1))?;
            }
        } else {
            for (position, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
                let row = serde_json::from_str(line).map_err(|e| format!("line {}: it is not JSON: {e}", position + 1))?;
                answers.add(&row, &mut next_epoch).map_err(|e| format!("line {}: {e}", position + 1))?;
            }
        }
        if answers.by_sample.is_empty() && answers.by_request.is_empty() && answers.by_part.is_empty() {
            return Err("holds no answers".to_owned());
        }
        Ok(answers)
    }

    /// Rows of one sample without `epoch` are its epochs in the order of the file.
    fn add(&mut self, row: &Value, next_epoch: &mut HashMap<(String, u32), u32>) -> Result<(), String> {
        let row = read_row(row)?;
        for recorded in row.answers {
            match &row.key {
                Key::Sample(id) => {
                    let next = next_epoch.entry((id.clone(), row.call)).or_insert(0);
                    let epoch = row.epoch.unwrap_or(*next);
                    *next = (*next).max(epoch.saturating_add(1));
                    self.samples.insert(id.clone());
                    if self.by_sample.insert((id.clone(), epoch, row.call), recorded).is_some() {
                        return Err(format!("sample `{id}` has a second answer for epoch {epoch}, call {}", row.call));
                    }
                }
                Key::Request(hash) => {
                    if self.by_request.insert((hash.clone(), row.epoch), recorded).is_some() {
                        return Err(format!("request {hash} has a second answer"));
                    }
                }
                Key::Contains(part) => self.by_part.push((part.clone(), row.epoch, row.call, recorded)),
            }
        }
        Ok(())
    }

    /// The answer to a request: the exact request first, then the sample, then what its prompt contains.
    pub fn find(&self, request: &Request) -> Option<&Recorded> {
        let label = request.label.as_ref();
        let (epoch, call) = label.map_or((0, 0), |l| (l.epoch, l.call));
        if !self.by_request.is_empty() {
            let hash = request_sha256(request);
            let exact = self.by_request.get(&(hash.clone(), Some(epoch))).or_else(|| self.by_request.get(&(hash, None)));
            if exact.is_some() {
                return exact;
            }
        }
        if let Some(found) = label.and_then(|l| self.by_sample.get(&(l.sample_id.clone(), l.epoch, l.call))) {
            return Some(found);
        }
        let holds = |part: &str| match &request.prompt {
            Prompt::Chat(messages) => messages.iter().any(|m| m.content.contains(part)),
            Prompt::Completion(text) => text.contains(part),
        };
        let fits =
            |(part, e, c, _): &&(String, Option<u32>, u32, Recorded)| e.is_none_or(|e| e == epoch) && *c == call && holds(part);
        self.by_part.iter().find(fits).map(|(.., recorded)| recorded)
    }

    /// Why `find` found nothing: half a sentence about this sample.
    pub fn why_missing(&self, request: &Request) -> String {
        let Some(label) = &request.label else {
            return "has no answer to this request, which belongs to no sample".to_owned();
        };
        let id = &label.sample_id;
        if self.samples.contains(id) {
            return format!("has answers to sample `{id}`, but none for epoch {}, call {}", label.epoch, label.call);
        }
        match self.samples.iter().min() {
            Some(example) => format!("has no answer to sample `{id}`; its ids look like `{example}`"),
            None => format!("has no answer to sample `{id}` (epoch {})", label.epoch),
        }
    }
}
