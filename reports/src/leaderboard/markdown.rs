use super::table::{Cell, Leaderboard};
use super::terminal::{place, price, ranks, remarks};
use crate::markdown::escape;
use crate::text::{count, figure, range, seconds};
use std::fmt::Write;

/// A leaderboard as one Markdown table with its notes.
pub fn markdown(board: &Leaderboard) -> String {
    if board.models.is_empty() {
        return "No runs with scores.\n".to_owned();
    }
    let costs = board.models.iter().any(|row| row.usage.cost_usd.is_some());
    let mut out = String::new();
    if !board.slices.is_empty() {
        let _ = writeln!(out, "Only samples in: {}\n", escape(&board.slices.join(", ")));
    }
    out.push_str("| place | model |");
    for column in &board.benchmarks {
        let _ = write!(out, " {}<br>{} |", escape(&column.benchmark), escape(&column.metric));
    }
    out.push_str(if costs { " tokens out | model time | US$ |\n" } else { " tokens out | model time |\n" });
    out.push_str("|---:|---|");
    out.push_str(&"---:|".repeat(board.benchmarks.len() + 2 + usize::from(costs)));
    out.push('\n');
    for (row, cells) in board.models.iter().zip(&board.cells) {
        let standing = row.standing.map_or("–".to_owned(), |standing| place(&standing));
        let _ = write!(out, "| {standing} | {} |", escape(&row.model));
        for cell in cells {
            let _ = write!(out, " {} |", cell.as_ref().map_or(String::new(), shown));
        }
        let tokens = row.usage.completion_tokens.map_or("–".to_owned(), count);
        let time = if row.usage.latency_s > 0.0 { seconds(row.usage.latency_s) } else { "–".to_owned() };
        let _ = write!(out, " {tokens} | {time} |");
        if costs {
            let mark = if row.on_frontier == Some(true) { "◆ " } else { "" };
            let cost = row.usage.cost_usd.map_or("–".to_owned(), |cost| format!("{mark}{}", price(cost)));
            let _ = write!(out, " {cost} |");
        }
        out.push('\n');
    }
    let _ = write!(
        out,
        "\nScores with {:.0} % intervals; in brackets k/n, or the number of points. #a–b: interval of the place \
         (bootstrap over groups, {} resamples). **Bold**: the best, or not told apart from it.",
        board.confidence * 100.0,
        count(board.resamples as u64)
    );
    if costs {
        out.push_str(" ◆: no other model is both better and cheaper.");
    }
    out.push('\n');
    let remarks = remarks(board);
    if !remarks.is_empty() {
        out.push('\n');
    }
    for line in remarks {
        let _ = writeln!(out, "- {}", escape(&line));
    }
    out
}

fn shown(cell: &Cell) -> String {
    let Some(value) = cell.value else {
        return if cell.withheld.is_some() { "withheld".to_owned() } else { "–".to_owned() };
    };
    let score = figure(value, cell.unit);
    let score = match (cell.may_be_best(), cell.incomparable.is_empty()) {
        (_, false) => format!("{score} (!)"),
        (true, _) => format!("**{score}**"),
        (false, _) => score,
    };
    let interval = cell.interval.map_or(String::new(), |i| format!("<br>{}", range(i.low, i.high, cell.unit)));
    let counts = match (cell.successes, cell.n) {
        (Some(k), n) => format!("<br>({}/{})", count(k as u64), count(n as u64)),
        (None, 0) => String::new(),
        (None, n) => format!("<br>({})", count(n as u64)),
    };
    let place = cell.standing.map_or(String::new(), |standing| format!(" #{}", ranks(&standing)));
    format!("{score}{place}{interval}{counts}")
}
