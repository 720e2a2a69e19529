use crate::http::excerpt;
use proctor_core::ModelErrorKind;
use serde_json::{Map, Value};

/// What a server says about an error.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Report {
    /// Its words, at most 300 characters; empty when it says nothing readable.
    pub message: String,
    /// Its code and type, in lower case.
    pub code: String,
    /// The parameter it objects to.
    pub param: Option<String>,
    /// An HTTP status within the report.
    pub status: Option<u16>,
}

impl Report {
    /// Whether the provider declined what was asked, rather than how.
    pub fn is_refusal(&self) -> bool {
        ["content_filter", "content_policy"].iter().any(|code| self.code.contains(code))
    }

    /// The HTTP status that would suit a report that came under status 200.
    pub fn implied_status(&self) -> u16 {
        let code = |part: &str| self.code.contains(part);
        self.status.unwrap_or(match () {
            () if code("rate_limit") || code("insufficient_quota") => 429,
            () if code("authentication") || code("invalid_api_key") => 401,
            () if code("not_found") => 404,
            () if code("invalid_request") || code("context_length") => 400,
            () => 500,
        })
    }
}

/// Reads an error body of any known shape: OpenAI's `{"error": {…}}`, a bare `{"message": …}`, FastAPI's
/// `{"detail": …}`, or plain text.
pub(super) fn read_report(text: &str) -> Report {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => read_report_value(&value),
        Err(_) if looks_like_html(text) => Report::default(),
        Err(_) => Report { message: excerpt(text), ..Report::default() },
    }
}

/// [`read_report`] of JSON. A list with one report, as some gateways send, counts as the report.
pub(super) fn read_report_value(value: &Value) -> Report {
    let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
    let error = value.get("error").filter(|e| !e.is_null()).unwrap_or(value);
    let text = |v: &Value, name: &str| v.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(message) = error.as_str() {
        return Report { message: excerpt(message), ..Report::default() };
    }
    if let Some(first) = error.get("detail").and_then(Value::as_array).and_then(|d| d.first()) {
        let place: Vec<_> = first.get("loc").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let message = format!("{}: {}", place.join("."), text(first, "msg").unwrap_or_default());
        return Report { message: excerpt(&message), param: place.last().map(|p| (*p).to_owned()), ..Report::default() };
    }
    let message = ["message", "detail", "msg", "error_description"].into_iter().find_map(|name| text(error, name));
    let word = |name: &str| match error.get(name) {
        Some(Value::String(s)) => s.to_ascii_lowercase(),
        _ => String::new(),
    };
    let status = ["code", "status", "status_code"].into_iter().find_map(|name| {
        let value = error.get(name)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
        u16::try_from(number).ok().filter(|n| (400..600).contains(n))
    });
    Report {
        message: excerpt(&message.unwrap_or_else(|| if error.is_object() { error.to_string() } else { String::new() })),
        code: format!("{} {}", word("code"), word("type")).trim().to_owned(),
        param: text(error, "param"),
        status,
    }
}

/// The kind of failure that a status and a report amount to.
pub(super) fn classify(status: u16, report: &Report) -> ModelErrorKind {
    use ModelErrorKind::*;
    let said = report.message.to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|p| said.contains(p) || report.code.contains(p));
    const QUOTA: [&str; 2] = ["insufficient_quota", "billing_hard_limit"];
    const CONTEXT: [&str; 10] = [
        "context_length",
        "context length",
        "context window",
        "context size",
        "exceed_context",
        "prompt is too long",
        "prompt too long",
        "input is too long",
        "too many tokens",
        "max_model_len",
    ];
    const NO_MODEL: [&str; 5] =
        ["model_not_found", "invalid model name", "not a valid model", "unknown model", "model does not exist"];
    match status {
        401..=403 => Auth,
        429 if says(&QUOTA) => Auth,
        429 => RateLimited,
        400 | 413 | 422 | 500 if says(&CONTEXT) => ContextLength,
        400 | 422 if says(&NO_MODEL) => NotFound,
        404 | 405 | 410 => NotFound,
        408 | 425 | 500..=599 => Unavailable,
        300..=399 => NotFound,
        400..=499 => BadRequest,
        _ => Protocol,
    }
}

/// The field of `sent` that the server will not take, when it says so.
pub(super) fn refused_field<'a>(report: &Report, sent: &'a Map<String, Value>) -> Option<&'a str> {
    const FIXED: [&str; 3] = ["model", "messages", "prompt"];
    let mut fields = sent.keys().map(String::as_str).filter(|f| !FIXED.contains(f));
    let said = report.message.to_ascii_lowercase();
    let objects =
        ["unsupported", "not support", "unknown", "unrecognized", "unexpected", "not permitted", "not allowed", "extra"];
    if let Some(param) = &report.param {
        return fields.find(|f| f == param);
    }
    if !objects.iter().any(|o| said.contains(o)) {
        return None;
    }
    fields.find(|field| ['\'', '"', '`'].iter().any(|quote| said.contains(&format!("{quote}{field}{quote}"))))
}

/// Whether a body is a web page.
pub(super) fn looks_like_html(text: &str) -> bool {
    let start: String =
        text.trim_start_matches('\u{feff}').trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html")
}
