//! Plans against what runs then use and cost, for every benchmark: at an endpoint whose answers differ in length, think before
//! they answer and read a part of long prompts from the vendor's cache.

#![allow(clippy::print_stderr)]

mod support;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use proctor_core::derive_seed;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use support::{Desk, Ran, has_guest};

const PRICES: &str = "as_of = \"2026-01-01\"\nprice = [{ models = [\"openai-api/local/asked\", \"openai-api/local/judge\"], \
                      input = 1.0, cached_input = 0.1, output = 4.0, tiers = { flex = 0.5 } }]\n";

/// Every benchmark, and whether its answers are run.
const BENCHMARKS: [(&str, bool); 9] = [
    ("humaneval-pro", true),
    ("mbpp-pro", true),
    ("bigcodebench-lite-pro", true),
    ("codeelo:python", true),
    ("refute", true),
    ("ugmathbench", false),
    ("tumlu:kazakh", false),
    ("tmgbench", false),
    ("failsafeqa", false),
];

/// What was asked and charged.
#[derive(Debug, Clone, Copy, Default)]
struct Charged {
    requests: u64,
    prompt_tokens: u64,
    dollars: f64,
}

type Till = Arc<Mutex<[Charged; 2]>>;

async fn answer(State(till): State<Till>, body: String) -> axum::Json<Value> {
    let request: Value = serde_json::from_str(&body).expect("JSON");
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let text: Vec<&str> = messages.iter().filter_map(|message| message["content"].as_str()).collect();
    let text = text.join("\n");
    let drawn = derive_seed(7, &text, 0, 0);
    let prompt = text.len() as u64 * 10 / 43 + 7 * messages.len() as u64;
    let cached = if prompt > 1024 { prompt / 2 } else { 0 };
    let most = ["max_tokens", "max_completion_tokens"].iter().find_map(|field| request[*field].as_u64()).unwrap_or(u64::MAX);
    let (thought, said) = (20 + drawn % 200, 30 + (drawn >> 20) % 200);
    let used = (thought + said).min(most);
    let factor = if request["service_tier"] == "flex" { 0.5 } else { 1.0 };
    let dollars = ((prompt - cached) as f64 + cached as f64 * 0.1 + used as f64 * 4.0) * factor / 1e6;
    let at_judge = request["model"] == "judge";
    let charged = &mut till.lock().expect("not poisoned")[usize::from(at_judge)];
    charged.requests += 1;
    charged.prompt_tokens += prompt;
    charged.dollars += dollars;
    let content = if at_judge { "[[3]]".to_owned() } else { "word ".repeat(said as usize) };
    axum::Json(json!({"model": request["model"], "service_tier": request["service_tier"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": used, "total_tokens": prompt + used,
            "prompt_tokens_details": {"cached_tokens": cached}, "completion_tokens_details": {"reasoning_tokens": thought.min(used)}}}))
}

struct Place {
    desk: Desk,
    till: Till,
    url: String,
    _runtime: tokio::runtime::Runtime,
}

impl Place {
    fn new() -> Self {
        let desk = Desk::new();
        std::fs::write(desk.path("prices.toml"), PRICES).expect("written");
        let till = Till::default();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let router = Router::new().route("/v1/chat/completions", post(answer)).with_state(till.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { desk, till, url, _runtime: runtime }
    }

    fn ran(&self, verb: &str, benchmark: &str, more: &[&str]) -> Ran {
        let mut all = vec![verb, benchmark, "-m", "openai-api/local/asked", "--prices", "prices.toml", "--format", "json"];
        if benchmark == "failsafeqa" {
            all.extend(["--judge", "openai-api/local/judge"]);
        }
        all.extend(more);
        let mut command = self.desk.command(&all);
        command.env("LOCAL_API_KEY", "sk-test").env("LOCAL_BASE_URL", &self.url);
        command.output().expect("the program starts").into()
    }

    fn plan(&self, benchmark: &str, more: &[&str]) -> Value {
        self.ran("plan", benchmark, more).expect(0).json("proctor.plan/1")["plans"][0].clone()
    }

    /// Runs it; the summary, and what model and judge charged.
    fn run(&self, benchmark: &str, more: &[&str]) -> (Value, [Charged; 2]) {
        *self.till.lock().expect("not poisoned") = Default::default();
        let ran = self.ran("run", benchmark, more);
        assert!([0, 5].contains(&ran.code), "{benchmark}: {ran:?}");
        let summary = ran.json("proctor.summary/1")["runs"][0].clone();
        (summary, *self.till.lock().expect("not poisoned"))
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

#[test]
fn every_benchmark_uses_and_costs_what_its_plan_says() {
    let place = Place::new();
    for (benchmark, programs) in BENCHMARKS {
        if programs && !has_guest() {
            continue;
        }
        let mut before = 0.0;
        for limit in ["3", "8"] {
            let plan = place.plan(benchmark, &["--limit", limit]);
            let (summary, [asked, judged]) = place.run(benchmark, &["--limit", limit]);
            let tell = format!("{benchmark} --limit {limit}: {asked:?}, {judged:?} after {plan}");
            assert_eq!(plan["requests"].as_u64(), Some(asked.requests), "{tell}");
            let prompt = number(&plan["prompt_tokens"]) / asked.prompt_tokens as f64;
            assert!((0.8..1.25).contains(&prompt), "prompt tokens off by {prompt}: {tell}");
            let cost = asked.dollars + judged.dollars;
            let range = |name: &str| number(&plan["cost_usd"][name]);
            assert!(range("low") <= cost && cost <= range("high"), "{cost}: {tell}");
            if plan["answer_tokens_are"] == "as before" {
                assert!((prompt - 1.0).abs() < 0.1, "{tell}");
                assert!((0.4..2.5).contains(&(range("expected") / cost)), "{cost}: {tell}");
            }
            // The summary is of the run: what the shorter one asked before was kept, and cost nothing again.
            let paid = number(&summary["usage"]["cost_usd"]);
            assert!((paid - asked.dollars).abs() < 1e-9, "{paid} of {}, {before} before: {tell}", asked.dollars);
            before += asked.dollars;
            let notes = summary["notes"].to_string();
            assert_eq!(notes.contains("judge models gave"), judged.requests > 0, "{notes}");
            let done = place.plan(benchmark, &["--limit", limit]);
            assert_eq!((&done["requests"], number(&done["cost_usd"]["high"])), (&json!(0), 0.0), "{done}");
        }
    }
}

#[test]
fn a_tier_of_service_is_planned_and_paid_at_its_price() {
    let place = Place::new();
    let expected = |more: &[&str]| number(&place.plan("ugmathbench", more)["cost_usd"]["expected"]);
    let (standard, flex) = (expected(&["--limit", "9"]), expected(&["--limit", "9", "-M", "service_tier=flex"]));
    assert!((flex * 2.0 - standard).abs() < 1e-9, "{flex} and {standard}");
    let (summary, [asked, _]) = place.run("ugmathbench", &["--limit", "9", "-M", "service_tier=flex"]);
    assert!((number(&summary["usage"]["cost_usd"]) - asked.dollars).abs() < 1e-9, "{summary}");
    let (other, [standard, _]) = place.run("ugmathbench", &["--limit", "9"]);
    assert_eq!(standard.requests, 9, "answers of one tier are none of another");
    assert!((number(&other["usage"]["cost_usd"]) - 2.0 * asked.dollars).abs() < 1e-9, "{other}");
}

#[test]
fn kept_answers_are_pruned_by_size() {
    let place = Place::new();
    place.run("ugmathbench", &["--limit", "9"]);
    let cache = |arguments: &[&str]| place.desk.proctor(&[&["cache"][..], arguments, &["--format", "json"]].concat());
    assert_eq!(cache(&["prune", "--max-size", "1GB"]).expect(0).json("proctor.cache/1")["removed"], 0);
    let before = cache(&["list"]).expect(0).json("proctor.cache/1")["items"][0].clone();
    let half = format!("{}", number(&before["bytes"]) as u64 / 2);
    let removed = cache(&["prune", "--max-size", &half]).expect(0).json("proctor.cache/1")["removed"].as_u64().expect("a number");
    assert!((1..9).contains(&removed), "{removed} of {before}");
    let after = cache(&["list"]).expect(0).json("proctor.cache/1")["items"][0].clone();
    assert_eq!((after["answers"].as_u64(), number(&after["bytes"]) <= number(&before["bytes"]) / 2.0), (Some(9 - removed), true));
    for (arguments, words) in [(&["prune"][..], "--max-size"), (&["prune", "--max-size", "big"], "500MB or 2GB")] {
        let ran = cache(arguments).expect(2);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

#[test]
fn models_on_this_machine_cost_nothing() {
    let desk = Desk::new();
    let plan = ["plan", "failsafeqa", "--limit", "7", "-m", "mock/constant?text=no", "--judge", "mock/constant?text=6"];
    let shown = desk.proctor(&plan).expect(0).stdout;
    assert!(shown.contains("0.00 (0.00-0.00)") && !shown.contains("unknown"), "{shown}");
}
