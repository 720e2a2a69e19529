//! Who decides whether an output is right.

use crate::compare::Comparison;
use proctor_core::{Entry, Execution, JudgeError, Judges, Language, Limits, Program, Semantics, Verdict};
use std::collections::BTreeMap;

/// Names of the files a checker reads.
const FILES: [&str; 3] = ["input.txt", "output.txt", "answer.txt"];

/// Who decides whether an output is right.
#[derive(Debug, Clone, PartialEq)]
pub enum Checker {
    /// A comparison with the expected output.
    Compare(Comparison),
    /// A C++ program on testlib: called with the files of input, output and answer; its exit status is the verdict.
    Testlib(String),
    /// A Python program: called with the files of input, answer and output; it prints a number, more than 0 for success.
    Python(String),
    /// Many outputs are right and nobody is here to decide.
    Missing,
}

/// What a checker says of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opinion {
    /// Right.
    Right,
    /// Wrong, with the checker's remark.
    Wrong(String),
    /// The checker is missing or failed; nothing is known about the output.
    Unknown(String),
}

impl Checker {
    /// Reads `tokens`, `tokens_ci`, `exact`, `float:1e-6` or `special`.
    pub fn parse(word: &str) -> Option<Checker> {
        let comparison = match word.trim() {
            "tokens" => Comparison::Tokens,
            "tokens_ci" => Comparison::TokensAnyCase,
            "exact" => Comparison::Exact,
            "special" => return Some(Checker::Missing),
            other => {
                let tolerance: f64 = other.strip_prefix("float:")?.trim().parse().ok()?;
                Comparison::Float(Some(tolerance).filter(|tolerance| tolerance.is_finite() && *tolerance >= 0.0)?)
            }
        };
        Some(Checker::Compare(comparison))
    }

    /// Whether it is a program.
    pub fn is_program(&self) -> bool {
        matches!(self, Checker::Testlib(_) | Checker::Python(_))
    }

    /// What it says of `output`.
    pub async fn opinion(&self, input: &str, answer: &str, output: &str, judges: &dyn Judges) -> Result<Opinion, JudgeError> {
        let [input_file, output_file, answer_file] = FILES;
        let (source, language, arguments) = match self {
            Checker::Compare(comparison) => {
                return Ok(match comparison.equal(answer, output) {
                    true => Opinion::Right,
                    false => Opinion::Wrong(String::new()),
                });
            }
            Checker::Missing => return Ok(Opinion::Unknown("many outputs are right and there is no checker".into())),
            Checker::Testlib(source) => (source, Language::Cpp, [input_file, output_file, answer_file]),
            Checker::Python(source) => (source, Language::Python, [input_file, answer_file, output_file]),
        };
        let files = [(input_file, input), (output_file, output), (answer_file, answer)];
        let program = Program {
            arguments: arguments.map(str::to_owned).to_vec(),
            files: files.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect::<BTreeMap<_, _>>(),
            entry: Entry::Script,
            semantics: Semantics::Official,
            limits: Limits { work: 1_200_000_000_000, memory_bytes: 2 << 30, ..Limits::default() },
            ..Program::new(language, source.clone())
        };
        let execution = judges.run(program).await?;
        Ok(match language {
            Language::Python => printed(&execution),
            Language::C | Language::Cpp => testlib(&execution),
        })
    }
}

/// testlib's exit statuses: 0 right, 1 and 2 wrong (2: its form), 7 points; 3 and all else is the checker's own failure.
fn testlib(execution: &Execution) -> Opinion {
    let remark = || execution.stderr.trim().chars().take(200).collect::<String>();
    match (execution.verdict, execution.exit_status) {
        (Verdict::Ok, None | Some(0)) => Opinion::Right,
        (Verdict::RuntimeError, Some(1 | 2 | 4 | 8)) => Opinion::Wrong(remark()),
        (Verdict::RuntimeError, Some(7)) => Opinion::Wrong(format!("in part: {}", remark())),
        (verdict, status) => Opinion::Unknown(failure(verdict, status, &remark())),
    }
}

/// A printed number, more than 0 for success, as the last word of the output.
fn printed(execution: &Execution) -> Opinion {
    let remark = || execution.stderr.trim().chars().take(200).collect::<String>();
    if execution.verdict != Verdict::Ok {
        return Opinion::Unknown(failure(execution.verdict, execution.exit_status, &remark()));
    }
    match execution.stdout.split_whitespace().last().map(|word| (word.to_ascii_lowercase(), word.parse::<f64>())) {
        Some((_, Ok(points))) if points > 0.0 => Opinion::Right,
        Some((_, Ok(_))) => Opinion::Wrong(remark()),
        Some((word, _)) if ["true", "yes", "ok", "accepted"].contains(&word.as_str()) => Opinion::Right,
        Some((word, _)) if ["false", "no", "wrong"].contains(&word.as_str()) => Opinion::Wrong(remark()),
        _ => Opinion::Unknown("the checker printed no number".into()),
    }
}

fn failure(verdict: Verdict, status: Option<i32>, remark: &str) -> String {
    let status = status.map(|status| format!(" with exit status {status}")).unwrap_or_default();
    format!("the checker itself ended in {verdict}{status}{}{remark}", if remark.is_empty() { "" } else { ": " })
}
