//! Runs whose grades another program made (`proctor import`): their figures, and nothing else.

use async_trait::async_trait;
use proctor_core::{
    Attempt, Benchmark, BenchmarkError, Card, DataSource, Grade, GradedAttempt, Judges, Metric, MetricPoint, Prompt, Protocol,
    Request, RunPlan, Sample, Sampling, Scale, Selection,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The benchmark of an imported run. It can neither ask nor grade; its figures are the means of the scores it brought.
struct GradedElsewhere {
    card: Card,
    by: String,
    headline: Option<String>,
}

/// The benchmark of `plan`, where its grades were imported.
pub(crate) fn open(plan: &RunPlan) -> Option<Arc<dyn Benchmark>> {
    let by = plan.graded_by()?.to_string();
    let headline = plan.judge_provenance.get("headline").and_then(Value::as_str).map(str::to_string);
    let card = Card {
        name: plan.benchmark.clone(),
        title: plan.benchmark.clone(),
        summary: format!("imported from {by}, with the grades made there"),
        paper: String::new(),
        data_licence: String::new(),
        metrics: headline.iter().cloned().collect(),
        upstream_samples: plan.sample_ids.len(),
        builtin_samples: 0,
        judge_version: plan.judge_version.clone(),
    };
    Some(Arc::new(GradedElsewhere { card, by, headline }))
}

impl GradedElsewhere {
    fn refuse<T>(&self) -> Result<T, BenchmarkError> {
        Err(BenchmarkError::Input(format!(
            "{} was imported with the grades of {}; it can be neither asked nor graded here, but `proctor grade FILE -b \
             BENCHMARK` grades answers to a benchmark of proctor's own",
            self.card.name, self.by
        )))
    }
}

#[async_trait]
impl Benchmark for GradedElsewhere {
    fn card(&self) -> &Card {
        &self.card
    }

    fn samples(&self, _source: &DataSource, _selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        self.refuse()
    }

    fn prompt_sha256(&self) -> String {
        String::new()
    }

    fn sampling(&self, _protocol: Protocol) -> Sampling {
        Sampling::default()
    }

    fn request(&self, _sample: &Sample, _protocol: Protocol, _sampling: &Sampling) -> Result<Request, BenchmarkError> {
        self.refuse::<Prompt>().map(|prompt| Request::new(prompt, Sampling::default()))
    }

    async fn grade(&self, _sample: &Sample, _attempt: &Attempt, _judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
        self.refuse()
    }

    fn reference(&self, _sample: &Sample) -> Option<Attempt> {
        None
    }

    /// The mean of each score over samples, attempts at one sample averaged first; the deciding score first.
    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric> {
        let scored: Vec<&GradedAttempt> = grades.iter().filter(|g| g.outcome.is_scored()).collect();
        let names: BTreeSet<&str> = scored.iter().flat_map(|g| g.scores.keys().map(String::as_str)).collect();
        let decides = self.headline.as_deref().filter(|name| names.contains(name)).or(names.first().copied());
        let others = names.iter().copied().filter(|name| Some(*name) != decides);
        let ordered: Vec<&str> = decides.into_iter().chain(others).collect();
        let mut metrics = Vec::new();
        for name in ordered {
            let mut values: BTreeMap<&str, (&str, f64, u32)> = BTreeMap::new();
            for grade in &scored {
                if let Some(score) = grade.scores.get(name).filter(|score| score.is_finite()) {
                    let entry = values.entry(&grade.sample_id).or_insert((&grade.group, 0.0, 0));
                    entry.1 += score;
                    entry.2 += 1;
                }
            }
            let points: Vec<MetricPoint> = values
                .into_values()
                .map(|(group, sum, n)| MetricPoint { group: group.to_string(), value: sum / f64::from(n) })
                .collect();
            let share = points.iter().all(|p| (0.0..=1.0).contains(&p.value));
            metrics.extend(Metric::mean(name, points).map(|metric| Metric {
                headline: Some(name) == decides,
                scale: if share { Scale::Share } else { Scale::Plain },
                note: (Some(name) == decides).then(|| format!("graded by {}, imported, not checked here", self.by)),
                ..metric
            }));
        }
        metrics
    }
}
