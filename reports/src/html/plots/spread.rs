use super::PlotView;
use super::ink::Ink;
use super::pen::{Anchor, Axis, draw, short, width_of};
use super::view::head;

const ROW: i32 = 27;
const SCALE: i32 = 310;
const GAP: i32 = 14;

/// How the values of one run are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// How many there are.
    pub n: usize,
    /// The 5th, 25th, 50th, 75th and 95th percentile (nearest rank).
    pub percentiles: [f64; 5],
    /// The largest.
    pub most: f64,
}

impl Spread {
    /// Of values above 0; `None` where there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite() && *value > 0.0).collect();
        values.sort_by(f64::total_cmp);
        let most = *values.last()?;
        let rank = |share: f64| (share * values.len() as f64).ceil().max(1.0) as usize - 1;
        let at = |share: f64| values.get(rank(share)).copied().unwrap_or(most);
        Some(Self { n: values.len(), percentiles: [0.05, 0.25, 0.5, 0.75, 0.95].map(at), most })
    }
}

/// A [`Spread`] and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadRow {
    /// Whose values.
    pub name: String,
    /// Their spread.
    pub spread: Spread,
}

/// Spreads on one logarithmic scale: a line from the 5th to the 95th percentile, a box over the middle half, a bar at the
/// median. `write` puts a value into words with its unit.
pub fn spreads(title: &str, caption: &str, row_title: &str, rows: &[SpreadRow], write: fn(f64) -> String) -> PlotView {
    let names = rows.iter().map(|row| width_of(&short(&row.name, 28))).max().unwrap_or(0).max(60);
    let left = names + GAP;
    let low = rows.iter().map(|row| row.spread.percentiles[0]).fold(f64::INFINITY, f64::min);
    let high = rows.iter().map(|row| row.spread.percentiles[4]).fold(0.0, f64::max);
    let (low, high) = if low.is_finite() && low < high { (low * 0.9, high * 1.1) } else { (high * 0.5, high * 2.0) };
    let (low, high) = if low > 0.0 { (low, high) } else { (0.1, 10.0) };
    let axis = Axis::logarithmic((low, high), (left, left + SCALE));
    let bottom = ROW * rows.len() as i32 + 4;
    let width = left + SCALE + 80;
    let svg = draw(width, bottom + 30, title, |pen| {
        for tick in axis.ticks(8) {
            let x = axis.at(tick);
            pen.line(&[(x, 0), (x, bottom)], 1, Ink::Rule);
            pen.sized(&write(tick), (x, bottom + 14), Anchor::Middle, Ink::Quiet, 12.0);
        }
        for (row, y) in rows.iter().zip((0..).map(|i| i * ROW + ROW / 2)) {
            let [p5, p25, p50, p75, p95] = row.spread.percentiles.map(|value| axis.at(value));
            pen.word(&short(&row.name, 28), (names, y), Anchor::End, Ink::Text);
            pen.line(&[(p5, y), (p95, y)], 1, Ink::Accent);
            pen.rect((p25, y - 6), ((p75 - p25).max(1), 12), Ink::Soft);
            pen.rect((p50 - 1, y - 7), (3, 14), Ink::Accent);
            pen.word(&write(row.spread.percentiles[2]), (width - 4, y), Anchor::End, Ink::Text);
            let [a, b, c, d, e] = row.spread.percentiles.map(write);
            let tip = format!(
                "{}: median {c}, middle half {b} to {d}, 5th to 95th percentile {a} to {e}, largest {}",
                row.name,
                write(row.spread.most)
            );
            pen.hit((0, y - ROW / 2), (width, ROW), &tip);
        }
    });
    let table = rows.iter().map(|row| {
        let values = row.spread.percentiles.iter().chain([&row.spread.most]).map(|value| write(*value));
        [row.name.clone(), crate::text::count(row.spread.n as u64)].into_iter().chain(values).collect()
    });
    PlotView {
        title: title.into(),
        caption: caption.into(),
        svg,
        head: head(&[row_title, "n", "5%", "25%", "median", "75%", "95%", "largest"]),
        rows: table.collect(),
        wide: false,
    }
}
