use super::PlotView;
use super::ink::Ink;
use super::pen::{Anchor, Axis, Pen, draw, short, width_of};
use super::view::head;
use crate::summary::Unit;
use crate::text::{decimal, figure};

/// Height of a row, of the axis, width of the scale, and space between columns.
const ROW: i32 = 27;
const AXIS: i32 = 30;
const SCALE: i32 = 290;
const GAP: i32 = 14;

/// A figure with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalRow {
    /// What it is of.
    pub name: String,
    /// The figure; `None` where there is none.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// The counts behind it, e.g. `20/164`, or why there is no figure.
    pub counts: String,
    /// Whether it stands out: the best, or not told apart from the best.
    pub chief: bool,
}

/// Figures with their intervals on one scale, in the order given.
pub fn intervals(title: &str, caption: &str, row_title: &str, unit: Unit, rows: &[IntervalRow]) -> PlotView {
    let range = range(rows, unit);
    let names = rows.iter().map(|row| width_of(&short(&row.name, 28))).max().unwrap_or(0).max(60);
    let figures = 128;
    let (left, bottom) = (names + GAP, ROW * rows.len() as i32 + 4);
    let width = left + SCALE + GAP + figures;
    let axis = Axis::new(range, (left, left + SCALE));
    let svg = draw(width, bottom + AXIS, title, |pen| {
        grid(pen, &axis, unit, bottom);
        for (row, y) in rows.iter().zip((0..).map(|i| i * ROW + ROW / 2)) {
            let ink = if row.value.is_some() { Ink::Text } else { Ink::Quiet };
            pen.word(&short(&row.name, 28), (names, y), Anchor::End, ink);
            let Some(value) = row.value else {
                pen.word(&short(&row.counts, 60), (left, y), Anchor::Start, Ink::Quiet);
                continue;
            };
            if let Some((low, high)) = row.interval {
                let (low, high) = (axis.at(low), axis.at(high).max(axis.at(low) + 1));
                pen.rect((low, y - 3), (high - low, 6), Ink::Soft);
                pen.line(&[(low, y - 5), (low, y + 5)], 1, Ink::Accent);
                pen.line(&[(high, y - 5), (high, y + 5)], 1, Ink::Accent);
            }
            if row.chief {
                pen.dot((axis.at(value), y), 5, Ink::Accent);
            } else {
                pen.ring((axis.at(value), y), 4, Ink::Accent);
            }
            let at = left + SCALE + GAP;
            pen.word(&figure(value, unit), (at + 42, y), Anchor::End, Ink::Text);
            if let Some((low, high)) = row.interval {
                pen.sized(&ends(low, high, unit), (at + 50, y), Anchor::Start, Ink::Quiet, 11.5);
            }
            let tip = format!("{}: {}{}, {}", row.name, figure(value, unit), words(row.interval, unit), row.counts);
            pen.hit((0, y - ROW / 2), (width, ROW), &tip);
        }
    });
    let table = rows.iter().map(|row| {
        let cell = |value: Option<f64>| value.map_or("–".to_string(), |value| figure(value, unit));
        let end = |which: fn((f64, f64)) -> f64| cell(row.interval.map(which));
        vec![row.name.clone(), cell(row.value), end(|i| i.0), end(|i| i.1), row.counts.clone()]
    });
    PlotView {
        title: title.into(),
        caption: caption.into(),
        svg,
        head: head(&[row_title, "score", "from", "to", "counts"]),
        rows: table.collect(),
        wide: false,
    }
}

/// `58.9–65.7`, without the unit.
fn ends(low: f64, high: f64, unit: Unit) -> String {
    match unit {
        Unit::Fraction => format!("{:.1}–{:.1}", low * 100.0, high * 100.0),
        Unit::Number => format!("{} to {}", decimal(low, 2), decimal(high, 2)),
    }
}

fn words(interval: Option<(f64, f64)>, unit: Unit) -> String {
    interval.map(|(low, high)| format!(", interval {}", ends(low, high, unit))).unwrap_or_default()
}

fn grid(pen: &mut Pen<'_>, axis: &Axis, unit: Unit, bottom: i32) {
    for tick in axis.ticks(7) {
        let x = axis.at(tick);
        pen.line(&[(x, 0), (x, bottom)], 1, Ink::Rule);
        let text = match unit {
            Unit::Fraction => format!("{}%", decimal(tick * 100.0, if (tick * 100.0).fract().abs() < 1e-6 { 0 } else { 1 })),
            Unit::Number => decimal(tick, if tick.fract().abs() < 1e-9 { 0 } else { 2 }),
        };
        pen.sized(&text, (x, bottom + 14), Anchor::Middle, Ink::Quiet, 12.0);
    }
}

/// What the axis spans: the figures and their intervals with some room, and for shares the whole from 0 to 1 unless they
/// take less than half of that.
fn range(rows: &[IntervalRow], unit: Unit) -> (f64, f64) {
    let values = rows.iter().flat_map(|row| [row.value, row.interval.map(|i| i.0), row.interval.map(|i| i.1)]).flatten();
    let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if values.is_empty() {
        return (0.0, 1.0);
    }
    let room = (high - low).max(if unit == Unit::Fraction { 0.02 } else { high.abs().max(1.0) * 0.02 }) * 0.08;
    let (low, high) = (low - room, high + room);
    match unit {
        Unit::Fraction if high - low > 0.5 => (0.0, 1.0),
        Unit::Fraction => (low.max(0.0), high.min(1.0)),
        Unit::Number => (low, high),
    }
}
