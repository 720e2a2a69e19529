/// Why the service gave no verdict: one sentence with what, where, what to do. None of them holds the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// Address, token or an argument cannot be used.
    #[error("{0}")]
    Input(String),
    /// The service does not know the token or does not let it do this (401, 403).
    #[error("{0}")]
    Denied(String),
    /// The service asks to be left alone for longer than is waited (429, or 503 with `Retry-After`).
    #[error("{0}")]
    Busy(String),
    /// It cannot be reached, does not answer in time, or answers with a failure, as often as was asked.
    #[error("{0}")]
    Unreachable(String),
    /// It refuses this one call (400, 404 …): nothing was submitted by it.
    #[error("{0}")]
    Refused(String),
    /// It answers, but not as the protocol says.
    #[error("{0}")]
    Malformed(String),
    /// A program was sent and no answer came: it may or may not have been submitted, so it was not sent again.
    #[error("{0}")]
    Uncertain(String),
    /// The submission had no final verdict within the time waited; it is not a failure of the program.
    #[error("submission {submission} has no verdict after {waited_s} s (its last status is `{last}`); ask again later")]
    Unfinished {
        /// The service's number of the submission.
        submission: String,
        /// Seconds waited.
        waited_s: u64,
        /// The last status.
        last: String,
    },
}
