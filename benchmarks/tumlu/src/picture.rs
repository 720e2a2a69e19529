//! The table of languages and subjects as a picture.

use crate::metrics::{Table, table};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use proctor_core::{GradedAttempt, Plot};

/// Pixels of one cell.
const WIDTH: i32 = 46;
const HEIGHT: i32 = 26;
/// Pixels for the names of languages, and of subjects written upwards.
const NAMES: i32 = 190;
const SUBJECTS: i32 = 190;
const MARGIN: i32 = 12;
/// Pixels between the two extractions.
const GAP: i32 = 28;

/// Accuracy by language and subject, by either extraction; nothing where there is a single cell.
pub fn plot(grades: &[GradedAttempt]) -> Option<Plot> {
    let table = table(grades)?;
    if table.rows.len() * table.subjects.len() < 2 {
        return None;
    }
    let mut svg = String::new();
    draw(&table, &mut svg).ok()?;
    Some(Plot {
        title: "Accuracy by language and subject".into(),
        caption: "Percent right; left by the official extraction, right by the robust one. Empty where nothing was asked.".into(),
        svg,
    })
}

fn draw(table: &Table, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let panel = table.subjects.len() as i32 * WIDTH;
    let width = 2 * MARGIN + NAMES + 2 * panel + GAP;
    let height = 2 * MARGIN + SUBJECTS + table.rows.len() as i32 * HEIGHT;
    let root = SVGBackend::with_string(svg, (width as u32, height as u32)).into_drawing_area();
    root.fill(&WHITE)?;
    let words = ("sans-serif", 13).into_font().color(&RGBColor(60, 60, 60));
    let upwards = ("sans-serif", 13).into_font().transform(FontTransform::Rotate270).color(&RGBColor(60, 60, 60));
    for (side, extraction) in ["official", "robust"].into_iter().enumerate() {
        let left = MARGIN + NAMES + side as i32 * (panel + GAP);
        root.draw(&Text::new(extraction, (left, MARGIN), words.pos(Pos::new(HPos::Left, VPos::Top))))?;
        for (column, subject) in (0..).zip(&table.subjects) {
            let place = (left + column * WIDTH + WIDTH / 2, MARGIN + SUBJECTS - 6);
            root.draw(&Text::new(subject.as_str(), place, upwards.pos(Pos::new(HPos::Left, VPos::Center))))?;
        }
        for (row, (language, values)) in (0..).zip(&table.rows) {
            let top = MARGIN + SUBJECTS + row * HEIGHT;
            if side == 0 {
                let place = (MARGIN + NAMES - 8, top + HEIGHT / 2);
                root.draw(&Text::new(language.title, place, words.pos(Pos::new(HPos::Right, VPos::Center))))?;
            }
            for (column, value) in (0..).zip(values.get(side).into_iter().flatten()) {
                let corner = (left + column * WIDTH, top);
                let corners = [corner, (corner.0 + WIDTH, corner.1 + HEIGHT)];
                root.draw(&Rectangle::new(corners, value.map_or(WHITE, colour).filled()))?;
                root.draw(&Rectangle::new(corners, RGBColor(210, 210, 210)))?;
                let Some(value) = value else { continue };
                let ink = if *value > 0.6 { WHITE } else { BLACK };
                let style = ("sans-serif", 13).into_font().color(&ink).pos(Pos::new(HPos::Center, VPos::Center));
                let text = format!("{:.0}", 100.0 * value);
                root.draw(&Text::new(text, (corner.0 + WIDTH / 2, corner.1 + HEIGHT / 2), style))?;
            }
        }
    }
    root.present()?;
    Ok(())
}

/// From white (0) to blue (1).
fn colour(value: f64) -> RGBColor {
    let mix = |end: f64| (255.0 + (end - 255.0) * value.clamp(0.0, 1.0)).round() as u8;
    RGBColor(mix(33.0), mix(102.0), mix(172.0))
}
