use super::foreseen::{CostRange, Foreseen};
use super::tokens::{estimated_tokens, text_tokens};
use super::{Asked, Counted, Experience, Price};
use async_trait::async_trait;
use proctor_core::{
    AnswerForm, Attempt, Benchmark, Completion, Execution, JudgeError, Judges, Model, Needs, Program, Request, Sample,
};
use proctor_store::Store;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Gradings that are rehearsed to see what judges are asked.
const REHEARSED: usize = 10;

/// The longest a rehearsal may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers of judges where nothing is known of them: the part of the most new tokens, or without those so many tokens.
const ASSUMED_SHARE: f64 = 0.25;
const ASSUMED_TOKENS: f64 = 256.0;

/// Answers of a judge to what was asked before that are looked at.
const VERDICTS: u32 = 200;

/// A reply that every judge of ratings can read.
const REPLY: &str = "[[1]]";

/// A judge model and its price.
#[derive(Clone, Copy)]
pub struct JudgeModel<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// What it costs, where that is known.
    pub price: Option<&'a Price>,
}

/// What one judge model will be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeEstimate {
    /// Its name.
    pub model: String,
    /// Questions to it.
    pub requests: usize,
    /// Tokens of them.
    pub prompt_tokens: u64,
    /// Tokens of its answers, as expected.
    pub answer_tokens: u64,
    /// What that costs; `None` where it has no price.
    pub cost_usd: Option<CostRange>,
    /// Seconds that one answer took before, where there was one.
    pub latency_s: Option<f64>,
}

/// What the judges will be asked about `left` attempts whose answers have about `answer_tokens` each.
pub(super) async fn judging(
    benchmark: &dyn Benchmark,
    samples: &[Sample],
    left: usize,
    answer_tokens: f64,
    judges: &[JudgeModel<'_>],
    store: Option<&Store>,
) -> Vec<JudgeEstimate> {
    let rehearsed = rehearse(benchmark, samples, answer_tokens, judges).await;
    let mut estimates = Vec::with_capacity(judges.len());
    for (index, judge) in judges.iter().enumerate() {
        let asked: Vec<&Request> = rehearsed.requests.iter().filter(|(to, _)| *to == index).map(|(_, request)| request).collect();
        // Where a rehearsal shows nothing: one question, which holds the answer.
        let per_attempt = if asked.is_empty() { 1.0 } else { asked.len() as f64 / rehearsed.gradings.max(1) as f64 };
        let requests = (left as f64 * per_attempt).round() as usize;
        let mean = |all: f64| if asked.is_empty() { answer_tokens } else { all / asked.len() as f64 };
        let counted: Option<u64> = asked.iter().map(|request| judge.model.count_tokens(request)).sum();
        let prompt = match counted.filter(|_| !asked.is_empty()) {
            Some(tokens) => mean(tokens as f64),
            None => mean(asked.iter().map(|request| estimated_tokens(request)).sum()),
        };
        let most = asked.iter().filter_map(|request| request.sampling.max_tokens).max().map(f64::from);
        let before = match store {
            Some(store) => store.mean_verdict(judge.model.name(), VERDICTS).await.ok().flatten(),
            None => None,
        };
        let assumed = || most.map_or(ASSUMED_TOKENS, |most| most * ASSUMED_SHARE);
        let answer = before.map(|(tokens, _)| tokens).unwrap_or_else(assumed);
        let answer = most.map_or(answer, |most| answer.min(most));
        let tiers = judge.model.tiers();
        let foreseen = Foreseen {
            requests,
            prompt_tokens: prompt * requests as f64,
            // How long answers to be judged are is known about.
            counted: Counted::Estimated,
            answer_tokens: answer * requests as f64,
            experience: if before.is_some() { Experience::Others } else { Experience::Assumed },
            most_answer_tokens: most.map(|most| most * requests as f64),
            own: None,
            asked: Asked { batched: false, tiers: &tiers },
        };
        estimates.push(JudgeEstimate {
            model: judge.model.name().to_owned(),
            requests,
            prompt_tokens: foreseen.prompt_tokens.round() as u64,
            answer_tokens: foreseen.answer_tokens.round() as u64,
            cost_usd: judge.price.map(|price| foreseen.cost(price)),
            latency_s: before.map(|(_, latency_s)| latency_s),
        });
    }
    estimates
}

/// What was asked, of which judge, in so many gradings.
#[derive(Default)]
struct Rehearsed {
    gradings: usize,
    requests: Vec<(usize, Request)>,
}

/// Grades made-up answers of about the right length, with judges that write down what they are asked.
async fn rehearse(benchmark: &dyn Benchmark, samples: &[Sample], tokens: f64, judges: &[JudgeModel<'_>]) -> Rehearsed {
    let names = judges.iter().map(|judge| judge.model.name().to_owned()).collect();
    let listener = Listener { names, asked: Mutex::default() };
    let mut text = String::new();
    while text_tokens(&text) < tokens.clamp(1.0, 1e5) {
        text.push_str("and so on ");
    }
    let attempt = Attempt::imported(text, AnswerForm::Chat);
    let mut gradings = 0;
    for sample in samples.iter().step_by(samples.len().div_ceil(REHEARSED).max(1)) {
        // What comes out does not matter, and an error may come before or after the question.
        let _ = tokio::time::timeout(PATIENCE, benchmark.grade(sample, &attempt, &listener)).await;
        gradings += 1;
    }
    let requests = listener.asked.into_inner().unwrap_or_else(PoisonError::into_inner);
    Rehearsed { gradings, requests }
}

/// Judges that answer nothing and write down what they are asked.
struct Listener {
    names: Vec<String>,
    asked: Mutex<Vec<(usize, Request)>>,
}

#[async_trait]
impl Judges for Listener {
    async fn run(&self, _: Program) -> Result<Execution, JudgeError> {
        Err(JudgeError::Failed("nothing is run to plan".into()))
    }

    fn models(&self) -> Vec<String> {
        self.names.clone()
    }

    async fn ask(&self, index: usize, request: &Request) -> Result<Completion, JudgeError> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push((index, request.clone()));
        Ok(Completion { text: REPLY.to_owned(), ..Completion::default() })
    }

    fn provenance(&self, _: Needs) -> Value {
        Value::Null
    }
}
