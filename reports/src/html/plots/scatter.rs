use super::PlotView;
use super::ink::Ink;
use super::pen::{Anchor, Axis, draw, short, width_of};
use super::view::head;
use crate::summary::Unit;
use crate::text::{decimal, figure};

const LEFT: i32 = 54;
const SCALE: i32 = 420;
const HEIGHT: i32 = 310;

/// A point of a [`Scatter`].
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterPoint {
    /// What it is.
    pub name: String,
    /// How far to the right.
    pub x: f64,
    /// How far up.
    pub y: f64,
    /// Interval of `x`.
    pub x_interval: Option<(f64, f64)>,
    /// Interval of `y`.
    pub y_interval: Option<(f64, f64)>,
    /// Whether it stands out, e.g. lies on the frontier.
    pub chief: bool,
}

/// Points by two figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// What lies along the bottom.
    pub x_title: String,
    /// What lies upwards.
    pub y_title: String,
    /// How `x` is shown.
    pub x_unit: Unit,
    /// How `y` is shown.
    pub y_unit: Unit,
    /// Whether `x` is logarithmic; its values must then be above 0.
    pub logarithmic: bool,
    /// Whether the points that stand out are joined, from the left.
    pub joined: bool,
    /// Whether less of `y` is better, so that the best is at the top.
    pub falling: bool,
    /// The points.
    pub points: Vec<ScatterPoint>,
}

/// One of the two figures of a point, with its interval.
type Side = fn(&ScatterPoint) -> (f64, Option<(f64, f64)>);

/// Points by two figures, with their intervals as a cross.
pub fn scatter(title: &str, caption: &str, row_title: &str, scatter: &Scatter) -> PlotView {
    let values = |of: Side| {
        scatter
            .points
            .iter()
            .map(of)
            .flat_map(|(value, interval)| [value, interval.map_or(value, |i| i.0), interval.map_or(value, |i| i.1)])
    };
    let x_range = ends(values(|p| (p.x, p.x_interval)), scatter.x_unit);
    let y_range = ends(values(|p| (p.y, p.y_interval)), scatter.y_unit);
    let pixels = (LEFT, LEFT + SCALE);
    let x = if scatter.logarithmic {
        let least = scatter.points.iter().map(|p| p.x).fold(f64::INFINITY, f64::min);
        let most = scatter.points.iter().map(|p| p.x).fold(0.0, f64::max);
        Axis::logarithmic((least.max(1e-9) / 1.5, most.max(1e-9) * 1.5), pixels)
    } else {
        Axis::new(x_range, pixels)
    };
    let y = Axis::new(y_range, if scatter.falling { (24, HEIGHT) } else { (HEIGHT, 24) });
    let names = scatter.points.iter().map(|p| width_of(&short(&p.name, 26))).max().unwrap_or(0);
    let width = LEFT + SCALE + names.clamp(20, 130);
    let svg = draw(width, HEIGHT + 46, title, |pen| {
        for tick in y.ticks(6) {
            pen.line(&[(LEFT, y.at(tick)), (LEFT + SCALE, y.at(tick))], 1, Ink::Rule);
            pen.sized(&plain(tick, scatter.y_unit), (LEFT - 8, y.at(tick)), Anchor::End, Ink::Quiet, 12.0);
        }
        for tick in x.ticks(7) {
            pen.line(&[(x.at(tick), 24), (x.at(tick), HEIGHT)], 1, Ink::Rule);
            pen.sized(&plain(tick, scatter.x_unit), (x.at(tick), HEIGHT + 14), Anchor::Middle, Ink::Quiet, 12.0);
        }
        pen.sized(&scatter.x_title, (LEFT + SCALE, HEIGHT + 34), Anchor::End, Ink::Quiet, 12.0);
        pen.sized(&scatter.y_title, (4, 8), Anchor::Start, Ink::Quiet, 12.0);
        if scatter.joined {
            let mut chief: Vec<(i32, i32)> = scatter.points.iter().filter(|p| p.chief).map(|p| (x.at(p.x), y.at(p.y))).collect();
            chief.sort_unstable();
            if chief.len() > 1 {
                pen.line(&chief, 2, Ink::Soft);
            }
        }
        for point in &scatter.points {
            let (px, py) = (x.at(point.x), y.at(point.y));
            if let Some((low, high)) = point.x_interval {
                pen.line(&[(x.at(low), py), (x.at(high), py)], 1, Ink::Accent);
            }
            if let Some((low, high)) = point.y_interval {
                pen.line(&[(px, y.at(low)), (px, y.at(high))], 1, Ink::Accent);
            }
            if point.chief {
                pen.dot((px, py), 5, Ink::Accent);
            } else {
                pen.ring((px, py), 4, Ink::Accent);
            }
        }
        for (point, (lx, ly)) in scatter.points.iter().zip(labels(scatter, &x, &y)) {
            let (px, py) = (x.at(point.x), y.at(point.y));
            pen.sized(&short(&point.name, 26), (lx, ly), Anchor::Start, Ink::Text, 12.0);
            let tip = format!(
                "{}: {} {}, {} {}",
                point.name,
                scatter.x_title,
                figure(point.x, scatter.x_unit),
                scatter.y_title,
                figure(point.y, scatter.y_unit)
            );
            pen.hit((px - 9, py - 9), (18, 18), &tip);
        }
    });
    let rows = scatter.points.iter().map(|p| {
        let mut row = vec![p.name.clone(), figure(p.x, scatter.x_unit), figure(p.y, scatter.y_unit)];
        if scatter.joined {
            row.push(if p.chief { "yes" } else { "no" }.into());
        }
        row
    });
    let mut head = head(&[row_title, &scatter.x_title, &scatter.y_title]);
    if scatter.joined {
        head.push("on the frontier".into());
    }
    PlotView { title: title.into(), caption: caption.into(), svg, head, rows: rows.collect(), wide: false }
}

/// Where names stand: right of and above their point, moved down past names that are there already.
fn labels(scatter: &Scatter, x: &Axis, y: &Axis) -> Vec<(i32, i32)> {
    let mut placed: Vec<(i32, i32, i32)> = Vec::new();
    let mut out = vec![(0, 0); scatter.points.len()];
    let mut order: Vec<usize> = (0..scatter.points.len()).collect();
    order.sort_by_key(|i| scatter.points.get(*i).map(|p| (y.at(p.y), x.at(p.x))));
    for index in order {
        let Some(point) = scatter.points.get(index) else { continue };
        let (left, width) = (x.at(point.x) + 9, width_of(&short(&point.name, 26)));
        let mut at = y.at(point.y) - 9;
        for _ in 0..40 {
            let taken = placed.iter().any(|(l, t, w)| (at - t).abs() < 14 && left < l + w && *l < left + width);
            if !taken {
                break;
            }
            at += 7;
        }
        placed.push((left, at, width));
        if let Some(place) = out.get_mut(index) {
            *place = (left, at);
        }
    }
    out
}

fn plain(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Fraction => figure(value, unit).replace(".0%", "%"),
        Unit::Number if value.abs() >= 100.0 || value.fract().abs() < 1e-9 => decimal(value, 0),
        Unit::Number if value.abs() >= 0.1 => decimal(value, 1),
        Unit::Number => format!("{value}"),
    }
}

fn ends(values: impl Iterator<Item = f64>, unit: Unit) -> (f64, f64) {
    let (low, high) = values.filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    let room = (high - low).max(1e-6) * 0.06;
    match unit {
        Unit::Fraction if high - low > 0.6 => (0.0, 1.0),
        Unit::Fraction => ((low - room).max(0.0), (high + room).min(1.0)),
        Unit::Number => (low - room, high + room),
    }
}
