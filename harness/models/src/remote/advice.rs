use super::model::Identity;
use super::report::{Report, refused_field};
use super::wire::Question;
use crate::http::Endpoint;
use proctor_core::ModelErrorKind;

/// What to do about a failure of `kind`, as the end of a sentence; empty where nothing can be said.
pub(super) fn advice(
    kind: ModelErrorKind,
    status: Option<u16>,
    report: &Report,
    question: &Question,
    address: &Endpoint,
    identity: &Identity,
) -> String {
    use ModelErrorKind::*;
    match kind {
        Auth if matches!(status, Some(402 | 429)) || report.says_no_credit() => "; the account has no credit left".to_owned(),
        Auth if status == Some(407) => {
            "; that is the proxy: put its user name and password into HTTP_PROXY=http://USER:PASSWORD@HOST:PORT".to_owned()
        }
        Auth => format!("; check {}", identity.key_variable),
        NotFound if address.has_no_path() && identity.versioned_base => {
            "; is /v1 missing at the end of the base address?".to_owned()
        }
        NotFound if question.path == "completions" => {
            "; check the model's name, and whether it takes raw completions at all or only chat".to_owned()
        }
        NotFound => "; check the base address and the model's name".to_owned(),
        ContextLength if question.body.contains_key(question.max_tokens_field.as_ref()) => {
            "; the answer's --max-tokens counts, too".to_owned()
        }
        BadRequest => on_field(report, question),
        _ => String::new(),
    }
}

/// How to leave out or rename the field that the server will not take.
fn on_field(report: &Report, question: &Question) -> String {
    let Some(field) = refused_field(report, &question.body) else {
        return String::new();
    };
    if field != question.max_tokens_field {
        return format!("; leave the field out with -M {field}=null");
    }
    match field {
        "max_tokens" => "; try -M max_tokens_field=max_completion_tokens".to_owned(),
        "max_completion_tokens" => "; try -M max_tokens_field=max_tokens".to_owned(),
        _ => "; give another --max-tokens".to_owned(),
    }
}
