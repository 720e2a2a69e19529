//! The store: runs, attempts and grades as durable rows of one SQLite file or of a PostgreSQL database.

mod attempts;
mod batches;
mod claim;
mod database;
mod entry;
mod error;
mod grades;
mod ground_truth;
mod keys;
mod light;
mod location;
mod migrations;
mod new_run;
mod open;
mod progress;
mod reading;
mod recorder;
mod regrade;
mod responses;
mod runs;
mod samples;
mod server;
mod sql;

pub use batches::StoredBatch;
pub use claim::RunClaim;
pub use error::StoreError;
pub use ground_truth::{FailedReference, GroundTruth};
pub use light::{LightOptions, LightRow, LightSample};
pub use location::Location;
pub use new_run::{NewRun, OpenedRun};
pub use open::{Store, StoreOptions};
pub use progress::{Progress, RunCounts, Spent, Standing};
pub use regrade::PendingGrades;
pub use responses::{Purpose, ResponseFilter, ResponseGroup};
pub use runs::RunLine;
pub use sql::{SqlError, ask, check as check_sql};
