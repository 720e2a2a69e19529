//! Judging a whole completion: extraction, pairing with the slots, and one verdict for each.

use crate::extract::{Source, after_reasoning, boxes, sentence};
use crate::judge::{MOST_BYTES, compare};
use crate::verdict::{AnswerKind, Outcome, Settings, Step, Verdict};
use serde::Serialize;

/// Most answers that are told apart.
const MOST_PARTS: usize = 1000;

/// One slot of a question: its reference, what it is, and the options if it is multiple choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot<'a> {
    /// The reference answer.
    pub reference: &'a str,
    /// What it is.
    pub kind: AnswerKind,
    /// The texts of the options; empty where there are none.
    pub options: &'a [String],
}

/// What a completion came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// Whether every slot is right and nothing is left over.
    pub correct: bool,
    /// The text that was taken as the answer; several boxes are joined with commas.
    pub extracted: Option<String>,
    /// Where it was found.
    pub source: Option<Source>,
    /// The answers by slot, as far as they could be told apart.
    pub answers: Vec<String>,
    /// One verdict for each slot that has an answer.
    pub verdicts: Vec<Verdict>,
    /// Whether some slot is undecided.
    pub undecided: bool,
}

impl Judgement {
    fn none() -> Self {
        Self { correct: false, extracted: None, source: None, answers: Vec::new(), verdicts: Vec::new(), undecided: false }
    }
}

/// Judges a completion against all slots of its question.
///
/// The last box is read; where it does not hold as many answers as there are slots and the last boxes do, one for each,
/// those are. Without a box, "the answer is" and the like are. Surplus answers are wrong.
pub fn judge(completion: &str, slots: &[Slot], settings: &Settings) -> Judgement {
    let text = after_reasoning(completion);
    let mut all = boxes(text);
    if all.is_empty() && text.len() < completion.len() && text.trim().is_empty() {
        all = boxes(completion);
    }
    if slots.is_empty() {
        return Judgement::none();
    }
    let Some(last) = all.last().copied() else {
        return match sentence(text) {
            Some((found, source)) => one_text(found, source, slots, settings),
            None => Judgement::none(),
        };
    };
    let judgement = one_text(last, Source::Box, slots, settings);
    if judgement.correct || slots.len() < 2 || all.len() < slots.len() || judgement.answers.len() == slots.len() {
        return judgement;
    }
    let separate: Vec<String> = all.iter().skip(all.len() - slots.len()).map(|part| (*part).to_string()).collect();
    pair(separate.clone(), separate.join(", "), Source::Boxes, slots, settings)
}

/// Judges one text that holds the answers to all slots.
pub fn judge_text(text: &str, slots: &[Slot], settings: &Settings) -> Judgement {
    one_text(text, Source::Whole, slots, settings)
}

fn one_text(text: &str, source: Source, slots: &[Slot], settings: &Settings) -> Judgement {
    if text.len() > MOST_BYTES / 2 {
        let verdict = Verdict::undecided(Step::Unreadable, format!("more than {} bytes are no answer", MOST_BYTES / 2));
        return Judgement { source: Some(source), verdicts: vec![verdict], undecided: true, ..Judgement::none() };
    }
    if slots.len() == 1 {
        return pair(vec![text.to_string()], text.to_string(), source, slots, settings);
    }
    let text = crate::clean::clean(text);
    let mut best: Option<Judgement> = None;
    for parts in splits(text, slots) {
        let judgement = pair(parts, text.to_string(), source, slots, settings);
        if judgement.correct {
            return judgement;
        }
        if best.as_ref().is_none_or(|known| known.answers.len() != slots.len() && judgement.answers.len() == slots.len()) {
            best = Some(judgement);
        }
    }
    best.unwrap_or_else(Judgement::none)
}

/// The ways a text may hold several answers, the likeliest first.
fn splits(text: &str, slots: &[Slot]) -> Vec<Vec<String>> {
    let wanted = slots.len();
    let commas = split(text, &|c| c == ',');
    let mut ways = vec![commas.clone()];
    if commas.len() > wanted {
        if let Some(joined) = join_thousands(&commas, wanted) {
            ways.push(joined);
        }
        if let Some(gathered) = gather_choices(&commas, slots) {
            ways.push(gathered);
        }
        if let Some(gathered) = gather_lists(&commas, slots) {
            ways.push(gathered);
        }
    }
    if commas.len() != wanted {
        if ["\\quad", "\\qquad", "\\\\", ";", "\n"].iter().any(|separator| text.contains(separator)) {
            let both = split(&text.replace("\\qquad", ",").replace("\\quad", ",").replace("\\\\", ","), &|c| {
                c == ',' || c == ';' || c == '\n'
            });
            ways.push(both.into_iter().filter(|part| !part.is_empty()).collect());
        }
        let semicolons = split(text, &|c| c == ';');
        ways.push(semicolons);
        if text.contains("and") {
            let listed = text.replace("\\text{ and }", ",").replace("\\text{and}", ",").replace(" and ", ",");
            ways.push(split(&listed, &|c| c == ',').into_iter().filter(|part| !part.is_empty()).collect());
        }
    }
    if let [single] = commas.as_slice() {
        // All answers in one pair of brackets.
        let inner = single.strip_prefix("\\{").and_then(|rest| rest.strip_suffix("\\}"));
        let inner = inner.or_else(|| {
            single
                .trim_start_matches("\\left")
                .strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'))
                .map(|rest| rest.trim_end_matches("\\right"))
        });
        if let Some(inner) = inner {
            let parts = split(inner, &|c| c == ',');
            if parts.len() == wanted {
                ways.push(parts);
            }
        }
    }
    ways.dedup();
    ways
}

/// Splits outside of brackets and braces. An empty last part is dropped.
fn split(text: &str, at: &dyn Fn(char) -> bool) -> Vec<String> {
    let mut parts = Vec::new();
    let mut depth = 0_i64;
    let mut start = 0;
    let mut escaped = false;
    for (offset, character) in text.char_indices() {
        if escaped {
            // `\,` and `\;` are spaces; `\{` and `\}` are brackets like others.
            escaped = false;
            match character {
                '{' => depth += 1,
                '}' => depth = (depth - 1).max(0),
                _ => {}
            }
            continue;
        }
        match character {
            '\\' => escaped = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = (depth - 1).max(0),
            c if depth == 0 && at(c) => {
                // `{,}` is a digit separator, which its braces hide.
                parts.push(text.get(start..offset).unwrap_or("").trim().to_string());
                start = offset + c.len_utf8();
                if parts.len() >= MOST_PARTS {
                    break;
                }
            }
            _ => {}
        }
    }
    let last = strip_space(text.get(start..).unwrap_or(""));
    if !last.is_empty() || parts.is_empty() {
        parts.push(last.to_string());
    }
    parts.into_iter().map(|part| strip_space(&part).to_string()).collect()
}

/// Without the spaces LaTeX writes as commands at either end.
fn strip_space(text: &str) -> &str {
    let mut text = text.trim();
    for _ in 0..6 {
        let before = text;
        for space in ["\\,", "\\;", "\\:", "\\!", "\\ ", "\\quad", "\\qquad", "~"] {
            text = text.strip_prefix(space).unwrap_or(text).trim_start();
            text = text.strip_suffix(space).unwrap_or(text).trim_end();
        }
        if text == before {
            break;
        }
    }
    text.trim_matches('$').trim()
}

/// Joins digit groups that were split at their commas, if that gives the right number of answers.
fn join_thousands(parts: &[String], wanted: usize) -> Option<Vec<String>> {
    let mut joined: Vec<String> = Vec::new();
    for part in parts {
        let group = part.len() >= 3
            && part.get(..3).is_some_and(|g| g.bytes().all(|b| b.is_ascii_digit()))
            && part.as_bytes().get(3).is_none_or(|b| !b.is_ascii_digit());
        match joined.last_mut() {
            Some(last) if group && last.bytes().last().is_some_and(|b| b.is_ascii_digit()) => last.push_str(part),
            _ => joined.push(part.clone()),
        }
    }
    (joined.len() == wanted).then_some(joined)
}

/// Gathers single letters for slots that take several options: `B, D, 5` for two slots.
fn gather_choices(parts: &[String], slots: &[Slot]) -> Option<Vec<String>> {
    let surplus = parts.len().checked_sub(slots.len())?;
    let several: Vec<usize> =
        slots.iter().enumerate().filter(|(_, slot)| slot.kind == AnswerKind::Choices).map(|(at, _)| at).collect();
    let [only] = several.as_slice() else { return None };
    let end = only + surplus;
    let mut gathered: Vec<String> = parts.get(..*only)?.to_vec();
    gathered.push(parts.get(*only..=end)?.join(" "));
    gathered.extend(parts.get(end + 1..)?.iter().cloned());
    Some(gathered)
}

/// Gathers as many answers for each slot as its reference, a list without brackets, has elements.
fn gather_lists(parts: &[String], slots: &[Slot]) -> Option<Vec<String>> {
    let counts: Vec<usize> = slots.iter().map(|slot| split(slot.reference.trim(), &|c| c == ',').len()).collect();
    if counts.iter().sum::<usize>() != parts.len() {
        return None;
    }
    let mut rest = parts;
    let mut gathered = Vec::new();
    for count in counts {
        let (own, others) = rest.split_at_checked(count)?;
        gathered.push(own.join(", "));
        rest = others;
    }
    Some(gathered)
}

fn pair(answers: Vec<String>, extracted: String, source: Source, slots: &[Slot], settings: &Settings) -> Judgement {
    if answers.len() != slots.len() {
        let note = format!("{} answers for {} slots", answers.len(), slots.len());
        let verdicts = vec![Verdict::different(Step::Count).noting(note)];
        return Judgement {
            correct: false,
            extracted: Some(extracted),
            source: Some(source),
            answers,
            verdicts,
            undecided: false,
        };
    }
    let verdicts: Vec<Verdict> = slots
        .iter()
        .zip(&answers)
        .map(|(slot, answer)| compare(slot.reference, answer, slot.kind, slot.options, settings))
        .collect();
    Judgement {
        correct: verdicts.iter().all(Verdict::is_equivalent),
        undecided: verdicts.iter().any(|verdict| verdict.outcome == Outcome::Undecided),
        extracted: Some(extracted),
        source: Some(source),
        answers,
        verdicts,
    }
}
