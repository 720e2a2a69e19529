//! Accuracy and reasoning gap by subject as a picture.

use crate::options::Mode;
use crate::{metrics, subjects};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use proctor_core::{GradedAttempt, Metric, Plot};

/// Pixels of a row, of the names, of the scale from 0 to 100 percent, of the figures beside it, and around everything.
const ROW: i32 = 26;
const NAMES: i32 = 220;
const SCALE: i32 = 420;
const FIGURES: i32 = 110;
const MARGIN: i32 = 14;

/// A subject's share right in all three versions, and right on average over versions.
struct Row {
    name: String,
    exact: f64,
    average: f64,
}

/// EAcc and AAcc of each subject; nothing where there are fewer than two.
pub fn plot(mode: Mode, grades: &[GradedAttempt]) -> Option<Plot> {
    let metrics = metrics::by_subject(mode, grades);
    let find = |name: &str, stratum: &str| -> Option<f64> {
        let found = |metric: &&Metric| metric.name == name && metric.stratum.as_deref() == Some(stratum);
        metrics.iter().find(found).map(|metric| metric.value)
    };
    let row = |subject: &subjects::Subject| {
        let stratum = format!("subject {}", subject.name);
        let name = subjects::title(subject.name);
        Some(Row { name, exact: find("EAcc", &stratum)?, average: find("AAcc", &stratum)? })
    };
    let rows: Vec<Row> = subjects::SUBJECTS.iter().filter_map(row).collect();
    if rows.len() < 2 {
        return None;
    }
    let mut svg = String::new();
    draw(&rows, &mut svg).ok()?;
    Some(Plot {
        title: "Accuracy and reasoning gap by subject".into(),
        caption: "Percent. Full dot: EAcc, problems right in all three versions. Ring: AAcc, the mean over versions. The line \
                  between them is the reasoning gap."
            .into(),
        svg,
    })
}

fn draw(rows: &[Row], svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let width = 2 * MARGIN + NAMES + SCALE + FIGURES;
    let bottom = MARGIN + ROW * rows.len() as i32;
    let root = SVGBackend::with_string(svg, (width as u32, (bottom + ROW + MARGIN) as u32)).into_drawing_area();
    root.fill(&WHITE)?;
    let (blue, grey) = (RGBColor(33, 102, 172), RGBColor(210, 210, 210));
    let words = ("sans-serif", 13).into_font().color(&RGBColor(60, 60, 60));
    let left = MARGIN + NAMES;
    let place = |share: f64| left + (f64::from(SCALE) * share.clamp(0.0, 1.0)).round() as i32;
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        root.draw(&PathElement::new([(place(share), MARGIN), (place(share), bottom)], grey))?;
        let style = words.pos(Pos::new(HPos::Center, VPos::Top));
        root.draw(&Text::new(format!("{:.0}", 100.0 * share), (place(share), bottom + 5), style))?;
    }
    for (position, row) in (0..).zip(rows) {
        let middle = MARGIN + ROW * position + ROW / 2;
        let (exact, average) = ((place(row.exact), middle), (place(row.average), middle));
        root.draw(&Text::new(row.name.as_str(), (left - 10, middle), words.pos(Pos::new(HPos::Right, VPos::Center))))?;
        root.draw(&PathElement::new([exact, average], blue.stroke_width(2)))?;
        root.draw(&Circle::new(average, 5, WHITE.filled()))?;
        root.draw(&Circle::new(average, 5, blue))?;
        root.draw(&Circle::new(exact, 5, blue.filled()))?;
        let figures = format!("{:.1} · {:.1}", 100.0 * row.exact, 100.0 * row.average);
        let beside = (left + SCALE + 14, middle);
        root.draw(&Text::new(figures, beside, words.pos(Pos::new(HPos::Left, VPos::Center))))?;
    }
    root.present()?;
    Ok(())
}
