//! Made-up models and the registry.

mod support;

use proctor_core::{Finish, ModelErrorKind};
use proctor_models::{ModelOptions, backends, open, open_with};
use std::time::{Duration, Instant};
use support::{chat, labelled, raw};

fn mock(name: &str) -> std::sync::Arc<dyn proctor_core::Model> {
    open(name, &ModelOptions::default()).unwrap()
}

#[tokio::test]
async fn mocks_answer_as_told() {
    let answer = mock("mock/echo").complete(&chat("say it")).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("say it", Finish::Stop));
    assert_eq!(mock("mock/echo").complete(&raw("go on", &[])).await.unwrap().text, "go on");
    let constant = mock("mock/constant?text=a%0Ab%26%C3%A9&finish=length").complete(&chat("x")).await.unwrap();
    assert_eq!((constant.text.as_str(), constant.finish), ("a\nb&é", Finish::Length));
    let hash = mock("mock/hash");
    let (one, again) = (hash.complete(&chat("x")).await.unwrap().text, hash.complete(&chat("x")).await.unwrap().text);
    let mut seeded = chat("x");
    seeded.sampling.seed = Some(8);
    assert_eq!(one, again);
    assert_ne!(one, hash.complete(&seeded).await.unwrap().text);
}

#[tokio::test]
async fn failures_hit_a_fixed_share_of_requests_a_fixed_number_of_times() {
    let pattern = async |model: &dyn proctor_core::Model| {
        let mut failed = Vec::new();
        for sample in 0..400 {
            failed.push(model.complete(&labelled(chat("x"), &sample.to_string(), 0)).await.is_err());
        }
        failed
    };
    let model = mock("mock/flaky?rate=0.25&fails=2&kind=rate_limited&retry_after_ms=40");
    let (first, second, third) = (pattern(&*model).await, pattern(&*model).await, pattern(&*model).await);
    let share = first.iter().filter(|f| **f).count();
    assert!((70..130).contains(&share), "{share} of 400");
    assert_eq!(first, second);
    assert!(third.iter().all(|failed| !failed));
    assert_eq!(first, pattern(&*mock("mock/flaky?rate=0.25")).await);
    assert_ne!(first, pattern(&*mock("mock/flaky?rate=0.25&seed=1")).await);
    let error = mock("mock/echo?rate=1&kind=rate_limited&retry_after_ms=40").complete(&chat("x")).await.unwrap_err();
    assert_eq!((error.kind, error.retry_after), (ModelErrorKind::RateLimited, Some(Duration::from_millis(40))));
}

#[tokio::test]
async fn latency_is_kept() {
    let started = Instant::now();
    let answer = mock("mock/echo?latency_ms=200").complete(&chat("x")).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(200) && answer.latency_s >= 0.2);
}

#[test]
fn names_that_are_none_get_one_sentence() {
    let cases = [
        ("gpt-5", "does not name a model"),
        ("nobody/x", "`nobody`"),
        ("mock/", "ends at the slash"),
        ("mock/other", "no behaviour `other`"),
        ("mock/constant", "text="),
        ("mock/echo?speed=1", "no parameter `speed`"),
        ("mock/echo?rate=2", "rate=2"),
        ("mock/echo?latency_ms=soon", "latency_ms=soon"),
        ("mock/constant?text=%zz", "percent"),
        ("mock/constant?text=%F", "percent"),
        ("mock/constant?text=%ff", "UTF-8"),
        ("mock/echo?kind=other", "kind `other`"),
        ("openai-api/x", "openai-api/NAME/MODEL"),
        ("openai-api/a b/m", "openai-api/NAME/MODEL"),
        ("openai-api/my-box/m", "MY_BOX_BASE_URL"),
        ("openai/gpt-5", "OPENAI_API_KEY"),
    ];
    for (name, part) in cases {
        let error = open_with(name, &ModelOptions::default(), &|_: &str| None).err().unwrap_or_else(|| panic!("{name} opened"));
        assert!(error.message.contains(part), "{name}: {error}");
        assert_eq!(error.message.lines().count(), 1, "{error}");
    }
}

#[test]
fn addresses_and_keys_are_checked_when_a_model_is_opened() {
    let at = |base: &str, key: Option<&str>| {
        let (base, key) = (base.to_owned(), key.map(str::to_owned));
        let environment = move |name: &str| match name {
            "BOX_BASE_URL" => Some(base.clone()),
            "BOX_API_KEY" => key.clone(),
            _ => None,
        };
        open_with("openai-api/box/org/model", &ModelOptions::default(), &environment).map(|m| m.provenance().to_string())
    };
    assert!(at("http://localhost:8000/v1", None).is_ok_and(|p| p.contains("localhost:8000/v1") && p.contains("org/model")));
    assert!(at("http://[::1]:8000/v1", None).is_ok());
    assert!(
        at("http://models.example/v1", None).is_err_and(|e| e.kind == ModelErrorKind::Auth && e.message.contains("BOX_API_KEY"))
    );
    for (base, part) in [
        ("models.example/v1", "not a URL"),
        ("ftp://models.example/v1", "http://"),
        ("http://user:pa55word@models.example/v1", "user name or password"),
    ] {
        let error = at(base, Some("k")).unwrap_err();
        assert!(
            error.message.contains(part) && error.message.contains("BOX_BASE_URL") && !error.message.contains("pa55"),
            "{error}"
        );
    }
    let unsendable = at("http://localhost/v1", Some("two\nlines")).unwrap_err();
    assert!(unsendable.kind == ModelErrorKind::Auth && !unsendable.message.contains("lines"), "{unsendable}");
    let query = at("http://localhost/v1?token=hidden", Some("k")).unwrap();
    assert!(!query.contains("hidden"), "{query}");
}

#[test]
fn every_backend_is_described() {
    for backend in backends() {
        assert!(backend.form.starts_with(backend.prefix) && !backend.summary.is_empty());
    }
}
