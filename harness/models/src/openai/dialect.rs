use crate::remote::Arguments;
use proctor_core::ModelError;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// How a service wants its requests, as it stands in the table of services.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Taste {
    /// The name of the field for the most new tokens.
    pub max_tokens_field: &'static str,
    /// Whether `top_k` may be sent.
    pub top_k: bool,
    /// Most stop strings in one request; `None` is no limit.
    pub most_stops: Option<usize>,
    /// The name of the field for the seed; `None` where seeds are refused.
    pub seed_field: Option<&'static str>,
    /// Whether `stream_options` may be sent; elsewhere usage comes unasked.
    pub stream_options: bool,
    /// Whether raw text is continued.
    pub completions: bool,
    /// Whether reasoning is counted beside `completion_tokens` instead of in it.
    pub reasoning_beside: bool,
    /// Whether `logprobs` of a chat is how many of the most probable tokens are wanted, instead of yes or no.
    pub logprobs_counted: bool,
}

impl Taste {
    /// What most servers take.
    pub const GENERIC: Self = Self {
        max_tokens_field: "max_tokens",
        top_k: true,
        most_stops: Some(4),
        seed_field: Some("seed"),
        stream_options: true,
        completions: true,
        reasoning_beside: false,
        logprobs_counted: false,
    };
}

/// How one model wants its requests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dialect {
    /// How its service does.
    pub taste: Taste,
    /// The name of the field for the most new tokens, the user's if given.
    pub max_tokens_field: Cow<'static, str>,
    /// Whether temperature and nucleus may be sent.
    pub sampling: bool,
    /// Whether stop strings may be sent.
    pub stops: bool,
    /// Whether answers are streamed, where `-M stream=…` says so.
    pub stream: Option<bool>,
}

impl Dialect {
    /// What a service takes of any of its models.
    pub fn of_taste(taste: Taste) -> Self {
        let max_tokens_field = Cow::Borrowed(taste.max_tokens_field);
        Self { taste, max_tokens_field, sampling: true, stops: true, stream: None }
    }

    /// What OpenAI's own models take. Its reasoning models know only `max_completion_tokens` and refuse temperature,
    /// nucleus and stop strings.
    pub fn of_openai(model: &str) -> Self {
        let dialect = Self::of_taste(Taste { top_k: false, ..Taste::GENERIC });
        if !is_reasoning_model(model) {
            return dialect;
        }
        Self { max_tokens_field: Cow::Borrowed("max_completion_tokens"), sampling: false, stops: false, ..dialect }
    }

    /// Takes what concerns the dialect out of `args`; the rest goes into requests as it is.
    pub fn with_arguments(mut self, args: &Map<String, Value>) -> Result<(Self, Map<String, Value>), ModelError> {
        let mut args = Arguments::new(args)?;
        if let Some(field) = args.take_word("max_tokens_field", "the name of a field")? {
            self.max_tokens_field = Cow::Owned(field);
        }
        self.stream = args.take_bool("stream")?.or(self.stream);
        let rest = args.rest();
        // Without reasoning, OpenAI's reasoning models take temperature and nucleus again.
        if rest.get("reasoning_effort").and_then(Value::as_str) == Some("none") {
            self.sampling = true;
        }
        Ok((self, rest))
    }
}

/// Whether a model of OpenAI reasons, by its name: `o1`, `o3-mini`, `gpt-5.1`, but not `gpt-5-chat-latest`.
pub(crate) fn is_reasoning_model(model: &str) -> bool {
    let model = model.strip_prefix("ft:").unwrap_or(model);
    let o_series = model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let generation = |name: &str| {
        let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    let five_or_later = model.strip_prefix("gpt-").and_then(generation).is_some_and(|n| (5..35).contains(&n));
    o_series || (five_or_later && !model.contains("-chat")) || model.starts_with("codex-")
}
