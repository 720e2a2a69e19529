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

/// Bytes that kept beginnings may take at most, and of all the memory for keys and values at most half.
const MOST_KEPT: usize = 1 << 30;

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
    /// Blocks that may be kept for others while no sequence uses them.
    kept: usize,
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
            kept: (capacity.cache_bytes / 2).min(MOST_KEPT) / shape.bytes().max(1),
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
        // What running sequences use goes beyond that where it must.
        while self.prefixes.len() > self.kept && self.prefixes.evict() {}
        added
    }

    /// Gives up every beginning that no sequence uses.
    pub fn forget_kept(&mut self) {
        while self.prefixes.evict() {}
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

#[cfg(test)]
mod tests {
    use super::super::cache::{CacheMode, Heads};
    use super::super::sequence::Task;
    use super::*;
    use proctor_core::Likelihood;
    use tokio::sync::oneshot::{Receiver, channel};

    type Waits = Receiver<Result<Likelihood, ModelError>>;

    const SHAPE: BlockShape = BlockShape { layers: 1, heads: Heads { queries: 1, keys: 1, width: 16 }, mode: CacheMode::Half };

    fn queue(blocks: usize) -> Queue {
        Queue::new(Capacity { workers: 1, batch: 8, cache_bytes: blocks * SHAPE.bytes(), share_prefixes: true }, SHAPE)
    }

    /// A job whose tokens are `common` equal ones and then `own` that are its own.
    fn job(common: usize, own: usize, name: u32) -> (Job, Waits) {
        let (reply, waits) = channel();
        let tokens: Vec<u32> = (0..common as u32).chain((0..own as u32).map(|i| 1000 * (name + 1) + i)).collect();
        let start = tokens.len() - 1;
        (Job { tokens, task: Task::Score { start, reply } }, waits)
    }

    fn blocks(tokens: &[u32]) -> Vec<Arc<CacheBlock>> {
        tokens.chunks_exact(POSITIONS).map(|_| Arc::new(CacheBlock::Full(Vec::new()))).collect()
    }

    #[test]
    fn a_common_beginning_is_waited_for_once() {
        let mut queue = queue(1000);
        let mut waits = Vec::new();
        for name in 0..3 {
            let (job, wait) = job(320, 40, name);
            queue.push(job);
            waits.push(wait);
        }
        let round = queue.admit(0);
        assert_eq!(round.admitted.len(), 1, "the others wait for the first");
        assert!(queue.admit(1).admitted.is_empty());
        let first = &round.admitted[0];
        let tokens = &first.job.tokens[..320];
        assert_eq!(queue.keep(tokens, &blocks(tokens), first.reserved), 10);
        let round = queue.admit(1);
        assert_eq!(round.admitted.len(), 2);
        assert!(round.admitted.iter().all(|admitted| admitted.cache.length() == 320 && admitted.reserved == 2));
    }

    #[test]
    fn memory_is_never_promised_twice() {
        let mut queue = queue(10);
        let mut waits = Vec::new();
        for (own, name) in [(96, 1), (128, 2), (160, 3), (400, 4)] {
            let (job, wait) = job(0, own, name);
            queue.push(job);
            waits.push(wait);
        }
        let round = queue.admit(0);
        // The largest can never fit; five and four blocks do; three do not any more.
        assert_eq!(round.refused.len(), 1);
        assert_eq!(round.admitted.iter().map(|a| a.reserved).collect::<Vec<_>>(), [5, 4]);
        assert!(queue.admit(2).admitted.is_empty());
        queue.leave(round.admitted[0].number, round.admitted[0].reserved);
        assert_eq!(queue.admit(1).admitted.len(), 1);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut queue = queue(40);
        for name in 0..30 {
            let (job, _wait) = job(0, 161, name);
            queue.push(job);
            let round = queue.admit(0);
            let [admitted] = &round.admitted[..] else { panic!("one job at a time") };
            let tokens = &admitted.job.tokens[..160];
            let added = queue.keep(tokens, &blocks(tokens), admitted.reserved);
            queue.leave(admitted.number, admitted.reserved - added);
            assert!(queue.prefixes.len() <= 20, "{}", queue.prefixes.len());
        }
        assert_eq!((queue.active, queue.reserved), (0, 0));
    }
}
