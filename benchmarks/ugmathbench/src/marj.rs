//! The model-assisted judge: when a judge model is asked, what, and how its report is read (spec section 7).

use crate::item::Version;
use proctor_core::{Message, Prompt, Request, Role, Sampling};

/// Most tokens of the judge model's report.
const MAX_TOKENS: u32 = 1024;

/// Whether the judge model is asked once the rules have said no: some answer is not of type NV, or some reference is not
/// a plain number.
pub fn asks(version: &Version) -> bool {
    let types = version.types.iter().any(|code| code != "NV");
    !version.answers.is_empty() && (types || version.answers.iter().any(|answer| !is_float(answer)))
}

/// The question to the judge model. Without `problem` the place stays as it stands in the prompt, as upstream has it.
pub fn request(prompt: &str, problem: Option<&str>, references: &[String], solution: &str) -> Request {
    let fields =
        [("{{Problem}}", problem), ("{{Reference Answer}}", Some(&*references.join(", "))), ("{{Solution}}", Some(solution))];
    let text = fill(prompt, &fields);
    let sampling = Sampling { temperature: Some(0.0), max_tokens: Some(MAX_TOKENS), ..Sampling::default() };
    Request::new(Prompt::Chat(vec![Message::new(Role::User, text)]), sampling)
}

/// Fills all places at once, so that what is filled in is never searched for places.
fn fill(prompt: &str, fields: &[(&str, Option<&str>)]) -> String {
    let mut out = String::with_capacity(prompt.len());
    let mut rest = prompt;
    while let Some(start) = rest.find("{{") {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let place = fields.iter().find_map(|(place, text)| Some(((*text)?, from.strip_prefix(place)?)));
        match place {
            Some((text, after)) => {
                out.push_str(text);
                rest = after;
            }
            None => {
                out.push_str("{{");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// What the report says: what stands after the last `## Equivalence Judgement` of the part before the first
/// `## Justification`, trimmed, must be exactly `TRUE`.
pub fn verdict(report: &str) -> bool {
    let before = report.split("## Justification").next().unwrap_or_default();
    let after = before.rsplit("## Equivalence Judgement").next().unwrap_or_default();
    after.trim() == "TRUE"
}

/// Whether Python's `float` reads the text.
pub fn is_float(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(&text);
    if matches!(unsigned, "inf" | "infinity" | "nan") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let optional = |part: &str| part.is_empty() || digits(part);
    let mantissa = optional(whole) && fraction.is_none_or(optional) && !(whole.is_empty() && fraction.unwrap_or("").is_empty());
    mantissa && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// Digits, with single underscores between them.
fn digits(text: &str) -> bool {
    text.split('_').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}
