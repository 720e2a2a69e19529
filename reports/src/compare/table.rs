use crate::comparability::Difference;
use crate::summary::Unit;
use proctor_core::Outcome;
use proctor_statistics::{Interval, PairedDifference};
use serde::{Deserialize, Serialize};

/// The schema tag of a comparison as JSON; its number rises when a field changes its meaning or goes.
pub const SCHEMA: &str = "proctor.comparison/1";

/// A against B, over one benchmark or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: String,
    /// What A is: a model, or a run where both have the same model.
    pub a: String,
    /// What B is.
    pub b: String,
    /// Confidence of all intervals, e.g. 0.95.
    pub confidence: f64,
    /// The level at which a difference counts as shown, e.g. 0.05.
    pub alpha: f64,
    /// The power for which detectable differences and needed sizes are stated, e.g. 0.8.
    pub power: f64,
    /// The subsets that the samples were narrowed to; empty is all samples.
    pub slices: Vec<String>,
    /// P-values that were adjusted together (Holm).
    pub tests: usize,
    /// Benchmark by benchmark, and subset by subset where asked for.
    pub rows: Vec<ComparisonRow>,
    /// Sentences a reader must know.
    pub notes: Vec<String>,
}

/// One benchmark, or one subset of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonRow {
    /// `name` or `name:variant`.
    pub benchmark: String,
    /// The subset, where rows are by subset; `None` is all that was asked for.
    pub stratum: Option<String>,
    /// The figure compared: the benchmark's headline.
    pub metric: String,
    /// How it is shown.
    pub unit: Unit,
    /// A over the shared samples.
    pub a: Side,
    /// B over the shared samples.
    pub b: Side,
    /// A less B; `None` where nothing can be compared.
    pub difference: Option<PairedDifference>,
    /// The p-value after Holm's adjustment over all rows that have one.
    pub p_adjusted: Option<f64>,
    /// Groups of questions that the wanted effect needs, where one was asked for.
    pub groups_needed: Option<u64>,
    /// What the comparison says.
    pub finding: Finding,
    /// Samples that are the same on both sides and graded on both.
    pub paired: usize,
    /// Samples of A alone, or not graded in B.
    pub only_a: usize,
    /// Samples of B alone, or not graded in A.
    pub only_b: usize,
    /// Samples of the same id whose content differs.
    pub changed: usize,
    /// What differs between the two runs, by name; that is more than the model.
    pub differs: Vec<Difference>,
    /// The samples on which the two differ.
    pub flips: Flips,
}

/// A side of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// The run.
    pub run_id: String,
    /// Its model.
    pub model: String,
    /// The figure over the shared samples.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Points that it is the mean of.
    pub n: usize,
    /// Points of value 1, where all are 0 or 1.
    pub successes: Option<usize>,
}

/// What a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// A is better, and that is shown.
    Better,
    /// A is worse, and that is shown.
    Worse,
    /// The two are not told apart.
    Open,
    /// There is nothing to compare.
    Nothing,
}

/// Samples on which two runs differ, counted over all their attempts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Flips {
    /// Samples that A got right more often than B.
    pub only_a: usize,
    /// Samples that B got right more often.
    pub only_b: usize,
    /// Samples that both got right equally often, at least once.
    pub both: usize,
    /// Samples that neither got right.
    pub neither: usize,
    /// The first of those that differ, in the order of the benchmark, those of either side in turn.
    pub list: Vec<Flip>,
}

/// A sample on which two runs differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    /// The sample.
    pub sample_id: String,
    /// What its first attempt came to in A.
    pub a: Outcome,
    /// What its first attempt came to in B.
    pub b: Outcome,
    /// Right attempts and attempts of A.
    pub right_a: (usize, usize),
    /// Right attempts and attempts of B.
    pub right_b: (usize, usize),
    /// The command that shows A's transcript.
    pub show_a: String,
    /// The command that shows B's.
    pub show_b: String,
}
