//! From an attempt to a grade: upstream's verdict and the mathematically right one, side by side.

use crate::item::{CORRUPT, Instance, short};
use crate::judging::{self, Judgement};
use crate::metrics::{UNDECIDED, slot_scores};
use crate::options::{Mode, Options};
use crate::prompt::Wording;
use crate::{TYPES, marj};
use proctor_core::{Attempt, BenchmarkError, Grade, Judges, Outcome, Sample};
use serde_json::{Value, json};

/// Name of the score of the rule judge where a judge model has the last word.
pub const RULE: &str = "rule";

/// Grades an attempt. The outcome is the verdict of the mode; both verdicts are in the scores.
pub async fn grade(
    options: &Options,
    wording: &Wording,
    sample: &Sample,
    attempt: &Attempt,
    judges: &dyn Judges,
) -> Result<Grade, BenchmarkError> {
    let instance = Instance::of(sample)?;
    let text = attempt.answer.text.as_str();
    let rules = judging::official(&instance, text, options.judge);
    let improved = judging::improved(&instance, text);
    let asked = match options.asks_judge() && !rules.right && marj::asks(&instance.version) {
        true => Some(ask(options, wording, &instance, text, judges).await?),
        false => None,
    };
    let official = asked.as_ref().map_or(rules.right, |asked| asked.right);
    let corrupt = sample.strata.iter().any(|name| name == CORRUPT);
    let right = match options.mode {
        Mode::Official => official,
        Mode::Improved => improved.right,
    };
    let outcome = match (options.mode, corrupt) {
        (Mode::Improved, true) => Outcome::Skipped,
        (mode, _) => outcome(attempt, right, if mode == Mode::Official { &rules } else { &improved }),
    };
    let mut grade = Grade::new(outcome, explanation(options, official, &rules, &improved, asked.as_ref(), corrupt));
    grade.extracted = rules.extracted.clone().or_else(|| improved.extracted.clone());
    grade.category = category(outcome, official, &improved);
    let mut score = |name: &str, right: bool| grade.scores.insert(name.to_owned(), f64::from(u8::from(right)));
    score(Mode::Official.score(), official);
    if options.asks_judge() {
        score(RULE, judging::official(&instance, text, crate::options::OfficialJudge::Rule).right);
    }
    // Without references there is nothing that could be right, so the improved figures leave such versions out.
    if !corrupt {
        score(Mode::Improved.score(), improved.right);
        let undecided = improved.slots.iter().filter(|slot| slot.undecided).count();
        if undecided > 0 {
            grade.scores.insert(UNDECIDED.into(), undecided as f64);
        }
    }
    let counted = match options.mode {
        Mode::Official => &rules,
        Mode::Improved => &improved,
    };
    for code in TYPES {
        let own = || instance.version.types.iter().enumerate().filter(|(_, own)| *own == code);
        let is_right = |slot: usize| counted.right || counted.slots.get(slot).is_some_and(|slot| slot.right);
        let [right, all] = slot_scores(code);
        if own().next().is_some() {
            grade.scores.insert(right, own().filter(|(slot, _)| is_right(*slot)).count() as f64);
            grade.scores.insert(all, own().count() as f64);
        }
    }
    grade.artifacts.insert("slots".into(), slots(&instance, &rules, &improved));
    if let Some(asked) = asked {
        grade.artifacts.insert("judge".into(), json!({"model": asked.model, "report": asked.report, "verdict": asked.right}));
    }
    Ok(grade)
}

/// What the judge model said.
struct Asked {
    model: String,
    report: String,
    right: bool,
}

async fn ask(
    options: &Options,
    wording: &Wording,
    instance: &Instance,
    text: &str,
    judges: &dyn Judges,
) -> Result<Asked, BenchmarkError> {
    let version = &instance.version;
    let problem = options.judge_sees_problem.then_some(version.problem.as_str());
    let request = marj::request(wording.judge(), problem, &version.answers, text);
    let completion = judges.ask(0, &request).await?;
    let model = judges.models().first().cloned().unwrap_or(completion.model);
    Ok(Asked { model, right: marj::verdict(&completion.text), report: completion.text })
}

fn outcome(attempt: &Attempt, right: bool, judgement: &Judgement) -> Outcome {
    if right {
        Outcome::Correct
    } else if attempt.filtered() {
        Outcome::Refused
    } else if attempt.truncated() && !attempt.answer.text.contains("boxed{") {
        Outcome::Truncated
    } else if judgement.extracted.is_none() {
        Outcome::Unparsed
    } else {
        Outcome::Incorrect
    }
}

/// Where the two verdicts part, or what kept the improved one from a decision.
fn category(outcome: Outcome, official: bool, improved: &Judgement) -> Option<String> {
    let undecided = improved.slots.iter().any(|slot| slot.undecided);
    let words = match (official, improved.right) {
        (true, false) => "official right, improved wrong",
        (false, true) => "official wrong, improved right",
        (false, false) if outcome == Outcome::Incorrect && undecided => "undecided",
        _ => return None,
    };
    Some(words.to_owned())
}

fn explanation(
    options: &Options,
    official: bool,
    rules: &Judgement,
    improved: &Judgement,
    asked: Option<&Asked>,
    corrupt: bool,
) -> String {
    if corrupt {
        let verdict = if official { "any answer for right" } else { "an empty answer for wrong" };
        return format!(
            "Upstream's data hold no reference here, the statement being a converter's error; its judge takes {verdict}, and the \
             improved figures leave the version out."
        );
    }
    let own = |judgement: &Judgement| match judgement.slots.iter().position(|slot| !slot.right) {
        _ if judgement.right => "all answers agree with the references".to_owned(),
        Some(first) => {
            let why = judgement.slots.get(first).map_or("", |slot| slot.why.as_str());
            format!("answer {} of {}: {why}", first + 1, judgement.slots.len())
        }
        None => judgement.why.clone(),
    };
    let (mut first, mut second) = (format!("official: {}", own(rules)), format!("improved: {}", own(improved)));
    if let Some(asked) = asked {
        let verdict = if asked.right { "TRUE" } else { "no TRUE" };
        first = format!("official: the rules say no ({}), the judge model {} says {verdict}", own(rules), short(&asked.model));
    }
    if options.mode == Mode::Improved {
        std::mem::swap(&mut first, &mut second);
    }
    let mut first = first.chars();
    let capital: String = first.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{capital}{}; {second}.", first.as_str())
}

fn slots(instance: &Instance, rules: &Judgement, improved: &Judgement) -> Value {
    let side = |judgement: &Judgement, slot: usize| {
        let Some(slot) = judgement.slots.get(slot) else { return json!({"right": false, "why": judgement.why}) };
        let mut side = json!({"right": slot.right, "answer": slot.answer, "why": slot.why});
        if slot.undecided {
            side["undecided"] = true.into();
        }
        side
    };
    let version = &instance.version;
    let slots = version.answers.iter().enumerate().map(|(slot, reference)| {
        json!({
            "type": version.types.get(slot),
            "reference": reference,
            "official": side(rules, slot),
            "improved": side(improved, slot),
        })
    });
    Value::Array(slots.collect())
}
