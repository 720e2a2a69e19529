use super::transport::{Call, Transport};
use super::{Patience, ServiceAccess, ServiceError, ServiceStatus};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// Most bytes of an answer, and of one with problems.
const MOST_ANSWER: usize = 1 << 20;
const MOST_PROBLEMS: usize = 64 << 20;

/// What is submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSubmission {
    /// The problem: contest and index, e.g. `2000A`.
    pub problem: String,
    /// The platform's number of the language (CodeElo spec section 4).
    pub language: u32,
    /// The program's text.
    pub code: String,
    /// Who wrote it: the model's name.
    pub tag: String,
}

/// A problem as the service shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceProblem {
    /// Contest and index, e.g. `2000A`.
    pub problem: String,
    /// Its title.
    pub title: String,
    /// The statement's sections, in order.
    pub sections: Vec<ServiceSection>,
}

/// A section of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSection {
    /// Its title; the first section's stands for the statement itself.
    pub title: String,
    /// Its content as HTML.
    pub html: String,
}

/// The judging service, opened with an address and a token.
pub struct JudgingService {
    transport: Transport,
}

impl JudgingService {
    /// Opens the service; nothing is sent yet.
    ///
    /// # Errors
    /// `Unreachable`, where no connection can be set up at all.
    pub fn new(access: &ServiceAccess, patience: Patience) -> Result<Self, ServiceError> {
        Ok(Self { transport: Transport::new(access, patience)? })
    }

    /// Where it is.
    pub fn address(&self) -> String {
        self.transport.access.address()
    }

    /// How long and how often is waited.
    pub fn patience(&self) -> &Patience {
        &self.transport.patience
    }

    /// Greets the service, without the token: GET `/`. What it says, in one line.
    ///
    /// # Errors
    /// As every call.
    pub async fn hello(&self) -> Result<String, ServiceError> {
        let call = Call { authorised: false, ..self.get("greeting the judging service", "", &[], 20) };
        let body = self.transport.send(&call).await?;
        Ok(self.transport.access.shown(&String::from_utf8_lossy(&body)))
    }

    /// Whether the service knows the token: GET `/check_auth`; 200 is yes.
    ///
    /// # Errors
    /// `Denied`, where it does not; else as every call.
    pub async fn check_auth(&self) -> Result<(), ServiceError> {
        self.transport.send(&self.get("checking the token", "check_auth", &[], 20)).await.map(|_| ())
    }

    /// The problems of a contest: GET `/get_all_problems`. An empty list is a contest the service does not have.
    ///
    /// # Errors
    /// `Malformed`, where a problem is not as the protocol says; else as every call.
    pub async fn problems(&self, contest: u64, update: bool) -> Result<Vec<ServiceProblem>, ServiceError> {
        let what = format!("the problems of contest {contest}");
        let (contest, update) = (contest.to_string(), if update { "True" } else { "False" });
        let arguments = [("cid", contest.as_str()), ("update", update)];
        let call = Call { most_bytes: MOST_PROBLEMS, ..self.get(&what, "get_all_problems", &arguments, 180) };
        let answer = self.object(&call).await?;
        let list = answer.get("problems").and_then(Value::as_array);
        let list = list.ok_or_else(|| self.odd(&what, "has no list `problems`", &answer))?;
        list.iter()
            .map(|entry| problem(entry).ok_or_else(|| self.odd(&what, "has a problem that cannot be read", entry)))
            .collect()
    }

    /// Submits a program once: POST `/submit_code`. The service's number of the submission.
    ///
    /// # Errors
    /// `Uncertain`, where it was sent and no answer came (it is never sent twice); `Malformed`, where the answer has no
    /// number; else as every call.
    pub async fn submit(&self, submission: &ServiceSubmission) -> Result<String, ServiceError> {
        let problem: String = submission.problem.chars().take(40).collect();
        let what = format!("submitting to problem {problem}");
        let body = json!({
            "prob": submission.problem, "lang": submission.language, "code": submission.code, "tag": submission.tag,
        });
        let call =
            Call { method: Method::POST, body: Some(body.to_string().into_bytes()), ..self.get(&what, "submit_code", &[], 60) };
        let answer = self.object(&call).await?;
        let number = match answer.get("submission_id") {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        number.ok_or_else(|| self.odd(&what, "has no `submission_id`", &answer))
    }

    /// What the service says of a submission now: GET `/check_status`.
    ///
    /// # Errors
    /// `Malformed`, where the answer has no status; else as every call.
    pub async fn status(&self, submission: &str) -> Result<ServiceStatus, ServiceError> {
        let shown: String = submission.chars().take(40).collect();
        let what = format!("the status of submission {shown}");
        let answer = self.object(&self.get(&what, "check_status", &[("submission_id", submission)], 20)).await?;
        match answer.get("status_canonical") {
            Some(Value::String(status)) => Ok(ServiceStatus::parse(status)),
            Some(Value::Null) => Ok(ServiceStatus::Running(String::new())),
            _ => Err(self.odd(&what, "has no `status_canonical`", &answer)),
        }
    }

    fn get<'a>(&self, what: &'a str, call: &str, arguments: &[(&str, &str)], limit_s: u64) -> Call<'a> {
        Call {
            what,
            method: Method::GET,
            url: self.transport.access.url(call, arguments),
            body: None,
            authorised: true,
            limit: Duration::from_secs(limit_s),
            most_bytes: MOST_ANSWER,
        }
    }

    /// The JSON object a call is answered with.
    async fn object(&self, call: &Call<'_>) -> Result<Value, ServiceError> {
        let body = self.transport.send(call).await?;
        match serde_json::from_slice::<Value>(&body) {
            Ok(value) if value.is_object() => Ok(value),
            _ => Err(self.odd(call.what, "is no JSON object", &String::from_utf8_lossy(&body))),
        }
    }

    fn odd(&self, what: &str, why: &str, answer: &dyn std::fmt::Display) -> ServiceError {
        let shown = self.transport.access.shown(&answer.to_string().chars().take(2000).collect::<String>());
        ServiceError::Malformed(format!("{what}: the service's answer {why}: `{shown}`"))
    }
}

/// A problem of the list: its key, and its statement as JSON in a string.
fn problem(entry: &Value) -> Option<ServiceProblem> {
    let key = entry.get("prob")?.as_str()?.to_owned();
    let inner: Value = serde_json::from_str(entry.get("json_str")?.as_str()?).ok()?;
    let title = inner.pointer("/meta/title")?.as_str()?.to_owned();
    let sections = inner.pointer("/statement/content/sections")?.as_array()?;
    let section = |section: &Value| {
        let title = section.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(ServiceSection { title, html: section.pointer("/value/content")?.as_str()?.to_owned() })
    };
    let sections = sections.iter().map(section).collect::<Option<Vec<_>>>()?;
    Some(ServiceProblem { problem: key, title, sections })
}
