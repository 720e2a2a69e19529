//! A client of CodeElo's judging service (CodeElo spec section 4): it submits programs to the contest platform and brings
//! back its verdicts. People with access judge on the platform with it; everybody else is judged locally.
//!
//! What upstream's own client does wrong (section 8) is not repeated: a submission whose verdict is still to come is waited
//! for and never recorded as a failure; attempts without a program are never asked about; a POST of which nobody knows
//! whether it was taken is not sent again; every call has a time limit; a failed call is an error, not a text.

mod access;
mod error;
mod journal;
mod judge;
mod judges;
mod service;
mod transport;
mod verdict;

pub use access::ServiceAccess;
pub use error::ServiceError;
pub use journal::{Journal, Submitted};
pub use judge::{JudgedAttempt, ServiceAttempt, judge_attempts, verdicts_of, wait_for_verdict};
pub use judges::{ServiceJudges, service_provenance};
pub use service::{JudgingService, ServiceProblem, ServiceSection, ServiceSubmission};
pub use transport::Patience;
pub use verdict::ServiceStatus;
