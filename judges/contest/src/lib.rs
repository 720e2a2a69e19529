//! Contests: one submission against many tests, comparisons of outputs, and a model's rating among people. Programs run
//! in the sandbox through `Judges`; all else is pure.

mod bundle;
mod checker;
mod compare;
mod expected;
mod interactor;
mod judging;
mod limits;
mod percentile;
mod rating;

pub use bundle::{Contest, ContestProblem, RatingChange, Standings, StandingsRow, division};
pub use checker::{Checker, Opinion};
pub use compare::{Comparison, refute_equal};
pub use expected::{Tries, expected_rating};
pub use interactor::Interactor;
pub use judging::{FILE_NAMES, Judgement, Jury, Outcome, Policy, Submission, Test, TestVerdict, judge, raised};
pub use limits::{Allowance, CPP_SECOND, PYTHON_SECOND};
pub use percentile::People;
pub use rating::{ContestRating, RatingMode, Refusal, Verdicts, rate};
