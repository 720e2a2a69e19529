//! The heat map as a picture.

use crate::heat_map::{SIDE, Square, heat_map};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use proctor_core::GradedAttempt;

/// Pixels of one outcome.
const OUTCOME: i32 = 22;
/// Pixels of one game with the space around it.
const GAME: i32 = 2 * OUTCOME + 14;
const MARGIN: i32 = 24;
/// Pixels between the quadrants.
const GAP: i32 = 10;
/// Pixels below the grid for the legend.
const LEGEND: i32 = 70;

/// A self-contained SVG of the map: blue where an outcome is named too often, red where too rarely, white where it is
/// right, grey where a game was not asked. `None` where there are no answers to single games.
pub fn heat_map_svg(grades: &[GradedAttempt]) -> Option<String> {
    let squares = heat_map(grades)?;
    let mut svg = String::new();
    draw(&squares, &mut svg).ok()?;
    Some(svg)
}

fn draw(squares: &[Square], svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let side = 2 * MARGIN + SIDE as i32 * GAME + GAP;
    let root = SVGBackend::with_string(svg, (side as u32, (side + LEGEND) as u32)).into_drawing_area();
    root.fill(&WHITE)?;
    let small = ("sans-serif", 10).into_font().color(&RGBColor(90, 90, 90));
    let centred = small.pos(Pos::new(HPos::Center, VPos::Bottom));
    for Square { game, place: (row, column), excess } in squares {
        let start = |place: usize| MARGIN + (place as i32 - 1) * GAME + if place > SIDE / 2 { GAP } else { 0 };
        let (left, top) = (start(*column), start(*row) + 10);
        root.draw(&Text::new(game.to_string(), (left + OUTCOME, top - 1), centred.clone()))?;
        for outcome in 0..4 {
            let (x, y) = (left + (outcome % 2) * OUTCOME, top + (outcome / 2) * OUTCOME);
            let colour = excess.map_or(RGBColor(225, 225, 225), |excess| colour(excess[outcome as usize & 3]));
            let corners = [(x, y), (x + OUTCOME, y + OUTCOME)];
            root.draw(&Rectangle::new(corners, colour.filled()))?;
            root.draw(&Rectangle::new(corners, RGBColor(200, 200, 200)))?;
        }
    }
    legend(&root, side)?;
    root.present()?;
    Ok(())
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn legend(root: &Area, top: i32) -> Result<(), Box<dyn std::error::Error>> {
    let steps = 21;
    let width = 16;
    let text = ("sans-serif", 13).into_font().color(&RGBColor(60, 60, 60));
    for step in 0..steps {
        let value = f64::from(step) / f64::from(steps - 1) * 2.0 - 1.0;
        let x = MARGIN + step * width;
        root.draw(&Rectangle::new([(x, top), (x + width, top + 14)], colour(value).filled()))?;
    }
    root.draw(&Rectangle::new([(MARGIN, top), (MARGIN + steps * width, top + 14)], RGBColor(120, 120, 120)))?;
    let end = MARGIN + steps * width;
    for (x, label, anchor) in [(MARGIN, "−1", HPos::Left), ((MARGIN + end) / 2, "0", HPos::Center), (end, "+1", HPos::Right)] {
        root.draw(&Text::new(label, (x, top + 18), text.pos(Pos::new(anchor, VPos::Top))))?;
    }
    let words = "share of answers that name an outcome, less what is right; in each game A1 above A2, B1 left of B2";
    root.draw(&Text::new(words, (MARGIN, top + 40), text.clone()))?;
    Ok(())
}

/// From red (−1) over white (0) to blue (+1).
fn colour(value: f64) -> RGBColor {
    let strength = value.abs().min(1.0);
    let (red, green, blue) = if value >= 0.0 { (33.0, 102.0, 172.0) } else { (178.0, 24.0, 43.0) };
    let mix = |end: f64| (255.0 + (end - 255.0) * strength).round() as u8;
    RGBColor(mix(red), mix(green), mix(blue))
}
