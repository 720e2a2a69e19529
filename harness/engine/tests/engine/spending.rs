//! What is paid for once, what it costs, and when no more is spent.

use crate::support::*;
use async_trait::async_trait;
use proctor_core::*;
use proctor_engine::{Budget, Caps, Context, Prices, RunOutcome, RunSettings, StopReason};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A model at a million tokens for a dollar in and two out, that counts how often it is asked.
#[derive(Default)]
struct Priced {
    asked: AtomicUsize,
    takes: Duration,
}

#[async_trait]
impl Model for Priced {
    fn name(&self) -> &str {
        "test/priced"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { chat: true, completion: false, seed: false, concurrency: Some(8), context_tokens: None }
    }

    fn provenance(&self) -> Value {
        json!({"priced": 1})
    }

    async fn complete(&self, _: &Request) -> Result<Completion, ModelError> {
        let n = self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        let usage = Usage { prompt_tokens: Some(1_000_000), completion_tokens: Some(500_000), ..Usage::default() };
        Ok(Completion { text: format!("{n}"), usage, latency_s: 0.5, ..Completion::default() })
    }
}

const PRICES: &str = "[[price]]\nmodels = [\"test/priced\"]\ninput = 1.0\noutput = 2.0\nas_of = \"2026-01-01\"\n";

/// Runs `count` samples with one epoch; each answer costs two dollars and has 1.5 million tokens.
async fn run(context: &Context, caps: Caps, model: &Arc<Priced>, count: usize, settings: &RunSettings) -> RunOutcome {
    let context = Context {
        prices: Arc::new(Prices::default().before(PRICES, "prices").unwrap()),
        budget: Arc::new(Budget::new(caps)),
        stop: proctor_engine::Stop::new(),
        ..context.clone()
    };
    let settings = RunSettings { epochs: 1, ground_truth: false, ..settings.clone() };
    proctor_engine::run(&context, Arc::new(Sums::new(count)), model.clone(), Arc::new(Printer::default()), &settings)
        .await
        .unwrap()
}

#[tokio::test]
async fn answers_are_kept_and_given_again_to_other_runs_that_ask_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let model = Arc::new(Priced::default());
    let first = run(&context, Caps::default(), &model, 5, &settings()).await;
    assert_eq!(model.asked.load(Ordering::SeqCst), 5);
    let spent = context.store.spent(&first.run.id).await.unwrap();
    assert_eq!((spent.cost_usd, spent.saved_usd, spent.cached_exchanges, spent.tokens), (Some(10.0), None, 0, 7_500_000));

    // Three more samples: another plan, and only they are asked.
    let second = run(&context, Caps::default(), &model, 8, &settings()).await;
    assert_eq!(model.asked.load(Ordering::SeqCst), 8);
    let spent = context.store.spent(&second.run.id).await.unwrap();
    assert_eq!((spent.cost_usd, spent.saved_usd, spent.cached_exchanges, spent.tokens), (Some(6.0), Some(10.0), 5, 4_500_000));
    for sample in ["s0", "s4"] {
        let of = |run: &RunOutcome| AttemptKey { run_id: run.run.id.clone(), sample_id: sample.into(), epoch: 0 };
        let old = context.store.attempt(&of(&first)).await.unwrap().unwrap().attempt.unwrap();
        let new = context.store.attempt(&of(&second)).await.unwrap().unwrap().attempt.unwrap();
        assert_eq!(old.answer, new.answer);
        assert!(!old.exchanges[0].completion.cached && new.exchanges[0].completion.cached);
    }

    // Without the cache everything is asked.
    let without = RunSettings { cache: false, fresh: true, ..settings() };
    let third = run(&context, Caps::default(), &model, 5, &without).await;
    assert_eq!(model.asked.load(Ordering::SeqCst), 13);
    assert_eq!(context.store.spent(&third.run.id).await.unwrap().cached_exchanges, 0);
    // Epochs are drawn apart.
    let context = Context { prices: Arc::default(), ..context.clone() };
    let epochs = RunSettings { epochs: 2, ground_truth: false, ..settings() };
    proctor_engine::run(&context, Arc::new(Sums::new(5)), model.clone(), Arc::new(Printer::default()), &epochs).await.unwrap();
    assert_eq!(model.asked.load(Ordering::SeqCst), 18);
}

#[tokio::test]
async fn a_cap_on_cost_stops_scheduling_keeps_everything_and_can_be_raised() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let model = Arc::new(Priced { takes: Duration::from_millis(5), ..Priced::default() });
    let capped = |cost: f64| Caps { cost_usd: Some(cost), ..Caps::default() };
    let first = run(&context, capped(21.0), &model, 30, &settings()).await;
    assert!(matches!(&first.stopped, Some(StopReason::Budget(why)) if why.contains("--max-cost 21")), "{:?}", first.stopped);
    assert_eq!(first.exit_code(), ExitCode::Budget);
    let spent = context.store.spent(&first.run.id).await.unwrap();
    assert_eq!(spent.cost_usd, Some(20.0), "as much as fits, and no more");
    assert_eq!(first.counts.answered, 10);
    assert_eq!(first.counts.graded, 10, "what is answered is graded");

    let same = run(&context, capped(21.0), &model, 30, &settings()).await;
    assert_eq!((same.run.id.as_str(), same.counts.answered), (first.run.id.as_str(), 10), "the same cap buys no more");
    assert_eq!(same.exit_code(), ExitCode::Budget);

    let higher = run(&context, capped(41.0), &model, 30, &settings()).await;
    assert_eq!((higher.run.id.as_str(), higher.counts.answered), (first.run.id.as_str(), 20));
    let whole = run(&context, Caps::default(), &model, 30, &settings()).await;
    assert!(whole.is_complete());
    assert_eq!(model.asked.load(Ordering::SeqCst), 30, "nothing is paid for twice");
    let again = run(&context, capped(0.0), &model, 30, &settings()).await;
    assert_eq!(again.exit_code(), ExitCode::Success, "a cap stops nobody who has nothing to ask");
}

#[tokio::test]
async fn caps_on_tokens_and_time_stop_too() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let model = Arc::new(Priced { takes: Duration::from_millis(5), ..Priced::default() });
    let tokens = Caps { tokens: Some(8_000_000), ..Caps::default() };
    let ran = run(&context, tokens, &model, 30, &settings()).await;
    assert!(matches!(&ran.stopped, Some(StopReason::Budget(why)) if why.contains("--max-tokens-total")), "{:?}", ran.stopped);
    assert_eq!(ran.counts.answered, 5);
    let time = Caps { time: Some(Duration::ZERO), ..Caps::default() };
    let ran = run(&context, time, &model, 30, &settings()).await;
    assert!(matches!(&ran.stopped, Some(StopReason::Budget(why)) if why.contains("--max-time")), "{:?}", ran.stopped);
    assert_eq!(ran.counts.answered, 5);
}

#[tokio::test]
async fn a_plan_knows_what_is_left_and_what_it_costs() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let model = Arc::new(Priced::default());
    let settings = RunSettings { epochs: 1, ..settings() };
    let prices = Prices::default().before(PRICES, "prices").unwrap();
    let estimated = async |count: usize| {
        let benchmark = Sums::new(count);
        let planned =
            proctor_engine::plan(&benchmark, model.as_ref(), Printer::default().provenance(Default::default()), &settings)
                .unwrap();
        let with = proctor_engine::Estimating {
            benchmark: &benchmark,
            model: model.as_ref(),
            settings: &settings,
            judges: &[],
            price: prices.of("test/priced"),
            store: Some(&context.store),
        };
        proctor_engine::estimate(&planned, with).await.unwrap()
    };
    let before = estimated(10).await;
    assert_eq!((before.attempts, before.answered, before.cached, before.requests), (10, 0, 0, 10));
    assert_eq!((before.answer_tokens, before.most_answer_tokens), (20, Some(80)), "a quarter of 8 each");
    assert_eq!(before.counted, proctor_engine::Counted::Estimated);
    run(&context, Caps::default(), &model, 4, &settings).await;
    let after = estimated(10).await;
    assert_eq!((after.attempts, after.answered, after.cached, after.requests), (10, 0, 4, 6));
    assert_eq!(after.experience, proctor_engine::Experience::Own);
    let done = estimated(4).await;
    assert_eq!((done.answered, done.requests, done.prompt_tokens), (4, 0, 0));
    assert_eq!(done.cost_usd.unwrap().expected, 0.0);
}
