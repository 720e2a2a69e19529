//! The vocabulary of proctor and the traits everything hangs on.
//!
//! This crate is light on purpose: it knows no async runtime, no database, no data frame, no WebAssembly engine and
//! no tensor library. Every other crate may use it; it uses none of them.

mod activity;
mod attempt;
mod batch;
mod benchmark;
mod completion;
mod digest;
mod event;
mod exit;
mod figures;
mod grade;
mod import;
mod judge;
mod likelihood;
mod limits;
mod metric;
mod model;
mod opening;
mod plot;
mod progress;
mod request;
mod run;
mod sample;
mod sample_ids;
mod seed;
mod session;
mod waiting;

pub use activity::Activity;
pub use attempt::{Answer, AnswerForm, Attempt, Exchange};
pub use batch::{Batch, BatchItem, BatchLimits, BatchPhase, BatchState};
pub use benchmark::{AnswerRow, Benchmark, BenchmarkError, Card, DataSource, Imported, Needs, SampleStream, Selection};
pub use completion::{Completion, Finish, TokenLogprob, Usage};
pub use digest::{SamplesHash, canonical_json, samples_sha256, sha256_hex};
pub use event::{Event, EventSink};
pub use exit::ExitCode;
pub use figures::{Figures, Gathered};
pub use grade::{Grade, Outcome};
pub use import::import_by_id;
pub use judge::{
    Entry, Execution, Interaction, JudgeError, Judges, Language, Limits, Program, Raised, Semantics, ServiceVerdict, Submission,
    Verdict,
};
pub use likelihood::{Continuation, Likelihood};
pub use limits::{Allowance, RateLimits};
pub use metric::{GradedAttempt, Metric, MetricInterval, MetricPoint, Scale};
pub use model::{Capabilities, ListedModel, Model, ModelAddress, ModelError, ModelErrorKind};
pub use opening::{Family, Opened, Opening, PromptSource};
pub use plot::{Bin, Distribution, Figure, HeatColours, HeatMap, Mark, Plot, Span, Spans};
pub use progress::{Progress, Step};
pub use request::{Message, Prompt, Protocol, Request, RequestLabel, Role, Sampling};
pub use run::{AttemptKey, AttemptRecord, Fingerprint, GRADED_BY, GradeRecord, IMPORTED, RunPlan, RunRecord, RunState};
pub use sample::Sample;
pub use sample_ids::SampleIds;
pub use seed::derive_seed;
pub use session::{Ask, Session, SessionError};
pub use waiting::{Pace, Pause, Wait, time_span, waiting_for};
