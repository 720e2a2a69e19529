//! Whether two mathematical answers are the same.
pub mod clean;
mod compare;
mod exact;
mod explain;
pub mod extract;
mod judge;
mod normal;
mod numeric;
pub mod print;
pub mod read;
pub mod slots;
pub mod syntax;
mod verdict;

pub use exact::Rational;
pub use explain::{Explanation, Side, explain};
pub use judge::compare;
pub use verdict::{AnswerKind, Disagreement, Lenience, Outcome, Settings, Step, Verdict};
