//! The two judges of answers, in one shape.

use crate::item::Instance;
use crate::options::OfficialJudge;
use proctor_math::slots::{self, Slot};
use proctor_math::{AnswerKind, Disagreement, Outcome, Settings, Step};
use proctor_math_official::{Mode, Reason};
use serde_json::Value;

/// Versions of both.
pub const VERSION: &str = "official/1 improved/1";

/// What a judge says of all answers of an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// All answers are right.
    pub right: bool,
    /// What was taken for the answers; none where nothing was found.
    pub extracted: Option<String>,
    /// Each answer's verdict; empty where answers could not be told apart, shorter where the judge stopped early.
    pub slots: Vec<SlotVerdict>,
    /// Why it is not right, where no single answer is to blame.
    pub why: String,
}

/// What a judge says of one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct SlotVerdict {
    /// It agrees with the reference.
    pub right: bool,
    /// The answer as it was read.
    pub answer: Option<String>,
    /// In a few words, what decided.
    pub why: String,
    /// The judge came to no decision.
    pub undecided: bool,
}

/// Upstream's judge: the rule judge, or the rules of the model-assisted one.
pub fn official(instance: &Instance, text: &str, judge: OfficialJudge) -> Judgement {
    let version = &instance.version;
    let rules = proctor_math_official::Instance {
        answers: version.answers.clone(),
        types: version.types.iter().filter_map(|code| proctor_math_official::AnswerType::from_code(code)).collect(),
        options: version.options.clone(),
    };
    let mode = match judge {
        OfficialJudge::Rule => Mode::Rule,
        OfficialJudge::Marj => Mode::Marj,
    };
    let judged = proctor_math_official::judge(&rules, text, mode);
    let slots = judged.slots.into_iter().map(|slot| SlotVerdict {
        right: slot.correct,
        why: format!("{} (`{}` and `{}`)", slot.step.sentence(), shown(&slot.prediction), shown(&slot.reference)),
        answer: Some(slot.prediction),
        undecided: false,
    });
    let why = match judged.reason {
        Reason::NoAnswer => "no answer was found",
        Reason::WrongNumber => "the number of answers is not that of the references",
        Reason::WrongSlot | Reason::AllCorrect => "",
    };
    Judgement { right: judged.correct, slots: slots.collect(), extracted: judged.extracted, why: why.to_owned() }
}

/// The beginning of a text, as an explanation shows it.
fn shown(text: &str) -> String {
    let beginning: String = text.chars().take(60).collect();
    if beginning.len() < text.len() { format!("{beginning}…") } else { beginning }
}

/// The mathematically right verdict. Answers without a type are taken for numbers (quirk Q4).
pub fn improved(instance: &Instance, text: &str) -> Judgement {
    let version = &instance.version;
    let kind = |slot: usize| version.types.get(slot).and_then(|code| AnswerKind::from_code(code)).unwrap_or(AnswerKind::Number);
    let slots: Vec<Slot> = version
        .answers
        .iter()
        .enumerate()
        .map(|(slot, reference)| Slot {
            reference,
            kind: kind(slot),
            options: version.options.get(slot).map_or(&[], Vec::as_slice),
        })
        .collect();
    let judged = slots::judge(text, &slots, &Settings::default());
    let paired = judged.verdicts.len() == slots.len() && judged.answers.len() == slots.len();
    let verdicts = match paired {
        false => Vec::new(),
        true => judged
            .verdicts
            .iter()
            .zip(&judged.answers)
            .map(|(verdict, answer)| SlotVerdict {
                right: verdict.is_equivalent(),
                answer: Some(answer.clone()),
                why: sentence(verdict.outcome, verdict.step, verdict.disagreement.as_ref(), verdict.note.as_deref()),
                undecided: verdict.outcome == Outcome::Undecided,
            })
            .collect(),
    };
    let why = match (&judged.extracted, paired) {
        (None, _) => "no answer was found".to_owned(),
        (Some(_), true) => String::new(),
        (Some(_), false) => judged
            .verdicts
            .iter()
            .find_map(|verdict| verdict.note.clone())
            .unwrap_or_else(|| format!("{} answers for {} blanks", judged.answers.len(), slots.len())),
    };
    Judgement { right: judged.correct, extracted: judged.extracted, slots: verdicts, why }
}

fn sentence(outcome: Outcome, step: Step, disagreement: Option<&Disagreement>, note: Option<&str>) -> String {
    let verdict = match outcome {
        Outcome::Equivalent => "the same",
        Outcome::Different => "different",
        Outcome::Undecided => "undecided",
    };
    let step = match serde_json::to_value(step) {
        Ok(Value::String(word)) => word.replace('_', " "),
        _ => String::new(),
    };
    let mut text = format!("{verdict} by {step}");
    if let Some(Disagreement { point, reference, answer }) = disagreement {
        let place: Vec<String> = point.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let place = if place.is_empty() { String::new() } else { format!(" at {}", place.join(", ")) };
        text.push_str(&format!(" (reference {reference}, answer {answer}{place})"));
    }
    if let Some(note) = note {
        text.push_str(&format!(": {note}"));
    }
    text
}
