use super::evidence::{Block, Budget, Evidence, Fact};
use crate::SampleView;
use crate::frames::{finish_word, role_word};
use crate::text::{count, one_line, seconds};
use proctor_core::{Exchange, Prompt};
use serde::Serialize;

/// A row of the sample table and what opens under it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct SamplePage {
    anchor: String,
    id: String,
    position: usize,
    epoch: u32,
    outcome: &'static str,
    category: String,
    explanation: String,
    tokens: Option<u64>,
    tokens_text: String,
    latency_s: f64,
    latency_text: String,
    facts: Vec<Fact>,
    blocks: Vec<Block>,
    left_out: bool,
}

/// Prepares a sample for the page; its evidence is left out once the budget is spent.
pub(super) fn sample_page(run: usize, position: usize, view: &SampleView, budget: &mut Budget) -> SamplePage {
    let grade = view.grade.as_ref();
    let attempt = view.attempt.attempt.as_ref();
    let usage = attempt.map(|a| a.usage()).unwrap_or_default();
    let latency_s = attempt.map_or(0.0, |a| a.latency_s() + 0.0);
    let explanation = match (grade, &view.attempt.error) {
        (Some(grade), _) => one_line(&grade.explanation),
        (None, Some(error)) => one_line(error),
        (None, None) => "answered, not graded yet".to_string(),
    };
    let left_out = budget.spent();
    let mut evidence = Evidence::new(budget);
    if !left_out {
        gather(view, &mut evidence);
    }
    let Evidence { blocks, facts, .. } = evidence;
    SamplePage {
        anchor: format!("run{run}-{position}"),
        id: one_line(&view.sample.id),
        position,
        epoch: view.attempt.key.epoch,
        outcome: view.outcome().map_or("ungraded", |o| o.as_str()),
        category: grade.and_then(|g| g.category.as_deref()).map(one_line).unwrap_or_default(),
        explanation: if explanation.is_empty() { "details".to_string() } else { explanation },
        tokens: usage.completion_tokens,
        tokens_text: usage.completion_tokens.map_or("–".to_string(), count),
        latency_s,
        latency_text: if attempt.is_some_and(|a| !a.exchanges.is_empty()) { seconds(latency_s) } else { "–".to_string() },
        facts,
        blocks,
        left_out,
    }
}

fn gather(view: &SampleView, evidence: &mut Evidence<'_>) {
    if let Some(error) = &view.attempt.error {
        evidence.block("Why there is no answer", error);
    }
    if let Some(attempt) = &view.attempt.attempt {
        let many = attempt.exchanges.len() > 1;
        for (i, exchange) in attempt.exchanges.iter().enumerate() {
            let turn = if many { format!(" {}", i + 1) } else { String::new() };
            transcript(&turn, exchange, evidence);
        }
        let last = attempt.exchanges.last().map(|e| &e.completion.text);
        if last != Some(&attempt.answer.text) {
            let title = if last.is_none() { "Answer, imported" } else { "Answer that is graded" };
            evidence.block(title, &attempt.answer.text);
        }
    }
    if let Some(grade) = &view.grade {
        for (name, value) in &grade.scores {
            evidence.fact(&format!("score · {name}"), value.to_string());
        }
        if let Some(extracted) = &grade.extracted {
            evidence.block("Extracted", extracted);
        }
        evidence.object("", &grade.artifacts);
    }
    evidence.value("Compared with", &view.sample.target);
    evidence.fact("group", view.sample.group.as_str());
    if !view.sample.strata.is_empty() {
        evidence.fact("strata", view.sample.strata.join(", "));
    }
    evidence.object("", &view.sample.metadata);
}

fn transcript(turn: &str, exchange: &Exchange, evidence: &mut Evidence<'_>) {
    match &exchange.request.prompt {
        Prompt::Completion(text) => evidence.block(&format!("Prompt{turn}, raw"), text),
        Prompt::Chat(messages) => {
            for message in messages {
                evidence.block(&format!("Prompt{turn}, {}", role_word(message.role)), &message.content);
            }
        }
    }
    let completion = &exchange.completion;
    if let Some(reasoning) = &completion.reasoning {
        evidence.block(&format!("Reasoning{turn}"), reasoning);
    }
    evidence.block(&format!("Answer{turn}"), &completion.text);
    evidence.fact(&format!("answer{turn} ended by"), finish_word(&completion.finish));
    evidence.fact(&format!("answered{turn} by"), completion.model.as_str());
    let sampling = serde_json::to_value(&exchange.request.sampling).unwrap_or_default();
    if let Some(map) = sampling.as_object() {
        let set = map.iter().filter(|(_, v)| !v.is_null() && v.as_object().is_none_or(|o| !o.is_empty()));
        let parts: Vec<_> = set.map(|(name, value)| format!("{name} {value}")).collect();
        evidence.fact(&format!("sampling{turn}"), parts.join(", "));
    }
    if let Some(cost) = completion.cost_usd {
        evidence.fact(&format!("cost{turn}, US$"), format!("{cost:.6}"));
    }
}
