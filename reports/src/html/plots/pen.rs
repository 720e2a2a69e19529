//! Drawing with plotters: shapes in named colours, and places that tell something when pointed at.

use super::ink::{Ink, with_colours};
use crate::text::one_line;
use plotters::coord::Shift;
use plotters::coord::combinators::IntoLogRange;
use plotters::coord::ranged1d::Ranged;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::fmt::Write;

/// Font size of figures and names, in units of the drawing.
pub(super) const SIZE: f64 = 12.5;

/// Where a word stands relative to its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in the making.
pub(super) struct Pen<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    hits: &'a mut String,
}

/// Draws something `width` by `height` units large; `label` says what is seen to those who do not see it.
pub(super) fn draw(width: i32, height: i32, label: &str, drawing: impl FnOnce(&mut Pen<'_>)) -> String {
    let mut svg = String::new();
    let mut hits = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width.max(1) as u32, height.max(1) as u32)).into_drawing_area();
        let mut pen = Pen { area, hits: &mut hits };
        drawing(&mut pen);
        // Nothing that goes into a text can fail.
        let _ = pen.area.present();
    }
    let body = with_colours(&svg);
    let inner = body.split_once('>').map_or("", |(_, rest)| rest);
    let inner = inner.trim_end().strip_suffix("</svg>").unwrap_or(inner);
    format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\">{inner}\
         <g class=\"hits\">{hits}</g></svg>",
        escape(label)
    )
}

impl Pen<'_> {
    /// A filled rectangle.
    pub(super) fn rect(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), ink: Ink) {
        let _ = self.area.draw(&Rectangle::new([(x, y), (x + width, y + height)], ink.code().filled()));
    }

    /// A line through points.
    pub(super) fn line(&mut self, points: &[(i32, i32)], width: u32, ink: Ink) {
        let _ = self.area.draw(&PathElement::new(points.to_vec(), ink.code().stroke_width(width)));
    }

    /// A filled area.
    pub(super) fn area(&mut self, points: &[(i32, i32)], ink: Ink) {
        let _ = self.area.draw(&Polygon::new(points.to_vec(), ink.code().filled()));
    }

    /// A full dot.
    pub(super) fn dot(&mut self, at: (i32, i32), radius: i32, ink: Ink) {
        let _ = self.area.draw(&Circle::new(at, radius, ink.code().filled()));
    }

    /// A ring, its inside as the page.
    pub(super) fn ring(&mut self, at: (i32, i32), radius: i32, ink: Ink) {
        self.dot(at, radius, Ink::Page);
        let _ = self.area.draw(&Circle::new(at, radius, ink.code().stroke_width(2)));
    }

    /// A word, its middle at the height of the point.
    pub(super) fn word(&mut self, text: &str, at: (i32, i32), anchor: Anchor, ink: Ink) {
        self.sized(text, at, anchor, ink, SIZE);
    }

    /// A word in another size.
    pub(super) fn sized(&mut self, text: &str, at: (i32, i32), anchor: Anchor, ink: Ink, size: f64) {
        self.styled(text, at, anchor, ink, size, FontTransform::None);
    }

    /// A word written upwards.
    pub(super) fn upwards(&mut self, text: &str, at: (i32, i32), ink: Ink) {
        self.styled(text, at, Anchor::Start, ink, SIZE, FontTransform::Rotate270);
    }

    fn styled(&mut self, text: &str, at: (i32, i32), anchor: Anchor, ink: Ink, size: f64, turn: FontTransform) {
        let place = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        // The library divides sizes by this.
        let font = ("sans-serif", size * 1.24).into_font().transform(turn).color(&ink.code());
        let _ = self.area.draw(&Text::new(one_line(text), at, font.pos(Pos::new(place, VPos::Center))));
    }

    /// A place that says `tip` when pointed at.
    pub(super) fn hit(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), tip: &str) {
        let _ = write!(
            self.hits,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
            width.max(1),
            height.max(1),
            escape(&one_line(tip))
        );
    }
}

/// From numbers to units of the drawing along one axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    from: i32,
    to: i32,
    logarithmic: bool,
}

impl Axis {
    /// An axis from `low` at `from` to `high` at `to`.
    pub(super) fn new((low, high): (f64, f64), (from, to): (i32, i32)) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, from, to, logarithmic: false }
    }

    /// The same with equal steps for equal ratios; both ends must be above 0.
    pub(super) fn logarithmic(range: (f64, f64), pixels: (i32, i32)) -> Self {
        Self { logarithmic: true, ..Self::new(range, pixels) }
    }

    /// Where `value` lies; outside the axis at its end.
    pub(super) fn at(&self, value: f64) -> i32 {
        let value = value.clamp(self.low, self.high);
        let pixels = (self.from, self.to);
        if self.logarithmic {
            let coordinate: LogCoord<f64> = (self.low..self.high).log_scale().into();
            return coordinate.map(&value, pixels);
        }
        RangedCoordf64::from(self.low..self.high).map(&value, pixels)
    }

    /// Round numbers along it, at most about `most`.
    pub(super) fn ticks(&self, most: usize) -> Vec<f64> {
        if self.logarithmic {
            let powers = (-6..=12).map(|power| 10f64.powi(power));
            let few = (self.high / self.low).log10() < 2.0;
            let steps: &[f64] = if few { &[1.0, 2.0, 5.0] } else { &[1.0] };
            let all = powers.flat_map(|power| steps.iter().map(move |step| power * step));
            return all.filter(|tick| *tick >= self.low * 0.999 && *tick <= self.high * 1.001).collect();
        }
        RangedCoordf64::from(self.low..self.high).key_points(most)
    }
}

/// How many units a word takes, about.
pub(super) fn width_of(text: &str) -> i32 {
    (text.chars().count() as f64 * SIZE * 0.6).ceil() as i32
}

/// A name of at most `most` characters.
pub(super) fn short(text: &str, most: usize) -> String {
    let text = one_line(text);
    if text.chars().count() <= most {
        return text;
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", head.trim_end())
}

/// Text for SVG.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#x27;")
}
