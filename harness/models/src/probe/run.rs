use super::connection::reach;
use super::finding::{Finding, Verdict};
use super::names::near;
use super::questions::{REASONED, SHORT, chat, greedy, long, raw, with};
use proctor_core::{
    Completion, Continuation, Finish, Model, ModelAddress, ModelError, ModelErrorKind, Prompt, RateLimits, Request, Sampling,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(90);

/// The longest that a probe takes in all.
const MOST: Duration = Duration::from_secs(300);

/// Words of a prompt that hardly any context holds.
const TOO_LONG: usize = 400_000;

/// Finds out what a model can do: whether it is reached, knows the key and the model, streams, stops, honours seeds, tells
/// probabilities, writes JSON, heeds instructions, reasons, and what it says of its limits. It asks about ten short
/// questions, one after the other, which cost what ten questions cost; it ends after five minutes at the latest. `told` hears
/// of each finding as it is made. `streaming` and `whole` are the same model asked in the two ways.
pub async fn probe(streaming: &dyn Model, whole: &dyn Model, long_prompt: bool, told: &mut dyn FnMut(&Finding)) -> Vec<Finding> {
    let mut probe = Probe { model: streaming, findings: Vec::new(), began: Instant::now(), limits: None, room: SHORT, told };
    probe.all(whole, long_prompt).await;
    probe.findings
}

struct Probe<'a> {
    model: &'a dyn Model,
    findings: Vec<Finding>,
    began: Instant,
    limits: Option<RateLimits>,
    /// Tokens that an answer gets.
    room: u32,
    told: &'a mut dyn FnMut(&Finding),
}

impl Probe<'_> {
    fn add(&mut self, finding: Finding) {
        (self.told)(&finding);
        self.findings.push(finding);
    }

    fn out_of_time(&self) -> bool {
        self.began.elapsed() >= MOST
    }

    /// How long one answer may take: what is left, at most.
    fn patience(&self) -> Duration {
        PATIENCE.min(MOST.saturating_sub(self.began.elapsed()))
    }

    /// A question in the form that the model takes.
    fn text(&self, text: &str) -> Request {
        if self.model.capabilities().chat { chat(None, text, greedy(self.room)) } else { raw(text, greedy(self.room)) }
    }

    async fn ask(&mut self, model: &dyn Model, request: &Request) -> Result<Completion, ModelError> {
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
        let listed = tokio::time::timeout(Duration::from_secs(30), self.model.model_names()).await;
        let finding = match listed {
            Ok(Ok(Some(names))) if names.iter().any(|name| name == wanted) => {
                Finding::works("model list", format!("{wanted} is listed, with {} in all", names.len()))
            }
            Ok(Ok(Some(names))) => {
                let near = near(wanted, &names);
                let then = match near.as_slice() {
                    [] if names.len() <= 8 => format!("it serves {}", names.join(", ")),
                    [] => "check the name; not every endpoint lists all it serves".to_owned(),
                    near => format!("did you mean {}?", near.join(", ")),
                };
                Finding::lacks("model list", format!("{wanted} is not listed, of {} in all", names.len()), then)
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
            Err(error) => declined("streaming", error, "ask with --no-stream"),
        };
        self.add(finding);
    }

    async fn stop(&mut self, whole: &dyn Model) {
        if self.out_of_time() {
            return;
        }
        let mut request = self.text("Write the letters A B C D E F, one space between them, nothing else.");
        // As a field of its own, because stop strings that are known here are also applied here.
        match whole.provenance().get("backend").and_then(Value::as_str) {
            Some("openai") => request.sampling.extra.insert("stop".to_owned(), json!(["D"])),
            Some("anthropic") => request.sampling.extra.insert("stop_sequences".to_owned(), json!(["D"])),
            Some("google") => request.sampling.extra.insert("stopSequences".to_owned(), json!(["D"])),
            Some("openai-responses") => {
                return self.add(Finding::lacks("stop strings", "the API takes none", "they are applied here"));
            }
            _ => {
                request.sampling.stop = vec!["D".to_owned()];
                None
            }
        };
        let finding = match self.ask(whole, &request).await {
            Ok(answer) if answer.text.contains('D') => {
                Finding::lacks("stop strings", format!("left in: {}", quoted(&answer.text)), "they are applied here")
            }
            // Only what leads up to it shows that it was reached.
            Ok(answer) if answer.text.contains('C') => {
                Finding::works("stop strings", format!("the answer ends before one: {}", quoted(&answer.text)))
            }
            Ok(answer) => {
                let said = format!("not to be told, since the answer never came to one: {}", quoted(&answer.text));
                Finding::lacks("stop strings", said, "they are applied here in any case")
            }
            Err(error) => declined("stop strings", error, "leave them out with -M stop=null; they are applied here in any case"),
        };
        self.add(finding);
    }

    async fn seed(&mut self, whole: &dyn Model) {
        if self.out_of_time() {
            return;
        }
        if !whole.capabilities().seed {
            self.add(Finding::lacks("seed", "the API takes none", "answers at a temperature differ from run to run"));
            return;
        }
        let mut request = self.text("Write ten random letters.");
        request.sampling =
            Sampling { temperature: Some(1.0), seed: Some(1234), max_tokens: Some(self.room), ..Sampling::default() };
        let first = self.ask(whole, &request).await;
        let second = self.ask(whole, &request).await;
        let finding = match (first, second) {
            (Ok(a), Ok(b)) if a.text == b.text => {
                request.sampling.seed = Some(4321);
                match self.ask(whole, &request).await {
                    Ok(other) if other.text == a.text => {
                        let said = format!("answers are the same with any seed at temperature 1: {}", quoted(&a.text));
                        Finding::lacks("seed", said, "several epochs of one question would be alike")
                    }
                    _ => Finding::works(
                        "seed",
                        format!("the same seed gave the same answer, another another: {}", quoted(&a.text)),
                    ),
                }
            }
            (Ok(a), Ok(b)) => {
                let said = format!("the same seed gave {} and {}", quoted(&a.text), quoted(&b.text));
                Finding::lacks("seed", said, "answers at a temperature differ from run to run")
            }
            (Err(error), _) | (_, Err(error)) => declined("seed", error, "leave it out with -M seed=null"),
        };
        self.add(finding);
    }

    async fn system(&mut self, whole: &dyn Model) {
        if self.out_of_time() || !whole.capabilities().chat {
            return;
        }
        let request =
            chat(Some("Whatever you are asked, you answer with the single word ORANGE."), "How are you?", greedy(self.room));
        let finding = match self.ask(whole, &request).await {
            Ok(answer) if answer.text.to_uppercase().contains("ORANGE") => Finding::works("system prompt", "it is heeded"),
            Ok(answer) => {
                let said = format!("it is taken, but not heeded: {}", quoted(&answer.text));
                Finding::lacks("system prompt", said, "small models often do not; nothing is changed for it")
            }
            Err(error) if error.is_retryable() => declined("system prompt", error, ""),
            Err(error) => Finding::fails("system prompt", error.message, "benchmarks with a system prompt will fail"),
        };
        self.add(finding);
    }

    async fn json(&mut self, whole: &dyn Model) {
        if self.out_of_time() || !whole.capabilities().chat || self.model.address().is_none() {
            return;
        }
        let sampling = with(self.room, &[("response_format", json!({"type": "json_object"}))]);
        let request = chat(None, "Give the JSON object with the field \"sum\", whose value is 2 + 2.", sampling);
        let finding = match self.ask(whole, &request).await {
            Ok(answer) if serde_json::from_str::<Value>(answer.text.trim()).is_ok_and(|v| v.is_object()) => {
                Finding::works("JSON", "response_format is honoured")
            }
            Ok(answer) => Finding::lacks(
                "JSON",
                format!("response_format is taken, not honoured: {}", quoted(&answer.text)),
                "no benchmark needs it",
            ),
            Err(error) => declined("JSON", error, "no benchmark needs it"),
        };
        self.add(finding);
    }

    async fn logprobs(&mut self, whole: &dyn Model) {
        if self.out_of_time() || self.model.address().is_none() || !whole.capabilities().chat {
            return;
        }
        let sampling = with(self.room, &[("logprobs", json!(true)), ("top_logprobs", json!(2))]);
        let request = chat(None, "Say yes.", sampling);
        let none = "proctor asks for none unless told to";
        let finding = match self.ask(whole, &request).await {
            Ok(Completion { logprobs: Some(tokens), .. }) => {
                match tokens.iter().find(|t| !t.logprob.is_finite() || t.logprob > 1e-6) {
                    None => Finding::works("logprobs", format!("of {} tokens, all at most 0", tokens.len())),
                    Some(odd) => Finding::lacks(
                        "logprobs",
                        format!("{} of {} is no logarithm of a probability", odd.logprob, quoted(&odd.token)),
                        "do not use them",
                    ),
                }
            }
            Ok(_) => Finding::lacks("logprobs", "asked for, and not given", none),
            Err(error) => declined("logprobs", error, none),
        };
        self.add(finding);
    }

    /// Whether probabilities of given texts are told, and make sense: the likelier of two must be the likelier.
    async fn echo(&mut self, whole: &dyn Model) {
        if self.out_of_time() {
            return;
        }
        let then = "choices cannot be ranked by likelihood; ask for answers instead";
        if !whole.capabilities().completion {
            self.add(Finding::lacks("likelihoods", "the API continues no raw text", then));
            return;
        }
        let after = |text: &str| Continuation {
            prompt: Prompt::Completion("The capital of France is".to_owned()),
            text: text.to_owned(),
        };
        let told = tokio::time::timeout(self.patience(), whole.loglikelihood(&[after(" Paris"), after(" xylophone")])).await;
        let finding = match told {
            Ok(Ok(told)) => match told.as_slice() {
                [paris, xylophone] if paris.logprob > xylophone.logprob => Finding::works(
                    "likelihoods",
                    format!("“… is Paris” {:.2}, “… is xylophone” {:.2}", paris.logprob, xylophone.logprob),
                ),
                [paris, xylophone] => {
                    let said =
                        format!("“… is Paris” {:.2} is not above “… is xylophone” {:.2}", paris.logprob, xylophone.logprob);
                    Finding::lacks("likelihoods", said, "do not trust them")
                }
                _ => Finding::lacks("likelihoods", "not one for each text", "do not trust them"),
            },
            Ok(Err(error)) => declined("likelihoods", error, then),
            Err(_) => Finding::lacks("likelihoods", "no answer in time", then),
        };
        self.add(finding);
    }

    async fn context(&mut self, whole: &dyn Model, long_prompt: bool) {
        if let Some(tokens) = whole.capabilities().context_tokens {
            self.add(Finding::works("context", format!("{tokens} tokens")).then("longer prompts are refused by name, not cut"));
            return;
        }
        if !long_prompt || self.out_of_time() {
            let said = "its length is not told; --long-prompt finds it out with one very long prompt";
            self.add(Finding::lacks("context", said, "prompts that do not fit are told apart from other errors"));
            return;
        }
        let request = self.text(&long(TOO_LONG));
        let finding = match self.ask(whole, &request).await {
            Err(error) if error.kind == ModelErrorKind::ContextLength => {
                Finding::works("context", error.message).then("prompts that do not fit are told apart from other errors")
            }
            Err(error) => Finding::lacks("context", error.message, "prompts that do not fit may count as other errors"),
            Ok(answer) => {
                let tokens = answer.usage.prompt_tokens.map_or_else(String::new, |tokens| format!(", {tokens} of them counted"));
                let said = format!("a prompt of {TOO_LONG} words was answered{tokens}");
                Finding::lacks("context", said, "it holds that much, or cuts prompts in silence")
            }
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
fn declined(name: &'static str, error: ModelError, then: &str) -> Finding {
    let then = if error.is_retryable() { "the endpoint gave no answer this time; ask again" } else { then };
    Finding::lacks(name, error.message, then)
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
fn quoted(text: &str) -> String {
    let line = crate::http::excerpt(text);
    let short: String = line.chars().take(60).collect();
    let more = if line.chars().count() > 60 { "…" } else { "" };
    format!("“{short}{more}”")
}
