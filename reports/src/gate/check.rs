use super::policy::{Prove, Rule};
use crate::comparability::Difference;
use crate::compare::{ComparisonRow, effect};
use crate::summary::{OutcomeCount, Unit, UsageTotals};
use crate::text::{count, decimal, difference, figure};
use proctor_core::Outcome;
use proctor_statistics::Interval;
use serde::{Deserialize, Serialize};

/// The schema tag of a gate's report as JSON.
pub const SCHEMA: &str = "proctor.gate/1";

/// What is known of a run that a rule covers, over the rule's samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The run.
    pub run_id: String,
    /// Its benchmark.
    pub benchmark: String,
    /// Its model.
    pub model: String,
    /// Its headline figure; `None` where there is none.
    pub value: Option<f64>,
    /// How it is shown.
    pub unit: Unit,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Why no score is shown.
    pub withheld: Option<String>,
    /// Attempts in the plan.
    pub planned: usize,
    /// Attempts with a grade.
    pub graded: usize,
    /// Their outcomes.
    pub outcomes: Vec<OutcomeCount>,
    /// Tokens, time and cost.
    pub usage: UsageTotals,
    /// What a regression rule compares it with.
    pub baseline: Option<Baseline>,
}

/// The comparison with a baseline.
#[derive(Debug, Clone, PartialEq)]
pub enum Baseline {
    /// The run less the baseline.
    Compared(Box<ComparisonRow>),
    /// The two cannot be compared: what differs.
    Refused(Vec<Difference>),
    /// There is no such run; the sentence says which.
    Missing(String),
}

/// One limit held against one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The rule.
    pub rule: String,
    /// The limit, by the key in the policy.
    pub limit: String,
    /// The benchmark.
    pub benchmark: String,
    /// The model.
    pub model: String,
    /// The run; empty where none is covered.
    pub run_id: String,
    /// Whether it is kept.
    pub passed: bool,
    /// What was found and what was wanted.
    pub message: String,
}

/// All checks of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// The policy file.
    pub policy: String,
    /// Whether every check passed.
    pub passed: bool,
    /// The checks, in the order of the rules.
    pub checks: Vec<Check>,
}

impl GateReport {
    /// The report of checks.
    pub fn of(policy: &str, checks: Vec<Check>) -> Self {
        let passed = checks.iter().all(|check| check.passed);
        Self { schema: SCHEMA.to_owned(), policy: policy.to_owned(), passed, checks }
    }
}

/// Holds every limit of a rule against every run it covers. A rule that covers no run fails.
pub fn checks(rule: &Rule, title: &str, covered: &[Evidence]) -> Vec<Check> {
    if covered.is_empty() {
        let wanted = [rule.benchmark.as_deref(), rule.model.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" with ");
        let wanted = if wanted.is_empty() { "anything".to_owned() } else { wanted };
        return vec![Check {
            rule: title.to_owned(),
            limit: "covers a run".to_owned(),
            benchmark: rule.benchmark.clone().unwrap_or_default(),
            model: rule.model.clone().unwrap_or_default(),
            run_id: String::new(),
            passed: false,
            message: format!("no run of {wanted} is in the store"),
        }];
    }
    covered.iter().flat_map(|evidence| of_run(rule, title, evidence)).collect()
}

fn of_run(rule: &Rule, title: &str, evidence: &Evidence) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut add = |limit: &str, (passed, message): (bool, String)| {
        checks.push(Check {
            rule: title.to_owned(),
            limit: limit.to_owned(),
            benchmark: evidence.benchmark.clone(),
            model: evidence.model.clone(),
            run_id: evidence.run_id.clone(),
            passed,
            message,
        });
    };
    if let Some(least) = rule.min_score {
        add("min_score", floor(evidence, evidence.value, least, "the score"));
    }
    if let Some(least) = rule.min_score_low {
        let low = evidence.interval.map(|interval| interval.low);
        add("min_score_low", floor(evidence, low, least, "the lower end of the score's interval"));
    }
    if let Some(least) = rule.min_graded_share {
        let share = evidence.graded as f64 / evidence.planned.max(1) as f64;
        let counts = format!("{} of {} attempts are graded", count(evidence.graded as u64), count(evidence.planned as u64));
        add("min_graded_share", (share >= least, format!("{counts}, at least {} are wanted", percent(least))));
    }
    let of = |outcome: Outcome| evidence.outcomes.iter().find(|c| c.outcome == outcome).map_or(0, |c| c.n);
    if let Some(most) = rule.max_infra_errors {
        let n = of(Outcome::InfraError) as u64;
        add("max_infra_errors", (n <= most, format!("infrastructure errors: {}, at most {} allowed", count(n), count(most))));
    }
    // A provider that withholds refuses, too, and in an empty answer nothing can be read.
    let shares: [(_, _, &[Outcome]); 6] = [
        ("max_infra_error_share", rule.max_infra_error_share, &[Outcome::InfraError]),
        ("max_truncated_share", rule.max_truncated_share, &[Outcome::Truncated]),
        ("max_refused_share", rule.max_refused_share, &[Outcome::Refused, Outcome::Filtered]),
        ("max_filtered_share", rule.max_filtered_share, &[Outcome::Filtered]),
        ("max_unparsed_share", rule.max_unparsed_share, &[Outcome::Unparsed, Outcome::Empty]),
        ("max_empty_share", rule.max_empty_share, &[Outcome::Empty]),
    ];
    for (limit, most, outcomes) in shares {
        let Some(most) = most else { continue };
        let n: usize = outcomes.iter().map(|outcome| of(*outcome)).sum();
        let words = outcomes.iter().map(|outcome| outcome.as_str()).collect::<Vec<_>>().join(" or ");
        let counts = format!("{} of {} attempts are {words}", count(n as u64), count(evidence.graded as u64));
        let share = n as f64 / evidence.graded.max(1) as f64;
        add(limit, (share <= most, format!("{counts}, at most {} may be", percent(most))));
    }
    if let Some(most) = rule.max_cost_usd {
        let found = evidence.usage.cost_usd;
        let message = match found {
            Some(cost) => format!("US$ {}, at most US$ {} are allowed", decimal(cost, 4), decimal(most, 4)),
            None => "the cost is unknown: no price of the model is known".to_owned(),
        };
        add("max_cost_usd", (found.is_some_and(|cost| cost <= most), message));
    }
    if let Some(most) = rule.max_tokens {
        let found = evidence.usage.prompt_tokens.zip(evidence.usage.completion_tokens).map(|(asked, answered)| asked + answered);
        let message = match found {
            Some(tokens) => format!("{} tokens, at most {} are allowed", count(tokens), count(most)),
            None => "the tokens are unknown: the endpoint reports none".to_owned(),
        };
        add("max_tokens", (found.is_some_and(|tokens| tokens <= most), message));
    }
    if let Some(most) = rule.max_mean_latency_s {
        let mean = evidence.usage.latency_s / evidence.graded.max(1) as f64;
        add("max_mean_latency_s", (mean <= most, format!("{mean:.2} s per attempt, at most {most:.2} s are allowed")));
    }
    if let (Some(most), Some(baseline)) = (rule.max_drop, &evidence.baseline) {
        add("max_drop", regression(baseline, most, rule.prove));
    }
    checks
}

fn floor(evidence: &Evidence, found: Option<f64>, least: f64, what: &str) -> (bool, String) {
    let wanted = figure(least, evidence.unit);
    match (&evidence.withheld, found) {
        (Some(reason), _) => (false, format!("the score is withheld: {reason}")),
        (None, Some(value)) => {
            (value >= least, format!("{what} is {}, at least {wanted} is wanted", figure(value, evidence.unit)))
        }
        (None, None) => (false, format!("there is no score, at least {wanted} is wanted")),
    }
}

fn regression(baseline: &Baseline, most: f64, prove: Prove) -> (bool, String) {
    let row = match baseline {
        Baseline::Missing(why) => return (false, why.clone()),
        Baseline::Refused(differences) => {
            let why: Vec<String> = differences.iter().map(ToString::to_string).collect();
            return (false, format!("cannot be compared with the baseline: {}", why.join("; ")));
        }
        Baseline::Compared(row) => row,
    };
    let Some((found, interval)) = row.difference.as_ref().and_then(|found| Some((found, found.interval?))) else {
        return (false, "the difference to the baseline cannot be had over the shared samples".to_owned());
    };
    let passed = match prove {
        Prove::NoRegression => interval.low >= -most,
        Prove::Regression => interval.high >= -most,
    };
    let ends = format!("{} to {}", difference(interval.low, row.unit), difference(interval.high, row.unit));
    let limit = effect(-most, row.unit);
    let verdict = match (prove, passed) {
        (Prove::NoRegression, true) => format!("which excludes a drop beyond {limit}"),
        (Prove::NoRegression, false) => format!("which does not exclude a drop beyond {limit}"),
        (Prove::Regression, true) => format!("which does not show a drop beyond {limit}"),
        (Prove::Regression, false) => format!("which shows a drop beyond {limit}"),
    };
    let confidence = interval.confidence * 100.0;
    let by = effect(found.difference, row.unit);
    (passed, format!("{by} against {} ({confidence:.0} % interval {ends}, {} samples), {verdict}", row.b.run_id, row.paired))
}

fn percent(share: f64) -> String {
    figure(share, Unit::Fraction)
}
