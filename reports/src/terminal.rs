//! Summaries and tables as text for a terminal.

use crate::Summary;
use crate::summary::ScoredMetric;
use crate::text::{count, dollars, interval, one_line, score, seconds, successes};
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use proctor_core::Outcome;
use std::fmt::Write;

/// Stands for a space at which a line is not broken.
const NO_BREAK: &str = "\u{a0}";

/// Figures over subsets that a terminal shows; of more than that, it shows [`FEWER_PARTS`] and says how many are left.
const MOST_PARTS: usize = 40;
const FEWER_PARTS: usize = 24;

/// Columns from which on a summary says how each interval was made.
const WIDE: u16 = 72;

/// How text is set for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Columns to keep to; `None` lets lines be as long as they are, e.g. in a pipe.
    pub width: Option<u16>,
    /// Whether escape codes for bold and colour may be used.
    pub colour: bool,
}

/// A column of [`table`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column<'a> {
    /// Its heading.
    pub title: &'a str,
    /// Whether it holds figures, which are set to the right.
    pub figures: bool,
}

/// A plain table with a line under its heading. Control characters in cells are made visible.
pub fn table(columns: &[Column<'_>], rows: &[Vec<String>], style: TerminalStyle) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_style(comfy_table::TableComponent::HeaderLines, '─');
    table.set_style(comfy_table::TableComponent::MiddleHeaderIntersections, '─');
    table.set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = style.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(40));
    }
    table.set_header(columns.iter().map(|c| cell(c.title, c.figures)).collect::<Vec<_>>());
    for row in rows {
        let cells = row.iter().zip(columns).map(|(text, c)| cell(&one_line(text), c.figures));
        table.add_row(cells.collect::<Vec<_>>());
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if i == 0 { 0 } else { 1 }, 1));
        // A figure is read whole or not at all: on a narrow terminal the words beside it are broken instead.
        if columns.get(i).is_some_and(|column| column.figures) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let mut out = String::new();
    for line in table.lines() {
        // Without a width the last column may be very long; the line under the heading need not be.
        let rule = line.starts_with('─') && style.width.is_none();
        let shown: String = if rule { line.chars().take(100).collect() } else { line };
        let _ = writeln!(out, "{}", shown.trim_end());
    }
    out
}

/// Summaries for people: each run's figures with intervals and counts, every outcome, tokens and time, then the notes.
pub fn summaries(summaries: &[Summary], style: TerminalStyle) -> String {
    let parts: Vec<String> = summaries.iter().map(|summary| one(summary, style)).collect();
    if parts.is_empty() { "No runs.\n".to_string() } else { parts.join("\n") }
}

fn one(summary: &Summary, style: TerminalStyle) -> String {
    let plan = &summary.run.plan;
    let mut out = String::new();
    let title = format!("{} · {}", one_line(&plan.benchmark), one_line(&plan.model));
    let identity = format!("run {} · fingerprint {}", one_line(&summary.run.id), summary.run.fingerprint);
    let _ = writeln!(out, "{}\n{}\n", bold(&title, style), faint(&identity, style));
    let columns = [("metric", false), ("score", true), ("95% interval", true), ("n", true), ("interval by", false)];
    // A narrow terminal has no room for how intervals were made; every other form says it.
    let shown_columns = if style.width.is_some_and(|width| width < WIDE) { columns.len() - 1 } else { columns.len() };
    let columns = columns.map(|(title, figures)| Column { title, figures });
    let (whole, parts): (Vec<_>, Vec<_>) = summary.metrics.iter().partition(|metric| metric.stratum.is_none());
    let shown = if parts.len() <= MOST_PARTS { parts.len() } else { FEWER_PARTS };
    let rows: Vec<_> = whole.iter().chain(&parts[..shown]).map(|metric| row(metric, summary)).collect();
    if !rows.is_empty() {
        out.push_str(&table(&columns[..shown_columns], &rows, style));
        if shown < parts.len() {
            let left = count((parts.len() - shown) as u64);
            wrapped(&mut out, "", 0, &format!("… and {left} more figures by subset: proctor report {}", summary.run.id), style);
        }
        let _ = writeln!(out);
    }
    let outcomes = summary.outcomes.iter().map(|c| format!("{} {}", c.outcome, count(c.n as u64)));
    field(&mut out, "outcomes", &outcomes.collect::<Vec<_>>(), style);
    let categories = summary.categories.iter().take(8).map(|c| format!("{} {}", one_line(&c.category), count(c.n as u64)));
    field(&mut out, "errors", &categories.collect::<Vec<_>>(), style);
    field(&mut out, "tokens", &tokens(summary), style);
    let cost = summary.usage.cost_usd.map(|cost| format!("US$ {}", dollars(cost)));
    field(&mut out, "cost", cost.as_slice(), style);
    if summary.usage.latency_s > 0.0 {
        field(&mut out, "time", &[format!("{} at the model, summed over attempts", seconds(summary.usage.latency_s))], style);
    }
    for note in &summary.chief_notes() {
        let serious = summary.withheld.is_some() || summary.missing() > 0 || summary.count(Outcome::InfraError) > 0;
        let mark = if serious { paint("note", "33", style) } else { "note".to_string() };
        wrapped(&mut out, &format!("{mark}      "), 10, &one_line(note), style);
    }
    out
}

fn row(metric: &ScoredMetric, summary: &Summary) -> Vec<String> {
    let name = match &metric.stratum {
        Some(stratum) => format!("{} ({stratum})", metric.name),
        None => metric.name.clone(),
    };
    let method = metric.interval.map_or(String::new(), |i| i.method.to_string());
    vec![name, score(metric, summary), interval(metric), successes(metric), method]
}

fn tokens(summary: &Summary) -> Vec<String> {
    let usage = &summary.usage;
    let part = |name: &str, n: Option<u64>| n.map(|n| format!("{name} {}", count(n)));
    let mut parts: Vec<_> = [
        part("prompt", usage.prompt_tokens),
        part("answer", usage.completion_tokens),
        part("reasoning", usage.reasoning_tokens),
        part("cached", usage.cached_tokens),
    ]
    .into_iter()
    .flatten()
    .collect();
    if usage.unreported > 0 && !parts.is_empty() {
        parts.push(format!("unknown for {} more", count(usage.unreported as u64)));
    }
    parts
}

fn field(out: &mut String, name: &str, parts: &[String], style: TerminalStyle) {
    if !parts.is_empty() {
        // A count stays on the line of its name.
        let parts: Vec<_> = parts.iter().map(|part| part.replace(' ', NO_BREAK)).collect();
        wrapped(out, &format!("{name:<10}"), 10, &parts.join("\u{a0}· "), style);
    }
}

/// Writes `text` as a line, broken at spaces to the width.
pub(crate) fn wrapped_line(out: &mut String, text: &str, style: TerminalStyle) {
    wrapped(out, "", 0, &one_line(text), style);
}

/// Writes `text` after `lead`, broken at spaces to the width, further lines indented by `indent`.
fn wrapped(out: &mut String, lead: &str, indent: usize, text: &str, style: TerminalStyle) {
    let room = style.width.map_or(usize::MAX, |w| usize::from(w.max(40)) - indent);
    out.push_str(lead);
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            let _ = write!(out, "\n{:indent$}", "");
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(&word.replace(NO_BREAK, " "));
        used += length;
    }
    out.push('\n');
}

fn cell(text: &str, figures: bool) -> Cell {
    Cell::new(text).set_alignment(if figures { CellAlignment::Right } else { CellAlignment::Left })
}

fn bold(text: &str, style: TerminalStyle) -> String {
    paint(text, "1", style)
}

fn faint(text: &str, style: TerminalStyle) -> String {
    paint(text, "2", style)
}

fn paint(text: &str, code: &str, style: TerminalStyle) -> String {
    if style.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
}
