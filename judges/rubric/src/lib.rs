//! Ratings by judge models. A judge model is shown a rubric, a reference and an answer, explains itself and ends with a
//! rating in double square brackets. Here are the question, the reading of the rating, panels of several judges, and
//! how far they agree. Which model judges is decided elsewhere; the words of rubrics and prompts belong to benchmarks.

mod agreement;
mod panel;
mod placeholders;
mod question;
mod rating;

pub use agreement::{Coincidences, Level, krippendorff_alpha};
pub use panel::{PanelRating, rate_by_panel};
pub use placeholders::{fill, missing};
pub use question::{JudgeQuestion, Judgement, Reply, rate};
pub use rating::{RatingScale, last_rating};
