//! The heat map as a picture.

use crate::cells::Cell;
use crate::heat_map::{SIDE, heat_map_of};
use crate::tally::Tally;
use proctor_core::{Figure, GradedAttempt, HeatColours, HeatMap, Plot};

/// The inconsistency heat map: each of the 144 games a block of its four outcomes. `None` where there are no answers to
/// single games.
pub fn plot(grades: &[GradedAttempt]) -> Option<Plot> {
    plot_of(&Tally::of(grades))
}

/// The same of answers that are counted already.
pub fn plot_of(tally: &Tally) -> Option<Plot> {
    let squares = heat_map_of(tally)?;
    let mut values = vec![vec![None; 2 * SIDE]; 2 * SIDE];
    let mut names = vec![vec![String::new(); 2 * SIDE]; 2 * SIDE];
    for square in &squares {
        let (row, column) = square.place;
        for cell in Cell::ALL {
            let (row, column) = (2 * row.saturating_sub(1) + cell.row(), 2 * column.saturating_sub(1) + cell.column());
            if let Some(value) = values.get_mut(row).and_then(|row| row.get_mut(column)) {
                *value = square.excess.map(|excess| excess[cell.index() & 3]);
            }
            if let Some(name) = names.get_mut(row).and_then(|row| row.get_mut(column)) {
                let common = square.game.name().map(|name| format!(", {name}")).unwrap_or_default();
                *name = format!("game {}{common}, outcome {cell}", square.game);
            }
        }
    }
    let map = HeatMap { values, names, colours: HeatColours::Signed, block: 2, gap_every: SIDE / 2, ..HeatMap::default() };
    Some(Plot {
        title: "Inconsistency by game and outcome".into(),
        caption: "The 144 games, layers 4 and 3 above 1 and 2, each with its four outcomes: A1 above A2, B1 left of B2. The \
                  share of answers that name an outcome, less what is right: above 0 it is named too often, below 0 too rarely. \
                  Empty where a game was not asked."
            .into(),
        figure: Figure::HeatMap(map),
    })
}
