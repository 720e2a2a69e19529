//! From a reply to a grade.

use crate::extract::{Extracted, LANGUAGES, official, robust};
use crate::jury::{evidence_of, jury_of, policy_of, tests_of};
use proctor_contest::{Judgement, Submission, judge};
use proctor_core::{AnswerForm, Attempt, BenchmarkError, Grade, Judges, Outcome, Sample};
use serde_json::{Value, json};

/// Who judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgedBy {
    /// The sandbox on this machine.
    Sandbox,
    /// The judging service of the platform.
    Service,
}

/// How programs are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Whether the reply is read as upstream reads it; else tolerantly. The other reading is a named score.
    pub official: bool,
    /// What Python's time limit is multiplied with.
    pub python_factor: f64,
    /// Whether all tests are run.
    pub all_tests: bool,
    /// Who judges.
    pub judged_by: JudgedBy,
}

/// A verdict in the platform's words, and what led to it.
struct Verdict {
    word: String,
    evidence: Option<(&'static str, Value)>,
    why: String,
}

impl Verdict {
    fn plain(word: &str, why: impl Into<String>) -> Self {
        Verdict { word: word.to_owned(), evidence: None, why: why.into() }
    }
}

/// Grades a reply.
pub async fn grade(sample: &Sample, attempt: &Attempt, settings: Settings, judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
    let text = &attempt.answer.text;
    let readings = match attempt.answer.form {
        AnswerForm::Final => {
            let tag = if text.contains("#include") { "cpp" } else { "python" };
            let program = Extracted::Program { tag: tag.into(), source: text.clone() };
            [program.clone(), program]
        }
        _ => [official(text), robust(text)],
    };
    let deciding = if settings.official { &readings[0] } else { &readings[1] };
    let shown = verdict(sample, deciding, attempt, settings, judges).await?;
    let outcome = match shown.word.as_str() {
        "AC" => Outcome::Correct,
        "unjudged" => Outcome::Skipped,
        _ if attempt.filtered() => Outcome::Refused,
        _ if attempt.truncated() => Outcome::Truncated,
        "No code" | "Error" => Outcome::Unparsed,
        _ => Outcome::Incorrect,
    };
    let mut grade = Grade::new(outcome, shown.why.clone());
    grade.category = Some(shown.word.clone());
    let accepted = |word: &str| f64::from(u8::from(word == "AC"));
    let mut score = |name: &str, value: f64| grade.scores.insert(name.into(), value);
    let (name, other) = if settings.official { ("official", "robust") } else { ("robust", "official") };
    score(name, accepted(&shown.word));
    if readings[0] == readings[1] {
        score(other, accepted(&shown.word));
    } else if settings.judged_by == JudgedBy::Sandbox {
        let reading = if settings.official { &readings[1] } else { &readings[0] };
        score(other, accepted(&verdict(sample, reading, attempt, settings, judges).await?.word));
    }
    if let Extracted::Program { tag, source } = deciding {
        score(&format!("answered in {tag}"), 1.0);
        grade.extracted = Some(source.clone());
        grade.artifacts.insert("language".into(), json!(tag));
    }
    if let Some((name, evidence)) = shown.evidence {
        grade.artifacts.insert(name.into(), evidence);
    }
    match settings.judged_by {
        JudgedBy::Service => grade.artifacts.insert("judged".into(), json!("service")),
        JudgedBy::Sandbox => {
            grade.artifacts.insert("judged_with".into(), json!(evidence_of(sample)));
            grade.artifacts.insert("judged".into(), json!("local"))
        }
    };
    Ok(grade)
}

async fn verdict(
    sample: &Sample,
    reading: &Extracted,
    attempt: &Attempt,
    settings: Settings,
    judges: &dyn Judges,
) -> Result<Verdict, BenchmarkError> {
    let (tag, source) = match reading {
        Extracted::NoCode => return Ok(Verdict::plain("No code", "The reply has no code block.")),
        Extracted::UnknownTag(tag) => {
            return Ok(Verdict::plain("Error", format!("The code block's language `{tag}` is not known.")));
        }
        Extracted::Program { tag, source } => (tag, source),
    };
    match settings.judged_by {
        JudgedBy::Sandbox => local(sample, tag, source, settings, judges).await,
        JudgedBy::Service => service(sample, tag, source, attempt, judges).await,
    }
}

/// The verdict of the sandbox.
async fn local(
    sample: &Sample,
    tag: &str,
    source: &str,
    settings: Settings,
    judges: &dyn Judges,
) -> Result<Verdict, BenchmarkError> {
    let Some(language) = Extracted::language(tag) else {
        return Ok(Verdict::plain("unjudged", format!("Programs in {tag} cannot be judged here.")));
    };
    let jury = match jury_of(sample) {
        Ok(jury) => jury,
        Err(why) => return Ok(Verdict::plain("unjudged", why)),
    };
    let submission = Submission { language, standard: None, source: source.to_owned() };
    let policy = policy_of(sample, settings.python_factor, settings.all_tests);
    let judgement = judge(&submission, &tests_of(sample), &jury, &policy, judges).await?;
    let why = explain(&judgement);
    Ok(Verdict { word: judgement.outcome.as_str().into(), evidence: Some(("judgement", judgement.evidence())), why })
}

fn explain(judgement: &Judgement) -> String {
    let word = judgement.outcome.as_str();
    let mut why = match judgement.test {
        None if judgement.tests.is_empty() => "There are no tests.".to_owned(),
        None => format!("All {} tests pass.", judgement.tests.len()),
        Some(test) => format!("{word} on test {test}."),
    };
    if !judgement.remark().is_empty() {
        why.push_str(&format!(" {}", judgement.remark()));
    }
    why
}

/// The verdict of the judging service (spec section 4).
async fn service(
    sample: &Sample,
    tag: &str,
    source: &str,
    attempt: &Attempt,
    judges: &dyn Judges,
) -> Result<Verdict, BenchmarkError> {
    let Some((_, language)) = LANGUAGES.iter().find(|(known, _)| *known == tag) else {
        return Ok(Verdict::plain("Error", format!("The code block's language `{tag}` is not known.")));
    };
    let author = attempt.exchanges.last().map(|exchange| exchange.completion.model.clone()).filter(|name| !name.is_empty());
    let submission = proctor_core::Submission {
        problem: sample.id.clone(),
        language: *language,
        source: source.to_owned(),
        author: author.unwrap_or_else(|| "imported".into()),
    };
    let said = judges.submit(&submission).await?;
    let why = format!("The judging service says {} of submission {}.", said.verdict, said.submission);
    Ok(Verdict { evidence: Some(("submission", json!(said))), why, word: said.verdict })
}
