use super::results::{checked, count, each_line, text, unanswered};
use crate::remote::{Question, Remote};
use async_trait::async_trait;
use proctor_core::{Batch, BatchItem, BatchLimits, BatchPhase, BatchState, Completion, ModelError, ModelErrorKind, Request};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::HashMap;

/// What a batch holds in the field that marks it.
const MARK: &str = "proctor_token";

/// How many batches one page of the list holds, and how many pages are looked at.
const PAGE: usize = 100;
const MOST_PAGES: usize = 10;

/// OpenAI's batch API: a file of requests, a batch of that file, files of results.
#[derive(Debug)]
pub(crate) struct OpenAiBatch {
    remote: Remote,
}

impl OpenAiBatch {
    /// The batches of a model.
    pub fn of(remote: &Remote) -> Self {
        Self { remote: remote.clone() }
    }

    fn protocol(&self, what: &str) -> ModelError {
        let message = format!("{}: {what}", self.remote.client.endpoint());
        self.remote.error(ModelErrorKind::Protocol, &message)
    }

    async fn post(&self, path: String, body: Map<String, Value>) -> Result<Value, ModelError> {
        let question = Question { path: Cow::Owned(path), body, ..Question::nothing() };
        Ok(self.remote.post_whole(&question).await?.1)
    }

    async fn upload(&self, token: &str, lines: &[u8]) -> Result<String, ModelError> {
        let boundary = format!("proctor-{token}");
        let mut body = Vec::with_capacity(lines.len() + 512);
        body.extend_from_slice(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--{boundary}\r\n\
                 Content-Disposition: form-data; name=\"file\"; filename=\"{token}.jsonl\"\r\n\
                 Content-Type: application/jsonl\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(lines);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let reply = self.remote.client.post_as("files", &format!("multipart/form-data; boundary={boundary}"), body).await?;
        if !reply.status.is_success() {
            return Err(self.remote.failed_plainly(reply).await);
        }
        let bytes = reply.body.whole().await?;
        let file: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let id = text(&file, "/id");
        if id.is_empty() { Err(self.protocol("the upload was answered without an id")) } else { Ok(id.to_owned()) }
    }

    /// Reads one file of results.
    async fn read_file(
        &self,
        file: &str,
        wanted: &HashMap<String, Request>,
        results: &mut HashMap<String, Result<Completion, ModelError>>,
    ) -> Result<(), ModelError> {
        if file.is_empty() {
            return Ok(());
        }
        let path = format!("files/{}/content", checked(file)?);
        each_line(&self.remote, &path, |line| {
            let id = text(&line, "/custom_id");
            if let Some(request) = wanted.get(id) {
                results.insert(id.to_owned(), self.read_line(&line, request));
            }
            Ok(())
        })
        .await
    }

    fn read_line(&self, line: &Value, request: &Request) -> Result<Completion, ModelError> {
        if let Some(response) = line.get("response").filter(|r| !r.is_null()) {
            let status = response.get("status_code").and_then(Value::as_u64).unwrap_or(200);
            let body = response.get("body").unwrap_or(&Value::Null);
            return self.remote.read_kept(u16::try_from(status).unwrap_or(500), body, request);
        }
        let (code, message) = (text(line, "/error/code"), text(line, "/error/message"));
        Err(unanswered(&format!("{code} {message}")))
    }
}

#[async_trait]
impl Batch for OpenAiBatch {
    fn limits(&self) -> BatchLimits {
        // 50,000 requests and 200 MB; some room is left.
        BatchLimits { requests: 50_000, bytes: 190_000_000 }
    }

    async fn submit(&self, token: &str, items: &[BatchItem]) -> Result<String, ModelError> {
        let mut lines = Vec::new();
        let mut endpoint = String::new();
        for item in items {
            let question = self.remote.wire.question(&item.request, false)?;
            // All of one batch go to one address, under its path at the vendor.
            endpoint = format!("/v1/{}", question.path);
            let line = json!({"custom_id": item.id, "method": "POST", "url": endpoint, "body": question.body});
            lines.extend_from_slice(line.to_string().as_bytes());
            lines.push(b'\n');
        }
        let file = self.upload(token, &lines).await?;
        let mut body = Map::new();
        body.insert("input_file_id".to_owned(), json!(file));
        body.insert("endpoint".to_owned(), json!(endpoint));
        body.insert("completion_window".to_owned(), json!("24h"));
        body.insert("metadata".to_owned(), json!({ MARK: token }));
        let batch = self.post("batches".to_owned(), body).await?;
        let id = text(&batch, "/id");
        if id.is_empty() { Err(self.protocol("the batch was answered without an id")) } else { Ok(id.to_owned()) }
    }

    async fn find(&self, token: &str, _items: usize, since: u64, known: &[String]) -> Result<Option<String>, ModelError> {
        let mut after = String::new();
        for _ in 0..MOST_PAGES {
            let page = self.remote.get_whole(&format!("batches?limit={PAGE}{after}")).await?;
            let batches = page.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
            for batch in &batches {
                let id = text(batch, "/id");
                if text(batch, &format!("/metadata/{MARK}")) == token && !known.iter().any(|k| k == id) {
                    return Ok(Some(id.to_owned()));
                }
            }
            let Some(last) = batches.last() else { break };
            // The list begins with the latest.
            if page.get("has_more") != Some(&Value::Bool(true)) || count(last, "/created_at") < since {
                break;
            }
            after = format!("&after={}", checked(text(last, "/id"))?);
        }
        Ok(None)
    }

    async fn state(&self, batch: &str) -> Result<BatchState, ModelError> {
        let batch = self.remote.get_whole(&format!("batches/{}", checked(batch)?)).await?;
        let word = text(&batch, "/status").to_owned();
        let phase = match word.as_str() {
            "completed" | "expired" | "cancelled" => BatchPhase::Ended,
            "failed" => {
                let errors = batch.pointer("/errors/data").and_then(Value::as_array);
                let first = errors.and_then(|list| list.first()).map(|e| text(e, "/message").to_owned());
                BatchPhase::Rejected(self.remote.client.redact(&first.unwrap_or_else(|| "no reason is given".to_owned())))
            }
            "" => return Err(self.protocol("the batch has no status")),
            _ => BatchPhase::Working,
        };
        let done = count(&batch, "/request_counts/completed") + count(&batch, "/request_counts/failed");
        Ok(BatchState { phase, word, done, total: count(&batch, "/request_counts/total") })
    }

    async fn results(
        &self,
        batch: &str,
        wanted: &HashMap<String, Request>,
    ) -> Result<HashMap<String, Result<Completion, ModelError>>, ModelError> {
        let batch = self.remote.get_whole(&format!("batches/{}", checked(batch)?)).await?;
        let mut results = HashMap::new();
        self.read_file(text(&batch, "/error_file_id"), wanted, &mut results).await?;
        self.read_file(text(&batch, "/output_file_id"), wanted, &mut results).await?;
        Ok(results)
    }

    async fn cancel(&self, batch: &str) -> Result<(), ModelError> {
        self.post(format!("batches/{}/cancel", checked(batch)?), Map::new()).await.map(|_| ())
    }
}
