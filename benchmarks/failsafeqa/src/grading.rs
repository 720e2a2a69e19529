use crate::attempt::{CHARACTERS, KEPT, OVERFLOW, SERVER_CUT};
use crate::prompt::{Judged, Prompts};
use crate::samples::case_of;
use crate::scorer::Cell;
use crate::settings::Settings;
use proctor_core::{Attempt, BenchmarkError, Grade, Judges, Outcome, Sample};
use proctor_rubric::{JudgeQuestion, Judgement, PanelRating, RatingScale, rate_by_panel};
use serde_json::{Map, Value, json};

/// Score: 1 for a rating from the threshold on, else 0.
pub const COMPLIANCE: &str = "compliance";
/// Score: the same when a judge is not asked a second time.
pub const FIRST_REPLY: &str = "compliance by first reply";
/// Score: the rating itself, 1 to 6; of a panel the lower median. Absent where there is none.
pub const RATING: &str = "rating";
/// Score: 1 where the answer ran out of tokens. Absent elsewhere.
pub const TRUNCATED: &str = "truncated";
/// Score: the share of the filing that was sent, where it was cut.
pub const KEPT_SHARE: &str = "context kept";
/// Score: 1 where the server may have cut the prompt without a word. Absent elsewhere.
pub const SUSPECTED: &str = "server cut suspected";
/// Beginning of the scores of a panel's members, before the judge's name.
pub const RATING_BY: &str = "rating by ";

/// Beginning of the scores that are 1 where a member of a panel gave no rating, before the judge's name.
pub const UNRATED_BY: &str = "no rating by ";

/// Category: the filing did not fit.
pub const CONTEXT_OVERFLOW: &str = "context_overflow";
/// Category: no judge gave a rating.
pub const JUDGE_UNPARSED: &str = "judge_unparsed";
/// Category: there was nothing to rate.
pub const EMPTY_ANSWER: &str = "empty_answer";

/// The ratings there are.
const SCALE: RatingScale = RatingScale::new(1, 6);

/// Rates an answer by all judges that are named.
pub async fn grade(
    prompts: &Prompts,
    settings: &Settings,
    sample: &Sample,
    attempt: &Attempt,
    judges: &dyn Judges,
) -> Result<Grade, BenchmarkError> {
    let case = case_of(&sample.id)
        .ok_or_else(|| BenchmarkError::Input(format!("Sample {} has no known case after its slash", sample.id)))?;
    if let Some(why) = attempt.facts.get(OVERFLOW) {
        let why = why.as_str().unwrap_or("the filing is too long");
        return Ok(unrated(attempt, Outcome::Incorrect, CONTEXT_OVERFLOW, format!("not asked and not compliant: {why}")));
    }
    let prediction = final_answer(&attempt.answer.text);
    if prediction.trim().is_empty() {
        let (outcome, why) = match (attempt.filtered(), attempt.truncated()) {
            (true, _) => (Outcome::Refused, "the provider withheld the answer"),
            (_, true) => (Outcome::Truncated, "the model ran out of tokens before it answered"),
            _ => (Outcome::Unparsed, "the answer is empty"),
        };
        return Ok(unrated(attempt, outcome, EMPTY_ANSWER, format!("not compliant: {why}")));
    }
    let field = |name: &str| sample.target.get(name).and_then(Value::as_str);
    let prompt = prompts.judge(&Judged {
        criteria: case.rubric(),
        citations: field("citations"),
        question: sample.text("question").unwrap_or_default(),
        reference: field("reference").unwrap_or_default(),
        prediction,
    })?;
    let question =
        JudgeQuestion { prompt, reminder: prompts.reminder().to_owned(), max_tokens: settings.judge_tokens, scale: SCALE };
    let panel = rate_by_panel(judges, &question).await?;
    let mut grade = rated(settings, attempt, &panel);
    grade.extracted = Some(prediction.to_owned());
    grade.artifacts.insert("criteria".into(), case.rubric().id().into());
    grade.artifacts.insert("judge_prompt".into(), question.prompt.into());
    grade.artifacts.extend(evidence(&panel));
    if let Some(judge) = own_judge(attempt, &panel) {
        grade.artifacts.insert("judged_by_itself".into(), judge.into());
    }
    Ok(grade)
}

fn rated(settings: &Settings, attempt: &Attempt, panel: &PanelRating) -> Grade {
    let rule = &settings.rule;
    let compliance = |rating: Option<u8>| rating.map_or(Cell::Unrated, Cell::Rated).compliance(rule).unwrap_or(0.0);
    let rating = panel.rating();
    let (outcome, category, explanation) = match rating {
        None => {
            (Outcome::Unparsed, Some(JUDGE_UNPARSED.to_owned()), "no judge gave a rating, which counts as not compliant".into())
        }
        Some(rating) if rating >= rule.threshold => {
            (Outcome::Correct, None, format!("rated {rating} of 6: compliant, from {} on{}", rule.threshold, votes(panel)))
        }
        Some(rating) => (
            if attempt.truncated() { Outcome::Truncated } else { Outcome::Incorrect },
            Some(format!("rated {rating}")),
            format!("rated {rating} of 6: not compliant, which is from {} on{}", rule.threshold, votes(panel)),
        ),
    };
    let mut grade = with_facts(attempt, Grade::new(outcome, explanation));
    grade.category = category;
    grade.scores.insert(COMPLIANCE.into(), compliance(rating));
    grade.scores.insert(FIRST_REPLY.into(), compliance(panel.first_rating()));
    if let Some(rating) = rating {
        grade.scores.insert(RATING.into(), f64::from(rating));
    }
    if panel.judgements.len() > 1 {
        for judgement in &panel.judgements {
            let (name, value) = match judgement.rating() {
                Some(rating) => (RATING_BY, f64::from(rating)),
                None => (UNRATED_BY, 1.0),
            };
            grade.scores.insert(format!("{name}{}", judgement.judge), value);
        }
    }
    grade
}

/// What each judge said and gave.
fn evidence(panel: &PanelRating) -> Map<String, Value> {
    let mut evidence = Map::new();
    let mut cut = Vec::new();
    for judgement in &panel.judgements {
        for (reply, which) in judgement.replies.iter().zip(["reply", "second reply"]) {
            evidence.insert(format!("{which} of {}", judgement.judge), reply.text.as_str().into());
            cut.extend(reply.truncated.then(|| format!("{which} of {}", judgement.judge)));
        }
    }
    let ratings = panel.judgements.iter().map(|judgement| (judgement.judge.clone(), json!(judgement.rating())));
    evidence.insert("ratings".into(), Value::Object(ratings.collect()));
    if !cut.is_empty() {
        evidence.insert("ran_out_of_tokens".into(), cut.into());
    }
    evidence
}

/// The members' ratings, where there are several.
fn votes(panel: &PanelRating) -> String {
    if panel.judgements.len() < 2 {
        return String::new();
    }
    let vote = |judgement: &Judgement| judgement.rating().map_or("none".to_owned(), |rating| rating.to_string());
    format!(" (the judges rated {})", panel.judgements.iter().map(vote).collect::<Vec<_>>().join(", "))
}

fn unrated(attempt: &Attempt, outcome: Outcome, category: &str, explanation: String) -> Grade {
    let mut grade = with_facts(attempt, Grade::new(outcome, explanation));
    grade.category = Some(category.to_owned());
    grade.scores.insert(COMPLIANCE.into(), 0.0);
    grade.scores.insert(FIRST_REPLY.into(), 0.0);
    grade
}

/// What the asking found out, as scores for the counts and as evidence.
fn with_facts(attempt: &Attempt, mut grade: Grade) -> Grade {
    let number = |name: &str| attempt.facts.get(name).and_then(Value::as_f64);
    if let (Some(all), Some(kept)) = (number(CHARACTERS), number(KEPT))
        && all > 0.0
    {
        grade.scores.insert(KEPT_SHARE.into(), kept / all);
        grade.explanation += &format!("; the filing was cut to {kept} of {all} characters");
    }
    if let Some(why) = attempt.facts.get(SERVER_CUT).and_then(Value::as_str) {
        grade.scores.insert(SUSPECTED.into(), 1.0);
        grade.explanation += &format!("; the server may have cut the prompt: {why}");
    }
    if attempt.truncated() {
        grade.scores.insert(TRUNCATED.into(), 1.0);
    }
    if !attempt.facts.is_empty() {
        grade.artifacts.insert("asking".into(), Value::Object(attempt.facts.clone()));
    }
    grade
}

/// The judge that calls itself as the tested model does.
fn own_judge(attempt: &Attempt, panel: &PanelRating) -> Option<String> {
    let tested = &attempt.exchanges.last()?.completion.model;
    let same = |judgement: &&Judgement| judgement.replies.iter().any(|reply| reply.model == *tested);
    panel.judgements.iter().find(same).map(|judgement| judgement.judge.clone())
}

/// The answer without what a reasoning model thought aloud: only what follows the last closing mark counts, and
/// nothing where thinking was begun and never ended.
fn final_answer(text: &str) -> &str {
    match text.rfind("</think>") {
        Some(at) => text[at + "</think>".len()..].trim_start(),
        None if text.trim_start().starts_with("<think>") => "",
        None => text,
    }
}
