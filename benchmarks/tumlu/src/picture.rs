//! The table of languages and subjects as a picture.

use crate::metrics::{Table, table};
use crate::tally::Tallies;
use proctor_core::{Figure, HeatColours, HeatMap, Plot};

/// Accuracy by language and subject, one picture for each extraction; nothing where there is a single cell.
pub fn plots(tallies: &Tallies) -> Vec<Plot> {
    let Some(table) = table(tallies).filter(|table| table.rows.len() * table.subjects.len() > 1) else { return Vec::new() };
    ["official", "robust"].into_iter().enumerate().map(|(side, extraction)| plot(&table, side, extraction)).collect()
}

fn plot(table: &Table, side: usize, extraction: &str) -> Plot {
    let map = HeatMap {
        row_title: "language".into(),
        column_title: "subject".into(),
        rows: table.rows.iter().map(|(language, _)| language.title.to_string()).collect(),
        columns: table.subjects.iter().map(ToString::to_string).collect(),
        values: table.rows.iter().map(|(_, values)| values.get(side).cloned().unwrap_or_default()).collect(),
        colours: HeatColours::Share,
        ..HeatMap::default()
    };
    Plot {
        title: format!("Accuracy by language and subject ({extraction} extraction)"),
        caption: "Percent of questions answered right. Empty where nothing was asked.".into(),
        figure: Figure::HeatMap(map),
    }
}
