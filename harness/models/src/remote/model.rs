use super::advice::advice;
use super::answer::Answer;
use super::json::read_json;
use super::listed::read_listed;
use super::report::{Report, classify, looks_like_html, read_report, read_report_value};
use super::tier::{tier, tiers_of};
use super::wire::{Misread, Question, Step, StreamReader, Wire};
use crate::http::{Client, Reply};
use crate::tokens::TokenCounter;
use crate::{ServerEvent, SseParser};
use async_trait::async_trait;
use proctor_core::{
    Activity, Batch, Capabilities, Completion, Continuation, Finish, Likelihood, ListedModel, Message, Model, ModelAddress,
    ModelError, ModelErrorKind, Prompt, Request, Role, Sampling,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Who a model behind an endpoint is.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The name it was asked for by.
    pub name: String,
    /// Its name at the endpoint.
    pub model: String,
    /// Where its key comes from, for messages.
    pub key_variable: String,
    /// Whether the base address is expected to end with a version.
    pub versioned_base: bool,
}

/// A model behind an endpoint of any wire format.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub(crate) identity: Identity,
    pub(crate) client: Arc<Client>,
    pub(crate) wire: Arc<dyn Wire>,
    pub(crate) stream: bool,
    pub(crate) batch: Option<Arc<dyn Batch>>,
    pub(crate) tokens: TokenCounter,
}

impl Remote {
    /// An error of this endpoint; the key is taken out of whatever the server said.
    pub(crate) fn error(&self, kind: ModelErrorKind, message: &str) -> ModelError {
        ModelError::new(kind, self.client.redact(message))
    }

    fn not_an_endpoint(&self, shown: &str, why: &str) -> ModelError {
        let kind = self.wire.endpoint_kind();
        self.error(ModelErrorKind::Protocol, &format!("{shown} is not {kind}: {why}; check the base address"))
    }

    /// The error that a reported failure amounts to.
    fn refused(&self, shown: &str, status: Option<u16>, report: &Report, question: &Question) -> ModelError {
        let kind = classify(status.unwrap_or_else(|| report.implied_status()), report);
        let answered = status.map_or_else(|| "reported an error".to_owned(), |status| format!("answered {status}"));
        let said = if report.message.is_empty() { String::new() } else { format!(": {}", report.message.trim_end_matches('.')) };
        let advice = advice(kind, status, report, question, self.client.endpoint(), &self.identity);
        let mut error = self.error(kind, &format!("{shown} {answered}{said}{advice}"));
        error.retry_after = report.retry_after;
        error
    }

    /// Reads a failed reply. A prompt that the provider declines is answered, by its refusal.
    async fn failed(&self, reply: Reply, question: &Question) -> Result<Answer, ModelError> {
        let Reply { shown, status, retry_after, location, limits, body, .. } = reply;
        if status.is_redirection() {
            let target = location.unwrap_or_else(|| "an unknown place".to_owned());
            let message = format!(
                "{shown} answered {}, a redirect to {target}, which is not followed; correct the base address",
                status.as_u16()
            );
            return Err(self.error(ModelErrorKind::NotFound, &message));
        }
        let report = read_report(&self.client.redact(&body.error_text().await));
        if matches!(status.as_u16(), 400 | 403 | 422) && report.is_refusal() {
            return Ok(Answer::withheld(self.client.redact(&report.message), Finish::ContentFilter));
        }
        let mut error = self.refused(&shown, Some(status.as_u16()), &report, question);
        error.retry_after = retry_after.or(error.retry_after);
        error.limits = limits.map(Box::new);
        Err(error)
    }

    /// The error, or the refusal, that a report within an answer amounts to.
    fn reported(&self, shown: &str, report: &Value, question: &Question) -> Result<Answer, ModelError> {
        // Its words are cut short, and half a key must not be left standing.
        let report = read_report(&self.client.redact(&report.to_string()));
        if report.is_refusal() {
            return Ok(Answer::withheld(self.client.redact(&report.message), Finish::ContentFilter));
        }
        Err(self.refused(shown, None, &report, question))
    }

    async fn streamed(&self, reply: Reply, request: &Request, question: &Question) -> Result<Answer, ModelError> {
        let Reply { shown, mut body, .. } = reply;
        let mut parser = SseParser::new();
        let mut reader = self.wire.reader();
        let mut answer = Answer::default();
        let mut events: Vec<ServerEvent> = Vec::new();
        let mut ended = false;
        while !ended {
            match body.next().await? {
                Some(piece) => parser
                    .push(piece.as_ref(), &mut events)
                    .map_err(|e| self.error(ModelErrorKind::Protocol, &format!("the answer of {shown} cannot be read: {e}")))?,
                None => {
                    ended = true;
                    events.extend(std::mem::take(&mut parser).finish());
                }
            }
            if let Some(answer) = self.take_events(&shown, &mut events, ended, reader.as_mut(), &mut answer, question)? {
                return Ok(answer);
            }
            // Stop strings the server does not know about are watched for here; reading on would only cost.
            if !question.all_stops_sent && answer.reached_stop(&request.sampling.stop) {
                return Ok(answer);
            }
        }
        if answer.finish.is_some() {
            return Ok(answer);
        }
        Err(self.broken_off(&shown))
    }

    /// Takes events into `answer`; the answer where they complete it. After `ended` nothing more comes.
    fn take_events(
        &self,
        shown: &str,
        events: &mut Vec<ServerEvent>,
        ended: bool,
        reader: &mut dyn StreamReader,
        answer: &mut Answer,
        question: &Question,
    ) -> Result<Option<Answer>, ModelError> {
        for event in events.drain(..) {
            match reader.take(&event, answer) {
                Step::More => {}
                Step::Done if reader.has_begun() => return Ok(Some(std::mem::take(answer))),
                Step::Done => return Err(self.not_an_endpoint(shown, "its event stream holds no answer")),
                Step::Failed(report) => return self.reported(shown, &report, question).map(Some),
                Step::Unreadable(_) if ended => return Err(self.broken_off(shown)),
                Step::Unreadable(why) => {
                    let said = self.client.excerpt(&event.data);
                    let message = format!("{shown} streamed an event that cannot be read: {why}: {said}");
                    return Err(self.error(ModelErrorKind::Protocol, &message));
                }
            }
        }
        Ok(None)
    }

    /// An answer in events that came under another content type.
    fn read_events(&self, shown: &str, bytes: &[u8], question: &Question) -> Result<Answer, ModelError> {
        let mut events = Vec::new();
        let mut parser = SseParser::new();
        parser
            .push(bytes, &mut events)
            .map_err(|e| self.error(ModelErrorKind::Protocol, &format!("the answer of {shown} cannot be read: {e}")))?;
        let mut reader = self.wire.reader();
        let mut answer = Answer::default();
        if let Some(answer) = self.take_events(shown, &mut events, false, reader.as_mut(), &mut answer, question)? {
            return Ok(answer);
        }
        events.extend(parser.finish());
        if let Some(answer) = self.take_events(shown, &mut events, true, reader.as_mut(), &mut answer, question)? {
            return Ok(answer);
        }
        if answer.finish.is_some() { Ok(answer) } else { Err(self.broken_off(shown)) }
    }

    /// The answer, unless something in it cannot be read.
    fn sound(&self, answer: Answer) -> Result<Answer, ModelError> {
        match answer.fault() {
            None => Ok(answer),
            Some(why) => Err(self.error(
                ModelErrorKind::Protocol,
                &format!("{} gave an answer that cannot be read: {}", self.client.endpoint(), self.client.redact(why)),
            )),
        }
    }

    /// Servers that do not announce a length look well when they die in mid-answer; asking again helps.
    fn broken_off(&self, shown: &str) -> ModelError {
        self.error(ModelErrorKind::Connection, &format!("{shown} broke off in the middle of its answer"))
    }

    /// The JSON of an answer that came in one piece.
    async fn whole(&self, reply: Reply) -> Result<(String, Value), ModelError> {
        let shown = reply.shown;
        let bytes = reply.body.whole().await?;
        self.json(&shown, &bytes).map(|body| (shown, body))
    }

    fn json(&self, shown: &str, bytes: &[u8]) -> Result<Value, ModelError> {
        read_json(bytes).map_err(|error| {
            let text = String::from_utf8_lossy(bytes);
            match () {
                () if looks_like_html(&text) => self.not_an_endpoint(shown, "it answered with a web page"),
                () if error.is_eof() && text.trim_start().starts_with('{') => self.broken_off(shown),
                () if text.trim().is_empty() => self.not_an_endpoint(shown, "its answer is empty"),
                () => self.not_an_endpoint(shown, &format!("its answer is not JSON: {}", self.client.excerpt(&text))),
            }
        })
    }

    async fn unstreamed(&self, reply: Reply, question: &Question) -> Result<Answer, ModelError> {
        let shown = reply.shown;
        let bytes = reply.body.whole().await?;
        if ["data:", "event:"].iter().any(|field| bytes.starts_with(field.as_bytes())) {
            return self.read_events(&shown, &bytes, question);
        }
        self.read(&shown, &self.json(&shown, &bytes)?, question)
    }

    /// Reads a body that came with success.
    fn read(&self, shown: &str, body: &Value, question: &Question) -> Result<Answer, ModelError> {
        if has_error(body) {
            return self.reported(shown, body, question);
        }
        match self.wire.read(body) {
            Ok(answer) => Ok(answer),
            Err(Misread::Reports(report)) => self.reported(shown, &report, question),
            Err(Misread::Lacks(what)) => {
                Err(self.not_an_endpoint(shown, &format!("{what}: {}", self.client.excerpt(&body.to_string()))))
            }
        }
    }

    /// Gets the JSON at `path`.
    pub(crate) async fn get_whole(&self, path: &str) -> Result<Value, ModelError> {
        let reply = self.client.get(path).await?;
        if reply.status.is_success() {
            return Ok(self.whole(reply).await?.1);
        }
        Err(self.failed_plainly(reply).await)
    }

    /// The error of a failed reply to anything but a question.
    pub(crate) async fn failed_plainly(&self, reply: Reply) -> ModelError {
        let shown = reply.shown.clone();
        let status = reply.status.as_u16();
        match self.failed(reply, &Question::nothing()).await {
            Err(error) => error,
            Ok(answer) => self.error(ModelErrorKind::BadRequest, &format!("{shown} answered {status}: {}", answer.refusal)),
        }
    }

    /// The models the endpoint lists; `None` where it has no list.
    async fn listed(&self) -> Result<Option<Vec<ListedModel>>, ModelError> {
        let body = match self.get_whole(&self.wire.models_path()).await {
            Ok(body) => body,
            Err(error) if error.kind == ModelErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let list = ["data", "models"].into_iter().find_map(|field| body.get(field)).unwrap_or(&body);
        let mut models: Vec<ListedModel> = list.as_array().into_iter().flatten().filter_map(read_listed).collect();
        if self.identity.name.starts_with("ollama/") {
            self.add_running(&mut models).await;
        }
        Ok(list.is_array().then_some(models))
    }

    /// Ollama tells how long a context is of models that are loaded, in another list.
    async fn add_running(&self, models: &mut [ListedModel]) {
        let Ok(running) = self.get_whole("../api/ps").await else { return };
        for model in running.get("models").and_then(Value::as_array).into_iter().flatten().filter_map(read_listed) {
            let known = models.iter_mut().find(|known| known.name == model.name);
            known.into_iter().for_each(|known| known.context_tokens = model.context_tokens.or(known.context_tokens));
        }
    }

    /// Posts a question and reads the JSON of its answer.
    pub(crate) async fn post_whole(&self, question: &Question) -> Result<(String, Value), ModelError> {
        let reply = self.client.post(&question.path, encode(question), false).await?;
        if !reply.status.is_success() {
            let answer = self.failed(reply, question).await?;
            return Err(self.error(ModelErrorKind::BadRequest, &format!("{} was declined: {}", question.path, answer.refusal)));
        }
        self.whole(reply).await
    }

    /// Reads one whole answer as it stands in the results of a batch.
    pub(crate) fn read_kept(&self, status: u16, body: &Value, request: &Request) -> Result<Completion, ModelError> {
        let question = self.wire.question(request, false)?;
        let shown = format!("{} (batch)", self.client.endpoint());
        let answer = if (200..300).contains(&status) {
            self.read(&shown, body, &question)?
        } else {
            let report = read_report_value(body);
            if !report.is_refusal() {
                return Err(self.refused(&shown, Some(status), &report, &question));
            }
            Answer::withheld(self.client.redact(&report.message), Finish::ContentFilter)
        };
        let mut completion = self.sound(answer)?.complete(request, &self.identity.model, 0.0);
        self.client.mask(&mut completion);
        Ok(completion)
    }
}

/// Whether a body reports an error instead of an answer.
fn has_error(body: &Value) -> bool {
    let first = body.as_array().and_then(|list| list.first()).unwrap_or(body);
    first.get("error").is_some_and(|e| !e.is_null()) || first.get("type").and_then(Value::as_str) == Some("error")
}

/// The bytes of a question's body.
pub(crate) fn encode(question: &Question) -> Vec<u8> {
    // A map of JSON values always serialises.
    serde_json::to_vec(&question.body).unwrap_or_default()
}

#[async_trait]
impl Model for Remote {
    fn name(&self) -> &str {
        &self.identity.name
    }

    fn quota(&self) -> String {
        self.client.quota()
    }

    fn capabilities(&self) -> Capabilities {
        self.wire.capabilities()
    }

    fn provenance(&self) -> Value {
        let mut all = self.wire.settings();
        all.insert("backend".to_owned(), json!(self.wire.backend()));
        all.insert("endpoint".to_owned(), json!(self.client.endpoint().to_string()));
        all.insert("model".to_owned(), json!(self.identity.model));
        Value::Object(all)
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        self.complete_watched(request, &Activity::default()).await
    }

    fn patience(&self) -> Option<Duration> {
        self.stream.then(|| self.client.idle())
    }

    async fn complete_watched(&self, request: &Request, activity: &Activity) -> Result<Completion, ModelError> {
        let asked_otherwise = request.sampling.extra.get("stream").and_then(Value::as_bool);
        let stream = asked_otherwise.unwrap_or(self.stream);
        let question = self.wire.question(request, stream)?;
        let started = Instant::now();
        let mut reply = self.client.post(&question.path, encode(&question), stream).await?;
        reply.body.watched(activity);
        let limits = reply.limits;
        let served = reply.tier.take();
        let streamed = reply.content_type.starts_with("text/event-stream");
        let answer = if !reply.status.is_success() {
            self.failed(reply, &question).await
        } else if streamed {
            self.streamed(reply, request, &question).await
        } else {
            self.unstreamed(reply, &question).await
        };
        match answer.and_then(|answer| self.sound(answer)) {
            Ok(mut answer) => {
                // The answer knows best what was charged, then the reply's head; else it is what was asked for.
                let head = || served.map(|word| Vec::from_iter(tier(&word)));
                answer.tiers = answer.tiers.or_else(head).or_else(|| tiers_of(&question.body));
                let mut completion = answer.complete(request, &self.identity.model, started.elapsed().as_secs_f64());
                self.client.mask(&mut completion);
                (completion.limits, completion.streamed) = (limits, Some(streamed));
                Ok(completion)
            }
            Err(mut error) => {
                error.limits = error.limits.or(limits.map(Box::new));
                Err(error)
            }
        }
    }

    async fn loglikelihood(&self, continuations: &[Continuation]) -> Result<Vec<Likelihood>, ModelError> {
        self.echoed(continuations).await
    }

    fn count_tokens(&self, request: &Request) -> Option<u64> {
        self.tokens.count(request)
    }

    fn tiers(&self) -> Vec<String> {
        let prompt = match self.wire.capabilities().chat {
            true => Prompt::Chat(vec![Message::new(Role::User, "1")]),
            false => Prompt::Completion("1".to_owned()),
        };
        let question = self.wire.question(&Request::new(prompt, Sampling::default()), false);
        question.ok().and_then(|question| tiers_of(&question.body)).unwrap_or_default()
    }

    fn batch(&self) -> Option<&dyn Batch> {
        self.batch.as_deref()
    }

    fn address(&self) -> Option<ModelAddress> {
        let endpoint = self.client.endpoint();
        let (host, port) = endpoint.host_and_port();
        Some(ModelAddress {
            shown: endpoint.to_string(),
            host,
            port,
            encrypted: endpoint.is_https(),
            model: self.identity.model.clone(),
            key: (self.identity.key_variable.clone(), self.client.has_key()),
        })
    }

    async fn listed_models(&self) -> Result<Option<Vec<ListedModel>>, ModelError> {
        self.listed().await
    }
}
