use crate::{Outcome, Usage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One graded attempt, as metrics see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradedAttempt {
    /// The sample.
    pub sample_id: String,
    /// Its cluster.
    pub group: String,
    /// Its named subsets.
    pub strata: Vec<String>,
    /// The k-th independent attempt, from 0.
    pub epoch: u32,
    /// What it came to.
    pub outcome: Outcome,
    /// Named scores of the grade.
    pub scores: BTreeMap<String, f64>,
    /// Error category of the grade.
    pub category: Option<String>,
    /// What was extracted from the answer.
    #[serde(default)]
    pub extracted: Option<String>,
    /// Token counts of the attempt.
    pub usage: Usage,
    /// Seconds waited for the model.
    pub latency_s: f64,
}

/// The value of a metric at one sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// The cluster it belongs to.
    pub group: String,
    /// Its value, usually in [0, 1].
    pub value: f64,
}

/// What kind of number a figure is, which decides how it is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// A share in [0, 1], printed in percent.
    #[default]
    Share,
    /// A number as it is, e.g. a rating.
    Plain,
}

/// The interval of a figure that is not a mean over points, made by whoever computed the figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricInterval {
    /// Lower end, in the figure's own unit.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How it was made, in words, e.g. `bootstrap over contests`.
    pub method: String,
}

/// A figure over grades. Intervals are computed from the points by the statistics of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The field's usual name, e.g. `pass@1`.
    pub name: String,
    /// The subset it is over; `None` is the whole benchmark.
    pub stratum: Option<String>,
    /// The figure; for a mean over points this is their mean.
    pub value: f64,
    /// The values per sample that it is the mean of; empty where it is not a mean.
    pub points: Vec<MetricPoint>,
    /// The interval, where it cannot be had from the points.
    #[serde(default)]
    pub interval: Option<MetricInterval>,
    /// What kind of number it is.
    #[serde(default)]
    pub scale: Scale,
    /// Whether this is the benchmark's headline figure.
    pub headline: bool,
    /// Anything a reader must know, e.g. which of two variants the maximum came from.
    pub note: Option<String>,
}

impl Metric {
    /// A share that is not a mean over points; fill in the rest as needed.
    pub fn figure(name: impl Into<String>, value: f64) -> Metric {
        Metric {
            name: name.into(),
            stratum: None,
            value,
            points: Vec::new(),
            interval: None,
            scale: Scale::Share,
            headline: false,
            note: None,
        }
    }

    /// The mean over `points`; `None` when there are none.
    pub fn mean(name: impl Into<String>, points: Vec<MetricPoint>) -> Option<Metric> {
        if points.is_empty() {
            return None;
        }
        let value = points.iter().map(|p| p.value).sum::<f64>() / points.len() as f64;
        Some(Metric { points, ..Metric::figure(name, value) })
    }
}
