use crate::comparability::Difference;
use crate::summary::{Unit, UsageTotals};
use proctor_statistics::Interval;
use serde::{Deserialize, Serialize};

/// The schema tag of a leaderboard as JSON; its number rises when a field changes its meaning or goes.
pub const SCHEMA: &str = "proctor.leaderboard/1";

/// Models by benchmarks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leaderboard {
    /// [`SCHEMA`].
    pub schema: String,
    /// Confidence of all intervals, e.g. 0.95.
    pub confidence: f64,
    /// The subsets that the samples were narrowed to; empty is all samples.
    pub slices: Vec<String>,
    /// Resamples of the bootstrap that made the rank intervals.
    pub resamples: usize,
    /// The rows, the best first.
    pub models: Vec<ModelRow>,
    /// The columns, by name.
    pub benchmarks: Vec<BenchmarkColumn>,
    /// `cells[model][benchmark]`, in the order of `models` and `benchmarks`; `None` where the model has no run.
    pub cells: Vec<Vec<Option<Cell>>>,
    /// Sentences a reader must know.
    pub notes: Vec<String>,
}

/// A model over all benchmarks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRow {
    /// The model's name.
    pub model: String,
    /// Its place among all models; `None` where it lacks a benchmark that decides it, or none does.
    pub standing: Option<Standing>,
    /// Benchmarks with a score that is comparable with the others'.
    pub scored: usize,
    /// Tokens, time and cost over all its runs here.
    pub usage: UsageTotals,
    /// Attempts over all its runs here.
    pub attempts: usize,
    /// Whether no other model has both a better mean rank and a lower cost; `None` where its cost or place is unknown.
    pub on_frontier: Option<bool>,
}

/// A place among models. Equal figures share a place: the next one is as many places down as there are equals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// 1 is the best.
    pub rank: usize,
    /// Lower end of the rank's interval: the best place it may plausibly have.
    pub low: usize,
    /// Upper end.
    pub high: usize,
    /// The mean of its ranks over benchmarks, equals sharing the mean of their places; of a cell, its rank so counted.
    pub mean_rank: f64,
}

/// A benchmark over all models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchmarkColumn {
    /// `name` or `name:variant`.
    pub benchmark: String,
    /// Its headline figure, e.g. `pass@1`.
    pub metric: String,
    /// How the figure is shown.
    pub unit: Unit,
    /// Models whose scores are comparable.
    pub compared: usize,
    /// Models with a run.
    pub models: usize,
    /// Whether it counts in the models' mean rank: every model has a comparable score.
    pub decides: bool,
}

/// One model at one benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The run it is of.
    pub run_id: String,
    /// The figure; `None` when it is withheld or there is none.
    pub value: Option<f64>,
    /// How it is shown.
    pub unit: Unit,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Points that it is the mean of; 0 where it is not a mean.
    pub n: usize,
    /// Independent groups among them.
    pub groups: usize,
    /// Points of value 1, where all are 0 or 1.
    pub successes: Option<usize>,
    /// Its place among the comparable cells of the benchmark.
    pub standing: Option<Standing>,
    /// Why it cannot be compared with the others, each by name; empty where it can.
    pub incomparable: Vec<Difference>,
    /// What differs from the others without forbidding the comparison.
    pub differs: Vec<Difference>,
    /// Why no score is shown.
    pub withheld: Option<String>,
    /// Attempts in the plan.
    pub planned: usize,
    /// Attempts with a grade.
    pub graded: usize,
    /// Attempts that ended in an infrastructure error.
    pub infra_errors: usize,
    /// Tokens, time and cost.
    pub usage: UsageTotals,
    /// Whether no other comparable model is both better and cheaper; `None` where its cost is unknown.
    pub on_frontier: Option<bool>,
}

impl Leaderboard {
    /// Puts the rows into the order of `models`; those not among them go to the end as they are.
    pub(super) fn order(&mut self, models: &[String]) {
        let place = |row: &ModelRow| models.iter().position(|model| *model == row.model).unwrap_or(models.len());
        let cells = std::mem::take(&mut self.cells);
        let mut rows: Vec<(ModelRow, Vec<Option<Cell>>)> = std::mem::take(&mut self.models).into_iter().zip(cells).collect();
        rows.sort_by_key(|(row, _)| place(row));
        (self.models, self.cells) = rows.into_iter().unzip();
    }

    /// The cell of a model at a benchmark.
    pub fn cell(&self, model: &str, benchmark: &str) -> Option<&Cell> {
        let row = self.models.iter().position(|row| row.model == model)?;
        let column = self.benchmarks.iter().position(|column| column.benchmark == benchmark)?;
        self.cells.get(row)?.get(column)?.as_ref()
    }
}

impl Cell {
    /// Whether it has a score that can be ranked.
    pub fn is_ranked(&self) -> bool {
        self.value.is_some() && self.incomparable.is_empty()
    }

    /// Whether it has the best score, or one that the data do not tell apart from the best.
    pub fn may_be_best(&self) -> bool {
        self.standing.is_some_and(|standing| standing.low == 1)
    }
}
