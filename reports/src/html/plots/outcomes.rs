use super::PlotView;
use super::ink::Ink;
use super::pen::{Anchor, draw, short, width_of};
use crate::summary::Unit;
use crate::text::{count, figure};
use proctor_core::Outcome;

const ROW: i32 = 27;
const BAR: i32 = 340;
const GAP: i32 = 14;

/// How often each outcome came in one run.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeRow {
    /// Whose run.
    pub name: String,
    /// Every outcome with its count; `None` is not graded yet.
    pub counts: Vec<(Option<Outcome>, usize)>,
}

/// Every outcome of every run, as parts of one bar each.
pub fn outcomes(title: &str, caption: &str, row_title: &str, rows: &[OutcomeRow]) -> PlotView {
    let names = rows.iter().map(|row| width_of(&short(&row.name, 28))).max().unwrap_or(0).max(60);
    let left = names + GAP;
    let width = left + BAR + 60;
    let svg = draw(width, ROW * rows.len() as i32 + 4, title, |pen| {
        for (row, y) in rows.iter().zip((0..).map(|i| i * ROW + ROW / 2)) {
            pen.word(&short(&row.name, 28), (names, y), Anchor::End, Ink::Text);
            let total: usize = row.counts.iter().map(|(_, n)| n).sum();
            let mut before = 0;
            for (outcome, n) in row.counts.iter().filter(|(_, n)| *n > 0) {
                let place = |n: usize| left + (f64::from(BAR) * n as f64 / total.max(1) as f64).round() as i32;
                let (from, to) = (place(before), place(before + n));
                before += n;
                // A thin line of the page parts neighbours where there is room for it.
                let span = (to - from - i32::from(to - from > 3)).max(1);
                pen.rect((from, y - 8), (span, 16), Ink::Outcome(*outcome));
                let tip = format!(
                    "{}: {} {} of {} ({})",
                    row.name,
                    count(*n as u64),
                    word(*outcome),
                    count(total as u64),
                    share(*n, total)
                );
                pen.hit((from, y - ROW / 2), (span, ROW), &tip);
            }
            pen.sized(&count(total as u64), (left + BAR + 10, y), Anchor::Start, Ink::Quiet, 12.0);
        }
    });
    let shown: Vec<Option<Outcome>> = Outcome::ALL.into_iter().map(Some).chain([None]).collect();
    let n = |row: &OutcomeRow, outcome: Option<Outcome>| {
        row.counts.iter().filter(|(o, _)| *o == outcome).map(|(_, n)| n).sum::<usize>()
    };
    let mut head = vec![row_title.to_string()];
    head.extend(shown.iter().map(|outcome| word(*outcome).to_string()));
    let line = |row: &OutcomeRow| {
        let mut line = vec![row.name.clone()];
        line.extend(shown.iter().map(|outcome| count(n(row, *outcome) as u64)));
        line
    };
    PlotView { title: title.into(), caption: caption.into(), svg, head, rows: rows.iter().map(line).collect(), wide: false }
}

fn word(outcome: Option<Outcome>) -> &'static str {
    outcome.map_or("not graded", Outcome::as_str)
}

fn share(n: usize, total: usize) -> String {
    figure(n as f64 / total.max(1) as f64, Unit::Fraction)
}
