use super::ink::Ink;
use super::pen::{Anchor, Axis, draw as drawing, short, width_of};
use super::view::{Drawn, head};
use crate::summary::Unit;
use crate::text::figure;
use proctor_core::{Scale, Spans};

const ROW: i32 = 27;
const SCALE: i32 = 290;
const GAP: i32 = 14;

/// Draws two values in each row and the span between them.
pub(super) fn draw(spans: &Spans, title: &str) -> Drawn {
    let unit = if spans.scale == Scale::Share { Unit::Fraction } else { Unit::Number };
    let names = spans.rows.iter().map(|row| width_of(&short(&row.name, 28))).max().unwrap_or(60);
    let left = names + GAP;
    let bottom = ROW * spans.rows.len() as i32 + 4;
    let values = spans.rows.iter().flat_map(|row| [row.first, row.second]);
    let range = match unit {
        Unit::Fraction => (0.0, 1.0),
        Unit::Number => values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v))),
    };
    let range = if range.0.is_finite() && range.1.is_finite() { range } else { (0.0, 1.0) };
    let axis = Axis::new(range, (left, left + SCALE));
    let width = left + SCALE + 120;
    let svg = drawing(width, bottom + 30, title, |pen| {
        for tick in axis.ticks(6) {
            let x = axis.at(tick);
            pen.line(&[(x, 0), (x, bottom)], 1, Ink::Rule);
            pen.sized(&figure(tick, unit).replace(".0%", "%"), (x, bottom + 14), Anchor::Middle, Ink::Quiet, 12.0);
        }
        for (row, y) in spans.rows.iter().zip((0..).map(|i| i * ROW + ROW / 2)) {
            let (first, second) = (axis.at(row.first), axis.at(row.second));
            pen.word(&short(&row.name, 28), (names, y), Anchor::End, Ink::Text);
            pen.line(&[(first, y), (second, y)], 3, Ink::Soft);
            pen.ring((second, y), 5, Ink::Accent);
            pen.dot((first, y), 5, Ink::Accent);
            let beside = format!("{} · {}", figure(row.first, unit), figure(row.second, unit));
            pen.sized(&beside, (left + SCALE + GAP, y), Anchor::Start, Ink::Quiet, 12.0);
            let tip = format!(
                "{}: {} {}, {} {}",
                row.name,
                spans.first_title,
                figure(row.first, unit),
                spans.second_title,
                figure(row.second, unit)
            );
            pen.hit((0, y - ROW / 2), (width, ROW), &tip);
        }
    });
    let rows = spans.rows.iter().map(|row| vec![row.name.clone(), figure(row.first, unit), figure(row.second, unit)]);
    (svg, head(&[&spans.row_title, &spans.first_title, &spans.second_title]), rows.collect(), false)
}
