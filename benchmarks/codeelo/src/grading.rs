//! From a reply to a grade.

use crate::extract::{Extracted, official, robust};
use crate::problem::{allowance_of, checker_of, tests_of};
use proctor_contest::{Checker, Judgement, Policy, Submission, judge};
use proctor_core::{AnswerForm, Attempt, BenchmarkError, Grade, Judges, Outcome, Sample};
use serde_json::{Value, json};

/// How programs are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Whether the reply is read as upstream reads it; else tolerantly. The other reading is a named score.
    pub official: bool,
    /// What Python's time limit is multiplied with.
    pub python_factor: f64,
    /// Whether all tests are run.
    pub all_tests: bool,
}

/// A verdict in the platform's words, and what led to it.
struct Verdict {
    word: String,
    judgement: Option<Judgement>,
    why: String,
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
    let first = verdict(sample, &readings[0], settings, judges).await?;
    let second = match readings[0] == readings[1] {
        true => None,
        false => Some(verdict(sample, &readings[1], settings, judges).await?),
    };
    let tolerant = second.as_ref().unwrap_or(&first);
    let (shown, reading) = if settings.official { (&first, &readings[0]) } else { (tolerant, &readings[1]) };
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
    grade.scores.insert("official".into(), f64::from(u8::from(first.word == "AC")));
    grade.scores.insert("robust".into(), f64::from(u8::from(tolerant.word == "AC")));
    if let Extracted::Program { tag, source } = reading {
        grade.extracted = Some(source.clone());
        grade.artifacts.insert("language".into(), json!(tag));
        grade.scores.insert(format!("answered in {tag}"), 1.0);
    }
    if let Some(judgement) = &shown.judgement {
        grade.artifacts.insert("judgement".into(), judgement.evidence());
    }
    grade.artifacts.insert("judged".into(), json!("local"));
    Ok(grade)
}

async fn verdict(
    sample: &Sample,
    reading: &Extracted,
    settings: Settings,
    judges: &dyn Judges,
) -> Result<Verdict, BenchmarkError> {
    let plain = |word: &str, why: String| Verdict { word: word.into(), judgement: None, why };
    let (tag, source) = match reading {
        Extracted::NoCode => return Ok(plain("No code", "The reply has no code block.".into())),
        Extracted::UnknownTag(tag) => return Ok(plain("Error", format!("The code block's language `{tag}` is not known."))),
        Extracted::Program { tag, source } => (tag, source),
    };
    let Some(language) = Extracted::language(tag) else {
        return Ok(plain("unjudged", format!("Programs in {tag} cannot be judged here.")));
    };
    let checker = checker_of(sample);
    if sample.target.get("interactive").and_then(Value::as_bool) == Some(true) {
        return Ok(plain("unjudged", "The problem is interactive and there is no interactor.".into()));
    }
    if checker == Checker::Missing {
        return Ok(plain("unjudged", "Many outputs are right and there is no checker.".into()));
    }
    let submission = Submission { language, standard: None, source: source.clone() };
    let policy = Policy { allowance: allowance_of(sample, settings.python_factor), all_tests: settings.all_tests };
    let judgement = judge(&submission, &tests_of(sample), &checker, &policy, judges).await?;
    let word = judgement.outcome.as_str();
    let mut why = match judgement.test {
        None if judgement.tests.is_empty() => "There are no tests.".to_owned(),
        None => format!("All {} tests pass.", judgement.tests.len()),
        Some(test) => format!("{word} on test {test}."),
    };
    if !judgement.remark().is_empty() {
        why.push_str(&format!(" {}", judgement.remark()));
    }
    Ok(Verdict { word: word.into(), judgement: Some(judgement), why })
}
