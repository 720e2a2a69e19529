//! From a reply to a grade.

use crate::actions::{self, Actions, Fields};
use crate::evaluation::{Code, Evaluation, Item, RUN_SECONDS, admit, evaluate, run};
use crate::label;
use crate::search::search;
use crate::variant::Variant;
use proctor_contest::raised;
use proctor_core::{
    Attempt, BenchmarkError, Grade, JudgeError, Judges, Language, Outcome, Sample, Verdict, canonical_json, sha256_hex,
};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Characters of inputs and outputs kept as evidence.
const MOST_EVIDENCE: usize = 4000;

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
            grade.category = Some("unsupported_item".into());
            return Ok(grade);
        }
    };
    let text = &attempt.answer.text;
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
        () => Outcome::Incorrect,
    };
    let mut grade = Grade::new(outcome, evaluation.explanation.clone());
    grade.category = Some(evaluation.category.to_owned());
    grade.scores.insert("official".into(), f64::from(official_success));
    grade.scores.insert("strict".into(), f64::from(strict_success));
    let name = if variant.searches() { "generate_tc" } else { "print_fail_case" };
    let program = official.as_ref().ok().and_then(|actions| actions.get(name)).or_else(|| tolerant.get(name));
    grade.extracted = program.and_then(|fields| fields.get("code")).cloned();
    let cut = |text: &Option<String>| text.as_ref().map(|text| text.chars().take(MOST_EVIDENCE).collect::<String>());
    grade.artifacts.insert("input".into(), json!(cut(&shown.input)));
    grade.artifacts.insert("wrong_output".into(), json!(cut(&evaluation.wrong_output)));
    grade.artifacts.insert("correct_output".into(), json!(cut(&evaluation.correct_output)));
    grade
        .artifacts
        .insert("verdicts".into(), json!({"official": as_upstream.evaluation.category, "strict": strict.evaluation.category}));
    if let Some(tried) = shown.inputs_tried {
        grade.artifacts.insert("inputs_tried".into(), json!(tried));
    }
    Ok(grade)
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
    let Some(printer) = find("print_fail_case") else { return Ok(unreadable("The reply has no action print_fail_case.")) };
    let printed = run(&printer, "", RUN_SECONDS, 0, judges).await?;
    if printed.verdict != Verdict::Ok && !(upstream && printed.verdict == Verdict::RuntimeError) {
        let why = format!("The program that prints the input ends in {}: {}", printed.verdict, raised(&printed));
        return Ok(Judged { evaluation: Evaluation::failure("generator_error", why), input: None, inputs_tried: None });
    }
    let mut evaluation = evaluate(item, &printed.stdout, judges).await?;
    if printed.verdict != Verdict::Ok && !evaluation.official {
        evaluation.category = "generator_error";
        evaluation.explanation = format!("The program that prints the input ends in {}: {}", printed.verdict, raised(&printed));
    }
    Ok(Judged { evaluation, input: Some(printed.stdout), inputs_tried: None })
}
