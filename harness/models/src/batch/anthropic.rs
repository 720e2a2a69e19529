use super::results::{checked, count, each_line, text, unanswered};
use crate::remote::{Question, Remote};
use async_trait::async_trait;
use proctor_core::{Batch, BatchItem, BatchLimits, BatchPhase, BatchState, Completion, ModelError, ModelErrorKind, Request};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::HashMap;

/// How far the provider's clock may be behind ours, in seconds.
const CLOCKS_APART_S: u64 = 300;

/// How many batches one page of the list holds, and how many pages are looked at.
const PAGE: usize = 100;
const MOST_PAGES: usize = 10;

/// Anthropic's message batches.
#[derive(Debug)]
pub(crate) struct AnthropicBatch {
    remote: Remote,
    /// What stands before every path.
    root: &'static str,
}

impl AnthropicBatch {
    /// The batches of a model; `root` stands before every path.
    pub fn of(remote: &Remote, root: &'static str) -> Self {
        Self { remote: remote.clone(), root }
    }

    fn path(&self, rest: &str) -> String {
        format!("{}messages/batches{rest}", self.root)
    }

    fn protocol(&self, what: &str) -> ModelError {
        let message = format!("{}: {what}", self.remote.client.endpoint());
        self.remote.error(ModelErrorKind::Protocol, &message)
    }

    fn read_result(&self, line: &Value, request: &Request) -> Result<Completion, ModelError> {
        match text(line, "/result/type") {
            "succeeded" => self.remote.read_kept(200, line.pointer("/result/message").unwrap_or(&Value::Null), request),
            "errored" => {
                // Its kind stands where a status would: told apart by the report alone.
                self.remote.read_kept(
                    200,
                    line.pointer("/result/error").unwrap_or(&json!({"error": "no reason is given"})),
                    request,
                )
            }
            other => Err(unanswered(other)),
        }
    }
}

#[async_trait]
impl Batch for AnthropicBatch {
    fn limits(&self) -> BatchLimits {
        // 100,000 requests and 256 MB; some room is left.
        BatchLimits { requests: 100_000, bytes: 240_000_000 }
    }

    async fn submit(&self, _token: &str, items: &[BatchItem]) -> Result<String, ModelError> {
        let mut requests = Vec::with_capacity(items.len());
        for item in items {
            let question = self.remote.wire.question(&item.request, false)?;
            requests.push(json!({"custom_id": item.id, "params": question.body}));
        }
        let mut body = Map::new();
        body.insert("requests".to_owned(), Value::Array(requests));
        let question = Question { path: Cow::Owned(self.path("")), body, ..Question::nothing() };
        let batch = self.remote.post_whole(&question).await?.1;
        let id = text(&batch, "/id");
        if id.is_empty() { Err(self.protocol("the batch was answered without an id")) } else { Ok(id.to_owned()) }
    }

    async fn find(&self, _token: &str, items: usize, since: u64, known: &[String]) -> Result<Option<String>, ModelError> {
        // Batches cannot be marked. One of the same size made since then that nobody knows of is taken for it; results
        // under other names are passed over, so at worst these requests are handed in again.
        let since = since.saturating_sub(CLOCKS_APART_S);
        let mut after = String::new();
        for _ in 0..MOST_PAGES {
            let page = self.remote.get_whole(&self.path(&format!("?limit={PAGE}{after}"))).await?;
            let batches = page.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
            for batch in &batches {
                let id = text(batch, "/id");
                let counts = ["processing", "succeeded", "errored", "canceled", "expired"];
                let total: u64 = counts.iter().map(|name| count(batch, &format!("/request_counts/{name}"))).sum();
                if created(batch) >= since && total == items as u64 && !known.iter().any(|k| k == id) {
                    return Ok(Some(id.to_owned()));
                }
            }
            let Some(last) = batches.last() else { break };
            if page.get("has_more") != Some(&Value::Bool(true)) || created(last) < since {
                break;
            }
            after = format!("&after_id={}", checked(text(last, "/id"))?);
        }
        Ok(None)
    }

    async fn state(&self, batch: &str) -> Result<BatchState, ModelError> {
        let batch = self.remote.get_whole(&self.path(&format!("/{}", checked(batch)?))).await?;
        let mut word = text(&batch, "/processing_status").to_owned();
        let phase = match word.as_str() {
            "ended" => BatchPhase::Ended,
            "" => return Err(self.protocol("the batch has no processing_status")),
            _ => BatchPhase::Working,
        };
        if phase == BatchPhase::Ended && !text(&batch, "/cancel_initiated_at").is_empty() {
            word = "cancelled".to_owned();
        }
        let done = ["succeeded", "errored", "canceled", "expired"]
            .iter()
            .map(|name| count(&batch, &format!("/request_counts/{name}")))
            .sum();
        Ok(BatchState { phase, word, done, total: done + count(&batch, "/request_counts/processing") })
    }

    async fn results(
        &self,
        batch: &str,
        wanted: &HashMap<String, Request>,
    ) -> Result<HashMap<String, Result<Completion, ModelError>>, ModelError> {
        // The address in `results_url` is not followed: the key goes to the base address only.
        let path = self.path(&format!("/{}/results", checked(batch)?));
        let mut results = HashMap::new();
        each_line(&self.remote, &path, |line| {
            let id = text(&line, "/custom_id");
            if let Some(request) = wanted.get(id) {
                results.insert(id.to_owned(), self.read_result(&line, request));
            }
            Ok(())
        })
        .await?;
        Ok(results)
    }

    async fn cancel(&self, batch: &str) -> Result<(), ModelError> {
        let path = Cow::Owned(self.path(&format!("/{}/cancel", checked(batch)?)));
        self.remote.post_whole(&Question { path, ..Question::nothing() }).await.map(|_| ())
    }
}

/// When a batch was made, in seconds since 1970.
fn created(batch: &Value) -> u64 {
    let at = text(batch, "/created_at").parse::<jiff::Timestamp>().map(|at| at.as_second()).unwrap_or(0);
    u64::try_from(at).unwrap_or(0)
}
