use super::answer::{Answer, read_body};
use super::dialect::Dialect;
use super::failure::{Report, classify, looks_like_html, read_report, read_report_value, refused_field};
use super::question::{Question, question};
use super::stream::{Growing, Step};
use crate::SseParser;
use crate::http::{Client, Reply, excerpt};
use async_trait::async_trait;
use proctor_core::{Capabilities, Completion, Model, ModelError, ModelErrorKind, Request};
use serde_json::{Map, Value, json};
use std::time::Instant;

/// A model behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub(super) struct OpenAi {
    name: String,
    model: String,
    key_variable: String,
    client: Client,
    dialect: Dialect,
    args: Map<String, Value>,
    stream: bool,
}

impl OpenAi {
    pub fn new(
        name: &str,
        model: &str,
        key_variable: &str,
        client: Client,
        dialect: Dialect,
        args: Map<String, Value>,
        stream: Option<bool>,
    ) -> Self {
        let stream = dialect.stream.or(stream).unwrap_or(true);
        Self {
            name: name.to_owned(),
            model: model.to_owned(),
            key_variable: key_variable.to_owned(),
            client,
            dialect,
            args,
            stream,
        }
    }

    /// An error of this endpoint; the key is taken out of whatever the server said.
    fn error(&self, kind: ModelErrorKind, message: &str) -> ModelError {
        ModelError::new(kind, self.client.redact(message))
    }

    fn not_an_endpoint(&self, shown: &str, why: &str) -> ModelError {
        let message = format!("{shown} is not an OpenAI-compatible endpoint: {why}; check the base address");
        self.error(ModelErrorKind::Protocol, &message)
    }

    /// The error that a reported failure amounts to.
    fn refused(&self, shown: &str, status: Option<u16>, report: &Report, question: &Question) -> ModelError {
        let kind = classify(status.unwrap_or_else(|| report.implied_status()), report);
        let answered = status.map_or_else(|| "reported an error".to_owned(), |status| format!("answered {status}"));
        let said = if report.message.is_empty() { String::new() } else { format!(": {}", report.message.trim_end_matches('.')) };
        let advice = match kind {
            ModelErrorKind::Auth if matches!(status, Some(402 | 429)) => "; the account has no credit left".to_owned(),
            ModelErrorKind::Auth => format!("; check {}", self.key_variable),
            ModelErrorKind::NotFound if self.client.endpoint().has_no_path() => {
                "; is /v1 missing at the end of the base address?".to_owned()
            }
            ModelErrorKind::NotFound if question.path == "completions" => {
                "; check the model's name, and whether it takes raw completions at all or only chat".to_owned()
            }
            ModelErrorKind::NotFound => "; check the base address and the model's name".to_owned(),
            ModelErrorKind::ContextLength if question.body.get(&self.dialect.max_tokens_field).is_some() => {
                "; the answer's --max-tokens counts, too".to_owned()
            }
            ModelErrorKind::BadRequest => self.advice_on_field(report, question),
            _ => String::new(),
        };
        self.error(kind, &format!("{shown} {answered}{said}{advice}"))
    }

    fn advice_on_field(&self, report: &Report, question: &Question) -> String {
        let Some(field) = question.body.as_object().and_then(|sent| refused_field(report, sent)) else {
            return String::new();
        };
        let other = if field == "max_tokens" { "max_completion_tokens" } else { "max_tokens" };
        if field == self.dialect.max_tokens_field {
            format!("; try -M max_tokens_field={other}")
        } else {
            format!("; leave the field out with -M {field}=null")
        }
    }

    /// Reads a failed reply. A prompt that the provider declines is answered, by a refusal.
    async fn failed(&self, reply: Reply, question: &Question) -> Result<Answer, ModelError> {
        let (shown, status, wait) = (reply.shown, reply.status.as_u16(), reply.retry_after);
        if reply.status.is_redirection() {
            let target = reply.location.unwrap_or_else(|| "an unknown place".to_owned());
            let message =
                format!("{shown} answered {status}, a redirect to {target}, which is not followed; correct the base address");
            return Err(self.error(ModelErrorKind::NotFound, &message));
        }
        let report = read_report(&reply.body.error_text().await);
        if status == 400 && report.is_refusal() {
            return Ok(Answer { refusal: self.client.redact(&report.message), ..Answer::default() });
        }
        let mut error = self.refused(&shown, Some(status), &report, question);
        error.retry_after = wait;
        Err(error)
    }

    /// Reads a streamed answer to its end.
    async fn streamed(&self, reply: Reply, request: &Request, question: &Question) -> Result<Answer, ModelError> {
        let (shown, mut body) = (reply.shown, reply.body);
        let (mut parser, mut growing, mut events) = (SseParser::new(), Growing::default(), Vec::new());
        let mut ended = false;
        while !ended {
            match body.next().await? {
                Some(piece) => parser
                    .push(&piece, &mut events)
                    .map_err(|e| self.error(ModelErrorKind::Protocol, &format!("the answer of {shown} cannot be read: {e}")))?,
                None => {
                    ended = true;
                    events.extend(std::mem::take(&mut parser).finish());
                }
            }
            for event in events.drain(..) {
                match growing.take(&event) {
                    Step::More => {}
                    Step::Done if growing.has_begun() => return Ok(growing.answer),
                    Step::Done => return Err(self.not_an_endpoint(&shown, "its event stream holds no answer")),
                    Step::Failed(report) => {
                        let report = read_report_value(&report);
                        return Err(self.refused(&shown, None, &report, question));
                    }
                    Step::Unreadable(_) if ended => return Err(self.broken_off(&shown)),
                    Step::Unreadable(why) => {
                        let message = format!("{shown} streamed an event that cannot be read: {why}: {}", excerpt(&event.data));
                        return Err(self.error(ModelErrorKind::Protocol, &message));
                    }
                }
            }
            // Stop strings the server does not know about are watched for here; reading on would only cost.
            if !question.all_stops_sent && growing.reached_stop(&request.sampling.stop) {
                return Ok(growing.answer);
            }
        }
        if growing.answer.finish.is_some() {
            return Ok(growing.answer);
        }
        Err(self.broken_off(&shown))
    }

    /// Servers that do not announce a length look well when they die in mid-answer; asking again helps.
    fn broken_off(&self, shown: &str) -> ModelError {
        self.error(ModelErrorKind::Connection, &format!("{shown} broke off in the middle of its answer"))
    }

    /// Reads an answer that came in one piece.
    async fn unstreamed(&self, reply: Reply, question: &Question) -> Result<Answer, ModelError> {
        let shown = reply.shown;
        let bytes = reply.body.whole().await?;
        let text = String::from_utf8_lossy(&bytes);
        if looks_like_html(&text) {
            return Err(self.not_an_endpoint(&shown, "it answered with a web page"));
        }
        let body: Value = match serde_json::from_str(&text) {
            Ok(body) => body,
            Err(error) if error.is_eof() && text.trim_start().starts_with('{') => {
                return Err(self.broken_off(&shown));
            }
            Err(_) if text.trim().is_empty() => return Err(self.not_an_endpoint(&shown, "its answer is empty")),
            Err(_) => return Err(self.not_an_endpoint(&shown, &format!("its answer is not JSON: {}", excerpt(&text)))),
        };
        if body.get("error").is_some_and(|e| !e.is_null()) {
            let report = read_report_value(&body);
            return Err(self.refused(&shown, None, &report, question));
        }
        read_body(&body).map_err(|why| self.not_an_endpoint(&shown, &format!("{why}: {}", excerpt(&text))))
    }
}

#[async_trait]
impl Model for OpenAi {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { chat: true, completion: true, seed: true, concurrency: None, context_tokens: None }
    }

    fn provenance(&self) -> Value {
        json!({
            "backend": "openai",
            "endpoint": self.client.endpoint().to_string(),
            "model": self.model,
            "max_tokens_field": self.dialect.max_tokens_field,
            "sampling_sent": self.dialect.sampling,
            "args": self.args,
        })
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let (dialect, extra) = self.dialect.clone().with_arguments(&request.sampling.extra)?;
        let stream = dialect.stream.unwrap_or(self.stream);
        let mut asked = request.clone();
        asked.sampling.extra = extra;
        let question = question(&self.model, &asked, &dialect, &self.args, stream);
        let started = Instant::now();
        let reply = self.client.post(question.path, &question.body, stream).await?;
        let answer = if !reply.status.is_success() {
            self.failed(reply, &question).await?
        } else if reply.content_type.starts_with("text/event-stream") {
            self.streamed(reply, request, &question).await?
        } else {
            self.unstreamed(reply, &question).await?
        };
        Ok(answer.complete(request, &self.model, started.elapsed().as_secs_f64()))
    }
}
