//! From an attempt to a grade (spec section 5).

use super::category::{category, label};
use super::extraction::{Extracted, extract};
use super::item::Item;
use super::set::{Execution as Style, Set};
use proctor_core::{
    AnswerForm, Attempt, BenchmarkError, Execution, Grade, JudgeError, Judges, Outcome, Program, Sample, Verdict, derive_seed,
};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Name of the score of the program as extracted.
pub const RAW: &str = "raw";
/// Name of the score of the sanitised program.
pub const SANITISED: &str = "sanitised";

/// Grades an attempt. The outcome is that of the raw program; the sanitised one is run only where it differs.
pub async fn grade(set: &Set, sample: &Sample, attempt: &Attempt, judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
    let item = Item::of(sample)?;
    let extracted = extract(&attempt.answer, &item.raw_problem);
    let raw = Trial::run(set, sample, &item, &extracted.raw, judges).await?;
    let sanitised = match extracted.sanitised == extracted.raw {
        true => None,
        false => Some(Trial::run(set, sample, &item, &extracted.sanitised, judges).await?),
    };
    let label = label(&raw.execution);
    let outcome = outcome(attempt, &item, &extracted, &raw);
    let mut grade = Grade::new(outcome, explanation(attempt, &extracted, outcome, &raw, sanitised.as_ref()));
    let score = |trial: &Trial| f64::from(u8::from(trial.passed()));
    grade.scores.insert(RAW.into(), score(&raw));
    grade.scores.insert(SANITISED.into(), score(sanitised.as_ref().unwrap_or(&raw)));
    grade.category = category(&label).map(str::to_owned);
    grade.artifacts = Map::from_iter([("error_label".to_owned(), Value::from(label)), (RAW.to_owned(), raw.evidence())]);
    if let Some(sanitised) = sanitised {
        grade.artifacts.insert(SANITISED.into(), sanitised.evidence());
    }
    grade.extracted = Some(extracted.raw);
    Ok(grade)
}

/// A candidate with its tests, as upstream puts them together.
pub fn program(set: &Set, sample: &Sample, item: &Item, candidate: &str) -> Program {
    let candidate = match set.execution {
        Style::CodeEval => Cow::from(candidate),
        Style::Script => Cow::from(candidate.replace('\t', "    ")),
    };
    let source = [&candidate, "\n", &item.test_code].concat();
    let mut program = Program::python(source, set.execution.entry());
    program.limits = set.execution.limits();
    program.seed = derive_seed(0, &sample.id, 0, 0);
    for (name, value) in set.execution.environment() {
        program.environment.insert((*name).into(), (*value).into());
    }
    program
}

/// A program that was run.
struct Trial {
    program: Program,
    execution: Execution,
}

impl Trial {
    async fn run(set: &Set, sample: &Sample, item: &Item, candidate: &str, judges: &dyn Judges) -> Result<Self, BenchmarkError> {
        let program = program(set, sample, item, candidate);
        let execution = judges.run(program.clone()).await?;
        if execution.verdict == Verdict::SandboxError {
            let why = execution.raised.as_ref().map_or(execution.stderr.as_str(), |raised| raised.message.as_str());
            return Err(JudgeError::Failed(format!("The sandbox failed on sample {}: {}", sample.id, first_line(why))).into());
        }
        Ok(Self { program, execution })
    }

    fn passed(&self) -> bool {
        self.execution.verdict == Verdict::Ok
    }

    /// Program, verdict, output and figures.
    fn evidence(&self) -> Value {
        let mut evidence = json!({"program": self.program.source, "limits": self.program.limits});
        let kept = Execution {
            stdout: both_ends(&self.execution.stdout),
            stderr: both_ends(&self.execution.stderr),
            ..self.execution.clone()
        };
        if let (Some(map), Ok(Value::Object(execution))) = (evidence.as_object_mut(), serde_json::to_value(kept)) {
            map.extend(execution);
        }
        evidence
    }

    /// One sentence: why it failed.
    fn reason(&self) -> String {
        let execution = &self.execution;
        match execution.verdict {
            Verdict::Ok => "All tests passed.".into(),
            Verdict::TimeLimit if execution.wall_net => "The wall-clock net stopped it before its work limit was reached.".into(),
            Verdict::TimeLimit => format!("It used up its work limit ({} units).", self.program.limits.work),
            Verdict::MemoryLimit => {
                format!("It wanted more than {} MiB of memory.", self.program.limits.memory_bytes >> 20)
            }
            Verdict::OutputLimit => format!("It wrote more than {} bytes.", self.program.limits.output_bytes),
            _ => {
                let what = match &execution.raised {
                    Some(raised) if raised.message.is_empty() => raised.kind.clone(),
                    Some(raised) => format!("{}: {}", raised.kind, first_line(&raised.message)),
                    None => match execution.exit_status {
                        Some(status) => format!("It ended with exit status {status}"),
                        None => "It did not reach its end".into(),
                    },
                };
                match self.failing_line() {
                    Some(line) => format!("{what}, at `{line}`."),
                    None => format!("{what}."),
                }
            }
        }
    }

    /// The line of the program's top level at which it failed, from the traceback.
    fn failing_line(&self) -> Option<String> {
        let number = self.execution.stderr.lines().rev().find_map(|line| {
            let (file, number) = line.strip_suffix(", in <module>")?.split_once(", line ")?;
            let own = file.ends_with("\"<string>\"") || file.ends_with("/program.py\"");
            if own { number.parse::<usize>().ok() } else { None }
        })?;
        let line = self.program.source.lines().nth(number.checked_sub(1)?)?.trim();
        (!line.is_empty()).then(|| first_line(line))
    }
}

/// Why the outcome is what it is: the raw program passed, or one of the reasons it could not, or it is just wrong.
fn outcome(attempt: &Attempt, item: &Item, extracted: &Extracted, raw: &Trial) -> Outcome {
    if raw.passed() {
        Outcome::Correct
    } else if attempt.filtered() {
        Outcome::Refused
    } else if attempt.truncated() && !extracted.closed {
        Outcome::Truncated
    } else if is_empty(attempt, item, extracted) || is_prose(extracted, raw) {
        Outcome::Unparsed
    } else {
        Outcome::Incorrect
    }
}

/// Nothing was answered, or nothing is left of it.
fn is_empty(attempt: &Attempt, item: &Item, extracted: &Extracted) -> bool {
    let answered = match attempt.answer.form {
        AnswerForm::Continuation => extracted.raw.strip_prefix(item.raw_problem.as_str()).unwrap_or(&extracted.raw),
        AnswerForm::Chat | AnswerForm::Final => &extracted.raw,
    };
    answered.trim().is_empty()
}

/// A chat reply without a `python` block whose text is no program either.
fn is_prose(extracted: &Extracted, raw: &Trial) -> bool {
    !extracted.marked && raw.execution.verdict == Verdict::CompileError
}

fn explanation(attempt: &Attempt, extracted: &Extracted, outcome: Outcome, raw: &Trial, sanitised: Option<&Trial>) -> String {
    let mut text = match outcome {
        Outcome::Refused => "The provider withheld the answer.".to_owned(),
        Outcome::Truncated => format!("The answer was cut for want of tokens before its code ended. {}", raw.reason()),
        Outcome::Unparsed if extracted.marked => "The answer holds no program.".to_owned(),
        Outcome::Unparsed => "The reply has no ```python block, and what stands before its first fence is no program.".to_owned(),
        _ => raw.reason(),
    };
    match (raw.passed(), sanitised.map(Trial::passed)) {
        (false, Some(true)) => text.push_str(" Sanitised, it passes."),
        (true, Some(false)) => text.push_str(" Sanitised, it fails."),
        _ => {}
    }
    if !raw.passed() && attempt.answer.form == AnswerForm::Final && attempt.answer.text.contains("```python") {
        text.push_str(" (The program holds a Markdown fence; upstream's answer files hold bare programs.)");
    }
    text
}

/// The first line of a text, cut to 200 characters.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(200).collect();
    if cut.len() < line.len() { format!("{cut}…") } else { cut }
}

/// Bytes of output kept at its beginning, and as many at its end.
const KEPT_BYTES: usize = 32 << 10;

/// The beginning and the end of an output, with a line between them that says how long it was.
fn both_ends(text: &str) -> String {
    if text.len() <= 2 * KEPT_BYTES {
        return text.to_owned();
    }
    let (head, tail) = (text.floor_char_boundary(KEPT_BYTES), text.ceil_char_boundary(text.len() - KEPT_BYTES));
    format!("{}\n[… {} of {} bytes left out …]\n{}", &text[..head], tail - head, text.len(), &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::{KEPT_BYTES, both_ends};

    #[test]
    fn long_output_keeps_both_ends() {
        assert_eq!(both_ends("short"), "short");
        let whole = "é".repeat(KEPT_BYTES);
        assert_eq!(both_ends(&whole), whole);
        let long = format!("a{}z", "é".repeat(3 * KEPT_BYTES));
        let kept = both_ends(&long);
        assert!(kept.starts_with("aé") && kept.ends_with("éz") && kept.len() < 2 * KEPT_BYTES + 100);
        assert!(kept.contains(&format!("of {} bytes left out", long.len())));
    }
}
