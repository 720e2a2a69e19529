use crate::{Completion, Needs, Request};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A language the sandbox runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// CPython.
    Python,
    /// C, compiled in the sandbox.
    C,
    /// C++, compiled in the sandbox.
    Cpp,
}

/// Whose behaviour a Python program sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Semantics {
    /// The interpreter upstream's published scores come from (64-bit CPython up to 3.11), by a compatibility layer.
    Official,
    /// The guest's own.
    Native,
}

/// How a Python program is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// As a file: `__name__` is `__main__`, output is kept, exit status 0 is success.
    Script,
    /// By `exec` in empty globals, guarded: `__name__` is `builtins`, `exit` and `quit` are None, calls that act on
    /// the operating system are None, standard input is unreadable, output is swallowed; any exception, `SystemExit`
    /// included, is a failure, and only reaching the end is success.
    Guarded,
}

/// What a program may use. Each is a cap; passing one is a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Units of work (fuel): the time limit, independent of the machine's speed and load.
    pub work: u64,
    /// Bytes of linear memory.
    pub memory_bytes: u64,
    /// Bytes of standard output and error, each.
    pub output_bytes: u64,
    /// Bytes of all files the program writes.
    pub file_bytes: u64,
    /// The safety net on the wall clock, far away from any honest program.
    pub wall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            work: 600_000_000_000,
            memory_bytes: 1 << 30,
            output_bytes: 1 << 20,
            file_bytes: 64 << 20,
            wall: Duration::from_secs(300),
        }
    }
}

/// A program to run in the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its language.
    pub language: Language,
    /// The language's standard, e.g. `c++17`; `None` is the sandbox's choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    /// Its text.
    pub source: String,
    /// What it is called with, its own name not among it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// Files in its working folder, by name, e.g. the input and answer that a checker reads.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Vec<u8>>,
    /// The file in its working folder that its output is read from when it has ended; `None` is its standard output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_file: Option<String>,
    /// Its standard input; `None` is an empty one.
    pub stdin: Option<Vec<u8>>,
    /// Environment variables, e.g. `TZ`.
    pub environment: BTreeMap<String, String>,
    /// How it is entered.
    pub entry: Entry,
    /// Whose behaviour it sees.
    pub semantics: Semantics,
    /// What it may use.
    pub limits: Limits,
    /// Seed for the guest's clock, random numbers and hashes.
    pub seed: u64,
}

impl Program {
    /// A Python program with default limits and `official` semantics.
    pub fn python(source: impl Into<String>, entry: Entry) -> Self {
        Self { entry, ..Self::new(Language::Python, source) }
    }

    /// A C++ program with default limits.
    pub fn cpp(source: impl Into<String>) -> Self {
        Self::new(Language::Cpp, source)
    }

    /// A program that is run as a script, with default limits.
    pub fn new(language: Language, source: impl Into<String>) -> Self {
        Self {
            language,
            standard: None,
            source: source.into(),
            arguments: Vec::new(),
            files: BTreeMap::new(),
            output_file: None,
            stdin: None,
            environment: BTreeMap::new(),
            entry: Entry::Script,
            semantics: Semantics::Official,
            limits: Limits::default(),
            seed: 0,
        }
    }
}

/// What running a program came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It ended well.
    Ok,
    /// It ended, and its output is not the expected one.
    WrongAnswer,
    /// It raised, crashed or exited with a status other than 0; see [`Raised`].
    RuntimeError,
    /// It used up its work, or the wall-clock net caught it (then the execution says so).
    TimeLimit,
    /// It wanted more memory than it may have.
    MemoryLimit,
    /// It wrote more than it may.
    OutputLimit,
    /// It is not a program of its language.
    CompileError,
    /// The sandbox failed; nothing was learned about the program.
    SandboxError,
}

impl Verdict {
    /// The word used in stores, tables and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::WrongAnswer => "wrong_answer",
            Verdict::RuntimeError => "runtime_error",
            Verdict::TimeLimit => "time_limit",
            Verdict::MemoryLimit => "memory_limit",
            Verdict::OutputLimit => "output_limit",
            Verdict::CompileError => "compile_error",
            Verdict::SandboxError => "sandbox_error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The exception or trap that ended a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// Its type, e.g. `AssertionError`, `SystemExit`, or a trap's name.
    pub kind: String,
    /// Its message, bounded.
    pub message: String,
}

/// What happened when a program ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// What it came to.
    pub verdict: Verdict,
    /// Its exit status, where it had one.
    pub exit_status: Option<i32>,
    /// What ended it, for `runtime_error` and `compile_error`.
    pub raised: Option<Raised>,
    /// Standard output, or the file that was asked for instead, bounded; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Standard error, bounded.
    pub stderr: String,
    /// Units of work used.
    pub work: u64,
    /// Most bytes of linear memory.
    pub peak_memory_bytes: u64,
    /// Seconds on the wall clock; never decides a verdict but through the net.
    pub wall_s: f64,
    /// Whether the wall-clock net ended it, not the work limit.
    pub wall_net: bool,
}

/// What happened when two programs talked to each other, each one's output being the other's input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// The program under judgement.
    pub program: Execution,
    /// The interactor.
    pub interactor: Execution,
}

/// A program for a judging service elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The problem, as the service calls it.
    pub problem: String,
    /// The service's number of the program's language.
    pub language: u32,
    /// The program's text.
    pub source: String,
    /// Who wrote it: the model's name.
    pub author: String,
}

/// What a judging service said of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceVerdict {
    /// The final verdict in the service's words; `AC` is success.
    pub verdict: String,
    /// The service's number of the submission, by which it can be looked up there.
    pub submission: String,
}

/// A judgement that could not be made; never the program's fault.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JudgeError {
    /// A guest or model that the judge needs is not installed.
    #[error("{0}")]
    Unavailable(String),
    /// A judge model cannot be used, and would not answer other questions either.
    #[error("{0}")]
    Endpoint(String),
    /// The judge itself failed.
    #[error("{0}")]
    Failed(String),
}

/// The judges that have effects. Pure ones are called directly.
#[async_trait]
pub trait Judges: Send + Sync {
    /// Runs a program in the sandbox.
    async fn run(&self, program: Program) -> Result<Execution, JudgeError>;

    /// Runs two programs joined by pipes; each has limits of its own. A pair in which each waits for the other ends with
    /// `runtime_error` of kind `Deadlock` for the one that waits for more than it was given.
    async fn interact(&self, _program: Program, _interactor: Program) -> Result<Interaction, JudgeError> {
        Err(JudgeError::Unavailable("These judges run no interactive programs".into()))
    }

    /// The judge models the user named, in order.
    fn models(&self) -> Vec<String> {
        Vec::new()
    }

    /// Asks the judge model at `index` of [`Judges::models`]. The same question to the same model has the same answer.
    async fn ask(&self, _index: usize, _request: &Request) -> Result<Completion, JudgeError> {
        Err(JudgeError::Unavailable("Grading needs a judge model and none is named; add --judge MODEL".into()))
    }

    /// Submits a program to a judging service and waits for its verdict. The same program for the same problem is
    /// submitted once, whoever asks and however often, also after a restart.
    async fn submit(&self, _submission: &Submission) -> Result<ServiceVerdict, JudgeError> {
        Err(JudgeError::Unavailable("Grading needs a judging service and none is set up".into()))
    }

    /// What decides the verdicts of a benchmark with these needs: guest and engine hashes, compatibility layer's version,
    /// judge models.
    fn provenance(&self, needs: Needs) -> serde_json::Value;
}
