//! Judges: code that turns an answer into a judgement.

mod sandboxed;

pub use proctor_sandbox::work_for_seconds;
pub use sandboxed::SandboxJudges;
