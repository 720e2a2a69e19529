//! From a reply to a grade.

use crate::actions::{self, Actions, Fields};
use crate::evaluation::{Code, Evaluation, Item, RUN_SECONDS, admit, evaluate, run};
use crate::label;
use crate::search::search;
use crate::variant::Variant;
use proctor_contest::raised;
use proctor_core::{
    AnswerForm, Attempt, BenchmarkError, Grade, JudgeError, Judges, Language, Outcome, Sample, Verdict, canonical_json,
    sha256_hex,
};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Characters of inputs and outputs kept as evidence.
const MOST_EVIDENCE: usize = 4000;

/// The category of an item that cannot be judged here.
const UNSUPPORTED: &str = "unsupported_item";

/// Which verdict decides the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Upstream's.
    Official,
    /// Only outputs that differ count, and replies are read tolerantly.
    Strict,
}

/// Items already looked at: what they are judged with, or why they cannot be.
#[derive(Debug, Default)]
pub struct Admissions(Mutex<HashMap<String, Result<Item, String>>>);

impl Admissions {
    /// Whether an item can be judged here.
    pub async fn of(&self, sample: &Sample, judges: &dyn Judges) -> Result<Result<Item, String>, JudgeError> {
        let inputs = serde_json::Value::Object(sample.inputs.clone());
        let key = sha256_hex(canonical_json(&json!([inputs, sample.target])).as_bytes());
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let target = |name: &str| sample.target.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let wrong = Code { language: label::language(target("wrong_code_lang")), source: target("wrong_code").to_owned() };
        let correct: Vec<Code> = [("correct_cpp", Language::Cpp), ("correct_python", Language::Python)]
            .into_iter()
            .filter_map(|(field, language)| Some(Code { language, source: sample.text(field)?.to_owned() }))
            .filter(|code| !code.source.is_empty())
            .collect();
        let example = sample.text("example_input").map(|input| (input, sample.text("example_output")));
        let admission = admit(&wrong, &correct, target("validator"), example, judges).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, admission.clone());
        Ok(admission)
    }
}

/// What a reply came to, and on which input.
struct Judged {
    evaluation: Evaluation,
    input: Option<String>,
    inputs_tried: Option<u64>,
}

/// Grades a reply.
pub async fn grade(
    sample: &Sample,
    attempt: &Attempt,
    variant: Variant,
    mode: Mode,
    admissions: &Admissions,
    judges: &dyn Judges,
) -> Result<Grade, BenchmarkError> {
    let item = match admissions.of(sample, judges).await? {
        Ok(item) => item,
        Err(why) => {
            let mut grade = Grade::new(Outcome::Skipped, format!("The item cannot be judged here: {why}."));
            grade.category = Some(UNSUPPORTED.into());
            return Ok(grade);
        }
    };
    let text = &attempt.answer.text;
    if attempt.answer.form == AnswerForm::Final && !variant.searches() {
        return Ok(of_input(&item, text, mode, judges).await?);
    }
    let official = actions::official(text);
    let tolerant = actions::tolerant(text);
    let as_upstream = match &official {
        Ok(actions) => judge(&item, actions, variant, true, judges).await?,
        Err(why) => unreadable(format!("Upstream's reading fails: {}.", why.as_str())),
    };
    let same = official.as_ref() == Ok(&tolerant);
    let as_meant = match same {
        true => None,
        false => Some(judge(&item, &tolerant, variant, false, judges).await?),
    };
    let strict = as_meant.as_ref().unwrap_or(&as_upstream);
    let (official_success, strict_success) = (as_upstream.evaluation.official, strict.evaluation.strict);
    let (shown, success) = match mode {
        Mode::Official => (&as_upstream, official_success),
        Mode::Strict => (strict, strict_success),
    };
    let evaluation = &shown.evaluation;
    let outcome = match () {
        () if success => Outcome::Correct,
        () if attempt.filtered() => Outcome::Refused,
        () if attempt.truncated() => Outcome::Truncated,
        () if evaluation.category == "parse_error" => Outcome::Unparsed,
        () if evaluation.category == UNSUPPORTED => Outcome::Skipped,
        () => Outcome::Incorrect,
    };
    let mut grade = graded(outcome, shown, official_success, strict_success);
    let name = if variant.searches() { "generate_tc" } else { "print_fail_case" };
    let program = official.as_ref().ok().and_then(|actions| actions.get(name)).or_else(|| tolerant.get(name));
    grade.extracted = program.and_then(|fields| fields.get("code")).cloned();
    grade
        .artifacts
        .insert("verdicts".into(), json!({"official": as_upstream.evaluation.category, "strict": strict.evaluation.category}));
    Ok(grade)
}

/// The grade of an input as it stands.
async fn of_input(item: &Item, input: &str, mode: Mode, judges: &dyn Judges) -> Result<Grade, JudgeError> {
    let evaluation = evaluate(item, input, judges).await?;
    let (official, strict) = (evaluation.official, evaluation.strict);
    let outcome = match (if mode == Mode::Strict { strict } else { official }, evaluation.category) {
        (true, _) => Outcome::Correct,
        (false, UNSUPPORTED) => Outcome::Skipped,
        (false, _) => Outcome::Incorrect,
    };
    Ok(graded(outcome, &Judged { evaluation, input: Some(input.to_owned()), inputs_tried: None }, official, strict))
}

/// A grade with both verdicts and the evidence.
fn graded(outcome: Outcome, judged: &Judged, official: bool, strict: bool) -> Grade {
    let evaluation = &judged.evaluation;
    let mut grade = Grade::new(outcome, evaluation.explanation.clone());
    grade.category = Some(evaluation.category.to_owned());
    grade.scores.insert("official".into(), f64::from(official));
    grade.scores.insert("strict".into(), f64::from(strict));
    let cut = |text: &Option<String>| text.as_ref().map(|text| text.chars().take(MOST_EVIDENCE).collect::<String>());
    grade.artifacts.insert("input".into(), json!(cut(&judged.input)));
    grade.artifacts.insert("wrong_output".into(), json!(cut(&evaluation.wrong_output)));
    grade.artifacts.insert("correct_output".into(), json!(cut(&evaluation.correct_output)));
    if let Some(tried) = judged.inputs_tried {
        grade.artifacts.insert("inputs_tried".into(), json!(tried));
    }
    grade
}

fn unreadable(why: impl Into<String>) -> Judged {
    Judged { evaluation: Evaluation::failure("parse_error", why), input: None, inputs_tried: None }
}

/// The program of an action; `None` where a field is missing.
fn program(fields: &Fields) -> Option<Code> {
    let language = label::language(fields.get("lang")?);
    Some(Code { language, source: fields.get("code")?.clone() })
}

async fn judge(
    item: &Item,
    actions: &Actions,
    variant: Variant,
    upstream: bool,
    judges: &dyn Judges,
) -> Result<Judged, BenchmarkError> {
    let find = |name: &str| actions.get(name).and_then(program);
    if variant.searches() {
        let Some(generator) = find("generate_tc") else { return Ok(unreadable("The reply has no action generate_tc.")) };
        let reference = match variant {
            Variant::SearchOracle => Some(item.correct.clone()),
            _ => find("solve_brute"),
        };
        let Some(reference) = reference else { return Ok(unreadable("The reply has no action solve_brute.")) };
        let found = search(item, &reference, &generator, judges).await?;
        return Ok(Judged { evaluation: found.evaluation, input: found.input, inputs_tried: Some(found.inputs) });
    }
    let Some(fields) = actions.get("print_fail_case") else {
        return Ok(unreadable("The reply has no action print_fail_case."));
    };
    if !upstream && let Some(input) = raw_input(fields) {
        let evaluation = evaluate(item, &input, judges).await?;
        return Ok(Judged { evaluation, input: Some(input), inputs_tried: None });
    }
    let Some(printer) = program(fields) else { return Ok(unreadable("The action print_fail_case has no program.")) };
    let printed = run(&printer, "", RUN_SECONDS, 0, judges).await?;
    let failed = printed.verdict != Verdict::Ok;
    let why = || format!("The program that prints the input ends in {}: {}", printed.verdict, raised(&printed));
    if failed && !upstream {
        return Ok(Judged { evaluation: Evaluation::failure("generator_error", why()), input: None, inputs_tried: None });
    }
    // Upstream takes what a failed program says of itself for the input; the validator is then to refuse it.
    let input = match printed.verdict {
        Verdict::Ok => printed.stdout.clone(),
        Verdict::TimeLimit => String::new(),
        _ if printed.stderr.is_empty() => printed.stdout.clone(),
        _ => printed.stderr.clone(),
    };
    let mut evaluation = evaluate(item, &input, judges).await?;
    if failed && !evaluation.official {
        evaluation.category = "generator_error";
        evaluation.explanation = why();
    }
    Ok(Judged { evaluation, input: Some(input), inputs_tried: None })
}

/// The input itself, where a reply holds it instead of a program and says so by its language.
fn raw_input(fields: &Fields) -> Option<String> {
    let language = fields.get("lang")?.to_lowercase();
    let code = fields.get("code").filter(|_| ["text", "input", "plain", "raw", "txt"].contains(&language.as_str()))?;
    Some(format!("{}\n", code.trim_end_matches('\n')))
}
