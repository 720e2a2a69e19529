//! Plans against what the runs then cost, at a model and judges whose usage is known.

use crate::support::*;
use async_trait::async_trait;
use proctor_core::*;
use proctor_engine::{
    Budget, Caps, Context, Counted, Estimate, Estimating, Experience, JudgeModel, Panel, Prices, RunSettings, SamplingOverrides,
    estimate, plan,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const PRICES: &str = "as_of = \"2026-01-01\"\n\
    [[price]]\nmodels = [\"test/talking\"]\ninput = 100.0\ncached_input = 10.0\noutput = 500.0\n\
    [[price]]\nmodels = [\"test/judge\", \"test/other\"]\ninput = 30.0\noutput = 90.0\n";

/// Reports tokens that depend on the prompt, and adds up what that costs.
struct Talking {
    name: &'static str,
    dollars: Mutex<f64>,
}

impl Talking {
    fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self { name, dollars: Mutex::default() })
    }

    fn spent(&self) -> f64 {
        *self.dollars.lock().unwrap()
    }
}

#[async_trait]
impl Model for Talking {
    fn name(&self) -> &str {
        self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { chat: true, completion: false, seed: false, concurrency: Some(4), context_tokens: None }
    }

    fn provenance(&self) -> Value {
        json!(self.name)
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let text = canonical_json(&serde_json::to_value(&request.prompt).unwrap());
        let drawn = derive_seed(1, &text, 0, 0);
        let prompt = 3 + text.len() as u64 / 5;
        let (cached, answer) = (prompt / 4, 40 + drawn % 10);
        let usage = Usage {
            prompt_tokens: Some(prompt),
            cached_tokens: (self.name == "test/talking").then_some(cached),
            completion_tokens: Some(answer),
            ..Usage::default()
        };
        let [input, read, output] = if self.name == "test/talking" { [100.0, 10.0, 500.0] } else { [30.0, 30.0, 90.0] };
        let dollars = (prompt - cached) as f64 * input + cached as f64 * read + answer as f64 * output;
        *self.dollars.lock().unwrap() += dollars / 1e6;
        Ok(Completion { text: "sum ".repeat(answer as usize), usage, latency_s: 0.25, ..Completion::default() })
    }
}

/// Sums that every judge model is asked about.
struct Judged(Sums);

#[async_trait]
impl Benchmark for Judged {
    fn card(&self) -> &Card {
        self.0.card()
    }

    fn needs(&self) -> Needs {
        Needs { judge: true, ..Needs::default() }
    }

    fn samples(&self, source: &DataSource, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        self.0.samples(source, selection)
    }

    fn prompt_sha256(&self) -> String {
        self.0.prompt_sha256()
    }

    fn sampling(&self, protocol: Protocol) -> Sampling {
        self.0.sampling(protocol)
    }

    fn request(&self, sample: &Sample, protocol: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError> {
        self.0.request(sample, protocol, sampling)
    }

    async fn grade(&self, sample: &Sample, attempt: &Attempt, judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
        let text = format!("Rate the answer to {}:\n{}", sample.id, attempt.answer.text);
        let sampling = Sampling { max_tokens: Some(120), ..Sampling::default() };
        let request = Request::new(Prompt::Chat(vec![Message::new(Role::User, text)]), sampling);
        for index in 0..judges.models().len() {
            judges.ask(index, &request).await?;
        }
        let mut grade = Grade::new(Outcome::Correct, "rated");
        grade.scores.insert("raw".into(), 1.0);
        Ok(grade)
    }

    fn reference(&self, _: &Sample) -> Option<Attempt> {
        None
    }

    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric> {
        self.0.metrics(grades)
    }
}

/// A model, two judges, a store.
struct Place {
    context: Context,
    model: Arc<Talking>,
    judges: [Arc<Talking>; 2],
    prices: Arc<Prices>,
    settings: RunSettings,
}

impl Place {
    async fn new(folder: &std::path::Path) -> Self {
        let (context, _) = context(&folder.join("proctor.db")).await;
        let prices = Arc::new(Prices::default().before(PRICES, "prices").unwrap());
        let sampling = SamplingOverrides { max_tokens: Some(100), ..SamplingOverrides::default() };
        Self {
            context: Context { prices: prices.clone(), ..context },
            model: Talking::new("test/talking"),
            judges: [Talking::new("test/judge"), Talking::new("test/other")],
            prices,
            settings: RunSettings { epochs: 1, ground_truth: false, sampling, ..settings() },
        }
    }

    fn panel(&self, context: &Context) -> Arc<Panel> {
        let models = self.judges.iter().map(|judge| judge.clone() as Arc<dyn Model>).collect();
        Arc::new(Panel::new(context, Arc::new(Printer::default()), models, self.settings.retries))
    }

    async fn estimate(&self, count: usize) -> Estimate {
        let benchmark = Judged(Sums::new(count));
        let provenance = self.panel(&self.context).provenance(benchmark.needs());
        let planned = plan(&benchmark, self.model.as_ref(), provenance, &self.settings).unwrap();
        let judges = self.judges.each_ref().map(|judge| JudgeModel { model: judge.as_ref(), price: self.prices.of(judge.name) });
        let with = Estimating {
            benchmark: &benchmark,
            model: self.model.as_ref(),
            settings: &self.settings,
            judges: &judges,
            price: self.prices.of(self.model.name),
            store: Some(&self.context.store),
        };
        estimate(&planned, with).await.unwrap()
    }

    /// What running that many costs.
    async fn run(&self, count: usize, caps: Caps) -> (f64, proctor_engine::RunOutcome) {
        let before = self.spent();
        let context = Context { budget: Arc::new(Budget::new(caps)), stop: proctor_engine::Stop::new(), ..self.context.clone() };
        let panel = self.panel(&context);
        let benchmark = Arc::new(Judged(Sums::new(count)));
        let outcome = proctor_engine::run(&context, benchmark, self.model.clone(), panel, &self.settings).await.unwrap();
        (self.spent() - before, outcome)
    }

    fn spent(&self) -> f64 {
        self.model.spent() + self.judges.iter().map(|judge| judge.spent()).sum::<f64>()
    }
}

#[tokio::test]
async fn what_a_run_costs_lies_in_the_range_of_its_plan() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path()).await;
    let before = place.estimate(20).await;
    assert_eq!((before.requests, before.counted, before.experience), (20, Counted::Estimated, Experience::Assumed));
    let questions: Vec<_> = before.judges.iter().map(|judge| (judge.model.as_str(), judge.requests)).collect();
    assert_eq!(questions, [("test/judge", 20), ("test/other", 20)]);
    let range = before.total_usd().unwrap();
    let (cost, _) = place.run(20, Caps::default()).await;
    assert!(range.low < cost && cost < range.high, "{cost} is not within {range:?}");

    // Now that usage is known, the rest costs what is expected.
    let known = place.estimate(80).await;
    assert_eq!((known.cached, known.requests, known.counted, known.experience), (20, 60, Counted::AsReported, Experience::Own));
    let range = known.total_usd().unwrap();
    let asked = known.cost_usd.unwrap();
    let (model_before, judges_before) = (place.model.spent(), place.spent() - place.model.spent());
    let (cost, _) = place.run(80, Caps::default()).await;
    assert!(range.low < cost && cost < range.high, "{cost} is not within {range:?}");
    let off = |expected: f64, cost: f64| (expected - cost).abs() / cost;
    let model = place.model.spent() - model_before;
    assert!(off(asked.expected, model) < 0.05, "{} for {model}", asked.expected);
    let judges = place.spent() - place.model.spent() - judges_before;
    // Twenty of the gradings were paid for before, which a plan cannot know.
    let expected = (range.expected - asked.expected) * 60.0 / 80.0;
    assert!(off(expected, judges) < 0.15, "{expected} for {judges}: {:?}", known.judges);
    let done = place.estimate(80).await;
    assert_eq!((done.requests, done.judges.len(), done.total_usd().unwrap().expected), (0, 0, 0.0));
}

#[tokio::test]
async fn a_cap_holds_with_judges() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path()).await;
    let (whole, _) = place.run(10, Caps::default()).await;
    let each = whole / 10.0;
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path()).await;
    let cap = each * 25.0;
    let (cost, outcome) = place.run(200, Caps { cost_usd: Some(cap), ..Caps::default() }).await;
    assert_eq!(outcome.exit_code(), ExitCode::Budget);
    assert!(cost < cap + 2.0 * each && cost > cap * 0.8, "{cost} of {cap}");
    assert_eq!(outcome.counts.graded, outcome.counts.answered, "what is answered is graded");
}

#[tokio::test]
async fn what_judges_cost_in_earlier_commands_counts() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path()).await;
    let (whole, _) = place.run(10, Caps::default()).await;
    let each = whole / 10.0;
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path()).await;
    let cap = |attempts: f64| Caps { cost_usd: Some(each * attempts), ..Caps::default() };
    let (first, outcome) = place.run(200, cap(20.0)).await;
    let judged = place.context.store.judged(&outcome.run.id).await.unwrap();
    let by_judges = place.judges.iter().map(|judge| judge.spent()).sum::<f64>();
    assert!((judged.cost_usd.unwrap() - by_judges).abs() < 1e-9, "{judged:?} of {by_judges}");
    assert_eq!((judged.answers, judged.priced), (2 * outcome.counts.graded, 2 * outcome.counts.graded));
    let (again, outcome) = place.run(200, cap(20.0)).await;
    assert_eq!(outcome.exit_code(), ExitCode::Budget);
    assert!(again < 0.5 * each || first + again < 20.0 * each, "{again} after {first}");
    let (more, _) = place.run(200, cap(40.0)).await;
    let all = (first + again + more) / each;
    assert!(all < 42.0 && all > 32.0, "{all} attempts for 40");
}

#[tokio::test]
async fn a_judge_without_a_price_leaves_the_sum_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    let only = PRICES.split("[[price]]\nmodels = [\"test/judge\"").next().unwrap();
    place.prices = Arc::new(Prices::default().before(only, "prices").unwrap());
    let estimate = place.estimate(5).await;
    assert!(estimate.cost_usd.is_some() && estimate.total_usd().is_none());
    assert!(estimate.judges.iter().all(|judge| judge.cost_usd.is_none() && judge.prompt_tokens > 0));
}
