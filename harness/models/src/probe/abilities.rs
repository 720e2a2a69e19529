use super::finding::Finding;
use super::questions::{chat, greedy, long, with};
use super::run::{Probe, declined, quoted, refused};
use proctor_core::{Completion, Continuation, Likelihood, Model, ModelErrorKind, Prompt, Sampling, TokenLogprob};
use serde_json::{Value, json};

/// Words of a prompt that hardly any context holds.
const TOO_LONG: usize = 400_000;

impl Probe<'_> {
    pub(super) async fn stop(&mut self, whole: &dyn Model) {
        if self.out_of_time() {
            return;
        }
        let mut request = self.text("Write the letters A B C D E F, one space between them, nothing else.");
        // As a field of its own, because stop strings that are known here are also applied here.
        match backend(whole).as_str() {
            "openai" if !takes_sampling(whole) => {
                return self.add(Finding::lacks("stop strings", "a model of this name refuses them", "they are applied here"));
            }
            "openai" => request.sampling.extra.insert("stop".to_owned(), json!(["D"])),
            "anthropic" => request.sampling.extra.insert("stop_sequences".to_owned(), json!(["D"])),
            "google" => request.sampling.extra.insert("stopSequences".to_owned(), json!(["D"])),
            "openai-responses" => {
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
            Err(error) => declined(
                "stop strings",
                error,
                "they are applied here in any case; where runs fail on them, leave them out with -M stop=null",
            ),
        };
        self.add(finding);
    }

    /// What a model's name tells about sampling. Proctor leaves these fields out for models that refuse them.
    pub(super) fn temperature(&mut self, whole: &dyn Model) {
        if takes_sampling(whole) {
            return;
        }
        let then = "--temperature and --top-p are left out; every answer is drawn as the provider does";
        self.add(Finding::lacks("temperature", "a model of this name refuses it, and a nucleus, too", then));
    }

    pub(super) async fn seed(&mut self, whole: &dyn Model) {
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
            (Err(error), _) | (_, Err(error)) => {
                refused("seed", error, "run with -M seed=null; every question has a seed otherwise")
            }
        };
        self.add(finding);
    }

    pub(super) async fn system(&mut self, whole: &dyn Model) {
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

    pub(super) async fn json(&mut self, whole: &dyn Model) {
        if self.out_of_time() || !whole.capabilities().chat || self.model.address().is_none() {
            return;
        }
        let (field, value) = match backend(whole).as_str() {
            "google" => ("responseMimeType", json!("application/json")),
            "anthropic" => {
                let schema = json!({"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"],
                    "additionalProperties": false});
                ("output_config", json!({"format": {"type": "json_schema", "schema": schema}}))
            }
            _ => ("response_format", json!({"type": "json_object"})),
        };
        let sampling = with(self.room, &[(field, value)]);
        let request = chat(None, "Give the JSON object with the field \"sum\", whose value is 2 + 2.", sampling);
        let finding = match self.ask(whole, &request).await {
            Ok(answer) if serde_json::from_str::<Value>(answer.text.trim()).is_ok_and(|v| v.is_object()) => {
                Finding::works("JSON", format!("{field} is honoured"))
            }
            Ok(answer) => Finding::lacks(
                "JSON",
                format!("{field} is taken, not honoured: {}", quoted(&answer.text)),
                "no benchmark needs it",
            ),
            Err(error) => declined("JSON", error, "no benchmark needs it"),
        };
        self.add(finding);
    }

    pub(super) async fn logprobs(&mut self, whole: &dyn Model) {
        if self.out_of_time() || self.model.address().is_none() || !whole.capabilities().chat {
            return;
        }
        if backend(whole) == "anthropic" {
            self.add(Finding::lacks("logprobs", "the API gives none", "proctor asks for none"));
            return;
        }
        let sampling = with(self.room, &[("logprobs", json!(true)), ("top_logprobs", json!(2))]);
        let request = chat(None, "Say yes.", sampling);
        let none = "proctor asks for none unless told to";
        let finding = match self.ask(whole, &request).await {
            Ok(Completion { logprobs: Some(tokens), text, .. }) => match odd_logprobs(&tokens, &text) {
                None => Finding::works("logprobs", format!("of {} tokens, which make up the answer", tokens.len())),
                Some(why) => Finding::lacks("logprobs", why, "do not use them"),
            },
            Ok(_) => Finding::lacks("logprobs", "asked for, and not given", none),
            Err(error) => declined("logprobs", error, none),
        };
        self.add(finding);
    }

    /// Whether probabilities of given texts are told, and make sense: the likelier of two must be the likelier.
    pub(super) async fn echo(&mut self, whole: &dyn Model) {
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
                [paris, xylophone] if mean(paris) == mean(xylophone) => {
                    let said = format!("each token of each text is told as {:.2}", mean(paris));
                    Finding::lacks("likelihoods", said, "do not trust them")
                }
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

    pub(super) async fn context(&mut self, whole: &dyn Model, long_prompt: bool) {
        if let Some(tokens) = whole.capabilities().context_tokens {
            self.add(Finding::works("context", format!("{tokens} tokens")).then("longer prompts are refused by name, not cut"));
            return;
        }
        let ollama = self.model.name().starts_with("ollama/");
        let then = match ollama {
            true => "Ollama cuts longer prompts in silence; OLLAMA_CONTEXT_LENGTH=… ollama serve makes it longer",
            false => "prompts that do not fit are told apart from other errors",
        };
        if ollama {
            // It tells only once the model is loaded.
            self.look_up_context().await;
        }
        if let Some(tokens) = self.context {
            self.add(Finding::works("context", format!("{tokens} tokens, says the list of models")).then(then));
        }
        if !long_prompt || self.out_of_time() {
            if self.context.is_none() {
                let said = "its length is not told; --long-prompt finds it out with one very long prompt";
                self.add(Finding::lacks("context", said, then));
            }
            return;
        }
        let request = self.text(&long(TOO_LONG));
        let finding = match self.ask(whole, &request).await {
            Err(error) if error.kind == ModelErrorKind::ContextLength => Finding::works("context", error.message).then(then),
            Err(error) => Finding::lacks("context", error.message, "prompts that do not fit may count as other errors"),
            Ok(answer) => {
                let tokens = answer.usage.prompt_tokens.map_or_else(String::new, |tokens| format!(", {tokens} of them counted"));
                let said = format!("a prompt of {TOO_LONG} words was answered{tokens}");
                let much = self.context.is_some_and(|context| (TOO_LONG as u64) > context);
                let then = match answer.usage.prompt_tokens {
                    Some(tokens) if tokens < TOO_LONG as u64 => "it cuts prompts in silence; keep them shorter than that",
                    _ if much => "it cuts prompts in silence; keep them within its context",
                    _ => "it holds that much, or cuts prompts in silence",
                };
                Finding::lacks("context", said, then)
            }
        };
        self.add(finding);
    }
}

/// The word for the wire format.
fn backend(model: &dyn Model) -> String {
    model.provenance().get("backend").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Whether temperature and nucleus are sent.
fn takes_sampling(model: &dyn Model) -> bool {
    model.provenance().get("sampling_sent").and_then(Value::as_bool).unwrap_or(true)
}

fn mean(likelihood: &Likelihood) -> f64 {
    likelihood.logprob / likelihood.tokens.max(1) as f64
}

/// Why these cannot be the probabilities of the tokens of `text`, if they cannot.
fn odd_logprobs(tokens: &[TokenLogprob], text: &str) -> Option<String> {
    const ROUNDING: f64 = 1e-3;
    for token in tokens {
        let all = std::iter::once((&token.token, token.logprob)).chain(token.top.iter().map(|(name, value)| (name, *value)));
        for (name, value) in all {
            if !value.is_finite() || value > ROUNDING {
                return Some(format!("{value} of {} is no logarithm of a probability", quoted(name)));
            }
        }
        let sum: f64 = token.top.iter().map(|(_, value)| value.exp()).sum();
        if sum > 1.0 + ROUNDING {
            return Some(format!("the likeliest tokens at {} have {sum:.2} together, more than 1", quoted(&token.token)));
        }
    }
    // Servers write the blank before a word in several ways.
    let letters = |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>();
    let joined: String = tokens.iter().map(|token| letters(&token.token)).collect();
    (!joined.contains(&letters(text))).then(|| format!("their tokens do not make up the answer: {}", quoted(&joined)))
}
