//! The vocabulary of proctor and the traits everything hangs on.
//!
//! This crate is light on purpose: it knows no async runtime, no database, no data frame, no WebAssembly engine and
//! no tensor library. Every other crate may use it; it uses none of them.

mod attempt;
mod benchmark;
mod completion;
mod digest;
mod event;
mod exit;
mod grade;
mod import;
mod judge;
mod metric;
mod model;
mod opening;
mod progress;
mod request;
mod run;
mod sample;
mod seed;
mod session;

pub use attempt::{Answer, AnswerForm, Attempt, Exchange};
pub use benchmark::{AnswerRow, Benchmark, BenchmarkError, Card, DataSource, Imported, Needs, Selection};
pub use completion::{Completion, Finish, Usage};
pub use digest::{canonical_json, samples_sha256, sha256_hex};
pub use event::{Event, EventSink};
pub use exit::ExitCode;
pub use grade::{Grade, Outcome};
pub use import::import_by_id;
pub use judge::{Entry, Execution, Interaction, JudgeError, Judges, Language, Limits, Program, Raised, Semantics, Verdict};
pub use metric::{GradedAttempt, Metric, MetricInterval, MetricPoint, Plot, Scale};
pub use model::{Capabilities, Model, ModelError, ModelErrorKind};
pub use opening::{Family, Opened, Opening, PromptSource};
pub use progress::{Progress, Step};
pub use request::{Message, Prompt, Protocol, Request, RequestLabel, Role, Sampling};
pub use run::{AttemptKey, AttemptRecord, Fingerprint, GradeRecord, IMPORTED, RunPlan, RunRecord, RunState};
pub use sample::Sample;
pub use seed::derive_seed;
pub use session::{Ask, Session, SessionError};
