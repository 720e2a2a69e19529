//! Worker threads: each runs whole sequences, several in one batch, on one core.
//!
//! Sequences are spread over cores. A worker without one helps another with the arithmetic of its steps, so that a
//! single question, or the beginning that all others wait for, has every core to itself.

use super::cache::BlockShape;
use super::decoder::Decoder;
use super::network::Row;
use super::queue::{Capacity, Queue, Round};
use super::scoring::most_scored;
use super::sequence::{Job, Sequence};
use super::team::Team;
use super::tokenizer::ModelTokenizer;
use super::{failure, lock};
use proctor_core::ModelError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

/// Most threads that work on one step.
const LARGEST_TEAM: usize = 8;

type Loaded = Result<Box<dyn Decoder>, ModelError>;
type Load = Box<dyn Fn() -> Loaded + Send + Sync>;

/// A worker, as the others see it.
#[derive(Default)]
struct Leader {
    team: Team,
    /// It has sequences in work.
    busy: AtomicBool,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Counts what may let a waiting job in.
    changes: AtomicU64,
    leaders: Vec<Leader>,
    network: OnceLock<Loaded>,
    load: Load,
    tokenizer: Arc<ModelTokenizer>,
}

impl Shared {
    /// Changes the queue so that waiting jobs may be let in now.
    fn change<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let mut queue = lock(&self.queue);
        let result = change(&mut queue);
        self.changes.fetch_add(1, Ordering::Relaxed);
        drop(queue);
        self.wake.notify_all();
        result
    }
}

/// The workers of one model. They start, and the weights are read, with the first job; dropping this ends them.
pub(super) struct Workers {
    shared: Arc<Shared>,
}

impl Workers {
    pub fn new(load: Load, tokenizer: Arc<ModelTokenizer>, capacity: Capacity, shape: BlockShape) -> Self {
        let shared = Shared {
            queue: Mutex::new(Queue::new(capacity, shape)),
            wake: Condvar::new(),
            changes: AtomicU64::new(0),
            leaders: (0..capacity.workers).map(|_| Leader::default()).collect(),
            network: OnceLock::new(),
            load,
            tokenizer,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Queues jobs. The first ones start the threads.
    pub fn submit(&self, jobs: impl IntoIterator<Item = Job>) -> Result<(), ModelError> {
        self.shared.change(|queue| {
            if !queue.started {
                for number in 0..self.shared.leaders.len() {
                    let shared = Arc::clone(&self.shared);
                    std::thread::Builder::new()
                        .name(format!("model-{number}"))
                        .spawn(move || work(&shared, number))
                        .map_err(|e| failure(format!("a worker thread for the local model cannot be started: {e}")))?;
                    queue.started = true;
                }
            }
            jobs.into_iter().for_each(|job| queue.push(job));
            Ok(())
        })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shared.change(|queue| {
            queue.closed = true;
            queue.clear();
        });
    }
}

/// A sequence in a worker's batch.
struct Member {
    sequence: Sequence,
    number: u64,
    /// Blocks reserved for it alone.
    reserved: usize,
    in_prompt: bool,
}

fn work(shared: &Shared, number: usize) {
    let Some(leader) = shared.leaders.get(number) else { return };
    let mut members: Vec<Member> = Vec::new();
    while let Some(round) = admit(shared, leader, members.len()) {
        for (job, error) in round.refused {
            job.fail(error);
        }
        if members.is_empty() && round.admitted.is_empty() {
            continue;
        }
        let network = match shared.network.get_or_init(|| guarded(&shared.load)) {
            Ok(network) => network.as_ref(),
            Err(error) => {
                for admitted in round.admitted {
                    admitted.job.fail(error.clone());
                    shared.change(|queue| queue.leave(admitted.number, admitted.reserved));
                }
                continue;
            }
        };
        members.extend(round.admitted.into_iter().map(|admitted| Member {
            sequence: Sequence::new(admitted.job, admitted.cache),
            number: admitted.number,
            reserved: admitted.reserved,
            in_prompt: true,
        }));
        if !leader.busy.swap(true, Ordering::Relaxed) {
            shared.change(|_| ());
        }
        // A panic in a step is a defect of this program; the questions fail, the workers go on.
        let outcome = catch_unwind(AssertUnwindSafe(|| step(network, &shared.tokenizer, &leader.team, &mut members)))
            .unwrap_or_else(|_| Err(failure("the local model failed while answering; please report this")));
        settle(shared, &mut members, outcome);
        if members.is_empty() {
            leader.busy.store(false, Ordering::Relaxed);
        }
    }
    leader.busy.store(false, Ordering::Relaxed);
}

fn guarded(load: &Load) -> Loaded {
    catch_unwind(AssertUnwindSafe(load))
        .unwrap_or_else(|_| Err(failure("the model file is malformed: its weights cannot be read")))
}

/// What this worker should begin now. Where it has nothing to do it helps another, or waits. `None` when the workers
/// are to end.
fn admit(shared: &Shared, own: &Leader, running: usize) -> Option<Round> {
    let mut queue = lock(&shared.queue);
    loop {
        if queue.closed {
            return None;
        }
        let round = queue.admit(running);
        if running > 0 || !round.admitted.is_empty() || !round.refused.is_empty() {
            return Some(round);
        }
        let seen = shared.changes.load(Ordering::Relaxed);
        let busy = shared.leaders.iter().filter(|other| !std::ptr::eq(*other, own) && other.busy.load(Ordering::Relaxed));
        match busy.min_by_key(|other| other.team.threads()).filter(|other| other.team.threads() < LARGEST_TEAM) {
            Some(other) => {
                drop(queue);
                other.team.help(&|| shared.changes.load(Ordering::Relaxed) != seen || !other.busy.load(Ordering::Relaxed));
                queue = lock(&shared.queue);
            }
            None => queue = shared.wake.wait(queue).unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// After a step: keeps what others can use, and sends off what is done.
fn settle(shared: &Shared, members: &mut Vec<Member>, outcome: Result<(), ModelError>) {
    let failed = outcome.is_err();
    let (mut over, rest): (Vec<_>, Vec<_>) =
        std::mem::take(members).into_iter().partition(|member| failed || member.sequence.is_over());
    *members = rest;
    if over.is_empty() && !members.iter().any(|member| member.in_prompt) {
        return;
    }
    shared.change(|queue| {
        for member in members.iter_mut().filter(|member| member.in_prompt).chain(over.iter_mut().filter(|_| !failed)) {
            let (tokens, blocks) = member.sequence.complete_blocks();
            member.reserved -= queue.keep(tokens, blocks, member.reserved);
            if member.sequence.pending() <= 1 {
                member.in_prompt = false;
                queue.prompt_done(member.number);
            }
        }
    });
    for member in over {
        let (number, reserved) = (member.number, member.reserved);
        match &outcome {
            Ok(()) => member.sequence.finish(),
            Err(error) => member.sequence.fail(error.clone()),
        }
        shared.change(|queue| queue.leave(number, reserved));
    }
    if failed {
        // It may have been for want of memory: what is only kept must not stand in the way of what comes next.
        shared.change(Queue::forget_kept);
    }
}

/// One forward pass: a token of every running answer, and some of the prompts.
fn step(network: &dyn Decoder, tokenizer: &ModelTokenizer, team: &Team, members: &mut [Member]) -> Result<(), ModelError> {
    let mut budget = network.prompt_tokens_per_step();
    let mut scored = most_scored(network.vocabulary());
    let mut fed = Vec::with_capacity(members.len());
    for member in members.iter_mut() {
        let sequence = &mut member.sequence;
        let count = match sequence.pending() {
            _ if sequence.is_over() => 0,
            1 => sequence.plan(1, scored),
            _ => {
                let count = sequence.plan(budget, scored);
                budget -= count;
                count
            }
        };
        scored -= sequence.scored().min(scored);
        fed.push(count > 0);
    }
    let chosen = || fed.iter().copied();
    let mut rows: Vec<Row<'_>> =
        members.iter_mut().zip(chosen()).filter(|(_, fed)| *fed).map(|(member, _)| member.sequence.row()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let logits = network.step(team, &mut rows)?;
    let vocabulary = network.vocabulary();
    let mut rest = logits.as_slice();
    for (member, _) in members.iter_mut().zip(chosen()).filter(|(_, fed)| *fed) {
        let (own, others) = rest.split_at(member.sequence.wanted() * vocabulary);
        member.sequence.take(network.cpu(), own, vocabulary, tokenizer);
        rest = others;
    }
    Ok(())
}
