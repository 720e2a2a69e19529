//! Summaries as Markdown.

use crate::Summary;
use crate::summary::ScoredMetric;
use crate::text::{count, interval, one_line, score, seconds, successes};
use std::fmt::Write;

/// Summaries as Markdown tables: one of all figures, one of all outcomes, then the notes.
pub fn summaries(summaries: &[Summary]) -> String {
    if summaries.is_empty() {
        return "No runs.\n".to_string();
    }
    let mut out = String::new();
    out.push_str("| benchmark | model | metric | score | 95% interval | n | fingerprint |\n");
    out.push_str("|---|---|---|---:|---:|---:|---|\n");
    for summary in summaries {
        let plan = &summary.run.plan;
        let mut line = |metric: &str, score: &str, interval: &str, n: &str| {
            let cells = [&plan.benchmark, &plan.model].map(|text| escape(text)).join(" | ");
            let _ = writeln!(out, "| {cells} | {metric} | {score} | {interval} | {n} | `{}` |", summary.run.fingerprint);
        };
        for metric in &summary.metrics {
            line(&name(metric), &score(metric, summary), &interval(metric), &successes(metric));
        }
        if summary.metrics.is_empty() {
            line("–", "–", "–", "–");
        }
    }
    out.push_str("\n| run |");
    for outcome in &summaries[0].outcomes {
        let _ = write!(out, " {} |", outcome.outcome);
    }
    out.push_str(" graded | tokens in | tokens out | model time |\n|---|");
    out.push_str(&"---:|".repeat(summaries[0].outcomes.len() + 4));
    out.push('\n');
    for summary in summaries {
        let _ = write!(out, "| {} |", escape(&summary.run.id));
        for outcome in &summary.outcomes {
            let _ = write!(out, " {} |", count(outcome.n as u64));
        }
        let tokens = |n: Option<u64>| n.map_or("–".to_string(), count);
        let usage = &summary.usage;
        let graded = format!("{} of {}", count(summary.graded as u64), count(summary.planned as u64));
        let (asked, answered) = (tokens(usage.prompt_tokens), tokens(usage.completion_tokens));
        let _ = writeln!(out, " {graded} | {asked} | {answered} | {} |", seconds(usage.latency_s));
    }
    for summary in summaries.iter().filter(|s| !s.chief_notes().is_empty()) {
        let _ = writeln!(out, "\n{}:\n", escape(&summary.run.id));
        for note in summary.chief_notes() {
            let _ = writeln!(out, "- {}", escape(&note));
        }
    }
    out
}

fn name(metric: &ScoredMetric) -> String {
    match &metric.stratum {
        Some(stratum) => format!("{} ({})", escape(&metric.name), escape(stratum)),
        None => escape(&metric.name),
    }
}

/// Text that Markdown and the HTML inside Markdown leave as it is.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        if matches!(c, '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '#' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
