use super::connection::reach;
use super::finding::{Finding, Verdict};
use super::names::near;
use super::questions::{REASONED, SHORT, chat, greedy, raw};
use proctor_core::{Completion, Finish, Model, ModelAddress, ModelError, ModelErrorKind, RateLimits, Request};
use std::time::{Duration, Instant};

/// The longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(90);

/// The longest that a probe takes in all.
const MOST: Duration = Duration::from_secs(300);

/// Finds out what a model can do: whether it is reached, knows the key and the model, streams, stops, honours seeds, tells
/// probabilities, writes JSON, heeds instructions, reasons, and what it says of its limits. It asks about ten short
/// questions, one after the other, which cost what ten questions cost; it ends after five minutes at the latest. `told` hears
/// of each finding as it is made. `streaming` and `whole` are the same model asked in the two ways.
pub async fn probe(streaming: &dyn Model, whole: &dyn Model, long_prompt: bool, told: &mut dyn FnMut(&Finding)) -> Vec<Finding> {
    let mut probe = Probe {
        model: streaming,
        findings: Vec::new(),
        began: Instant::now(),
        limits: None,
        room: SHORT,
        listed: None,
        context: None,
        told,
    };
    probe.all(whole, long_prompt).await;
    probe.findings
}

pub(super) struct Probe<'a> {
    pub(super) model: &'a dyn Model,
    findings: Vec<Finding>,
    began: Instant,
    limits: Option<RateLimits>,
    /// Tokens that an answer gets.
    pub(super) room: u32,
    /// Whether the list of models has this one; `None` where there is no list.
    listed: Option<bool>,
    /// Tokens of context that the list tells.
    pub(super) context: Option<u64>,
    told: &'a mut dyn FnMut(&Finding),
}

impl Probe<'_> {
    pub(super) fn add(&mut self, finding: Finding) {
        (self.told)(&finding);
        self.findings.push(finding);
    }

    pub(super) fn out_of_time(&self) -> bool {
        self.began.elapsed() >= MOST
    }

    /// How long one answer may take: what is left, at most.
    pub(super) fn patience(&self) -> Duration {
        PATIENCE.min(MOST.saturating_sub(self.began.elapsed()))
    }

    /// A question in the form that the model takes.
    pub(super) fn text(&self, text: &str) -> Request {
        if self.model.capabilities().chat { chat(None, text, greedy(self.room)) } else { raw(text, greedy(self.room)) }
    }

    pub(super) async fn ask(&mut self, model: &dyn Model, request: &Request) -> Result<Completion, ModelError> {
        let patience = self.patience();
        let answer = match tokio::time::timeout(patience, model.complete(request)).await {
            Ok(answer) => answer,
            Err(_) => {
                let message = format!("no answer within {} s", patience.as_secs());
                Err(ModelError::new(ModelErrorKind::Timeout, message))
            }
        };
        let limits = answer.as_ref().map_or_else(|error| error.limits.as_deref().copied(), |completion| completion.limits);
        self.limits = limits.or(self.limits);
        answer
    }

    async fn all(&mut self, whole: &dyn Model, long_prompt: bool) {
        if let Some(address) = self.model.address() {
            match reach(&address).await {
                Ok(findings) => findings.into_iter().for_each(|finding| self.add(finding)),
                Err(findings) => return findings.into_iter().for_each(|finding| self.add(finding)),
            }
            if !self.names(&address).await {
                return;
            }
        }
        if !self.first(whole).await {
            return;
        }
        self.streaming().await;
        self.stop(whole).await;
        self.temperature(whole);
        self.seed(whole).await;
        self.system(whole).await;
        self.json(whole).await;
        self.logprobs(whole).await;
        self.echo(whole).await;
        self.context(whole, long_prompt).await;
        self.batches();
        self.rate_limits();
    }

    /// The list of models, and whether this one is in it; also whether TLS and HTTP get through. False where they do not.
    async fn names(&mut self, address: &ModelAddress) -> bool {
        let wanted = address.model.as_str();
        let listed = tokio::time::timeout(Duration::from_secs(30), self.model.listed_models()).await;
        let finding = match listed {
            Ok(Ok(Some(models))) => {
                let found = models.iter().find(|model| is_it(&model.name, wanted));
                self.listed = (!models.is_empty()).then_some(found.is_some());
                self.context = found.and_then(|model| model.context_tokens);
                let names: Vec<String> = models.iter().map(|model| model.name.clone()).collect();
                match found {
                    Some(_) => Finding::works("model list", format!("{wanted} is listed, with {} in all", names.len())),
                    None => unlisted(wanted, &names),
                }
            }
            Ok(Ok(None)) => Finding::lacks("model list", "the endpoint has none", "names are not checked"),
            Ok(Err(error)) if matches!(error.kind, ModelErrorKind::Connection | ModelErrorKind::Timeout) => {
                let (name, then) = match address.encrypted {
                    true => ("TLS or HTTP", "does the server speak TLS on this port, with a certificate this machine trusts?"),
                    false => ("HTTP", "does the server speak plain HTTP on this port, or must the address begin with https://?"),
                };
                self.add(Finding::fails(name, error.message, then));
                return false;
            }
            Ok(Err(error)) => Finding::lacks("model list", error.message, "whether a question is answered shows the rest"),
            Err(_) => Finding::lacks("model list", "no answer within 30 s", "names are not checked"),
        };
        self.add(finding);
        true
    }

    /// Asks the list of models once more how long the context is.
    pub(super) async fn look_up_context(&mut self) {
        let Some(address) = self.model.address() else { return };
        if let Ok(Ok(Some(models))) = tokio::time::timeout(Duration::from_secs(30), self.model.listed_models()).await {
            let found = models.iter().find(|model| is_it(&model.name, &address.model));
            self.context = found.and_then(|model| model.context_tokens).or(self.context);
        }
    }

    /// The first question, which shows whether anything works at all.
    async fn first(&mut self, whole: &dyn Model) -> bool {
        let mut request = match self.model.capabilities().chat {
            true => chat(None, "What is 2 + 2? Answer with the number only.", greedy(SHORT)),
            false => raw("2 + 2 =", greedy(SHORT)),
        };
        let mut began = Instant::now();
        let mut answer = self.ask(whole, &request).await;
        if answer.as_ref().is_ok_and(|a| a.finish == Finish::Length && (a.text.is_empty() || a.reasoning.is_some())) {
            // It has not come to an answer: it reasons.
            self.room = REASONED;
            request.sampling.max_tokens = Some(REASONED);
            began = Instant::now();
            answer = self.ask(whole, &request).await;
        }
        match answer {
            Ok(answer) => {
                let seconds = began.elapsed().as_secs_f64();
                self.add(Finding::works("answer", format!("{} in {seconds:.1} s: {}", answer.model, quoted(&answer.text))));
                self.identity(&answer);
                self.reasoning(&answer);
                self.usage(&answer);
                if let Some(tokens) = whole.count_tokens(&request) {
                    self.add(Finding::works("tokenizer", format!("its own counts {tokens} tokens in that question")));
                }
                true
            }
            Err(error) => {
                self.add(failed_first(&error, self.model));
                false
            }
        }
    }

    /// Whether it is the model that was asked for, as far as the endpoint tells.
    fn identity(&mut self, answer: &Completion) {
        let Some(address) = self.model.address() else { return };
        let (wanted, told) = (address.model.as_str(), answer.model.as_str());
        if self.listed == Some(false) {
            let said = format!("it answers to {wanted}, which it does not list, as {told}");
            let then = format!("scores stand under {wanted}, whoever answers; make sure of the name");
            self.add(Finding::lacks("model", said, then));
        } else if self.listed.is_some() && !is_version_of(told, wanted) {
            let then = format!("scores stand under {wanted}; name {told} instead where they are to last");
            self.add(Finding::lacks("model", format!("asked for {wanted}, answered by {told}"), then));
        }
    }

    fn reasoning(&mut self, answer: &Completion) {
        let tokens = answer.usage.reasoning_tokens.filter(|tokens| *tokens > 0);
        let finding = match (&answer.reasoning, tokens) {
            (Some(text), _) => {
                let said = format!("it reasons before it answers ({} characters shown)", text.chars().count());
                Finding::works("reasoning", said).then("reasoning is kept apart from the answer; --max-tokens counts both")
            }
            (None, Some(tokens)) => {
                let said = format!("it reasons unseen ({tokens} tokens)");
                Finding::works("reasoning", said).then("--max-tokens counts reasoning, too; leave room for it")
            }
            (None, None) => Finding::works("reasoning", "none is reported"),
        };
        self.add(finding);
    }

    fn usage(&mut self, answer: &Completion) {
        let usage = answer.usage;
        let finding = match (usage.prompt_tokens, usage.completion_tokens) {
            (Some(0), _) | (_, Some(0)) => {
                Finding::lacks("token counts", "they are told as 0", "costs and --max-tokens-total cannot be counted for it")
            }
            (Some(prompt), Some(completion)) => {
                Finding::works("token counts", format!("{prompt} of the prompt, {completion} of the answer"))
            }
            _ => Finding::lacks("token counts", "none are reported", "costs and --max-tokens-total cannot be counted for it"),
        };
        self.add(finding);
    }

    async fn streaming(&mut self) {
        if self.out_of_time() || self.model.address().is_none() {
            return;
        }
        let model = self.model;
        let request = self.text("Count from 1 to 5.");
        let finding = match self.ask(model, &request).await {
            Ok(answer) if answer.streamed == Some(false) => Finding::lacks(
                "streaming",
                "a stream was asked for, and the answer came whole",
                "read as it comes; --no-stream asks for what it gives",
            ),
            Ok(answer) if answer.usage.completion_tokens.is_none() => Finding::lacks(
                "streaming",
                "it streams, without token counts",
                "try -M 'stream_options={\"include_usage\":true}', or --no-stream",
            ),
            Ok(_) => Finding::works("streaming", "answers come in pieces and whole alike"),
            Err(error) => refused("streaming", error, "run with --no-stream; answers are streamed otherwise"),
        };
        self.add(finding);
    }

    fn batches(&mut self) {
        if self.model.batch().is_some() {
            self.add(Finding::works("batches", "the API has them").then("run with --batch for half the price"));
        }
    }

    fn rate_limits(&mut self) {
        if self.model.address().is_none() {
            return;
        }
        let Some(limits) = self.limits else {
            let then = "proctor finds the pace out by itself";
            return self.add(Finding::lacks("limits", "none are told in headers", then));
        };
        let part = |what: &str, allowance: Option<proctor_core::Allowance>| {
            let allowance = allowance?;
            let number = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
            Some(format!("{} of {} {what} left", number(allowance.remaining), number(allowance.limit)))
        };
        let parts: Vec<_> = [part("requests", limits.requests), part("tokens", limits.tokens)].into_iter().flatten().collect();
        self.add(Finding::works("limits", parts.join(", ")).then("proctor keeps within them without being refused first"));
    }
}

/// What the failure of a further question means: that the endpoint cannot do it, or only that it gave no answer.
pub(super) fn declined(name: &'static str, error: ModelError, then: &str) -> Finding {
    let then = if error.is_retryable() { "the endpoint gave no answer this time; ask again" } else { then };
    Finding::lacks(name, error.message, then)
}

/// The same of something that every run sends.
pub(super) fn refused(name: &'static str, error: ModelError, then: &str) -> Finding {
    if error.is_retryable() { declined(name, error, then) } else { Finding::fails(name, error.message, then) }
}

/// Whether a name in a list is the wanted one. Ollama lists what it serves without a tag as `latest`, llama.cpp by the path
/// of its file.
fn is_it(name: &str, wanted: &str) -> bool {
    let file = name.strip_prefix('/').and_then(|path| path.rsplit('/').next());
    name == wanted || name.strip_suffix(":latest") == Some(wanted) || file == Some(wanted)
}

fn unlisted(wanted: &str, names: &[String]) -> Finding {
    let near = near(wanted, names);
    let then = match near.as_slice() {
        [] if names.is_empty() => "names are not checked".to_owned(),
        [] if names.len() <= 8 => format!("it serves {}", names.join(", ")),
        [] => "check the name; not every endpoint lists all it serves".to_owned(),
        near => format!("did you mean {}?", near.join(", ")),
    };
    Finding::lacks("model list", format!("{wanted} is not listed, of {} in all", names.len()), then)
}

/// Whether `told` is the same name or that of a version of it, be it without the vendor before it or as a path.
fn is_version_of(told: &str, wanted: &str) -> bool {
    let bare = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or(name).trim_end_matches(":latest").to_ascii_lowercase();
    let (told, wanted) = (bare(told), bare(wanted));
    let stem = wanted.trim_end_matches("-latest");
    told.is_empty() || told.contains(stem) || wanted.contains(&told)
}

/// What the failure of the first question means.
fn failed_first(error: &ModelError, model: &dyn Model) -> Finding {
    use ModelErrorKind::*;
    let (name, then) = match error.kind {
        Auth => {
            let variable = model.address().map_or_else(|| "the key".to_owned(), |a| a.key.0);
            ("key", format!("set {variable} to a key that this endpoint knows"))
        }
        NotFound => ("model", "correct the model's name or the base address".to_owned()),
        Connection | Timeout => {
            ("answer", "check the address, the network, and whether the server speaks TLS on this port".to_owned())
        }
        Protocol => ("answer", "check the base address; another kind of model name may fit the endpoint".to_owned()),
        RateLimited => ("answer", "wait, or ask the provider for a higher limit".to_owned()),
        Unavailable => ("answer", "the service is down or overloaded; try again later".to_owned()),
        Local | NoAnswer | BadRequest | ContextLength | Cancelled => ("answer", "see what the message asks for".to_owned()),
    };
    Finding { name, verdict: Verdict::Fails, found: error.message.clone(), then: Some(then) }
}

/// At most 60 characters of a text, on one line, in quotation marks.
pub(super) fn quoted(text: &str) -> String {
    let line = crate::http::excerpt(text);
    let short: String = line.chars().take(60).collect();
    let more = if line.chars().count() > 60 { "…" } else { "" };
    format!("“{short}{more}”")
}
