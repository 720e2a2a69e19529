use super::tier::tiers_of;
use crate::http::excerpt;
use crate::{cut_at_stop, split_thinking};
use proctor_core::{Completion, Finish, Protocol, Request, TokenLogprob, Usage};
use serde_json::Value;

/// An answer as it is put together, from one body or from many deltas.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Answer {
    pub text: String,
    pub reasoning: String,
    pub refusal: String,
    pub finish: Option<Finish>,
    pub usage: Option<Usage>,
    pub model: Option<String>,
    pub logprobs: Vec<TokenLogprob>,
    pub cost_usd: Option<f64>,
    /// Tiers of service that are not standard; `None` where none was named.
    pub tiers: Option<Vec<String>>,
    /// What in it cannot be read, where something is of another type than it must be.
    pub wrong: Option<String>,
    /// How far stop strings were looked for.
    searched: usize,
}

impl Answer {
    /// A prompt or an answer that the provider would not let pass, with its words.
    pub fn withheld(words: String, finish: Finish) -> Self {
        Self { refusal: words, finish: Some(finish), ..Self::default() }
    }

    /// Appends the text under `field`; null and nothing are none, and anything else makes it no answer.
    pub fn take_text(&mut self, part: &Value, field: &str) {
        match part.get(field) {
            Some(Value::String(text)) => self.text.push_str(text),
            None | Some(Value::Null) => {}
            Some(other) => self.wrong = Some(format!("its `{field}` is no text: {}", excerpt(&other.to_string()))),
        }
    }

    /// Why it is no answer, although it looked like one. What has a reason for its end may be empty.
    pub fn fault(&self) -> Option<&str> {
        let nothing = self.finish.is_none() && [&self.text, &self.reasoning, &self.refusal].iter().all(|part| part.is_empty());
        self.wrong.as_deref().or(nothing.then_some("it has neither a text nor a reason for its end"))
    }

    /// Takes in the tiers of service that an answer, or its usage, names.
    pub fn take_tiers(&mut self, from: &Value) {
        if let Some(tiers) = from.as_object().and_then(tiers_of)
            && self.tiers.as_ref() != Some(&tiers)
        {
            self.tiers = Some(tiers);
        }
    }

    /// Whether the answer, past any reasoning in it, holds one of `stops` by now. Each byte is searched about once.
    pub fn reached_stop(&mut self, stops: &[String]) -> bool {
        let reasoning = self.text.trim_start().starts_with("<think>") && !self.text.contains("</think>");
        let longest = stops.iter().map(String::len).max().unwrap_or(0);
        let from = self.text.floor_char_boundary(self.searched.saturating_sub(longest));
        self.searched = self.text.len();
        !reasoning && stops.iter().any(|s| !s.is_empty() && self.text[from..].contains(s.as_str()))
    }

    /// The completion this amounts to. Reasoning left in a chat answer is taken out, and the answer cut at the first
    /// stop string.
    pub fn complete(self, request: &Request, model: &str, latency_s: f64) -> Completion {
        let usage = self.usage.unwrap_or_default();
        let withheld = self.text.is_empty() && !self.refusal.is_empty();
        let (thought, mut text) = match request.prompt.protocol() {
            _ if withheld => (None, self.refusal),
            Protocol::Chat => split_thinking(&self.text),
            Protocol::Completion => (None, self.text),
        };
        let reasoning = match (self.reasoning.is_empty(), thought) {
            (true, thought) => thought,
            (false, None) => Some(self.reasoning),
            (false, Some(thought)) => Some(format!("{}\n{thought}", self.reasoning)),
        };
        let cut = !withheld && cut_at_stop(&mut text, &request.sampling.stop);
        let finish = match self.finish {
            Some(finish @ (Finish::ContentFilter | Finish::Refused)) => finish,
            _ if withheld => Finish::Refused,
            _ if cut => Finish::Stop,
            Some(finish) => finish,
            None => {
                // Only the count tells whether a server without finish reasons ran out of tokens.
                let limit = request.sampling.max_tokens.map(u64::from);
                let all_used = usage.completion_tokens.zip(limit).is_some_and(|(used, limit)| used >= limit);
                if all_used { Finish::Length } else { Finish::Stop }
            }
        };
        Completion {
            text,
            reasoning,
            finish,
            usage,
            model: self.model.unwrap_or_else(|| model.to_owned()),
            latency_s,
            cost_usd: self.cost_usd,
            tiers: self.tiers.unwrap_or_default(),
            logprobs: (!self.logprobs.is_empty()).then_some(self.logprobs),
            ..Completion::default()
        }
    }
}

/// The reason that a provider's word for it stands for.
pub(crate) fn read_finish(word: &str) -> Finish {
    match word.to_ascii_lowercase().as_str() {
        "stop" | "stop_sequence" | "end_turn" | "eos" | "eos_token" | "completed" => Finish::Stop,
        "length" | "max_tokens" | "max_output_tokens" | "model_length" | "model_context_window_exceeded" => Finish::Length,
        "refusal" => Finish::Refused,
        "content_filter"
        | "safety"
        | "recitation"
        | "blocklist"
        | "prohibited_content"
        | "spii"
        | "image_safety"
        | "image_recitation"
        | "image_prohibited_content"
        | "model_armor"
        | "jailbreak" => Finish::ContentFilter,
        _ => Finish::Other(word.chars().take(100).collect()),
    }
}
