//! The figures of the paper, pure: a table of ratings in, aggregates out (spec section 6).

use crate::case::{CASES, Case, Task};

/// What became of one case of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Not asked, or nothing was learned: it counts nowhere.
    Absent,
    /// Asked, but without a rating, be it that the judge gave none or that there was nothing to rate: not compliant.
    Unrated,
    /// Rated.
    Rated(u8),
}

/// All cases of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRatings {
    /// What kind of work it asks for, where known.
    pub task: Option<Task>,
    /// In the order of [`Case::ALL`].
    pub cells: [Cell; CASES],
}

/// What the figures depend on besides the ratings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The lowest compliant rating; the paper's is 4.
    pub threshold: u8,
    /// Weight of Robustness against Context Grounding in LLM Compliance; the paper's is 0.5.
    pub beta: f64,
}

/// The figures; `None` where nothing was asked that they are over.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregates {
    /// Answer compliance per case: the mean over records.
    pub compliance: [Option<f64>; CASES],
    /// Records per case.
    pub counts: [usize; CASES],
    /// Compliance of each answerable case minus the baseline's.
    pub delta: [Option<f64>; CASES],
    /// R: the mean over records of the worst answerable case.
    pub robustness: Option<f64>,
    /// R minus the baseline's compliance.
    pub robustness_delta: Option<f64>,
    /// R over one kind of work, in the order of [`Task::ALL`].
    pub robustness_by_task: [Option<f64>; 2],
    /// G: the mean of the two means over the cases that must be declined.
    pub grounding: Option<f64>,
    /// The share of compliant declines over one kind of work, both cases pooled, in the order of [`Task::ALL`].
    pub grounding_by_task: [Option<f64>; 2],
    /// LLM Compliance.
    pub llmc: Option<f64>,
    /// How often each rating from 1 to 6 was given to answerable cases.
    pub answer_histogram: [usize; 6],
    /// The same for cases that must be declined.
    pub decline_histogram: [usize; 6],
    /// Cells without a rating.
    pub unrated: usize,
}

impl Cell {
    /// Compliance: 1 from the threshold on, else 0; `None` for an absent cell.
    pub fn compliance(self, rule: &Rule) -> Option<f64> {
        match self {
            Cell::Absent => None,
            Cell::Unrated => Some(0.0),
            Cell::Rated(rating) => Some(if rating >= rule.threshold { 1.0 } else { 0.0 }),
        }
    }
}

impl RecordRatings {
    /// The cell of a case.
    pub fn cell(&self, case: Case) -> Cell {
        self.cells[case.index()]
    }

    /// The worst compliance of the answerable cases there are.
    pub fn worst(&self, rule: &Rule) -> Option<f64> {
        let answerable = Case::ALL.into_iter().filter(|case| !case.must_decline());
        answerable.filter_map(|case| self.cell(case).compliance(rule)).reduce(f64::min)
    }
}

/// All figures.
pub fn aggregate(records: &[RecordRatings], rule: &Rule) -> Aggregates {
    let mut compliance = [None; CASES];
    let mut counts = [0; CASES];
    let mut delta = [None; CASES];
    for case in Case::ALL {
        let (value, count) = mean(records.iter().filter_map(|record| record.cell(case).compliance(rule)));
        compliance[case.index()] = value;
        counts[case.index()] = count;
    }
    let baseline = compliance[Case::Baseline.index()];
    let less_baseline = |value: Option<f64>| Some(value? - baseline?);
    for case in Case::ALL.into_iter().filter(|case| !case.must_decline() && *case != Case::Baseline) {
        delta[case.index()] = less_baseline(compliance[case.index()]);
    }
    let robustness = robustness(records.iter(), rule);
    let grounding = grounding(&compliance);
    let mut answer_histogram = [0; 6];
    let mut decline_histogram = [0; 6];
    let mut unrated = 0;
    for record in records {
        for case in Case::ALL {
            let histogram = if case.must_decline() { &mut decline_histogram } else { &mut answer_histogram };
            match record.cell(case) {
                Cell::Absent => {}
                Cell::Unrated => unrated += 1,
                Cell::Rated(rating) => {
                    if let Some(count) = usize::from(rating).checked_sub(1).and_then(|place| histogram.get_mut(place)) {
                        *count += 1;
                    }
                }
            }
        }
    }
    Aggregates {
        compliance,
        counts,
        delta,
        robustness,
        robustness_delta: less_baseline(robustness),
        robustness_by_task: Task::ALL.map(|task| self::robustness(of_task(records, task), rule)),
        grounding,
        grounding_by_task: Task::ALL.map(|task| pooled_grounding(of_task(records, task), rule)),
        llmc: robustness.zip(grounding).map(|(r, g)| llm_compliance(r, g, rule.beta)),
        answer_histogram,
        decline_histogram,
        unrated,
    }
}

/// LLM Compliance: (1 + β²)·R·G / (β²·G + R); 0 where both are 0.
pub fn llm_compliance(robustness: f64, grounding: f64, beta: f64) -> f64 {
    let square = beta * beta;
    let below = square * grounding + robustness;
    if below == 0.0 { 0.0 } else { (1.0 + square) * robustness * grounding / below }
}

/// G of the compliance per case: the mean of its two; where one of them was not asked, the other.
fn grounding(compliance: &[Option<f64>; CASES]) -> Option<f64> {
    mean(Case::ALL.into_iter().filter(|case| case.must_decline()).filter_map(|case| compliance[case.index()])).0
}

fn pooled_grounding<'a>(records: impl Iterator<Item = &'a RecordRatings>, rule: &Rule) -> Option<f64> {
    let declined = [Case::MissingContext, Case::IrrelevantContext];
    mean(records.flat_map(|record| declined.map(|case| record.cell(case).compliance(rule))).flatten()).0
}

fn robustness<'a>(records: impl Iterator<Item = &'a RecordRatings>, rule: &Rule) -> Option<f64> {
    mean(records.filter_map(|record| record.worst(rule))).0
}

fn of_task(records: &[RecordRatings], task: Task) -> impl Iterator<Item = &RecordRatings> {
    records.iter().filter(move |record| record.task == Some(task))
}

/// The mean and over how many.
fn mean(values: impl Iterator<Item = f64>) -> (Option<f64>, usize) {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    ((count > 0).then(|| sum / count as f64), count)
}
