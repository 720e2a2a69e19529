use proctor_core::ExitCode;
use std::fmt;

/// An error as the user sees it: one sentence, perhaps a hint, and the exit status.
#[derive(Debug)]
pub struct CliError {
    /// The exit status.
    pub code: ExitCode,
    /// What is wrong and where.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl CliError {
    /// An error that ends the program with `code`.
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    /// A wrong command line, file or setting.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// Something unforeseen.
    pub fn failure(message: impl fmt::Display) -> Self {
        Self::new(ExitCode::Failure, message.to_string())
    }

    /// The same error with a hint on what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What every verb gives back.
pub type CliResult = Result<ExitCode, CliError>;

impl From<proctor_engine::EngineError> for CliError {
    fn from(error: proctor_engine::EngineError) -> Self {
        Self::new(error.exit_code(), error.to_string())
    }
}

impl From<proctor_store::StoreError> for CliError {
    fn from(error: proctor_store::StoreError) -> Self {
        Self::new(error.exit_code(), error.to_string())
    }
}

impl From<proctor_reports::ReportError> for CliError {
    fn from(error: proctor_reports::ReportError) -> Self {
        Self::failure(error)
    }
}

impl From<proctor_data::DataError> for CliError {
    fn from(error: proctor_data::DataError) -> Self {
        use proctor_data::DataError;
        let code = match &error {
            DataError::Input(_) => ExitCode::Usage,
            DataError::Remote(_) => ExitCode::Endpoint,
            DataError::Changed(_) | DataError::Disk(_) => ExitCode::Failure,
        };
        Self::new(code, error.to_string())
    }
}

impl From<proctor_core::BenchmarkError> for CliError {
    fn from(error: proctor_core::BenchmarkError) -> Self {
        use proctor_core::{BenchmarkError, JudgeError};
        let code = match &error {
            BenchmarkError::Input(_) => ExitCode::Usage,
            BenchmarkError::Judge(JudgeError::Unavailable(_)) => ExitCode::NotInstalled,
            BenchmarkError::Judge(JudgeError::Endpoint(_)) => ExitCode::Endpoint,
            BenchmarkError::Judge(JudgeError::Failed(_)) | BenchmarkError::Session(_) => ExitCode::Failure,
        };
        Self::new(code, error.to_string())
    }
}

impl From<proctor_core::ModelError> for CliError {
    fn from(error: proctor_core::ModelError) -> Self {
        use proctor_core::ModelErrorKind;
        let code = match error.kind {
            ModelErrorKind::RateLimited
            | ModelErrorKind::Unavailable
            | ModelErrorKind::Timeout
            | ModelErrorKind::Connection
            | ModelErrorKind::Protocol => ExitCode::Endpoint,
            _ => ExitCode::Usage,
        };
        Self::new(code, error.message)
    }
}
