use crate::{Completion, Finish, Request, Usage};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One question and what came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was asked, exactly.
    pub request: Request,
    /// What was answered.
    pub completion: Completion,
}

/// In what form the final answer stands, which decides how it is extracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerForm {
    /// A chat reply; the wanted part must be extracted from it.
    Chat,
    /// The continuation of a raw prompt.
    Continuation,
    /// Already the wanted thing, e.g. a whole program; nothing is extracted.
    Final,
}

/// The answer that is graded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The text as given.
    pub text: String,
    /// How to read it.
    pub form: AnswerForm,
}

/// Everything that happened for one (sample, epoch, model).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Questions and answers in order; empty for an imported answer.
    pub exchanges: Vec<Exchange>,
    /// What is graded.
    pub answer: Answer,
    /// What the asking found out and grading or a reader wants to know, e.g. how much of a context was cut.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub facts: Map<String, Value>,
}

impl Attempt {
    /// An attempt whose answer came from elsewhere.
    pub fn imported(text: impl Into<String>, form: AnswerForm) -> Self {
        Self { exchanges: Vec::new(), answer: Answer { text: text.into(), form }, facts: Map::new() }
    }

    /// Whether the last answer was cut for want of tokens.
    pub fn truncated(&self) -> bool {
        self.exchanges.last().is_some_and(|e| e.completion.finish == Finish::Length)
    }

    /// Whether the model declined the last answer or the provider withheld it.
    pub fn filtered(&self) -> bool {
        self.exchanges.last().is_some_and(|e| matches!(e.completion.finish, Finish::ContentFilter | Finish::Refused))
    }

    /// Token counts summed over all exchanges; a part no exchange reports stays `None`.
    pub fn usage(&self) -> Usage {
        let add = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
        };
        self.exchanges.iter().map(|e| e.completion.usage).fold(Usage::default(), |s, u| Usage {
            prompt_tokens: add(s.prompt_tokens, u.prompt_tokens),
            completion_tokens: add(s.completion_tokens, u.completion_tokens),
            reasoning_tokens: add(s.reasoning_tokens, u.reasoning_tokens),
            cached_tokens: add(s.cached_tokens, u.cached_tokens),
            cache_write_tokens: add(s.cache_write_tokens, u.cache_write_tokens),
            cache_write_1h_tokens: add(s.cache_write_1h_tokens, u.cache_write_1h_tokens),
        })
    }

    /// Seconds spent waiting for the model, summed over all exchanges.
    pub fn latency_s(&self) -> f64 {
        self.exchanges.iter().map(|e| e.completion.latency_s).sum()
    }
}
