use super::table::{Comparison, ComparisonRow, Flip, Side};
use super::words::{needed, sentence};
use crate::markdown::escape;
use crate::terminal::{Column, TerminalStyle, table, wrapped_line};
use crate::text::{count, difference, figure, p_value, range};
use std::fmt::Write;

/// A comparison for a terminal: the answer first, then figures, then the samples on which the two differ.
pub fn terminal(comparison: &Comparison, effect: Option<f64>, style: TerminalStyle) -> String {
    let mut out = String::new();
    wrapped_line(&mut out, &format!("A  {}", comparison.a), style);
    wrapped_line(&mut out, &format!("B  {}", comparison.b), style);
    if !comparison.slices.is_empty() {
        wrapped_line(&mut out, &format!("only samples in: {}", comparison.slices.join(", ")), style);
    }
    out.push('\n');
    for row in comparison.rows.iter().filter(|row| row.stratum.is_none()) {
        wrapped_line(&mut out, &format!("{}: {}", row.benchmark, sentence(row, comparison)), style);
        if let Some(text) = effect.and_then(|effect| needed(row, comparison, effect)) {
            wrapped_line(&mut out, &text, style);
        }
    }
    out.push('\n');
    let text = |title| Column { title, figures: false };
    let number = |title| Column { title, figures: true };
    let columns = [
        text("benchmark"),
        number("n"),
        number("A"),
        number("B"),
        number("A − B"),
        number("95% interval"),
        number("p (Holm)"),
        number("MDE"),
    ];
    let rows: Vec<Vec<String>> = comparison.rows.iter().map(cells).collect();
    out.push_str(&table(&columns, &rows, style));
    for row in comparison.rows.iter().filter(|row| row.stratum.is_none()) {
        let _ = writeln!(out);
        wrapped_line(&mut out, &counts(row), style);
        if row.flips.list.is_empty() {
            continue;
        }
        let columns = [text("sample"), text("A"), text("B")];
        let rows: Vec<Vec<String>> = row.flips.list.iter().map(flip_cells).collect();
        out.push_str(&table(&columns, &rows, style));
        let more = row.flips.only_a + row.flips.only_b - row.flips.list.len();
        if more > 0 {
            wrapped_line(
                &mut out,
                &format!("… and {} more: --flips {}", count(more as u64), row.flips.only_a + row.flips.only_b),
                style,
            );
        }
        if let Some(first) = row.flips.list.first() {
            let _ = writeln!(out, "both transcripts:\n  {}\n  {}", first.show_a, first.show_b);
        }
    }
    if !comparison.notes.is_empty() {
        out.push('\n');
    }
    for note in &comparison.notes {
        wrapped_line(&mut out, note, style);
    }
    out
}

fn name(row: &ComparisonRow) -> String {
    match &row.stratum {
        Some(stratum) => format!("  {stratum}"),
        None => row.benchmark.clone(),
    }
}

fn side(side: &Side, row: &ComparisonRow) -> String {
    side.value.map_or("–".to_owned(), |value| figure(value, row.unit))
}

fn cells(row: &ComparisonRow) -> Vec<String> {
    let found = row.difference.as_ref();
    let dash = || "–".to_owned();
    let ends = |i: proctor_statistics::Interval| {
        format!("{} to {}", difference(i.low, row.unit), difference(i.high, row.unit)).replace(' ', "\u{a0}")
    };
    vec![
        name(row),
        found.map_or_else(dash, |found| count(found.n as u64)),
        side(&row.a, row),
        side(&row.b, row),
        found.map_or_else(dash, |found| difference(found.difference, row.unit)),
        found.and_then(|found| found.interval).map_or_else(dash, ends),
        row.p_adjusted.map_or_else(dash, p_value),
        found.and_then(|found| found.detectable).map_or_else(dash, |mde| difference(mde, row.unit).replace('+', "")),
    ]
}

fn counts(row: &ComparisonRow) -> String {
    let n = |n: usize| count(n as u64);
    let groups = row.difference.as_ref().map_or(0, |found| found.groups);
    let share = |side: &Side| side.successes.map(|k| format!("{}/{}", n(k), n(side.n)));
    let shares = share(&row.a).zip(share(&row.b)).map_or(String::new(), |(a, b)| format!(", {a} against {b}"));
    format!(
        "{}: {} shared samples in {} groups{shares}; right: only A {}, only B {}, both {}, neither {}",
        row.benchmark,
        n(row.paired),
        n(groups),
        n(row.flips.only_a),
        n(row.flips.only_b),
        n(row.flips.both),
        n(row.flips.neither)
    )
}

fn flip_cells(flip: &Flip) -> Vec<String> {
    let told = |outcome: proctor_core::Outcome, (right, attempts): (usize, usize)| match attempts {
        1 => outcome.to_string(),
        _ => format!("{right} of {attempts} right"),
    };
    vec![flip.sample_id.clone(), told(flip.a, flip.right_a), told(flip.b, flip.right_b)]
}

/// A comparison as Markdown, to be pasted.
pub fn markdown(comparison: &Comparison, effect: Option<f64>) -> String {
    let mut out = format!("**A** {}, **B** {}", escape(&comparison.a), escape(&comparison.b));
    if !comparison.slices.is_empty() {
        let _ = write!(out, "; only samples in {}", escape(&comparison.slices.join(", ")));
    }
    out.push_str("\n\n");
    for row in comparison.rows.iter().filter(|row| row.stratum.is_none()) {
        let _ = writeln!(out, "- {}: {}", escape(&row.benchmark), escape(&sentence(row, comparison)));
        if let Some(text) = effect.and_then(|effect| needed(row, comparison, effect)) {
            let _ = writeln!(out, "  {}", escape(&text));
        }
    }
    out.push_str("\n| benchmark | metric | n | A | B | A − B | 95% interval | p | p (Holm) | MDE | test |\n");
    out.push_str("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|\n");
    for row in &comparison.rows {
        let mut cells = cells(row);
        cells.insert(1, row.metric.clone());
        let raw = row.difference.as_ref().map_or("–".to_owned(), |found| p_value(found.p_value));
        cells.insert(7, raw);
        cells.push(row.difference.as_ref().map_or("–".to_owned(), |found| found.test.to_string()));
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    for row in comparison.rows.iter().filter(|row| row.stratum.is_none()) {
        let _ = writeln!(out, "\n{}\n", escape(&counts(row)));
        if row.flips.list.is_empty() {
            continue;
        }
        out.push_str("| sample | A | B | transcripts |\n|---|---|---|---|\n");
        for flip in &row.flips.list {
            let cells: Vec<String> = flip_cells(flip).iter().map(|cell| escape(cell)).collect();
            let _ = writeln!(out, "| {} | `{}`<br>`{}` |", cells.join(" | "), code(&flip.show_a), code(&flip.show_b));
        }
    }
    if !comparison.notes.is_empty() {
        out.push('\n');
    }
    for note in &comparison.notes {
        let _ = writeln!(out, "- {}", escape(note));
    }
    out
}

/// Text inside a code span of a table.
fn code(text: &str) -> String {
    crate::text::one_line(text).replace('`', "'").replace('|', "\\|")
}

/// The interval of a side, for forms that have room for it.
pub fn side_interval(side: &Side, row: &ComparisonRow) -> String {
    side.interval.map_or("–".to_owned(), |interval| range(interval.low, interval.high, row.unit))
}
