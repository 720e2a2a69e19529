use super::PlotView;
use super::ink::Ink;
use super::pen::{Anchor, Axis, draw, short, width_of};
use super::view::head;
use crate::summary::Unit;
use crate::text::figure;

const SCALE: i32 = 350;
const HEIGHT: i32 = 280;
const LEFT: i32 = 48;

/// A figure at one k.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Attempts allowed, e.g. the k of pass@k.
    pub k: u32,
    /// The figure, a share.
    pub value: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
}

/// How a figure rises with the attempts allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Whose it is.
    pub name: String,
    /// By rising k.
    pub points: Vec<CurvePoint>,
}

/// Curves over k, with their intervals as bands; the name of each stands at its end.
pub fn curves(title: &str, caption: &str, row_title: &str, curves: &[Curve]) -> PlotView {
    let most = curves.iter().flat_map(|curve| &curve.points).map(|point| point.k).max().unwrap_or(1);
    let x = Axis::new((1.0, f64::from(most.max(2))), (LEFT, LEFT + SCALE));
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let high = all().map(|p| p.interval.map_or(p.value, |i| i.1)).fold(0.0, f64::max);
    let low = all().map(|p| p.interval.map_or(p.value, |i| i.0)).fold(1.0, f64::min);
    let range = if high - low > 0.5 { (0.0, 1.0) } else { ((low - 0.03).max(0.0), (high + 0.03).min(1.0)) };
    let y = Axis::new(range, (HEIGHT, 10));
    let names = curves.iter().map(|curve| width_of(&short(&curve.name, 28))).max().unwrap_or(0);
    let width = LEFT + SCALE + names + 26;
    let svg = draw(width, HEIGHT + 44, title, |pen| {
        for tick in y.ticks(6) {
            pen.line(&[(LEFT, y.at(tick)), (LEFT + SCALE, y.at(tick))], 1, Ink::Rule);
            pen.sized(&figure(tick, Unit::Fraction).replace(".0%", "%"), (LEFT - 8, y.at(tick)), Anchor::End, Ink::Quiet, 12.0);
        }
        let step = most.div_ceil(12).max(1);
        for k in (1..=most).step_by(step as usize) {
            pen.sized(&k.to_string(), (x.at(f64::from(k)), HEIGHT + 14), Anchor::Middle, Ink::Quiet, 12.0);
        }
        pen.sized("k", (LEFT + SCALE, HEIGHT + 34), Anchor::End, Ink::Quiet, 12.0);
        let at = |k: u32, value: f64| (x.at(f64::from(k)), y.at(value));
        if let [one] = curves {
            let upper = one.points.iter().filter_map(|p| Some(at(p.k, p.interval?.1)));
            let lower = one.points.iter().rev().filter_map(|p| Some(at(p.k, p.interval?.0)));
            let band: Vec<(i32, i32)> = upper.chain(lower).collect();
            if band.len() > 2 {
                pen.area(&band, Ink::Soft);
            }
        }
        // Names that would stand on each other move apart, from the top down.
        let end = |curve: &Curve| curve.points.last().map_or(HEIGHT, |p| y.at(p.value));
        let mut order: Vec<&Curve> = curves.iter().collect();
        order.sort_by_key(|curve| end(curve));
        let mut free = 0;
        for curve in order {
            let points: Vec<(i32, i32)> = curve.points.iter().map(|p| at(p.k, p.value)).collect();
            pen.line(&points, 2, Ink::Accent);
            let label = end(curve).max(free);
            free = label + 16;
            pen.line(&[(LEFT + SCALE + 4, end(curve)), (LEFT + SCALE + 18, label)], 1, Ink::Rule);
            pen.word(&short(&curve.name, 28), (LEFT + SCALE + 22, label), Anchor::Start, Ink::Text);
            for (point, (px, py)) in curve.points.iter().zip(points) {
                pen.dot((px, py), 3, Ink::Accent);
                let interval = point.interval.map(|(low, high)| format!(", interval {:.1}–{:.1}", 100.0 * low, 100.0 * high));
                let tip = format!(
                    "{}, k = {}: {}{}",
                    curve.name,
                    point.k,
                    figure(point.value, Unit::Fraction),
                    interval.unwrap_or_default()
                );
                pen.hit((px - 8, py - 8), (16, 16), &tip);
            }
        }
    });
    let rows = curves.iter().flat_map(|curve| curve.points.iter().map(move |point| (curve, point)));
    let end = |value: Option<f64>| value.map_or("–".to_string(), |value| figure(value, Unit::Fraction));
    let rows = rows.map(|(curve, p)| {
        vec![
            curve.name.clone(),
            p.k.to_string(),
            figure(p.value, Unit::Fraction),
            end(p.interval.map(|i| i.0)),
            end(p.interval.map(|i| i.1)),
        ]
    });
    PlotView {
        title: title.into(),
        caption: caption.into(),
        svg,
        head: head(&[row_title, "k", "score", "from", "to"]),
        rows: rows.collect(),
        wide: false,
    }
}
