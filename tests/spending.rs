//! What runs cost, what is paid for once, when no more is spent, and stores in PostgreSQL.

#![allow(clippy::print_stderr)]

#[path = "support/postgres.rs"]
mod postgres;
mod support;

use serde_json::Value;
use support::scripted::{Behaviour, KEY, Scripted};
use support::{Desk, Ran, has_guest};

/// A tenth of a dollar for a thousand tokens in, nothing out.
const PRICES: &str = "[[price]]\nmodels = [\"openai-api/local/scripted\"]\ninput = 100.0\noutput = 0.0\nas_of = \"2026-01-01\"\n";

struct Place {
    desk: Desk,
    endpoint: Scripted,
    /// `--store` and its value, where it is not the file.
    store: Vec<String>,
}

impl Place {
    fn new(store: Option<&str>) -> Self {
        let desk = Desk::new();
        std::fs::write(desk.path("prices.toml"), PRICES).expect("written");
        let store = store.into_iter().flat_map(|store| ["--store".to_string(), store.to_string()]).collect();
        Self { desk, endpoint: Scripted::start(Behaviour::default()), store }
    }

    fn ran(&self, arguments: &[&str]) -> Ran {
        let mut all: Vec<&str> = self.store.iter().map(String::as_str).collect();
        all.extend(arguments);
        let mut command = self.desk.command(&all);
        command.env("LOCAL_API_KEY", KEY).env("LOCAL_BASE_URL", &self.endpoint.url);
        command.output().expect("the program starts").into()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let fixed =
            ["run", "humaneval-pro", "-m", "openai-api/local/scripted", "--prices", "prices.toml", "-q", "--format", "json"];
        self.ran(&[&fixed[..], arguments].concat())
    }
}

fn usage<'a>(summary: &'a Value, name: &str) -> &'a Value {
    &summary["runs"][0]["usage"][name]
}

fn answered(summary: &Value) -> u64 {
    summary["runs"][0]["graded"].as_u64().expect("a number")
}

/// Costs, kept answers and caps, on a store of either kind.
fn spends_once_and_stops(place: &Place) {
    let five = place.run(&["--limit", "5"]).expect(0).json("proctor.summary/1");
    assert_eq!(place.endpoint.requests(), 5);
    let tokens = usage(&five, "prompt_tokens").as_f64().expect("tokens");
    let cost = usage(&five, "cost_usd").as_f64().expect("a cost");
    assert!((cost - tokens / 1e4).abs() < 1e-9, "{cost} for {tokens} tokens");

    // All fourteen: five are kept from before.
    let all = place.run(&[]).expect(0).json("proctor.summary/1");
    assert_eq!(place.endpoint.requests(), 14);
    let notes = all["runs"][0]["notes"].to_string();
    assert!(notes.contains("5 of 14 answers were kept from before, which saved US$"), "{notes}");
    let list = place.ran(&["cache", "list", "--format", "json"]).expect(0).json("proctor.cache/1");
    assert_eq!((&list["items"][0]["answers"], &list["items"][0]["of"]), (&14.into(), &"answer".into()));

    // Nothing is left to ask, so the plan costs nothing; another plan is given what is kept, a fresh run of this one is not.
    let plan = |more: &[&str]| {
        let fixed = ["plan", "humaneval-pro", "-m", "openai-api/local/scripted", "--prices", "prices.toml", "--format", "json"];
        place.ran(&[&fixed[..], more].concat()).expect(0).json("proctor.plan/1")["plans"][0].clone()
    };
    let done = plan(&[]);
    assert_eq!((&done["answered"], &done["requests"], &done["cost_usd"]["expected"]), (&14.into(), &0.into(), &0.0.into()));
    let nine = plan(&["--limit", "9"]);
    assert_eq!((&nine["cached"], &nine["requests"]), (&9.into(), &0.into()));
    let fresh = plan(&["--fresh"]);
    assert_eq!((&fresh["cached"], &fresh["requests"], &fresh["prices_as_of"]), (&0.into(), &14.into(), &"2026-01-01".into()));

    // A cap that lets about half through; then a higher one; the sum is what the whole costs.
    let again = place.run(&["--fresh"]).expect(0).json("proctor.summary/1");
    assert_eq!(place.endpoint.requests(), 28);
    let whole = usage(&again, "cost_usd").as_f64().expect("a cost");
    let before = place.endpoint.requests();
    let half = (whole / 2.0).to_string();
    let first = place.run(&["--seed", "7", "--no-cache", "--max-cost", &half]).expect(8).json("proctor.summary/1");
    let spent = usage(&first, "cost_usd").as_f64().expect("a cost");
    assert!(spent <= whole / 2.0 * 1.5 && spent > 0.0, "{spent} of {half}");
    let some = answered(&first);
    assert!((1..14).contains(&some), "{some}");
    assert_eq!(
        place.run(&["--seed", "7", "--no-cache", "--max-cost", &half]).expect(8).json("proctor.summary/1")["runs"][0]["graded"],
        some
    );
    let rest = place.run(&["--seed", "7", "--no-cache", "--max-cost", "1000"]).expect(0).json("proctor.summary/1");
    assert_eq!(answered(&rest), 14);
    assert_eq!(place.endpoint.requests() - before, 14, "nothing is paid for twice");

    let removed = place.ran(&["cache", "clear", "-m", "openai-api/*", "--format", "json"]).expect(0).json("proctor.cache/1");
    assert_eq!(removed["removed"], 28);
    let runs = place.ran(&["list", "runs", "--format", "json"]).expect(0).json("proctor.runs/1");
    assert_eq!(runs["items"].as_array().map(Vec::len), Some(4));
}

#[test]
fn a_file_spends_once_and_stops() {
    if has_guest() {
        spends_once_and_stops(&Place::new(None));
    }
}

#[test]
fn a_postgresql_store_spends_once_and_stops_and_never_shows_its_password() {
    let Some(address) = postgres::database().filter(|_| has_guest()) else { return };
    let place = Place::new(Some(&address));
    spends_once_and_stops(&place);
    let password = "never-shown";
    for arguments in [&["list", "runs"][..], &["doctor"], &["sql", "SELECT count(*) FROM v_grades"], &["show", "humaneval-pro"]] {
        let ran = place.ran(arguments);
        assert!(!ran.stdout.contains(password) && !ran.stderr.contains(password), "{arguments:?}: {ran:?}");
    }
    let nowhere = place.desk.proctor(&["list", "runs", "--store", "postgres://me:never-shown@127.0.0.1:1/x"]).expect(6);
    assert!(nowhere.stderr.contains("postgres://me@127.0.0.1:1/x") && !nowhere.stderr.contains(password), "{}", nowhere.stderr);
}

#[test]
fn bad_bounds_and_prices_are_told_in_a_sentence() {
    let place = Place::new(None);
    std::fs::write(place.desk.path("bad.toml"), "[[price]]\nmodels = [\"x\"]\ninput = -1\n").expect("written");
    let model = ["humaneval-pro", "-m", "openai-api/local/scripted"];
    for (arguments, words) in [
        (&["--max-cost", "1"][..], "what openai-api/local/scripted costs is not known"),
        (&["--max-cost", "-1"], "write a number of US dollars"),
        (&["--max-cost", "NaN"], "write a number of US dollars"),
        (&["--max-tokens-total", "many"], "write a number of tokens"),
        (&["--max-time", "soon"], "write seconds"),
        (&["--prices", "none.toml"], "none.toml cannot be read"),
        (&["--prices", "bad.toml"], "bad.toml is not a table of prices"),
    ] {
        let ran = place.ran(&[&["run"][..], &model, arguments].concat()).expect(2);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(place.endpoint.requests(), 0);
    // An empty variable is none at all.
    let empty = place.desk.command(&["list", "runs"]).env("PROCTOR_STORE", "").env("PROCTOR_PRICES", "").output();
    assert_eq!(Ran::from(empty.expect("it starts")).code, 0);
    // Planning needs no key.
    let planned =
        place.desk.proctor(&["plan", "humaneval-pro", "-m", "openai/gpt-5-mini", "--max-tokens", "100", "--format", "json"]);
    let plan = planned.expect(0).json("proctor.plan/1")["plans"][0].clone();
    assert_eq!(plan["prompt_tokens_are"], "counted");
    assert!(plan["cost_usd"]["low"].as_f64() < plan["cost_usd"]["high"].as_f64());
}

#[test]
fn prices_are_listed_set_and_used() {
    let place = Place::new(None);
    let list = |more: &[&str]| {
        let listed = place.desk.proctor(&[&["prices", "list", "--format", "json"][..], more].concat());
        listed.expect(0).json("proctor.prices/1")["items"].as_array().expect("a list").clone()
    };
    assert!(list(&[]).len() > 150);
    let opus = list(&["claude-opus-5-5"]);
    assert_eq!((opus.len(), &opus[0]["usd_per_million"]["cache_write_1h"]), (1, &8.0.into()));
    assert!(opus[0]["source"].as_str().is_some_and(|source| source.contains("platform.claude.com")), "{opus:?}");

    let plan = |model: &str| {
        let planned = place.desk.proctor(&[
            "plan",
            "humaneval-pro",
            "-m",
            model,
            "--base-url",
            "http://127.0.0.1:9/v1",
            "--max-tokens",
            "9",
        ]);
        planned.expect(0).stdout
    };
    let before = plan("openai-api/elsewhere/mine");
    assert!(before.contains("no price known for openai-api/elsewhere/mine") && before.contains("proctor prices set"), "{before}");
    assert_eq!(before.matches("no price known").count(), 1, "{before}");
    let set = ["prices", "set", "openai-api/elsewhere/mine", "--input", "1.5", "--output", "3", "--batch", "0.5"];
    place.desk.proctor(&set).expect(0);
    let after = plan("openai-api/elsewhere/mine");
    assert!(!after.contains("no price known") && after.contains("your table"), "{after}");
    let mine = list(&["elsewhere"]);
    assert_eq!((mine.len(), &mine[0]["usd_per_million"]["input"], &mine[0]["batch"]), (1, &1.5.into(), &0.5.into()));
    for (arguments, words) in [
        (&set[..], "has a price in"),
        (&["prices", "set", "mine", "--input", "1", "--output", "1"][..], "does not name a model"),
        (&["prices", "set", "a/b", "--input", "-1", "--output", "1"][..], "write a number of US dollars"),
        (&["prices", "set", "a/b", "--input", "1"][..], "--output"),
    ] {
        let ran = place.desk.proctor(arguments).expect(2);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn what_a_run_costs_lies_in_the_range_of_its_plan() {
    if !has_guest() {
        return;
    }
    let place = Place::new(None);
    let plan = || {
        let fixed = ["plan", "humaneval-pro", "-m", "openai-api/local/scripted", "--prices", "prices.toml", "--format", "json"];
        place.ran(&fixed).expect(0).json("proctor.plan/1")["plans"][0].clone()
    };
    let figure = |plan: &Value, name: &str| plan["cost_usd"][name].as_f64().expect("a cost");
    let cost = |summary: &Value| usage(summary, "cost_usd").as_f64().expect("a cost");
    let first = plan();
    let five = cost(&place.run(&["--limit", "5"]).expect(0).json("proctor.summary/1"));
    let second = plan();
    assert_eq!((&second["cached"], &second["prompt_tokens_are"]), (&5.into(), &"as reported before".into()));
    let nine = cost(&place.run(&[]).expect(0).json("proctor.summary/1"));
    assert!(figure(&first, "low") < five + nine && five + nine < figure(&first, "high"), "{} in {first}", five + nine);
    assert!(figure(&second, "low") <= nine && nine <= figure(&second, "high") * 1.0001, "{nine} in {second}");
    assert!((figure(&second, "expected") - nine).abs() / nine < 0.05, "{nine} in {second}");
}
