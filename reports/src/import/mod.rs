//! Graded answers of other harnesses, read for comparison: lm-evaluation-harness, evalplus, Inspect. Pure but for
//! opening Inspect's zip files.

mod evalplus;
mod foreign;
mod inspect;
mod inspect_sample;
mod lm_eval;
mod run;
mod score;

pub use evalplus::{is_results as is_evalplus_results, is_sample as is_evalplus_sample, run as evalplus};
pub use foreign::{ForeignError, ForeignRow, ForeignRun, ForeignTool};
pub use inspect::{is_log as is_inspect_log, log as inspect_log, packed as inspect_packed};
pub use lm_eval::{is_row as is_lm_eval_row, run as lm_eval};
pub use run::{StoredRow, StoredRun, stored};
