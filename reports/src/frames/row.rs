use crate::SampleView;
use proctor_core::{Finish, GradedAttempt, Outcome, Prompt, Role, RunRecord, Usage};
use std::collections::BTreeMap;

/// The rows of one run.
#[derive(Debug, Clone, Copy)]
pub struct RunRows<'a> {
    /// The run.
    pub run: &'a RunRecord,
    /// Its attempts.
    pub rows: &'a [AttemptRow],
}

/// One attempt, flat, as a row of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttemptRow {
    /// The sample.
    pub sample_id: String,
    /// Its cluster.
    pub group: String,
    /// Its named subsets.
    pub strata: Vec<String>,
    /// The k-th attempt, from 0.
    pub epoch: u32,
    /// What it came to; `None` while it is not graded.
    pub outcome: Option<Outcome>,
    /// Error category.
    pub category: Option<String>,
    /// Why; `None` where only the figures are known.
    pub explanation: Option<String>,
    /// Named scores.
    pub scores: BTreeMap<String, f64>,
    /// Token counts.
    pub usage: Usage,
    /// Seconds waited for the model; `None` where none was asked.
    pub latency_s: Option<f64>,
    /// Price in US dollars where known.
    pub cost_usd: Option<f64>,
    /// The texts.
    pub detail: Detail,
}

/// The texts of an attempt.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detail {
    /// Questions asked; 0 for an imported answer.
    pub exchanges: u32,
    /// Why the last answer ended.
    pub finish: Option<String>,
    /// The first question: raw text, or chat messages each under a line with its role.
    pub prompt: Option<String>,
    /// The answer that was graded.
    pub answer: Option<String>,
    /// Reasoning reported apart from the last answer.
    pub reasoning: Option<String>,
    /// What was extracted from the answer.
    pub extracted: Option<String>,
    /// Why there is no answer.
    pub error: Option<String>,
}

impl From<&GradedAttempt> for AttemptRow {
    fn from(graded: &GradedAttempt) -> Self {
        Self {
            sample_id: graded.sample_id.clone(),
            group: graded.group.clone(),
            strata: graded.strata.clone(),
            epoch: graded.epoch,
            outcome: Some(graded.outcome),
            category: graded.category.clone(),
            scores: graded.scores.clone(),
            usage: graded.usage,
            // The sum over no exchange is -0.
            latency_s: Some(graded.latency_s + 0.0),
            detail: Detail { extracted: graded.extracted.clone(), ..Detail::default() },
            ..Self::default()
        }
    }
}

impl From<&SampleView> for AttemptRow {
    fn from(view: &SampleView) -> Self {
        let attempt = view.attempt.attempt.as_ref();
        let grade = view.grade.as_ref();
        let last = attempt.and_then(|a| a.exchanges.last());
        Self {
            sample_id: view.sample.id.clone(),
            group: view.sample.group.clone(),
            strata: view.sample.strata.clone(),
            epoch: view.attempt.key.epoch,
            outcome: view.outcome(),
            category: grade.and_then(|g| g.category.clone()),
            explanation: grade.map(|g| g.explanation.clone()),
            scores: grade.map(|g| g.scores.clone()).unwrap_or_default(),
            usage: attempt.map(|a| a.usage()).unwrap_or_default(),
            latency_s: attempt.filter(|a| !a.exchanges.is_empty()).map(|a| a.latency_s()),
            cost_usd: view.cost_usd(),
            detail: Detail {
                exchanges: attempt.map_or(0, |a| u32::try_from(a.exchanges.len()).unwrap_or(u32::MAX)),
                finish: last.map(|e| finish_word(&e.completion.finish).to_string()),
                prompt: attempt.and_then(|a| a.exchanges.first()).map(|e| prompt_text(&e.request.prompt)),
                answer: attempt.map(|a| a.answer.text.clone()),
                reasoning: last.and_then(|e| e.completion.reasoning.clone()),
                extracted: grade.and_then(|g| g.extracted.clone()),
                error: view.attempt.error.clone(),
            },
        }
    }
}

/// The word for why an answer ended; a provider's own words stay as they are.
pub(crate) fn finish_word(finish: &Finish) -> &str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ContentFilter => "content_filter",
        Finish::Refused => "refused",
        Finish::Other(word) => word,
    }
}

/// The word for who speaks.
pub(crate) fn role_word(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn prompt_text(prompt: &Prompt) -> String {
    match prompt {
        Prompt::Completion(text) => text.clone(),
        Prompt::Chat(messages) => {
            let parts: Vec<_> = messages.iter().map(|m| format!("[{}]\n{}", role_word(m.role), m.content)).collect();
            parts.join("\n\n")
        }
    }
}
