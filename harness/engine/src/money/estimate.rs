use super::Price;
use crate::asker::prepared;
use crate::cache::answer_keys;
use crate::{EngineError, Planned, RunSettings};
use proctor_core::{AttemptKey, Benchmark, Model, Prompt, Request, RunPlan};
use proctor_store::Store;
use std::collections::HashSet;
use std::time::Duration;

/// Prompts that are counted at most; of more, as many are counted, evenly spread, and the others taken to be like them.
const COUNTED: usize = 500;

/// Bytes of a prompt that make about one token.
const BYTES_PER_TOKEN: f64 = 4.0;

/// Requests in flight where neither user nor model says how many: what an endpoint takes is found out on the way.
const PLACES: usize = 16;

/// The part of the most new tokens that an answer is taken to use while nothing is known.
const ASSUMED_SHARE: f64 = 0.25;

/// How prompt tokens are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// By the model's tokenizer.
    Exactly,
    /// By the model's tokenizer, on some prompts; the others are taken to be like them.
    InPart,
    /// From their bytes.
    Estimated,
}

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

/// US dollars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostRange {
    /// Answers half as long as expected.
    pub low: f64,
    /// Answers as long as expected.
    pub expected: f64,
    /// Answers as long as they may be; `None` where nothing bounds them.
    pub high: Option<f64>,
}

/// What is left of a run, and what that will take. Benchmarks that ask several questions in an attempt are taken to ask one.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Attempts of the plan.
    pub attempts: usize,
    /// Attempts with an answer in the store.
    pub answered: usize,
    /// Requests whose answer is kept from before.
    pub cached: usize,
    /// Requests that will be sent.
    pub requests: usize,
    /// Questions to judge models.
    pub judge_requests: usize,
    /// Tokens of the prompts that will be sent.
    pub prompt_tokens: u64,
    /// How they are known.
    pub counted: Counted,
    /// Tokens of the answers to them, as expected; `None` where nothing is known.
    pub answer_tokens: Option<u64>,
    /// How these are known.
    pub experience: Experience,
    /// The most they can be; `None` where nothing bounds them.
    pub most_answer_tokens: Option<u64>,
    /// What they cost; `None` where the model has no price.
    pub cost_usd: Option<CostRange>,
    /// How long it takes at the limits in force; `None` where neither limits nor earlier answers tell.
    pub time: Option<Duration>,
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
    /// How many judge models.
    pub judges: usize,
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
    let cached = match (store, (settings.cache && !settings.fresh).then(|| answer_keys(model, &left)).flatten()) {
        (Some(store), Some(keys)) => store.kept_among(&keys).await? as usize,
        _ => 0,
    };
    let requests = left.len() - cached.min(left.len());
    let share = if left.is_empty() { 0.0 } else { requests as f64 / left.len() as f64 };
    let (all_tokens, counted) = prompt_tokens(model, &left);
    let prompt_tokens = (all_tokens * share).round() as u64;
    let most_answer_tokens = plan.sampling.max_tokens.map(|most| u64::from(most) * requests as u64);
    let seen = seen(store, plan).await?;
    let (answer_tokens, experience) = match (&seen, most_answer_tokens) {
        (Some((tokens, _, experience)), most) => {
            let expected = (tokens * requests as f64).round() as u64;
            (Some(most.map_or(expected, |most| expected.min(most))), *experience)
        }
        (None, Some(most)) => (Some((most as f64 * ASSUMED_SHARE).round() as u64), Experience::Assumed),
        (None, None) => (None, Experience::Assumed),
    };
    let cost_usd = price.zip(answer_tokens).map(|(price, expected)| {
        let batched = settings.batch.is_some();
        let prompt = prompt_tokens / (requests as u64).max(1);
        // Prices depend on the length of one prompt, so one request is priced and multiplied.
        let of = |answers: f64| {
            let rates = price.rates(prompt);
            let dollars = (prompt_tokens as f64 * rates.input + answers * rates.output) / 1e6;
            dollars * if batched { price.batch() } else { 1.0 }
        };
        CostRange {
            low: of(expected as f64 / 2.0),
            expected: of(expected as f64),
            high: most_answer_tokens.map(|most| of(most as f64)),
        }
    });
    let latency_s = seen.as_ref().filter(|seen| seen.2 == Experience::Own).map(|seen| seen.1);
    let tokens = prompt_tokens + answer_tokens.unwrap_or(0);
    Ok(Estimate {
        attempts: plan.attempts(),
        answered: answered.len(),
        cached,
        requests,
        judge_requests: if benchmark.needs().judge { plan.attempts().saturating_sub(graded) * judges } else { 0 },
        prompt_tokens,
        counted,
        answer_tokens,
        experience,
        most_answer_tokens,
        cost_usd,
        time: time(model, settings, requests, tokens, latency_s),
    })
}

/// The attempts of the plan's run that have an answer, and how many are graded.
async fn stored(store: &Store, plan: &RunPlan) -> Result<(HashSet<(String, u32)>, usize), EngineError> {
    let Some(run) = store.find_run_by_fingerprint(&plan.fingerprint()).await? else { return Ok((HashSet::new(), 0)) };
    let progress = store.progress(&run.id).await?;
    let graded = store.counts(&run.id).await?.graded;
    Ok((progress.into_iter().filter(|p| p.answered).map(|p| (p.sample_id, p.epoch)).collect(), graded))
}

/// Mean tokens and seconds of an answer in the store: of this model, else of others.
async fn seen(store: Option<&Store>, plan: &RunPlan) -> Result<Option<(f64, f64, Experience)>, EngineError> {
    let Some(store) = store else { return Ok(None) };
    if let Some((tokens, latency)) = store.mean_answer(&plan.benchmark, Some(&plan.model)).await? {
        return Ok(Some((tokens, latency, Experience::Own)));
    }
    let others = store.mean_answer(&plan.benchmark, None).await?;
    Ok(others.map(|(tokens, latency)| (tokens, latency, Experience::Others)))
}

/// Tokens of all prompts.
fn prompt_tokens(model: &dyn Model, requests: &[Request]) -> (f64, Counted) {
    let step = requests.len().div_ceil(COUNTED).max(1);
    let some = || requests.iter().step_by(step);
    let counted: Option<u64> = some().map(|request| model.count_tokens(request)).sum();
    match counted {
        Some(tokens) if step == 1 => (tokens as f64, Counted::Exactly),
        Some(tokens) => (tokens as f64 / some().count().max(1) as f64 * requests.len() as f64, Counted::InPart),
        None => (requests.iter().map(tokens_by_bytes).sum(), Counted::Estimated),
    }
}

/// Tokens of a prompt, estimated from its bytes.
pub(crate) fn tokens_by_bytes(request: &Request) -> f64 {
    let bytes: usize = match &request.prompt {
        Prompt::Chat(messages) => messages.iter().map(|m| m.content.len() + 16).sum(),
        Prompt::Completion(text) => text.len(),
    };
    bytes as f64 / BYTES_PER_TOKEN
}

/// How long the requests take with what may be in flight at once and what a minute allows.
fn time(model: &dyn Model, settings: &RunSettings, requests: usize, tokens: u64, latency_s: Option<f64>) -> Option<Duration> {
    let places = settings.concurrency.or(model.capabilities().concurrency).unwrap_or(PLACES).max(1);
    let by_places = latency_s.map(|latency| requests as f64 * latency / places as f64);
    let by_requests = settings.requests_per_minute.map(|most| requests as f64 / most * 60.0);
    let by_tokens = settings.tokens_per_minute.map(|most| tokens as f64 / most * 60.0);
    let slowest = [by_places, by_requests, by_tokens].into_iter().flatten().reduce(f64::max)?;
    Duration::try_from_secs_f64(slowest).ok()
}
