use super::table::{Cell, Leaderboard, ModelRow, Standing};
use crate::summary::Unit;
use crate::terminal::{Column, TerminalStyle, table, wrapped_line};
use crate::text::{count, decimal, figure, range, seconds};

/// Columns that a line may have where the terminal does not say.
const USUAL_WIDTH: usize = 80;
/// Characters of a model's name at most, and of a benchmark's over its column.
const MODEL_WIDTH: usize = 22;
const CELL_WIDTH: usize = 12;

/// A leaderboard for a terminal: places, tokens, time and cost; then scores with intervals and places, in blocks as wide as
/// fit; then what cannot be compared and why.
pub fn terminal(board: &Leaderboard, style: TerminalStyle) -> String {
    if board.models.is_empty() {
        return "No runs with scores.\n".to_owned();
    }
    let mut out = String::new();
    if !board.slices.is_empty() {
        wrapped_line(&mut out, &format!("Only samples in: {}", board.slices.join(", ")), style);
        out.push('\n');
    }
    let text = |title| Column { title, figures: false };
    let number = |title| Column { title, figures: true };
    let costs = board.models.iter().any(|row| row.usage.cost_usd.is_some());
    let mut columns = vec![number("place"), text("model"), number("mean rank"), number("tokens out")];
    columns.extend([number("model time")]);
    if costs {
        columns.push(number("US$"));
    }
    let rows: Vec<Vec<String>> = board.models.iter().map(|row| model_row(row, costs)).collect();
    out.push_str(&table(&columns, &rows, style));
    let room = style.width.map_or(USUAL_WIDTH, usize::from).saturating_sub(MODEL_WIDTH + 2);
    let fit = (room / (CELL_WIDTH + 2)).max(1);
    let blocks = board.benchmarks.len().div_ceil(fit).max(1);
    let per_block = board.benchmarks.len().div_ceil(blocks).max(1);
    for start in (0..board.benchmarks.len()).step_by(per_block) {
        out.push('\n');
        out.push_str(&block(board, start, per_block, style));
    }
    out.push('\n');
    wrapped_line(&mut out, &legend(board), style);
    for line in remarks(board) {
        wrapped_line(&mut out, &line, style);
    }
    out
}

fn model_row(row: &ModelRow, costs: bool) -> Vec<String> {
    let tokens = row.usage.completion_tokens.map_or("–".to_owned(), count);
    let time = if row.usage.latency_s > 0.0 { seconds(row.usage.latency_s) } else { "–".to_owned() };
    let mut cells = vec![
        row.standing.map_or("–".to_owned(), |standing| place(&standing)),
        shortened(&row.model, MODEL_WIDTH - 2),
        row.standing.map_or("–".to_owned(), |standing| decimal(standing.mean_rank, 2)),
        tokens,
        time,
    ];
    if costs {
        let mark = if row.on_frontier == Some(true) { "◆" } else { "" };
        cells.push(row.usage.cost_usd.map_or("–".to_owned(), |cost| format!("{mark}{}", price(cost))));
    }
    cells
}

/// US dollars; small sums with more places, so that they are not 0.
pub(super) fn price(cost: f64) -> String {
    decimal(cost, if cost > 0.0 && cost < 0.1 { 4 } else { 2 })
}

/// `1`, or `2 (1–4)` where its interval is wider.
pub(super) fn place(standing: &Standing) -> String {
    match standing.low == standing.high {
        true => standing.rank.to_string(),
        false => format!("{} ({}–{})", standing.rank, standing.low, standing.high),
    }
}

fn block(board: &Leaderboard, start: usize, length: usize, style: TerminalStyle) -> String {
    let shown = board.benchmarks.iter().skip(start).take(length);
    let titles: Vec<String> = shown.clone().map(|column| shortened(&column.benchmark, CELL_WIDTH)).collect();
    let mut columns = vec![Column { title: "", figures: false }];
    columns.extend(titles.iter().map(|title| Column { title, figures: true }));
    let mut rows = vec![[String::new()].into_iter().chain(shown.map(|column| column.metric.clone())).collect::<Vec<_>>()];
    if let Some(metrics) = rows.first_mut() {
        metrics.iter_mut().for_each(|metric| *metric = shortened(metric, CELL_WIDTH));
    }
    for (model, cells) in board.models.iter().zip(&board.cells) {
        let cells: Vec<Option<&Cell>> = cells.iter().skip(start).take(length).map(Option::as_ref).collect();
        let line = |of: fn(&Cell) -> String| cells.iter().map(move |cell| cell.map_or("·".to_owned(), of));
        rows.push([shortened(&model.model, MODEL_WIDTH)].into_iter().chain(line(score)).collect());
        if cells.iter().flatten().any(|cell| cell.interval.is_some() && cell.value.is_some()) {
            let interval = |cell: &Option<&Cell>| cell.map_or(String::new(), interval);
            rows.push([String::new()].into_iter().chain(cells.iter().map(interval)).collect());
        }
    }
    table(&columns, &rows, style)
}

/// The score with its place, `!` before one that cannot be compared, `*` behind one that may be the best.
fn score(cell: &Cell) -> String {
    let Some(value) = cell.value else {
        return if cell.withheld.is_some() { "withheld".to_owned() } else { "–".to_owned() };
    };
    let place = cell.standing.map_or(String::new(), |standing| format!(" #{}", ranks(&standing)));
    let mark = if cell.incomparable.is_empty() { "" } else { "!" };
    let best = if cell.may_be_best() { "*" } else { "" };
    format!("{mark}{}{best}{place}", short(value, cell.unit))
}

/// A figure in its unit, large numbers without decimals: there is no room, and they would say nothing.
fn short(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Number if value.abs() >= 100.0 => decimal(value, 0),
        unit => figure(value, unit),
    }
}

/// `3`, or `2–4`.
pub(super) fn ranks(standing: &Standing) -> String {
    match standing.low == standing.high {
        true => standing.low.to_string(),
        false => format!("{}–{}", standing.low, standing.high),
    }
}

fn interval(cell: &Cell) -> String {
    match (cell.interval, cell.value) {
        (Some(interval), Some(_)) if cell.unit == Unit::Number => {
            format!("{}–{}", short(interval.low, cell.unit), short(interval.high, cell.unit))
        }
        (Some(interval), Some(_)) => range(interval.low, interval.high, cell.unit),
        _ => String::new(),
    }
}

fn legend(board: &Leaderboard) -> String {
    let mut legend = format!(
        "Below each score its {:.0} % interval; #a–b is the {:.0} % interval of its place (bootstrap over groups, {} resamples); \
         * is the best or not told apart from it; · is no run.",
        board.confidence * 100.0,
        board.confidence * 100.0,
        count(board.resamples as u64)
    );
    if board.cells.iter().flatten().flatten().any(|cell| !cell.incomparable.is_empty()) {
        legend.push_str(" ! cannot be compared and has no place.");
    }
    if board.models.iter().any(|row| row.on_frontier == Some(true)) {
        legend.push_str(" ◆ no other model is both better and cheaper.");
    }
    legend
}

/// What a reader must know: cells that cannot be compared and why, scores that are withheld, then the notes.
pub(super) fn remarks(board: &Leaderboard) -> Vec<String> {
    let mut remarks = Vec::new();
    for (model, cells) in board.models.iter().zip(&board.cells) {
        for (column, cell) in board.benchmarks.iter().zip(cells).filter_map(|(column, cell)| Some((column, cell.as_ref()?))) {
            let name = format!("{} at {}", model.model, column.benchmark);
            if !cell.incomparable.is_empty() {
                let why: Vec<String> = cell.incomparable.iter().map(ToString::to_string).collect();
                remarks.push(format!("! {name}: {}.", why.join("; ")));
            }
            if let Some(reason) = &cell.withheld {
                remarks.push(format!("{name}: withheld, {reason}"));
            }
        }
    }
    remarks.extend(differing(board));
    remarks.extend(board.notes.iter().cloned());
    remarks
}

/// Differences that forbid no comparison, in one sentence for each thing that differs.
fn differing(board: &Leaderboard) -> Vec<String> {
    let mut parts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for cell in board.cells.iter().flatten().flatten() {
        let names: std::collections::BTreeSet<&String> = cell.differs.iter().map(|difference| &difference.what).collect();
        for name in names {
            *parts.entry(name.clone()).or_default() += 1;
        }
    }
    let told =
        |(what, n): (String, usize)| format!("{what} differs from the benchmark's latest run in {n} of the runs compared.");
    parts.into_iter().take(6).map(told).collect()
}

fn shortened(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    // The end of a name tells variants apart, its beginning what it is.
    let tail = width / 3;
    let head: String = text.chars().take(width - tail - 1).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{head}…{end}")
}
