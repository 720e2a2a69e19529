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
