use super::experience::{Own, seen};
use super::foreseen::Foreseen;
use super::judging::judging;
use super::tokens::prompt_tokens;
use super::{Asked, CostRange, Counted, Experience, JudgeEstimate, JudgeModel, Price};
use crate::asker::prepared;
use crate::cache::answer_keys;
use crate::{EngineError, Planned, RunSettings};
use proctor_core::{AttemptKey, Benchmark, Model, RunPlan};
use proctor_store::Store;
use std::collections::HashSet;
use std::time::Duration;

/// Requests in flight where neither user nor model says how many: what an endpoint takes is found out on the way.
const PLACES: usize = 16;

/// The part of the most new tokens that an answer is taken to use while nothing is known.
const ASSUMED_SHARE: f64 = 0.25;

/// Tokens that an answer is taken to use while nothing is known and nothing bounds it, and those it may use then.
const ASSUMED_TOKENS: f64 = 1000.0;
const MOST_ASSUMED_TOKENS: f64 = 16_000.0;

/// What is left of a run, and what that will take. Where nothing is known of earlier attempts, one is taken to ask one
/// question.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Attempts of the plan.
    pub attempts: usize,
    /// Attempts with an answer in the store.
    pub answered: usize,
    /// Attempts whose first answer is kept from before.
    pub cached: usize,
    /// Requests that will be sent.
    pub requests: usize,
    /// Tokens of the prompts that will be sent.
    pub prompt_tokens: u64,
    /// How they are known.
    pub counted: Counted,
    /// Tokens of the answers to them, as expected.
    pub answer_tokens: u64,
    /// How these are known.
    pub experience: Experience,
    /// The most they can be; `None` where nothing bounds them.
    pub most_answer_tokens: Option<u64>,
    /// What they cost; `None` where the model has no price.
    pub cost_usd: Option<CostRange>,
    /// What every judge model will be asked; empty where none is.
    pub judges: Vec<JudgeEstimate>,
    /// How long it takes at the limits in force; `None` where neither limits nor earlier answers tell.
    pub time: Option<Duration>,
}

impl Estimate {
    /// What all of it costs, judge models included; `None` where one of them has no price.
    pub fn total_usd(&self) -> Option<CostRange> {
        self.judges.iter().try_fold(self.cost_usd?, |sum, judge| Some(sum.plus(judge.cost_usd?)))
    }
}

/// What an estimate is made with.
#[derive(Clone, Copy)]
pub struct Estimating<'a> {
    /// The benchmark.
    pub benchmark: &'a dyn Benchmark,
    /// The tested model.
    pub model: &'a dyn Model,
    /// What the user wants.
    pub settings: &'a RunSettings,
    /// The judge models.
    pub judges: &'a [JudgeModel<'a>],
    /// What the model costs.
    pub price: Option<&'a Price>,
    /// Where earlier answers are, if there is a store.
    pub store: Option<&'a Store>,
}

/// Estimates what is left of a run. Nothing is asked, and nothing is stored.
pub async fn estimate(planned: &Planned, with: Estimating<'_>) -> Result<Estimate, EngineError> {
    let Planned { plan, samples } = planned;
    let Estimating { benchmark, model, settings, judges, price, store } = with;
    let (answered, graded) = match store {
        Some(store) if !settings.fresh => stored(store, plan).await?,
        _ => (HashSet::new(), 0),
    };
    let mut left = Vec::new();
    for sample in samples {
        for epoch in 0..plan.epochs {
            if !answered.contains(&(sample.id.clone(), epoch)) {
                let request = benchmark.request(sample, plan.protocol, &plan.sampling).map_err(EngineError::from_benchmark)?;
                let key = AttemptKey { run_id: String::new(), sample_id: sample.id.clone(), epoch };
                left.push(prepared(model, plan.seed, &key, &request, 0));
            }
        }
    }
    let keys = (settings.cache && !settings.fresh).then(|| answer_keys(model, &left)).flatten();
    let kept = match (store, &keys) {
        (Some(store), Some(keys)) => store.kept_among(keys).await?,
        _ => HashSet::new(),
    };
    let before = left.len();
    let mut keys = keys.into_iter().flatten();
    left.retain(|_| keys.next().is_none_or(|key| !kept.contains(&key)));
    let (cached, asking) = (before - left.len(), left.len());
    let seen = seen(store, plan, model).await?;
    let own = seen.as_ref().and_then(|seen| seen.own);
    let requests = (asking as f64 * own.map_or(1.0, |own| own.questions)).round() as usize;
    let (all_tokens, counted) = prompt_tokens(model, &left);
    let (prompt_tokens, counted) = match own {
        Some(Own { prompt_factor, .. }) => (all_tokens * prompt_factor, Counted::AsReported),
        None => (all_tokens, counted),
    };
    let most_answer_tokens = plan.sampling.max_tokens.map(|most| u64::from(most) * requests as u64);
    let bounded = |tokens: f64| most_answer_tokens.map_or(tokens, |most| tokens.min(most as f64));
    let (answer_tokens, experience) = match (&seen, most_answer_tokens) {
        (Some(seen), _) => (bounded(seen.answer_tokens * asking as f64), seen.experience),
        (None, Some(most)) => (most as f64 * ASSUMED_SHARE, Experience::Assumed),
        (None, None) => (ASSUMED_TOKENS * requests as f64, Experience::Assumed),
    };
    let at_most = match (experience, most_answer_tokens) {
        (_, Some(most)) => Some(most as f64),
        (Experience::Assumed, None) => Some(MOST_ASSUMED_TOKENS * requests as f64),
        (_, None) => None,
    };
    let tiers = model.tiers();
    let foreseen = Foreseen {
        requests,
        prompt_tokens,
        counted,
        answer_tokens,
        most_answer_tokens: at_most,
        experience,
        own,
        asked: Asked { batched: settings.batch.is_some(), tiers: &tiers },
    };
    let ungraded = plan.attempts().saturating_sub(graded);
    let judged = match benchmark.needs().judge && ungraded > 0 {
        true => {
            let length = match (&seen, plan.sampling.max_tokens) {
                (Some(seen), _) => seen.answer_tokens,
                (None, most) => most.map_or(ASSUMED_TOKENS, |most| f64::from(most) * ASSUMED_SHARE),
            };
            judging(benchmark, samples, ungraded, length, judges, store).await
        }
        false => Vec::new(),
    };
    let latency_s = seen.as_ref().filter(|seen| seen.experience == Experience::Own).map(|seen| seen.latency_s);
    let tokens = prompt_tokens + answer_tokens;
    let asked = time(model, settings, asking, requests, tokens, latency_s);
    // Answers are graded while others are asked.
    let graded = judged.iter().filter_map(|judge| {
        let places = model.capabilities().concurrency.unwrap_or(PLACES).max(1);
        Duration::try_from_secs_f64(judge.requests as f64 * judge.latency_s? / places as f64).ok()
    });
    let time = asked.map(|asked| graded.fold(asked, Duration::max));
    Ok(Estimate {
        attempts: plan.attempts(),
        answered: answered.len(),
        cached,
        requests,
        prompt_tokens: prompt_tokens.round() as u64,
        counted,
        answer_tokens: answer_tokens.round() as u64,
        experience,
        most_answer_tokens,
        cost_usd: price.map(|price| foreseen.cost(price)),
        judges: judged,
        time,
    })
}

/// The attempts of the plan's run that have an answer, and how many are graded.
async fn stored(store: &Store, plan: &RunPlan) -> Result<(HashSet<(String, u32)>, usize), EngineError> {
    let Some(run) = store.find_run_by_fingerprint(&plan.fingerprint()).await? else { return Ok((HashSet::new(), 0)) };
    let progress = store.progress(&run.id).await?;
    let graded = store.counts(&run.id).await?.graded;
    Ok((progress.into_iter().filter(|p| p.answered).map(|p| (p.sample_id, p.epoch)).collect(), graded))
}

/// How long the attempts take, of `latency_s` each, with what may be in flight at once and what a minute allows.
fn time(
    model: &dyn Model,
    settings: &RunSettings,
    attempts: usize,
    requests: usize,
    tokens: f64,
    latency_s: Option<f64>,
) -> Option<Duration> {
    let places = settings.concurrency.or(model.capabilities().concurrency).unwrap_or(PLACES).max(1);
    let by_places = latency_s.map(|latency| attempts as f64 * latency / places as f64);
    let by_requests = settings.requests_per_minute.map(|most| requests as f64 / most * 60.0);
    let by_tokens = settings.tokens_per_minute.map(|most| tokens / most * 60.0);
    let slowest = [by_places, by_requests, by_tokens].into_iter().flatten().reduce(f64::max)?;
    Duration::try_from_secs_f64(slowest).ok()
}
