use crate::Scale;
use serde::{Deserialize, Serialize};

/// A plot that belongs to a benchmark: figures only. The report draws it, in its own colours and with a table of the
/// same figures beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// Its heading.
    pub title: String,
    /// What is seen, in a sentence or two; also for those who do not see it.
    pub caption: String,
    /// What is drawn.
    pub figure: Figure,
}

/// What a plot draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Figure {
    /// A table whose cells are coloured by value.
    HeatMap(HeatMap),
    /// Two values in each row and the span between them.
    Spans(Spans),
    /// How a population is distributed, and where some values lie in it.
    Distribution(Distribution),
}

/// A table whose cells are coloured by value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    /// What the rows are, e.g. `language`.
    pub row_title: String,
    /// What the columns are, e.g. `subject`.
    pub column_title: String,
    /// Names of the rows, top down; where cells stand in blocks, of the rows of blocks, or none.
    pub rows: Vec<String>,
    /// Names of the columns, from the left; where cells stand in blocks, of the columns of blocks, or none.
    pub columns: Vec<String>,
    /// Row by row; `None` where there is nothing. All rows are equally long.
    pub values: Vec<Vec<Option<f64>>>,
    /// Names of the cells in the same order; empty where row and column name them.
    pub names: Vec<Vec<String>>,
    /// What the colours mean.
    pub colours: HeatColours,
    /// Cells that belong together: rows and columns of one block; 0 and 1 mean that each stands for itself.
    pub block: usize,
    /// Blocks between wider gaps, counted in rows and columns; 0 for none.
    pub gap_every: usize,
}

/// What the colours of a heat map mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeatColours {
    /// From 0 to 1, printed in percent.
    #[default]
    Share,
    /// From −1 by 0 to 1.
    Signed,
}

/// Two values in each row and the span between them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Spans {
    /// What the rows are, e.g. `subject`.
    pub row_title: String,
    /// What the first value is, drawn as a full dot.
    pub first_title: String,
    /// What the second value is, drawn as a ring.
    pub second_title: String,
    /// The rows, top down.
    pub rows: Vec<Span>,
    /// What kind of numbers they are.
    pub scale: Scale,
}

/// A row of [`Spans`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// The first value.
    pub first: f64,
    /// The second value.
    pub second: f64,
}

/// How a population is distributed, and where some values lie in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// What is measured, e.g. `rating`.
    pub value_title: String,
    /// Who the population is, e.g. `people`.
    pub population: String,
    /// Bins that touch, from the left.
    pub bins: Vec<Bin>,
    /// The values.
    pub marks: Vec<Mark>,
}

/// A bin of a [`Distribution`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Where it begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// The share of the population in it, in [0, 1].
    pub share: f64,
}

/// A value in a [`Distribution`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// What it is.
    pub name: String,
    /// Where it lies.
    pub value: f64,
    /// Its interval, where it has one.
    pub interval: Option<(f64, f64)>,
}
