use super::ink::Ink;
use super::pen::{Anchor, Axis, draw as drawing, short};
use super::view::Drawn;
use crate::text::decimal;
use proctor_core::Distribution;

const WIDTH: i32 = 600;
const HEIGHT: i32 = 180;
const ROW: i32 = 26;
const SIDE: i32 = 30;

/// Draws how a population is distributed, and below it where the marks lie with their intervals.
pub(super) fn draw(population: &Distribution, title: &str) -> Drawn {
    let ends = population.bins.iter().flat_map(|bin| [bin.low, bin.high]);
    let marks =
        population.marks.iter().flat_map(|m| [m.value, m.interval.map_or(m.value, |i| i.0), m.interval.map_or(m.value, |i| i.1)]);
    let values: Vec<f64> = ends.chain(marks).filter(|value| value.is_finite()).collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let room = (high - low).max(1.0) * 0.02;
    let axis = Axis::new((low - room, high + room), (SIDE, WIDTH - SIDE));
    let top = if population.bins.is_empty() { 4 } else { HEIGHT };
    let most = population.bins.iter().map(|bin| bin.share).fold(0.0, f64::max);
    let bottom = top + 8 + ROW * population.marks.len() as i32;
    let svg = drawing(WIDTH, bottom + 34, title, |pen| {
        for tick in axis.ticks(9) {
            let x = axis.at(tick);
            pen.line(&[(x, 4), (x, bottom)], 1, Ink::Rule);
            pen.sized(&decimal(tick, 0), (x, bottom + 14), Anchor::Middle, Ink::Quiet, 12.0);
        }
        for bin in &population.bins {
            let (from, to) = (axis.at(bin.low), axis.at(bin.high));
            let height = if most > 0.0 { (bin.share / most * f64::from(HEIGHT - 16)).round() as i32 } else { 0 };
            pen.rect((from, top - height), ((to - from - 1).max(1), height), Ink::Ground);
            let tip = format!(
                "{} to {}: {:.1}% of {}",
                decimal(bin.low, 0),
                decimal(bin.high, 0),
                100.0 * bin.share,
                population.population
            );
            pen.hit((from, 0), ((to - from).max(1), top), &tip);
        }
        pen.line(&[(SIDE, top), (WIDTH - SIDE, top)], 1, Ink::Quiet);
        for (mark, y) in population.marks.iter().zip((0..).map(|i| top + 8 + i * ROW + ROW / 2)) {
            let x = axis.at(mark.value);
            pen.line(&[(x, 12), (x, y)], 1, Ink::Accent);
            let mut end = x;
            if let Some((low, high)) = mark.interval {
                let from = axis.at(low);
                end = axis.at(high);
                pen.rect((from, y - 3), ((end - from).max(1), 6), Ink::Soft);
            }
            pen.dot((x, y), 5, Ink::Accent);
            let text = format!("{} {}", short(&mark.name, 40), decimal(mark.value, 0));
            if end < WIDTH * 2 / 3 {
                pen.word(&text, (end + 12, y), Anchor::Start, Ink::Text);
            } else {
                let start = mark.interval.map_or(x, |i| axis.at(i.0));
                pen.word(&text, (start - 12, y), Anchor::End, Ink::Text);
            }
            let interval = mark.interval.map(|(low, high)| format!(", interval {} to {}", decimal(low, 0), decimal(high, 0)));
            pen.hit((SIDE, y - ROW / 2), (WIDTH - 2 * SIDE, ROW), &format!("{text}{}", interval.unwrap_or_default()));
        }
        pen.sized(&population.value_title, (WIDTH - SIDE, bottom + 28), Anchor::End, Ink::Quiet, 12.0);
    });
    let head = vec![population.value_title.clone(), "from".into(), "to".into(), "value or share".into()];
    let number = |value: f64| decimal(value, 0);
    let marks = population.marks.iter().map(|mark| {
        let end = |value: Option<f64>| value.map_or("–".to_string(), number);
        vec![mark.name.clone(), end(mark.interval.map(|i| i.0)), end(mark.interval.map(|i| i.1)), number(mark.value)]
    });
    let bins = population
        .bins
        .iter()
        .map(|bin| vec![population.population.clone(), number(bin.low), number(bin.high), format!("{:.2}%", 100.0 * bin.share)]);
    (svg, head, marks.chain(bins).collect(), false)
}
