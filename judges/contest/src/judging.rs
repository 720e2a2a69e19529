//! One submission against all tests of a problem (CodeElo spec section 7).

use crate::checker::{Checker, Opinion};
use crate::interactor::Interactor;
use crate::limits::Allowance;
use proctor_core::{Entry, Execution, JudgeError, Judges, Language, Program, Semantics, Verdict};
use serde_json::{Value, json};

/// A test: what a program reads and what the jury printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Standard input.
    pub input: String,
    /// The expected output.
    pub output: String,
}

/// What is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its language.
    pub language: Language,
    /// Its language's standard; `None` is the sandbox's choice.
    pub standard: Option<String>,
    /// Its text.
    pub source: String,
}

/// Files that a program reads and writes instead of standard input and output, where a problem says so.
pub const FILE_NAMES: (&str, &str) = ("input.txt", "output.txt");

/// How it is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// What the problem allows.
    pub allowance: Allowance,
    /// Whether tests after the first failure are run, too.
    pub all_tests: bool,
    /// Whether input and output are the files of [`FILE_NAMES`].
    pub through_files: bool,
}

/// Who decides whether an output is right.
#[derive(Debug, Clone, PartialEq)]
pub enum Jury {
    /// A comparison, or a checker's program.
    Checker(Checker),
    /// A program that the submission talks to.
    Interactor(Interactor),
}

/// What a submission comes to, in the platform's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Accepted.
    Accepted,
    /// Wrong answer.
    WrongAnswer,
    /// Time limit exceeded.
    TimeLimit,
    /// Memory limit exceeded.
    MemoryLimit,
    /// Runtime error, or more output than allowed.
    RuntimeError,
    /// No program of its language.
    CompileError,
    /// Nobody could decide: no checker, a failed checker, or a sandbox that cannot run this.
    Unjudged,
}

impl Outcome {
    /// `AC`, `WA`, `TLE`, `MLE`, `RE`, `CE`; `unjudged` where nobody could decide.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Accepted => "AC",
            Outcome::WrongAnswer => "WA",
            Outcome::TimeLimit => "TLE",
            Outcome::MemoryLimit => "MLE",
            Outcome::RuntimeError => "RE",
            Outcome::CompileError => "CE",
            Outcome::Unjudged => "unjudged",
        }
    }
}

/// One test's verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct TestVerdict {
    /// What it came to.
    pub outcome: Outcome,
    /// Units of work used.
    pub work: u64,
    /// Most bytes of memory.
    pub peak_memory_bytes: u64,
    /// The checker's remark or what ended the program.
    pub remark: String,
}

/// A submission's verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// That of the first test that failed.
    pub outcome: Outcome,
    /// Which test decided, from 1; `None` when all passed.
    pub test: Option<usize>,
    /// Test by test, as far as they were run.
    pub tests: Vec<TestVerdict>,
    /// The work limit of each test.
    pub work_limit: u64,
}

impl Judgement {
    /// The largest share of the work limit that a test used; 1 and more is a time-out.
    pub fn margin(&self) -> f64 {
        self.tests.iter().map(|test| test.work as f64 / self.work_limit.max(1) as f64).fold(0.0, f64::max)
    }

    /// The remark of the deciding test.
    pub fn remark(&self) -> &str {
        let test = self.test.and_then(|test| self.tests.get(test.saturating_sub(1)));
        test.map_or("", |test| test.remark.as_str())
    }

    /// For transcripts: verdicts, work, memory, margin.
    pub fn evidence(&self) -> Value {
        let verdicts: Vec<&str> = self.tests.iter().map(|test| test.outcome.as_str()).collect();
        let most = |value: fn(&TestVerdict) -> u64| self.tests.iter().map(value).max().unwrap_or(0);
        json!({
            "verdict": self.outcome.as_str(), "test": self.test, "tests": verdicts, "work_limit": self.work_limit,
            "work": self.tests.iter().map(|test| test.work).collect::<Vec<_>>(),
            "most_work": most(|test| test.work), "most_memory_bytes": most(|test| test.peak_memory_bytes),
            "time_used": (self.margin() * 1000.0).round() / 1000.0, "remark": self.remark(),
        })
    }
}

/// Judges a submission: test by test, the first failing one decides. Errors are those of the sandbox alone.
pub async fn judge(
    submission: &Submission,
    tests: &[Test],
    jury: &Jury,
    policy: &Policy,
    judges: &dyn Judges,
) -> Result<Judgement, JudgeError> {
    let work_limit = policy.allowance.work(submission.language);
    let mut judgement = Judgement { outcome: Outcome::Accepted, test: None, tests: Vec::new(), work_limit };
    for (index, test) in tests.iter().enumerate() {
        let verdict = match jury {
            Jury::Checker(checker) => judge_test(submission, test, checker, policy, judges).await?,
            Jury::Interactor(interactor) => interactor.judge(submission, test, policy, judges).await?,
        };
        let outcome = verdict.outcome;
        judgement.tests.push(verdict);
        if outcome != Outcome::Accepted && judgement.test.is_none() {
            judgement.outcome = outcome;
            judgement.test = Some(index + 1);
        }
        let hopeless = matches!(outcome, Outcome::CompileError);
        if hopeless || (judgement.test.is_some() && !policy.all_tests) {
            break;
        }
    }
    if tests.is_empty() {
        judgement.outcome = Outcome::Unjudged;
    }
    Ok(judgement)
}

async fn judge_test(
    submission: &Submission,
    test: &Test,
    checker: &Checker,
    policy: &Policy,
    judges: &dyn Judges,
) -> Result<TestVerdict, JudgeError> {
    let mut program = Program {
        standard: submission.standard.clone(),
        stdin: Some(test.input.clone().into_bytes()),
        limits: policy.allowance.limits(submission.language, test.output.len()),
        entry: Entry::Script,
        semantics: Semantics::Official,
        ..Program::new(submission.language, submission.source.clone())
    };
    if policy.through_files {
        let (input, output) = FILE_NAMES;
        program.files.insert(input.to_owned(), test.input.clone().into_bytes());
        program.output_file = Some(output.to_owned());
    }
    let execution = judges.run(program).await?;
    let (outcome, remark) = match execution.verdict {
        Verdict::Ok | Verdict::WrongAnswer => {
            match checker.opinion(&test.input, &test.output, &execution.stdout, judges).await? {
                Opinion::Right => (Outcome::Accepted, String::new()),
                Opinion::Wrong(remark) => (Outcome::WrongAnswer, remark),
                Opinion::Unknown(why) => (Outcome::Unjudged, why),
            }
        }
        Verdict::RuntimeError | Verdict::OutputLimit => (Outcome::RuntimeError, raised(&execution)),
        Verdict::TimeLimit if execution.wall_net => (Outcome::Unjudged, "the wall-clock net ended the program".into()),
        Verdict::TimeLimit => (Outcome::TimeLimit, String::new()),
        Verdict::MemoryLimit => (Outcome::MemoryLimit, String::new()),
        Verdict::CompileError => (Outcome::CompileError, raised(&execution)),
        Verdict::SandboxError => (Outcome::Unjudged, raised(&execution)),
    };
    Ok(TestVerdict { outcome, work: execution.work, peak_memory_bytes: execution.peak_memory_bytes, remark })
}

/// What ended a program, in a line.
pub fn raised(execution: &Execution) -> String {
    let line = match &execution.raised {
        Some(raised) if raised.message.is_empty() => raised.kind.clone(),
        Some(raised) => format!("{}: {}", raised.kind, raised.message),
        None => execution.verdict.to_string(),
    };
    line.lines().next().unwrap_or_default().chars().take(200).collect()
}
