//! Problems in which a submission talks to a program of the jury.

use crate::checker::Opinion;
use crate::judging::{Outcome, Policy, Submission, Test, TestVerdict, raised};
use proctor_core::{Execution, Interaction, JudgeError, Judges, Language, Limits, Program, Verdict};

/// Names of the files an interactor reads and writes.
const FILES: [&str; 3] = ["input.txt", "output.txt", "answer.txt"];
/// The kind of error of a program that waits for more than it was told.
const DEADLOCK: &str = "Deadlock";

/// A program of the jury that a submission talks to: called with the files of input, output (which it may write) and
/// answer. What it reads is the submission's output, what it prints the submission's input; its exit status is the
/// verdict, as testlib has it: 0 right, 1 wrong, 2 wrong in its form, anything else its own failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interactor {
    /// C++ (on testlib) or Python.
    pub language: Language,
    /// Its text.
    pub source: String,
}

impl Interactor {
    /// The verdict of a conversation.
    pub(crate) async fn judge(
        &self,
        submission: &Submission,
        test: &Test,
        policy: &Policy,
        judges: &dyn Judges,
    ) -> Result<TestVerdict, JudgeError> {
        let [input_file, output_file, answer_file] = FILES;
        let files = [(input_file, &test.input), (answer_file, &test.output)];
        let interactor = Program {
            arguments: FILES.map(str::to_owned).to_vec(),
            files: files.into_iter().map(|(name, text)| (name.to_owned(), text.clone().into_bytes())).collect(),
            limits: Limits { work: 1_200_000_000_000, memory_bytes: 2 << 30, output_bytes: 64 << 20, ..Limits::default() },
            output_file: Some(output_file.to_owned()),
            ..Program::new(self.language, self.source.clone())
        };
        let program = Program {
            standard: submission.standard.clone(),
            limits: policy.allowance.limits(submission.language, 64 << 20),
            ..Program::new(submission.language, submission.source.clone())
        };
        Ok(verdict(&judges.interact(program, interactor).await?))
    }
}

/// What a conversation comes to. Limits that were passed count first; a program that ended badly counts for more than an
/// interactor that then read to the end too early, and for less than one that had found something wrong.
fn verdict(interaction: &Interaction) -> TestVerdict {
    let program = &interaction.program;
    let opinion = opinion(&interaction.interactor);
    let deadlock = program.raised.as_ref().is_some_and(|raised| raised.kind == DEADLOCK);
    let (outcome, remark) = match (program.verdict, opinion) {
        (Verdict::SandboxError, _) => (Outcome::Unjudged, raised(program)),
        (Verdict::TimeLimit, _) if program.wall_net => (Outcome::Unjudged, "the wall-clock net ended the program".to_owned()),
        (Verdict::CompileError, _) => (Outcome::CompileError, raised(program)),
        (Verdict::MemoryLimit, _) => (Outcome::MemoryLimit, String::new()),
        (Verdict::TimeLimit, _) => (Outcome::TimeLimit, String::new()),
        (_, Opinion::Unknown(why)) => (Outcome::Unjudged, why),
        (Verdict::RuntimeError, _) if deadlock => (Outcome::TimeLimit, "it waits for more than the jury says".to_owned()),
        (Verdict::Ok | Verdict::WrongAnswer, Opinion::Right) => (Outcome::Accepted, String::new()),
        (Verdict::Ok | Verdict::WrongAnswer, Opinion::Wrong(remark)) => (Outcome::WrongAnswer, remark),
        (Verdict::RuntimeError | Verdict::OutputLimit, Opinion::Wrong(remark)) if found_wrong(&interaction.interactor) => {
            (Outcome::WrongAnswer, remark)
        }
        (Verdict::RuntimeError | Verdict::OutputLimit, _) => (Outcome::RuntimeError, raised(program)),
    };
    TestVerdict { outcome, work: program.work, peak_memory_bytes: program.peak_memory_bytes, remark }
}

/// Whether the interactor itself came to the verdict wrong answer, rather than miss what it was to read.
fn found_wrong(interactor: &Execution) -> bool {
    interactor.exit_status == Some(1)
}

/// An interactor's exit status. One in Python that ends with an exception it did not raise for that has failed.
fn opinion(interactor: &Execution) -> Opinion {
    let remark = || interactor.stderr.trim().chars().take(200).collect::<String>();
    let left = interactor.raised.as_ref().is_none_or(|raised| raised.kind == "SystemExit");
    match (interactor.verdict, interactor.exit_status) {
        (Verdict::Ok, _) => Opinion::Right,
        (Verdict::RuntimeError, Some(1 | 2 | 4 | 8)) if left => Opinion::Wrong(remark()),
        (Verdict::RuntimeError, Some(7)) if left => Opinion::Wrong(format!("in part: {}", remark())),
        (verdict, status) => {
            let status = status.map(|status| format!(" with exit status {status}")).unwrap_or_default();
            Opinion::Unknown(format!("the interactor itself ended in {verdict}{status}: {}", raised(interactor)))
        }
    }
}
