use super::difference::{Headline, difference};
use super::side::{Pairing, RunGrades, flips, narrowed};
use super::table::{Comparison, ComparisonRow, Finding, SCHEMA, Side};
use crate::comparability::{Difference, Part, differences};
use crate::leaderboard::Score;
use crate::summary::Unit;
use crate::text::count;
use proctor_core::{GradedAttempt, Metric, RunPlan};
use proctor_statistics::{CONFIDENCE, Design, PairedDifference, holm, pairs_needed};
use std::collections::BTreeSet;

/// How a comparison is made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompareOptions {
    /// Only samples in all of these subsets.
    pub slices: Vec<String>,
    /// A row for every subset, too.
    pub by_stratum: bool,
    /// Samples listed by name in each row at most.
    pub flips: usize,
    /// The effect for which the needed size is stated, in the figure's own unit.
    pub effect: Option<f64>,
}

/// Two runs of one benchmark, and how its headline figure is had from grades.
pub struct Pair<'a> {
    /// A.
    pub a: RunGrades,
    /// B.
    pub b: RunGrades,
    /// The benchmark's headline figure.
    pub headline: &'a Headline<'a>,
}

/// Why two runs are not compared: what differs, by name. `allowed` parts may differ; so may one alone between runs of the same
/// model, for then it is what is compared. Nothing that only the model decides forbids a comparison.
pub fn refusal(a: &RunPlan, b: &RunPlan, allowed: &[Part]) -> Option<Vec<Difference>> {
    let found = differences(a, b);
    let parts: BTreeSet<Part> = found.iter().map(|difference| difference.part).collect();
    let compared_by_it = |part: Part| part != Part::Judge && part != Part::Benchmark && parts.len() == 1;
    let forbids = |difference: &&Difference| {
        let part = difference.part;
        // Samples that only one side has are left out of the pairs, and those whose content differs, too.
        part.forbids() && part != Part::Data && !allowed.contains(&part) && !compared_by_it(part)
    };
    let forbidding: Vec<Difference> = found.iter().filter(forbids).cloned().collect();
    (!forbidding.is_empty()).then_some(forbidding)
}

/// The comparison of pairs of runs, benchmark by benchmark.
pub fn comparison(pairs: &[Pair<'_>], a: &str, b: &str, options: &CompareOptions) -> Comparison {
    let design = Design::default();
    let mut rows = Vec::new();
    for pair in pairs {
        rows.extend(rows_of(pair, options));
    }
    let p_values: Vec<f64> = rows.iter().map(|row| row.difference.map_or(f64::NAN, |difference| difference.p_value)).collect();
    let adjusted = holm(&p_values);
    for (row, adjusted) in rows.iter_mut().zip(&adjusted) {
        row.p_adjusted = Some(*adjusted).filter(|p| p.is_finite());
        row.finding = finding(row.difference.as_ref(), row.p_adjusted, design.alpha);
        row.groups_needed = row.difference.as_ref().and_then(|difference| {
            // The spread that as many groups had, taken for that of any number of groups.
            let spread = difference.standard_error? * (difference.groups as f64).sqrt();
            pairs_needed(options.effect?, spread, design)
        });
    }
    let mut comparison = Comparison {
        schema: SCHEMA.to_owned(),
        a: a.to_owned(),
        b: b.to_owned(),
        confidence: CONFIDENCE,
        alpha: design.alpha,
        power: design.power,
        slices: options.slices.clone(),
        tests: adjusted.iter().filter(|p| p.is_finite()).count(),
        rows,
        notes: Vec::new(),
    };
    comparison.notes = notes(&comparison);
    comparison
}

fn rows_of(pair: &Pair<'_>, options: &CompareOptions) -> Vec<ComparisonRow> {
    let pairing = Pairing::of(&pair.a, &pair.b);
    let a = narrowed(&pair.a.grades, &pairing.shared, &options.slices);
    let b = narrowed(&pair.b.grades, &pairing.shared, &options.slices);
    let mut rows = vec![row(pair, &pairing, (&a, &b), None, options)];
    if options.by_stratum {
        let asked: BTreeSet<String> = options.slices.iter().map(|slice| slice.to_lowercase()).collect();
        // Subsets of a kind stand together: kinds are places in the samples' lists.
        let mut strata: Vec<(usize, &String)> = Vec::new();
        for (kind, stratum) in a.iter().flat_map(|grade| grade.strata.iter().enumerate()) {
            if !strata.iter().any(|(_, known)| *known == stratum) && !asked.contains(&stratum.to_lowercase()) {
                strata.push((kind, stratum));
            }
        }
        strata.sort_by_key(|(kind, _)| *kind);
        for (_, stratum) in strata {
            let inside = |grades: &[GradedAttempt]| -> Vec<GradedAttempt> {
                grades.iter().filter(|grade| grade.strata.contains(stratum)).cloned().collect()
            };
            let (a, b) = (inside(&a), inside(&b));
            rows.push(row(pair, &pairing, (&a, &b), Some(stratum.clone()), &CompareOptions { flips: 0, ..options.clone() }));
        }
    }
    rows
}

fn row(
    pair: &Pair<'_>,
    pairing: &Pairing,
    (a, b): (&[GradedAttempt], &[GradedAttempt]),
    stratum: Option<String>,
    options: &CompareOptions,
) -> ComparisonRow {
    let figures = [(pair.headline)(a), (pair.headline)(b)];
    let [in_a, in_b] = figures.each_ref().map(|figure| figure.as_ref().and_then(Score::of));
    let difference = difference(&figures, (a, b), pair.headline);
    let side = |run: &RunGrades, score: &Option<Score>| Side {
        run_id: run.run.id.clone(),
        model: run.run.plan.model.clone(),
        value: score.as_ref().map(|score| score.value),
        interval: score.as_ref().and_then(|score| score.interval),
        n: score.as_ref().map_or(0, Score::points),
        successes: score.as_ref().and_then(|score| score.successes),
    };
    let ids: BTreeSet<&str> = a.iter().map(|grade| grade.sample_id.as_str()).collect();
    let unit = |score: &Option<Score>| score.as_ref().is_none_or(|score| score.unit == Unit::Fraction);
    ComparisonRow {
        benchmark: pair.a.run.plan.benchmark.clone(),
        stratum,
        metric: figures.iter().flatten().map(|metric: &Metric| metric.name.clone()).next().unwrap_or_default(),
        unit: if unit(&in_a) && unit(&in_b) { Unit::Fraction } else { Unit::Number },
        a: side(&pair.a, &in_a),
        b: side(&pair.b, &in_b),
        difference,
        p_adjusted: None,
        groups_needed: None,
        finding: Finding::Nothing,
        paired: ids.len(),
        only_a: pairing.only_a,
        only_b: pairing.only_b,
        changed: pairing.changed,
        differs: differences(&pair.a.run.plan, &pair.b.run.plan).into_iter().filter(|d| d.part != Part::Model).collect(),
        flips: flips((&pair.a.run.id, a), (&pair.b.run.id, b), options.flips),
    }
}

fn finding(difference: Option<&PairedDifference>, adjusted: Option<f64>, alpha: f64) -> Finding {
    match (difference, adjusted) {
        (Some(difference), Some(p)) if p <= alpha && difference.difference > 0.0 => Finding::Better,
        (Some(difference), Some(p)) if p <= alpha && difference.difference < 0.0 => Finding::Worse,
        (Some(_), _) => Finding::Open,
        _ => Finding::Nothing,
    }
}

fn notes(comparison: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    for row in comparison.rows.iter().filter(|row| row.stratum.is_none()) {
        if !row.differs.is_empty() {
            let named: Vec<String> = row.differs.iter().map(ToString::to_string).collect();
            notes.push(format!("{}: more than the model differs: {}.", row.benchmark, named.join("; ")));
        }
        let mut left = Vec::new();
        for (n, what) in [
            (row.only_a, "graded only in A"),
            (row.only_b, "graded only in B"),
            (row.changed, "whose content differs between the two"),
        ] {
            if n > 0 {
                left.push(format!("{} {what}", count(n as u64)));
            }
        }
        if !left.is_empty() {
            notes.push(format!("{}: left out are samples {}.", row.benchmark, left.join(", ")));
        }
        if row.paired == 0 {
            notes.push(format!("{}: the two have no graded sample in common{}.", row.benchmark, slice_words(comparison)));
        } else if row.difference.as_ref().is_some_and(|difference| difference.groups < 10) {
            let groups = row.difference.as_ref().map_or(0, |difference| difference.groups);
            notes.push(format!("{}: {groups} independent groups are few for any interval.", row.benchmark));
        }
        if row.difference.is_none() && row.paired > 0 {
            notes.push(format!("{}: the figure of one side cannot be had over the shared samples.", row.benchmark));
        }
    }
    notes
}

fn slice_words(comparison: &Comparison) -> String {
    match comparison.slices.is_empty() {
        true => String::new(),
        false => format!(" in {}", comparison.slices.join(", ")),
    }
}
