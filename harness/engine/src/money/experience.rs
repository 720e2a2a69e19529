use super::tokens::counted_or_estimated;
use crate::EngineError;
use proctor_core::{Attempt, AttemptKey, Model, RunPlan};
use proctor_store::Store;

/// Earlier attempts that are looked at, and runs they are taken from, at most.
const ATTEMPTS: usize = 60;
const RUNS: usize = 3;

/// How the length of answers is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Experience {
    /// From answers of this model to this benchmark in the store.
    Own,
    /// From answers of other models to this benchmark in the store.
    Others,
    /// A quarter of the most new tokens.
    Assumed,
}

/// What earlier attempts at a benchmark tell of those to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Tokens that the model answers in one attempt, in the mean.
    pub answer_tokens: f64,
    /// Seconds it is waited for in one attempt, in the mean.
    pub latency_s: f64,
    /// Whose attempts they were.
    pub experience: Experience,
    /// What this model's own tell further.
    pub own: Option<Own>,
}

/// What a model's own attempts tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Own {
    /// Attempts that were looked at.
    pub attempts: f64,
    /// Questions in an attempt.
    pub questions: f64,
    /// Prompt tokens reported of all its questions, for each that is counted, or estimated, of the first one.
    pub prompt_factor: f64,
    /// The parts of the prompt tokens that the vendor read from its cache and wrote into it.
    pub cached: f64,
    pub written: f64,
    pub written_1h: f64,
}

/// What the store knows of attempts like those of `plan`: of this model, else of others.
pub(super) async fn seen(store: Option<&Store>, plan: &RunPlan, model: &dyn Model) -> Result<Option<Seen>, EngineError> {
    let Some(store) = store else { return Ok(None) };
    if let Some((answer_tokens, latency_s)) = store.mean_answer(&plan.benchmark, Some(&plan.model)).await? {
        let own = own(store, plan, model).await?;
        return Ok(Some(Seen { answer_tokens, latency_s, experience: Experience::Own, own }));
    }
    let others = store.mean_answer(&plan.benchmark, None).await?;
    let seen = |(answer_tokens, latency_s)| Seen { answer_tokens, latency_s, experience: Experience::Others, own: None };
    Ok(others.map(seen))
}

/// What some of the model's latest attempts tell; `None` where no tokens were reported.
async fn own(store: &Store, plan: &RunPlan, model: &dyn Model) -> Result<Option<Own>, EngineError> {
    let mut sums = Sums::default();
    let runs = store.run_lines().await?;
    for run in runs.into_iter().filter(|run| run.benchmark == plan.benchmark && run.model == plan.model).take(RUNS) {
        let answered: Vec<_> = store.progress(&run.id).await?.into_iter().filter(|attempt| attempt.answered).collect();
        let step = answered.len().div_ceil(ATTEMPTS / RUNS).max(1);
        for attempt in answered.into_iter().step_by(step) {
            let key = AttemptKey { run_id: run.id.clone(), sample_id: attempt.sample_id, epoch: attempt.epoch };
            if let Some(attempt) = store.attempt(&key).await?.and_then(|record| record.attempt) {
                sums.take(&attempt, model);
            }
        }
    }
    Ok(sums.own())
}

#[derive(Default)]
struct Sums {
    attempts: f64,
    questions: f64,
    /// Prompt tokens as reported, and as they would have been foreseen.
    reported: f64,
    foreseen: f64,
    cached: f64,
    written: f64,
    written_1h: f64,
}

impl Sums {
    fn take(&mut self, attempt: &Attempt, model: &dyn Model) {
        let usage = attempt.usage();
        let (Some(first), Some(reported)) = (attempt.exchanges.first(), usage.prompt_tokens) else { return };
        let of = |tokens: Option<u64>| tokens.unwrap_or(0) as f64;
        self.attempts += 1.0;
        self.questions += attempt.exchanges.len() as f64;
        self.reported += reported as f64;
        self.foreseen += counted_or_estimated(model, &first.request);
        self.cached += of(usage.cached_tokens);
        self.written += of(usage.cache_write_tokens);
        self.written_1h += of(usage.cache_write_1h_tokens);
    }

    fn own(&self) -> Option<Own> {
        (self.reported > 0.0 && self.foreseen > 0.0).then(|| Own {
            attempts: self.attempts,
            questions: self.questions / self.attempts,
            prompt_factor: self.reported / self.foreseen,
            cached: self.cached / self.reported,
            written: self.written / self.reported,
            written_1h: self.written_1h / self.reported,
        })
    }
}
