use proctor_core::{BenchmarkError, ExitCode, JudgeError, SessionError};
use proctor_store::StoreError;

/// Why a run could not be carried through. Everything finished before is in the store.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Data, a file or a setting is wrong.
    #[error("{0}")]
    Input(String),
    /// The model's endpoint cannot be used, and every further request would fail alike.
    #[error("{message}")]
    Endpoint {
        /// The model.
        model: String,
        /// One sentence: what is wrong, where, what to do.
        message: String,
    },
    /// A guest or model that the judge needs is not installed.
    #[error("{0}")]
    JudgeUnavailable(String),
    /// A judge model's endpoint cannot be used. What is graded is kept; the same command goes on.
    #[error("{0}")]
    JudgeEndpoint(String),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A defect in proctor.
    #[error("internal error: {0}")]
    Internal(String),
}

impl EngineError {
    /// The exit status of the program for this error.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            EngineError::Input(_) => ExitCode::Usage,
            EngineError::Endpoint { .. } | EngineError::JudgeEndpoint(_) => ExitCode::Endpoint,
            EngineError::JudgeUnavailable(_) => ExitCode::NotInstalled,
            EngineError::Store(error) => error.exit_code(),
            EngineError::Internal(_) => ExitCode::Failure,
        }
    }

    /// Why a judge ends the run; `None` where it failed on one program or answer only.
    pub(crate) fn from_judge(error: &JudgeError) -> Option<Self> {
        match error {
            JudgeError::Unavailable(message) => Some(EngineError::JudgeUnavailable(message.clone())),
            JudgeError::Endpoint(message) => Some(EngineError::JudgeEndpoint(message.clone())),
            JudgeError::Failed(_) => None,
        }
    }

    /// The error of a benchmark outside any attempt: while loading, planning, importing.
    pub(crate) fn from_benchmark(error: BenchmarkError) -> Self {
        match error {
            BenchmarkError::Input(message) => EngineError::Input(message),
            BenchmarkError::Judge(error) => Self::from_judge(&error).unwrap_or_else(|| EngineError::Internal(error.to_string())),
            BenchmarkError::Session(SessionError::Model(error)) => EngineError::Internal(error.message),
            BenchmarkError::Session(SessionError::Stopped) => EngineError::Internal(SessionError::Stopped.to_string()),
        }
    }
}
