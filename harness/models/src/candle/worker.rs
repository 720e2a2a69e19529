//! Worker threads: each runs whole sequences, several in one batch, on one core.
//!
//! Sequences are spread over cores, not the arithmetic of one: a barrier inside a matrix product waits for whichever
//! core another process is using.

use super::generation::{Bounds, Generation};
use super::network::{Network, Row};
use super::sampler::Sampler;
use super::tokenizer::ModelTokenizer;
use super::{failure, lock};
use proctor_core::{Finish, ModelError};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use tokio::sync::oneshot;

/// Prompt tokens one worker takes into one step, so that running answers are not held up for long.
const PROMPT_TOKENS_PER_STEP: usize = 256;

/// One question for the workers.
pub(super) struct Job {
    pub prompt: Vec<u32>,
    pub sampler: Sampler,
    pub bounds: Bounds,
    /// Where the answer goes; when the other end is dropped, the work is given up.
    pub reply: oneshot::Sender<Result<Answer, ModelError>>,
}

impl Job {
    /// Most tokens the sequence can come to.
    fn most_tokens(&self) -> usize {
        (self.prompt.len() + self.bounds.new_tokens).min(self.bounds.context)
    }
}

/// A finished answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub text: String,
    pub finish: Finish,
    pub prompt_tokens: usize,
    pub new_tokens: usize,
}

/// How much the workers take on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Capacity {
    /// Worker threads.
    pub workers: usize,
    /// Sequences in a worker's batch.
    pub batch: usize,
    /// Bytes of keys and values of all sequences together; one sequence is always let in.
    pub cache_bytes: usize,
    /// Bytes of these for one token.
    pub bytes_per_token: usize,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    /// Sequences in work.
    active: usize,
    /// Bytes of cache they may come to.
    reserved: usize,
    closed: bool,
    started: bool,
}

type Load = Box<dyn Fn() -> Result<Network, ModelError> + Send + Sync>;

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    network: OnceLock<Result<Network, ModelError>>,
    load: Load,
    tokenizer: Arc<ModelTokenizer>,
    capacity: Capacity,
}

/// The workers of one model. They start, and the weights are read, with the first job; dropping this ends them.
pub(super) struct Workers {
    shared: Arc<Shared>,
}

impl Workers {
    pub fn new(load: Load, tokenizer: Arc<ModelTokenizer>, capacity: Capacity) -> Self {
        let queue = Mutex::new(Queue::default());
        let shared = Shared { queue, wake: Condvar::new(), network: OnceLock::new(), load, tokenizer, capacity };
        Self { shared: Arc::new(shared) }
    }

    /// Queues a job. The first one starts the threads.
    pub fn submit(&self, job: Job) -> Result<(), ModelError> {
        let mut queue = lock(&self.shared.queue);
        if !queue.started {
            for number in 0..self.shared.capacity.workers {
                let shared = Arc::clone(&self.shared);
                std::thread::Builder::new()
                    .name(format!("model-{number}"))
                    .spawn(move || work(&shared))
                    .map_err(|e| failure(format!("a worker thread for the local model cannot be started: {e}")))?;
                queue.started = true;
            }
        }
        queue.waiting.push_back(job);
        drop(queue);
        self.shared.wake.notify_all();
        Ok(())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let mut queue = lock(&self.shared.queue);
        queue.closed = true;
        queue.waiting.clear();
        drop(queue);
        self.shared.wake.notify_all();
    }
}

/// A sequence in a worker's batch.
struct Running {
    generation: Generation,
    reply: oneshot::Sender<Result<Answer, ModelError>>,
    reserved: usize,
}

fn work(shared: &Shared) {
    let mut running: Vec<Running> = Vec::new();
    loop {
        let Some(jobs) = admit(shared, running.len()) else { return };
        let network = match shared.network.get_or_init(|| guarded(&shared.load)) {
            Ok(network) => network,
            Err(error) => {
                release(shared, jobs.iter().map(|(_, reserved)| *reserved));
                for (job, _) in jobs {
                    let _ = job.reply.send(Err(error.clone()));
                }
                continue;
            }
        };
        for (job, reserved) in jobs {
            let generation = Generation::new(job.prompt, network.new_cache(), job.sampler, job.bounds);
            running.push(Running { generation, reply: job.reply, reserved });
        }
        // A panic in a step is a defect of this program; the questions fail, the workers go on.
        let step = std::panic::AssertUnwindSafe(|| step(network, &shared.tokenizer, &mut running));
        let broken = std::panic::catch_unwind(step).is_err();
        let (done, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut running)
            .into_iter()
            .partition(|r| broken || r.generation.finish().is_some() || r.reply.is_closed());
        running = rest;
        release(shared, done.iter().map(|r| r.reserved));
        for finished in done {
            let generation = &finished.generation;
            let answer = match generation.finish() {
                Some(finish) if !broken => Ok(Answer {
                    text: generation.text(),
                    finish: finish.clone(),
                    prompt_tokens: generation.prompt_tokens(),
                    new_tokens: generation.new_tokens(),
                }),
                _ => Err(failure("the local model failed while answering; please report this")),
            };
            let _ = finished.reply.send(answer);
        }
    }
}

fn guarded(load: &Load) -> Result<Network, ModelError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(load))
        .unwrap_or_else(|_| Err(failure("the model file is malformed: its weights cannot be read")))
}

/// Jobs this worker should take now, with the cache bytes reserved for each; waits where it has nothing to do.
/// `None` when the workers are to end.
fn admit(shared: &Shared, running: usize) -> Option<Vec<(Job, usize)>> {
    let mut queue = lock(&shared.queue);
    loop {
        if queue.closed {
            return None;
        }
        queue.waiting.retain(|job| !job.reply.is_closed());
        if running > 0 || !queue.waiting.is_empty() {
            break;
        }
        queue = shared.wake.wait(queue).unwrap_or_else(std::sync::PoisonError::into_inner);
    }
    let share = (queue.active + queue.waiting.len()).div_ceil(shared.capacity.workers);
    let mut jobs = Vec::new();
    while running + jobs.len() < share.min(shared.capacity.batch) {
        let Some(job) = queue.waiting.pop_front() else { break };
        let bytes = job.most_tokens().saturating_mul(shared.capacity.bytes_per_token);
        if queue.active > 0 && queue.reserved.saturating_add(bytes) > shared.capacity.cache_bytes {
            queue.waiting.push_front(job);
            break;
        }
        queue.active += 1;
        queue.reserved += bytes;
        jobs.push((job, bytes));
    }
    Some(jobs)
}

fn release(shared: &Shared, reserved: impl Iterator<Item = usize>) {
    let mut queue = lock(&shared.queue);
    for bytes in reserved {
        queue.active -= 1;
        queue.reserved -= bytes;
    }
    drop(queue);
    shared.wake.notify_all();
}

/// One forward pass: a token of every running answer, and some of the prompts.
fn step(network: &Network, tokenizer: &ModelTokenizer, running: &mut [Running]) {
    let mut budget = PROMPT_TOKENS_PER_STEP;
    let mut counts = Vec::with_capacity(running.len());
    for sequence in running.iter() {
        let pending = sequence.generation.pending();
        let live = sequence.generation.finish().is_none() && !sequence.reply.is_closed();
        let count = match pending {
            _ if !live => 0,
            1 => 1,
            _ => pending.min(budget),
        };
        if pending > 1 {
            budget -= count;
        }
        counts.push((count, count == pending && count > 0));
    }
    let mut rows: Vec<Row<'_>> = Vec::with_capacity(running.len());
    for (sequence, (count, complete)) in running.iter_mut().zip(&counts) {
        if *count > 0 {
            let (cache, tokens) = sequence.generation.feed(*count);
            rows.push(Row { cache, tokens, logits: usize::from(*complete) });
        }
    }
    if rows.is_empty() {
        return;
    }
    let logits = network.forward(&mut rows);
    let mut logits = logits.chunks_exact(network.vocabulary());
    for (sequence, (_, complete)) in running.iter_mut().zip(&counts) {
        if *complete && let Some(logits) = logits.next() {
            sequence.generation.advance(logits, tokenizer);
        }
    }
}
