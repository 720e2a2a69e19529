use super::{distribution, heat_map, spans};
use crate::text::one_line;
use proctor_core::{Figure, Plot};
use serde::Serialize;

/// A plot as the templates show it: a drawing and the table behind it.
#[derive(Debug, Clone, Serialize)]
pub struct PlotView {
    /// Its heading.
    pub title: String,
    /// What is seen, in a sentence or two.
    pub caption: String,
    /// One `<svg>` element made of figures; every text in it is escaped.
    pub svg: String,
    /// Titles of the table's columns; the first column names the row.
    pub head: Vec<String>,
    /// The table.
    pub rows: Vec<Vec<String>>,
    /// Whether it needs the width of the page.
    pub wide: bool,
}

/// Draws a plot that a benchmark brought.
pub fn of_benchmark(plot: &Plot) -> PlotView {
    let (svg, head, rows, wide) = match &plot.figure {
        Figure::HeatMap(map) => heat_map::draw(map, &plot.title),
        Figure::Spans(rows) => spans::draw(rows, &plot.title),
        Figure::Distribution(population) => distribution::draw(population, &plot.title),
    };
    PlotView { title: one_line(&plot.title), caption: one_line(&plot.caption), svg, head, rows, wide }
}

/// A drawing, its table's head and rows, and whether it is wide.
pub(super) type Drawn = (String, Vec<String>, Vec<Vec<String>>, bool);

/// Column titles.
pub(super) fn head(titles: &[&str]) -> Vec<String> {
    titles.iter().map(|title| one_line(title)).collect()
}
