use super::json::read_json;
use crate::http::{excerpt, wait};
use proctor_core::ModelErrorKind;
use serde_json::{Map, Value};
use std::time::{Duration, SystemTime};

/// What a server says about an error.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// Its words, at most 300 characters; empty when it says nothing readable.
    pub message: String,
    /// Its code and type, in lower case.
    pub code: String,
    /// The parameter it objects to.
    pub param: Option<String>,
    /// An HTTP status within the report.
    pub status: Option<u16>,
    /// The wait it asks for, where it stands in the report rather than in a header (Google's `RetryInfo`).
    pub retry_after: Option<Duration>,
}

/// Codes that say that the provider's rules, not the request's form, stood in the way.
const REFUSAL_CODES: [&str; 7] = [
    "content_filter",
    "content_policy",
    "responsibleaipolicyviolation",
    "bio_policy",
    "policy_violation",
    "moderation",
    "safety_check",
];

/// The same in words, for providers whose codes do not say it.
const REFUSAL_WORDS: [&str; 6] = [
    "content filtering policy",
    "flagged as potentially violating",
    "limited access to this content for safety",
    "violates usage guidelines",
    "flagged by moderation",
    "requires moderation",
];

/// Words of accounts without money, under whatever status.
const NO_CREDIT: [&str; 5] =
    ["insufficient_quota", "billing_hard_limit", "credit balance is too low", "insufficient balance", "insufficient credits"];

/// Words of a key that is not taken.
const BAD_KEY: [&str; 6] =
    ["api_key_invalid", "api key not valid", "invalid_api_key", "incorrect api key", "invalid api key", "api key is invalid"];

/// Words of a prompt that does not fit, of every vendor and server that was looked at.
const CONTEXT: [&str; 20] = [
    "context_length",
    "context length",
    "context window",
    "context size",
    "context limit",
    "exceed_context",
    "prompt is too long",
    "prompt too long",
    "input is too long",
    "too many tokens",
    "max_model_len",
    "maximum prompt length",
    "exceeds the maximum number of tokens",
    "prompt contains too many",
    "maximum allowed input length",
    // Together and text-generation-inference, Moonshot, Zhipu, DashScope.
    "`max_new_tokens` must be <=",
    "`inputs` must have less than",
    "model token limit",
    "exceeds max length",
    "range of input length",
];

/// Words of a model that is not served.
const NO_MODEL: [&str; 8] = [
    "model_not_found",
    "invalid_model",
    "invalid model name",
    "invalid model:",
    "not a valid model",
    "unknown model",
    "model does not exist",
    "model not exist",
];

/// Words of too many requests, where no status says so.
const TOO_FAST: [&str; 3] = ["rate limit", "too many requests", "throttl"];

impl Report {
    /// Whether the provider declined what was asked, rather than how.
    pub fn is_refusal(&self) -> bool {
        let said = self.message.to_ascii_lowercase();
        REFUSAL_CODES.iter().any(|code| self.code.contains(code)) || REFUSAL_WORDS.iter().any(|words| said.contains(words))
    }

    /// Whether the account's money is used up.
    pub fn says_no_credit(&self) -> bool {
        let said = self.message.to_ascii_lowercase();
        NO_CREDIT.iter().any(|words| self.code.contains(words) || said.contains(words))
    }

    fn says(&self, phrases: &[&str]) -> bool {
        let said = self.message.to_ascii_lowercase();
        phrases.iter().any(|phrase| said.contains(phrase) || self.code.contains(phrase))
    }

    /// The HTTP status that would suit a report that came under status 200.
    pub fn implied_status(&self) -> u16 {
        let code = |part: &str| self.code.contains(part);
        self.status.unwrap_or(match () {
            () if code("rate_limit") || code("insufficient_quota") || code("resource_exhausted") => 429,
            () if code("overloaded") => 529,
            () if code("authentication") || code("invalid_api_key") || code("unauthenticated") => 401,
            () if code("permission") => 403,
            () if code("billing") => 402,
            () if code("not_found") => 404,
            () if code("invalid_request")
                || code("invalid_prompt")
                || code("context_length")
                || code("invalid_argument")
                || code("too_large") =>
            {
                400
            }
            () if self.says(&BAD_KEY) => 401,
            () if self.says(&CONTEXT) => 400,
            () if self.says(&NO_MODEL) => 404,
            () if self.says(&TOO_FAST) => 429,
            () => 500,
        })
    }
}

/// Reads an error body of any known shape: OpenAI's `{"error": {…}}`, a bare `{"message": …}`, FastAPI's
/// `{"detail": …}`, or plain text.
pub(crate) fn read_report(text: &str) -> Report {
    // Some gateways report it as an event.
    let event = text.trim_start().strip_prefix("data:").and_then(|rest| rest.lines().next());
    match read_json(event.unwrap_or(text).as_bytes()) {
        Ok(value) => read_report_value(&value),
        Err(_) if looks_like_html(text) => Report::default(),
        Err(_) => Report { message: excerpt(text), ..Report::default() },
    }
}

/// [`read_report`] of JSON. A list with one report, as some gateways send, counts as the report.
pub(crate) fn read_report_value(value: &Value) -> Report {
    let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
    let error = value.get("error").filter(|e| !e.is_null()).unwrap_or(value);
    let text = |v: &Value, name: &str| v.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(message) = error.as_str() {
        // xAI and Ollama: the words in `error`, a code beside it.
        let code = text(value, "code").unwrap_or_default().to_ascii_lowercase();
        return Report { message: excerpt(message), code, ..Report::default() };
    }
    // FastAPI's list of what is wrong, which Mistral puts into `message`.
    let wrapped = error.get("message").filter(|m| m.is_object()).unwrap_or(error);
    if let Some(first) = wrapped.get("detail").and_then(Value::as_array).and_then(|d| d.first()) {
        let place: Vec<_> = first.get("loc").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let message = format!("{}: {}", place.join("."), text(first, "msg").unwrap_or_default());
        return Report { message: excerpt(&message), param: place.last().map(|p| (*p).to_owned()), ..Report::default() };
    }
    let message = ["message", "detail", "msg", "error_description"].into_iter().find_map(|name| text(error, name));
    let status = ["code", "status", "status_code"].into_iter().find_map(|name| {
        let value = error.get(name)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
        u16::try_from(number).ok().filter(|n| (400..600).contains(n))
    });
    let (further, retry_after) = read_details(error);
    let message = message.unwrap_or_else(|| if error.is_object() { error.to_string() } else { String::new() });
    Report {
        message: excerpt(&format!("{message}{}", read_provider(error))),
        code: format!("{} {further}", ["code", "type", "status"].map(|name| word(error.get(name))).join(" ")).trim().to_owned(),
        param: text(error, "param"),
        status,
        retry_after,
    }
}

fn word(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).map(str::to_ascii_lowercase).unwrap_or_default()
}

/// What stands deeper in a report: Azure's `innererror.code`, the reasons and the wait in Google's `details`, and
/// whether OpenRouter's moderation flagged the prompt.
fn read_details(error: &Value) -> (String, Option<Duration>) {
    let mut words = word(error.pointer("/innererror/code"));
    if error.pointer("/metadata/reasons").is_some() {
        words.push_str(" moderation");
    }
    let mut retry_after = None;
    for detail in error.get("details").and_then(Value::as_array).into_iter().flatten().take(32) {
        if let Some(delay) = detail.get("retryDelay").and_then(Value::as_str) {
            retry_after = wait(delay, SystemTime::now()).or(retry_after);
        }
        words.push(' ');
        words.push_str(&word(detail.get("reason")));
    }
    (words.trim().to_owned(), retry_after)
}

/// What a service behind OpenRouter said, in brackets.
fn read_provider(error: &Value) -> String {
    let part =
        |name: &str| error.pointer(&format!("/metadata/{name}")).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
    match (part("provider_name"), part("raw")) {
        (Some(provider), Some(raw)) => format!(" ({provider}: {raw})"),
        (Some(provider), None) => format!(" ({provider})"),
        _ => String::new(),
    }
}

/// The kind of failure that a status and a report amount to.
pub(crate) fn classify(status: u16, report: &Report) -> ModelErrorKind {
    use ModelErrorKind::*;
    let says = |phrases: &[&str]| report.says(phrases);
    match status {
        401..=403 | 407 => Auth,
        400 | 429 if report.says_no_credit() => Auth,
        400 if says(&BAD_KEY) => Auth,
        429 => RateLimited,
        400 | 413 | 422 | 500 if says(&CONTEXT) => ContextLength,
        400 | 422 if says(&NO_MODEL) => NotFound,
        404 | 405 | 410 => NotFound,
        // 409: in conflict with another request; 498: Groq, out of room for what may be put off.
        408 | 409 | 425 | 498 | 500..=599 => Unavailable,
        300..=399 => NotFound,
        400..=499 => BadRequest,
        _ => Protocol,
    }
}

/// The field of `sent` that the server will not take, when it says so.
pub(crate) fn refused_field<'a>(report: &Report, sent: &'a Map<String, Value>) -> Option<&'a str> {
    const FIXED: [&str; 5] = ["model", "messages", "prompt", "input", "contents"];
    let mut fields = sent.keys().map(String::as_str).filter(|f| !FIXED.contains(f));
    let said = report.message.to_ascii_lowercase();
    let objects = [
        "unsupported",
        "not support",
        "unknown",
        "unrecognized",
        "unexpected",
        "not permitted",
        "not allowed",
        "extra",
        "deprecated",
        "cannot both be specified",
        "may only be set",
    ];
    if let Some(param) = &report.param {
        let outer = param.split(['.', '[']).next().unwrap_or(param);
        return fields.find(|f| f == param || *f == outer);
    }
    if !objects.iter().any(|o| said.contains(o)) {
        return None;
    }
    // Anthropic begins the sentence with the field: `seed: Extra inputs are not permitted`.
    fields.find(|field| {
        said.starts_with(&format!("{field}:"))
            || ['\'', '"', '`'].iter().any(|quote| said.contains(&format!("{quote}{field}{quote}")))
    })
}

/// Whether a body is a web page.
pub(crate) fn looks_like_html(text: &str) -> bool {
    let start: String =
        text.trim_start_matches('\u{feff}').trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html")
}
