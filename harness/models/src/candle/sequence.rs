//! A sequence in a worker's batch: tokens, their keys and values, and what is made of the logits.

use super::cache::{CacheBlock, POSITIONS, SequenceCache};
use super::cpu::Cpu;
use super::failure;
use super::generation::{Bounds, Generation};
use super::network::Row;
use super::sampler::Sampler;
use super::scoring::Scoring;
use super::tokenizer::ModelTokenizer;
use proctor_core::{Finish, Likelihood, ModelError, TokenLogprob};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A finished answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub text: String,
    pub finish: Finish,
    pub prompt_tokens: usize,
    /// Of these, how many were not computed because another prompt began alike.
    pub cached_tokens: usize,
    pub new_tokens: usize,
    pub logprobs: Option<Vec<TokenLogprob>>,
}

/// Where a result goes; when the other end is dropped, the work is given up.
type Reply<T> = oneshot::Sender<Result<T, ModelError>>;

/// What is wanted of a sequence.
pub(super) enum Task {
    /// An answer to all of the tokens.
    Answer { sampler: Box<Sampler>, bounds: Bounds, reply: Reply<Answer> },
    /// How probable the tokens from `start` on are; `start` is at least 1.
    Score { start: usize, reply: Reply<Likelihood> },
}

/// One question for the workers.
pub(super) struct Job {
    pub tokens: Vec<u32>,
    pub task: Task,
}

impl Job {
    /// Most tokens whose keys and values the sequence can come to need.
    pub fn most_tokens(&self) -> usize {
        match &self.task {
            Task::Answer { bounds, .. } => (self.tokens.len() + bounds.new_tokens).min(bounds.context),
            Task::Score { .. } => self.tokens.len(),
        }
    }

    /// Tokens that may come from the cache: those whose logits nobody wants.
    pub fn silent_tokens(&self) -> &[u32] {
        let silent = match &self.task {
            Task::Answer { .. } => self.tokens.len(),
            Task::Score { start, .. } => *start,
        };
        &self.tokens[..silent.min(self.tokens.len()).saturating_sub(1)]
    }

    /// Whether nobody waits for the result any more.
    pub fn is_given_up(&self) -> bool {
        match &self.task {
            Task::Answer { reply, .. } => reply.is_closed(),
            Task::Score { reply, .. } => reply.is_closed(),
        }
    }

    /// Ends the job with an error.
    pub fn fail(self, error: ModelError) {
        match self.task {
            Task::Answer { reply, .. } => drop(reply.send(Err(error))),
            Task::Score { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

enum Work {
    Answer(Box<Generation>, Reply<Answer>),
    Score(Scoring, Reply<Likelihood>),
}

/// A sequence in work.
pub(super) struct Sequence {
    tokens: Vec<u32>,
    cache: SequenceCache,
    cached_tokens: usize,
    work: Work,
    /// The next step: tokens to feed, and for how many of the last of them logits are wanted.
    planned: (usize, usize),
}

impl Sequence {
    /// Begins a job on a cache that may hold its first tokens.
    pub fn new(mut job: Job, mut cache: SequenceCache) -> Self {
        let work = match job.task {
            Task::Answer { sampler, bounds, reply } => {
                Work::Answer(Box::new(Generation::new(job.tokens.len(), *sampler, bounds)), reply)
            }
            Task::Score { start, reply } => {
                if start >= job.tokens.len() {
                    // Nothing to score, so nothing to compute, and nothing known of it.
                    job.tokens.truncate(1);
                    cache = cache.emptied();
                }
                Work::Score(Scoring::new(start.max(1)), reply)
            }
        };
        Self { tokens: job.tokens, cached_tokens: cache.length(), cache, work, planned: (0, 0) }
    }

    /// Tokens not yet fed to the network.
    pub fn pending(&self) -> usize {
        let needed = match self.work {
            Work::Answer(..) => self.tokens.len(),
            // Nobody wants to know what comes after the last one.
            Work::Score(..) => self.tokens.len().saturating_sub(1),
        };
        needed.saturating_sub(self.cache.length())
    }

    /// Whether the result is there, or nobody waits for it any more.
    pub fn is_over(&self) -> bool {
        match &self.work {
            Work::Answer(generation, reply) => generation.finish().is_some() || reply.is_closed(),
            Work::Score(_, reply) => self.pending() == 0 || reply.is_closed(),
        }
    }

    /// Plans to feed at most `most` tokens with the next step, and to score at most `scored` of them; returns how many
    /// are fed.
    pub fn plan(&mut self, most: usize, scored: usize) -> usize {
        let pending = self.pending();
        let count = pending.min(most);
        self.planned = match &self.work {
            Work::Answer(..) => (count, usize::from(count == pending && count > 0)),
            Work::Score(scoring, _) => scoring.step(self.cache.length(), count, scored),
        };
        self.planned.0
    }

    /// The sequence's part of the planned step.
    pub fn row(&mut self) -> Row<'_> {
        let start = self.cache.length();
        let (count, logits) = self.planned;
        Row { cache: &mut self.cache, tokens: &self.tokens[start..start + count], logits }
    }

    /// Of the logits the planned step wants, how many are for scoring.
    pub fn scored(&self) -> usize {
        if matches!(self.work, Work::Score(..)) { self.planned.1 } else { 0 }
    }

    /// Logits the planned step wants.
    pub fn wanted(&self) -> usize {
        self.planned.1
    }

    /// Takes the wanted logits of a step, each `vocabulary` numbers.
    pub fn take(&mut self, cpu: Cpu, logits: &[f32], vocabulary: usize, tokenizer: &ModelTokenizer) {
        let first = self.cache.length() + 1 - self.planned.1;
        for (i, logits) in logits.chunks_exact(vocabulary).enumerate() {
            match &mut self.work {
                Work::Answer(generation, _) => generation.advance(cpu, &mut self.tokens, logits, tokenizer),
                Work::Score(scoring, _) => scoring.take(cpu, logits, self.tokens[first + i]),
            }
        }
    }

    /// The tokens whose blocks are complete, and those blocks.
    pub fn complete_blocks(&self) -> (&[u32], &[Arc<CacheBlock>]) {
        let blocks = self.cache.length() / POSITIONS;
        (&self.tokens[..blocks * POSITIONS], &self.cache.blocks()[..blocks])
    }

    /// Sends the result off.
    pub fn finish(self) {
        match self.work {
            Work::Answer(mut generation, reply) => {
                let answer = generation.finish().cloned().map(|finish| Answer {
                    text: generation.text(),
                    finish,
                    prompt_tokens: generation.prompt_tokens(),
                    cached_tokens: self.cached_tokens,
                    new_tokens: generation.new_tokens(),
                    logprobs: generation.logprobs(),
                });
                drop(reply.send(answer.ok_or_else(|| failure("the local model gave the answer up"))));
            }
            Work::Score(scoring, reply) => drop(reply.send(Ok(scoring.likelihood()))),
        }
    }

    /// Ends the sequence with an error.
    pub fn fail(self, error: ModelError) {
        match self.work {
            Work::Answer(_, reply) => drop(reply.send(Err(error))),
            Work::Score(_, reply) => drop(reply.send(Err(error))),
        }
    }
}
