//! Contests: one submission against many tests, comparisons of outputs, and a model's rating among people. Programs run
//! in the sandbox through `Judges`; all else is pure.

mod bundle;
mod checker;
mod compare;
mod judging;
mod limits;
mod percentile;
mod rating;

pub use bundle::{Contest, ContestProblem, RatingChange, Standings, StandingsRow, division};
pub use checker::{Checker, Opinion};
pub use compare::{Comparison, refute_equal};
pub use judging::{Judgement, Outcome, Policy, Submission, Test, TestVerdict, judge, raised};
pub use limits::{Allowance, CPP_SECOND, PYTHON_SECOND};
pub use percentile::People;
pub use rating::{ContestRating, RatingMode, Refusal, Verdicts, rate};
