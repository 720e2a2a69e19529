use crate::{JudgeQuestion, Judgement, rate};
use proctor_core::{JudgeError, Judges};

/// What a panel of one or more judges makes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelRating {
    /// What each judge said, in the order in which the user named them.
    pub judgements: Vec<Judgement>,
}

impl PanelRating {
    /// The panel's rating: the lower median of the ratings there are, so that a rating reaches a threshold exactly when
    /// more than half of them do. `None` where no judge gave any. For one judge it is that judge's rating.
    pub fn rating(&self) -> Option<u8> {
        lower_median(self.judgements.iter().filter_map(Judgement::rating).collect())
    }

    /// The same from first replies alone.
    pub fn first_rating(&self) -> Option<u8> {
        lower_median(self.judgements.iter().filter_map(Judgement::first_rating).collect())
    }
}

fn lower_median(mut ratings: Vec<u8>) -> Option<u8> {
    ratings.sort_unstable();
    let middle = ratings.len().checked_sub(1)? / 2;
    ratings.get(middle).copied()
}

/// Asks every judge the user named, one after another. No judge named is an error that says how to name one.
pub async fn rate_by_panel(judges: &dyn Judges, question: &JudgeQuestion) -> Result<PanelRating, JudgeError> {
    let models = judges.models();
    if models.is_empty() {
        return Err(JudgeError::Unavailable(
            "Answers are rated by a judge model and none is named; name one with --judge MODEL".into(),
        ));
    }
    let mut judgements = Vec::with_capacity(models.len());
    for (index, model) in models.iter().enumerate() {
        judgements.push(rate(judges, index, model, question).await?);
    }
    Ok(PanelRating { judgements })
}
