//! Whether two mathematical answers are the same, and why.
//!
//! LaTeX and calculator syntax are read into one tree with source spans; two trees are compared by their normal form and
//! then by their values at many points of the common domain; what can be told by neither is undecided. All work is bounded by
//! the texts alone, so a verdict is the same on every machine. No input or output.
//!
//! ```
//! use proctor_math::{AnswerKind, Outcome, Settings, compare, explain};
//!
//! let settings = Settings::default();
//! assert!(compare("(x+1)^2", r"x^{2} + 2x + 1", AnswerKind::Expression, &[], &settings).is_equivalent());
//! assert!(compare("(0,1] U (2,infinity)", r"0 < x \le 1 \text{ or } x > 2", AnswerKind::Interval, &[], &settings).is_equivalent());
//!
//! let explanation = explain("x^2", "x^3", AnswerKind::Expression, &[], &settings);
//! assert_eq!(explanation.verdict.outcome, Outcome::Different);
//! assert!(explanation.verdict.disagreement.is_some());
//! ```

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
