//! What waits, what is in work, and who gets memory: the state the workers share, as plain data.

use super::cache::{BlockShape, CacheBlock, POSITIONS, SequenceCache};
use super::failure;
use super::prefix::{PrefixCache, common};
use super::sequence::Job;
use proctor_core::ModelError;
use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Waiting jobs that are looked at when one is chosen.
const LOOKED_AT: usize = 64;
/// How often a job may be passed over before it goes first.
const MOST_PASSES: u32 = 64;
/// Blocks another prompt in work must have in common with a job for the job to wait for them.
const WORTH_WAITING: usize = 2;

/// How much the workers take on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Capacity {
    /// Worker threads.
    pub workers: usize,
    /// Sequences in a worker's batch.
    pub batch: usize,
    /// Bytes of keys and values of all sequences together, and of the beginnings kept.
    pub cache_bytes: usize,
    /// Whether beginnings are kept.
    pub share_prefixes: bool,
}

struct Waiting {
    job: Job,
    passes: u32,
}

/// A job let in, with its memory.
pub(super) struct Admitted {
    pub number: u64,
    pub job: Job,
    pub cache: SequenceCache,
    /// Blocks reserved for it.
    pub reserved: usize,
}

/// What a round of admission comes to.
#[derive(Default)]
pub(super) struct Round {
    pub admitted: Vec<Admitted>,
    /// Jobs that no amount of waiting would let in.
    pub refused: Vec<(Job, ModelError)>,
}

/// Jobs and memory.
pub(super) struct Queue {
    capacity: Capacity,
    shape: BlockShape,
    /// Blocks that may exist at once.
    limit: usize,
    waiting: VecDeque<Waiting>,
    active: usize,
    /// Blocks promised to sequences in work, beside those of `prefixes`.
    reserved: usize,
    prefixes: PrefixCache,
    /// Prompts that are being computed.
    prompts: HashMap<u64, Vec<u32>>,
    next: u64,
    /// No job is taken any more.
    pub closed: bool,
    /// The threads run.
    pub started: bool,
}

impl Queue {
    pub fn new(capacity: Capacity, shape: BlockShape) -> Self {
        Self {
            capacity,
            shape,
            limit: (capacity.cache_bytes / shape.bytes().max(1)).max(1),
            waiting: VecDeque::new(),
            active: 0,
            reserved: 0,
            prefixes: PrefixCache::default(),
            prompts: HashMap::new(),
            next: 0,
            closed: false,
            started: false,
        }
    }

    pub fn push(&mut self, job: Job) {
        self.waiting.push_back(Waiting { job, passes: 0 });
    }

    /// Forgets everything that waits.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Lets jobs in for a worker with `running` sequences: the longest first, so that none of them is alone at the
    /// end; jobs whose beginning is just being computed wait for it.
    pub fn admit(&mut self, running: usize) -> Round {
        self.waiting.retain(|waiting| !waiting.job.is_given_up());
        let share = (self.active + self.waiting.len()).div_ceil(self.capacity.workers);
        let mut room = share.min(self.capacity.batch).saturating_sub(running);
        let mut round = Round::default();
        if room == 0 || self.waiting.is_empty() {
            return round;
        }
        let mut order: Vec<usize> = (0..self.waiting.len().min(LOOKED_AT)).collect();
        order.sort_by_key(|index| {
            let waiting = &self.waiting[*index];
            (waiting.passes < MOST_PASSES, Reverse(waiting.job.most_tokens()))
        });
        let mut taken = Vec::new();
        for index in order {
            if room == 0 {
                break;
            }
            match self.consider(index) {
                Verdict::Enter(cache, reserved) => {
                    taken.push((index, Ok((cache, reserved))));
                    room -= 1;
                }
                Verdict::Refuse(error) => taken.push((index, Err(error))),
                Verdict::WaitForPrefix => {}
                // Nothing else goes before a job that waits for memory, or it might wait for ever.
                Verdict::WaitForMemory => break,
            }
        }
        taken.sort_by_key(|(index, _)| Reverse(*index));
        for (index, outcome) in taken {
            let Some(Waiting { job, .. }) = self.waiting.remove(index) else { continue };
            match outcome {
                Ok((cache, (number, reserved))) => round.admitted.push(Admitted { number, job, cache, reserved }),
                Err(error) => round.refused.push((job, error)),
            }
        }
        for waiting in self.waiting.iter_mut().take(LOOKED_AT) {
            waiting.passes += 1;
        }
        round
    }

    fn consider(&mut self, index: usize) -> Verdict {
        let job = &self.waiting[index].job;
        let needed = job.most_tokens().div_ceil(POSITIONS);
        if needed > self.limit {
            return Verdict::Refuse(failure(format!(
                "a question of {} tokens with its answer needs {} MiB for keys and values, more than the {} MiB of \
                 -M cache_mib; raise that or lower --max-tokens",
                job.most_tokens(),
                (needed * self.shape.bytes()).div_ceil(1 << 20),
                self.capacity.cache_bytes >> 20
            )));
        }
        let silent = job.silent_tokens();
        let (mut blocks, mut known) = if self.capacity.share_prefixes { self.prefixes.find(silent) } else { (Vec::new(), 0) };
        let computed_now = self.prompts.values().map(|prompt| common(prompt, silent) / POSITIONS).max().unwrap_or(0);
        if self.capacity.share_prefixes && computed_now >= known / POSITIONS + WORTH_WAITING {
            return Verdict::WaitForPrefix;
        }
        while self.reserved + self.prefixes.len() + needed - known / POSITIONS > self.limit {
            if self.prefixes.evict() {
                continue;
            }
            if self.active > 0 || blocks.is_empty() {
                return Verdict::WaitForMemory;
            }
            // Nothing else is left: the beginning itself is in the way.
            (blocks, known) = (Vec::new(), 0);
        }
        let reserved = needed - known / POSITIONS;
        let number = self.next;
        self.next += 1;
        let prompt = silent.to_vec();
        if prompt.len() >= known + WORTH_WAITING * POSITIONS {
            self.prompts.insert(number, prompt);
        }
        self.active += 1;
        self.reserved += reserved;
        Verdict::Enter(SequenceCache::begin(self.shape, blocks, known), (number, reserved))
    }

    /// Keeps a sequence's complete blocks for others; returns how many of its reserved blocks are no longer its own.
    pub fn keep(&mut self, tokens: &[u32], blocks: &[Arc<CacheBlock>], reserved: usize) -> usize {
        if !self.capacity.share_prefixes {
            return 0;
        }
        let unknown = tokens.len() / POSITIONS - self.prefixes.known(tokens);
        if unknown > reserved {
            return 0;
        }
        let added = self.prefixes.add(tokens, blocks);
        self.reserved -= added;
        added
    }

    /// A prompt is computed, or given up.
    pub fn prompt_done(&mut self, number: u64) {
        self.prompts.remove(&number);
    }

    /// A sequence ended, with so many reserved blocks.
    pub fn leave(&mut self, number: u64, reserved: usize) {
        self.prompts.remove(&number);
        self.active -= 1;
        self.reserved -= reserved;
    }
}

enum Verdict {
    Enter(SequenceCache, (u64, usize)),
    WaitForPrefix,
    WaitForMemory,
    Refuse(ModelError),
}
