//! The batch APIs of OpenAI and Anthropic against a server that behaves like the vendors'.

#[path = "../../../tests/support/batches.rs"]
mod batches;
mod support;

use batches::{BatchServer, Behaviour, Fate};
use proctor_core::{BatchItem, BatchPhase, Finish, Model, ModelErrorKind, Request};
use proctor_models::ModelOptions;
use std::collections::HashMap;
use std::sync::Arc;
use support::{chat, open_as};

const MODELS: [&str; 2] = ["openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5"];

fn opened(server: &BatchServer, name: &str) -> Arc<dyn Model> {
    let options = ModelOptions { base_url: Some(format!("{}/v1", server.root)), ..ModelOptions::default() };
    open_as(name, &options).unwrap()
}

fn items(count: usize) -> Vec<BatchItem> {
    (0..count).map(|n| BatchItem { id: format!("item-{n}"), request: chat(&format!("question \"{n}\"\n")) }).collect()
}

fn wanted(items: &[BatchItem]) -> HashMap<String, Request> {
    items.iter().map(|i| (i.id.clone(), i.request.clone())).collect()
}

#[tokio::test]
async fn a_batch_is_handed_in_looked_at_and_collected() {
    for name in MODELS {
        let server = BatchServer::start(Behaviour::default()).await;
        let model = opened(&server, name);
        let batch = model.batch().unwrap();
        let items = items(50);
        let id = batch.submit("token", &items).await.unwrap();
        let mut phases = Vec::new();
        for _ in 0..3 {
            phases.push(batch.state(&id).await.unwrap().phase);
        }
        assert_eq!(phases, [BatchPhase::Working, BatchPhase::Working, BatchPhase::Ended], "{name}");
        let mut some = wanted(&items);
        some.remove("item-7");
        let results = batch.results(&id, &some).await.unwrap();
        assert_eq!(results.len(), 49, "what nobody waits for is passed over");
        for (id, result) in results {
            let answer = result.unwrap();
            let expected = format!("question \"{}\"\n", id.trim_start_matches("item-"));
            assert_eq!((answer.text, answer.finish, answer.usage.completion_tokens), (expected, Finish::Stop, Some(7)), "{name}");
        }
        assert_eq!(server.paid(), (50, 0));
    }
}

#[tokio::test]
async fn failures_of_single_requests_are_theirs_alone() {
    for name in MODELS {
        let fate = |n| match n {
            0 => Fate::Errored("invalid_request_error"),
            1 => Fate::Errored("api_error"),
            2 => Fate::Expired,
            _ => Fate::Answered,
        };
        let server = BatchServer::start(Behaviour { looks: 0, fate, ..Behaviour::default() }).await;
        let model = opened(&server, name);
        let batch = model.batch().unwrap();
        let items = items(4);
        let id = batch.submit("token", &items).await.unwrap();
        assert_eq!(batch.state(&id).await.unwrap().phase, BatchPhase::Ended);
        let results = batch.results(&id, &wanted(&items)).await.unwrap();
        let kind = |n: usize| results[&format!("item-{n}")].as_ref().err().map(|e| e.kind);
        use ModelErrorKind::*;
        assert_eq!(
            [kind(0), kind(1), kind(2), kind(3)],
            [Some(BadRequest), Some(Unavailable), Some(Unavailable), None],
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_batch_whose_name_got_lost_is_found_again() {
    for name in MODELS {
        let server = BatchServer::start(Behaviour { lose_first_reply: true, ..Behaviour::default() }).await;
        let model = opened(&server, name);
        let batch = model.batch().unwrap();
        let items = items(3);
        let error = batch.submit("token-1", &items).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert_eq!(batch.find("token-1", 3, 1_700_000_000, &[]).await.unwrap().as_deref(), Some("batch_0"), "{name}");
        assert_eq!(batch.find("token-1", 3, 1_700_000_000, &["batch_0".to_owned()]).await.unwrap(), None, "{name}");
        assert_eq!(batch.find("token-2", 4, 1_700_000_000, &[]).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn batches_are_refused_and_cancelled() {
    let server = BatchServer::start(Behaviour { looks: 0, reject: true, ..Behaviour::default() }).await;
    let model = opened(&server, "openai/gpt-4o-mini");
    let batch = model.batch().unwrap();
    let id = batch.submit("token", &items(1)).await.unwrap();
    let phase = batch.state(&id).await.unwrap().phase;
    assert_eq!(phase, BatchPhase::Rejected("The model is not supported by the Batch API.".to_owned()));
    for name in MODELS {
        let server = BatchServer::start(Behaviour { looks: 9, ..Behaviour::default() }).await;
        let model = opened(&server, name);
        let batch = model.batch().unwrap();
        let id = batch.submit("token", &items(1)).await.unwrap();
        assert_eq!(batch.state(&id).await.unwrap().phase, BatchPhase::Working);
        batch.cancel(&id).await.unwrap();
        assert_eq!(batch.state(&id).await.unwrap().phase, BatchPhase::Ended, "{name}");
        let error = batch.state("no_such_batch").await.unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::NotFound, "{error}");
        let error = batch.state("../../files").await.unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Protocol, "{error}");
    }
}

#[test]
fn who_takes_no_batches_says_so() {
    let options = ModelOptions { base_url: Some("http://localhost:1/v1".to_owned()), ..ModelOptions::default() };
    for name in ["openai-api/test/m", "groq/m", "google/gemini-x", "mock/echo"] {
        assert!(open_as(name, &options).unwrap().batch().is_none(), "{name}");
    }
}
