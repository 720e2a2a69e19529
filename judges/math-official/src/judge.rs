//! The verdict on a whole completion (spec sections 4 and 6).

use crate::answer_type::AnswerType;
use crate::slot::judge_slot;
use crate::text::{extract, normal_form_with, split_by_comma};
use crate::verdict::{Instance, Mode, Reason, SlotVerdict, Verdict};

/// Answers longer than this many bytes are not read: upstream runs out of its five seconds there.
const LONGEST: usize = 20_000;

/// Judges a completion against the references. Surplus predictions are ignored, slots beyond the types or the options
/// are not judged, and the first wrong slot ends the judgement.
pub fn judge(instance: &Instance, completion: &str, mode: Mode) -> Verdict {
    let extracted = extract(completion);
    let Some(answer) = extracted.as_deref() else {
        return Verdict { correct: false, reason: Reason::NoAnswer, slots: Vec::new(), extracted: None };
    };
    let (reason, slots) = judge_answer(instance, answer, mode);
    Verdict { correct: reason == Reason::AllCorrect, reason, slots, extracted }
}

/// Judges an answer that has already been extracted.
pub(crate) fn judge_answer(instance: &Instance, answer: &str, mode: Mode) -> (Reason, Vec<SlotVerdict>) {
    let mut slots = Vec::new();
    if answer.len() > LONGEST {
        return (Reason::WrongNumber, slots);
    }
    let predictions = split_by_comma(answer);
    let paired = predictions.len().min(instance.types.len());
    if paired != instance.answers.len().min(instance.types.len()) {
        return (Reason::WrongNumber, slots);
    }
    let list_truth = mode == Mode::Marj;
    let form = |text: &str, kind: AnswerType| {
        if text.len() > LONGEST { text.to_owned() } else { normal_form_with(text, kind, list_truth) }
    };
    let pairs = predictions.iter().zip(&instance.answers).zip(&instance.types).zip(&instance.options);
    for (((prediction, reference), kind), options) in pairs {
        let (prediction, reference) = (form(prediction, *kind), form(reference, *kind));
        let (correct, step) = judge_slot(*kind, &prediction, &reference, options, mode);
        slots.push(SlotVerdict { correct, step, prediction, reference });
        if !correct {
            return (Reason::WrongSlot, slots);
        }
    }
    (Reason::AllCorrect, slots)
}
