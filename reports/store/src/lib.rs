//! The store: runs, attempts and grades as durable rows of one SQLite file.

mod attempts;
mod claim;
mod error;
mod grades;
mod ground_truth;
mod migrations;
mod open;
mod progress;
mod regrade;
mod responses;
mod runs;
mod samples;
mod sql;

pub use claim::RunClaim;
pub use error::StoreError;
pub use ground_truth::{FailedReference, GroundTruth};
pub use open::{Store, StoreOptions};
pub use progress::{Progress, RunCounts};
pub use regrade::PendingGrades;
pub use sql::{SqlError, ask, check as check_sql};
