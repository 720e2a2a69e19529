use crate::Summary;
use proctor_core::{AttemptRecord, Grade, GradedAttempt, Outcome, Plot, Sample};

/// One attempt with all that is known of it, for readers and exports.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleView {
    /// The question.
    pub sample: Sample,
    /// What happened.
    pub attempt: AttemptRecord,
    /// What it came to; `None` while it is not graded.
    pub grade: Option<Grade>,
}

impl SampleView {
    /// What it came to, where it is graded.
    pub fn outcome(&self) -> Option<Outcome> {
        self.grade.as_ref().map(|g| g.outcome)
    }

    /// The price of its answers in US dollars; `None` where no answer has a known price.
    pub fn cost_usd(&self) -> Option<f64> {
        let exchanges = self.attempt.attempt.iter().flat_map(|a| &a.exchanges);
        exchanges.filter_map(|e| e.completion.cost_usd).reduce(|a, b| a + b)
    }

    /// The graded attempt as metrics see it; `None` while it is not graded.
    pub fn graded(&self) -> Option<GradedAttempt> {
        let grade = self.grade.as_ref()?;
        Some(GradedAttempt {
            sample_id: self.sample.id.clone(),
            group: self.sample.group.clone(),
            strata: self.sample.strata.clone(),
            epoch: self.attempt.key.epoch,
            outcome: grade.outcome,
            scores: grade.scores.clone(),
            category: grade.category.clone(),
            extracted: grade.extracted.clone(),
            usage: self.attempt.attempt.as_ref().map(|a| a.usage()).unwrap_or_default(),
            latency_s: self.attempt.attempt.as_ref().map_or(0.0, |a| a.latency_s() + 0.0),
        })
    }
}

/// A run as the HTML page shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportRun {
    /// The figures.
    pub summary: Summary,
    /// Plots of the benchmark's own.
    pub plots: Vec<Plot>,
    /// The attempts, in the order in which they are first shown.
    pub samples: Vec<SampleView>,
}
