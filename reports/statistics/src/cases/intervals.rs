use super::input::{CaseError, Inputs, label, whole};
use super::kinds::{Figures, number};
use crate::{CONFIDENCE, Clusters, MeanPoints, bootstrap_mean, checked_pass_at_k, elo_expected, independent_error};
use proctor_core::MetricPoint;
use serde_json::{Value, json};

/// Resamples of a single case, more than a report draws.
pub(super) const RESAMPLES: usize = 50_000;

pub fn wilson(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let ends = crate::wilson(inputs.count("successes")?, inputs.count("n")?, inputs.number_or("confidence", CONFIDENCE)?);
    Ok(pair(ends))
}

pub fn clopper_pearson(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let confidence = inputs.number_or("confidence", CONFIDENCE)?;
    Ok(pair(crate::clopper_pearson(inputs.count("successes")?, inputs.count("n")?, confidence)))
}

fn pair(ends: Option<(f64, f64)>) -> Figures {
    vec![("low", number(ends.map(|e| e.0))), ("high", number(ends.map(|e| e.1)))]
}

pub fn pass_at_k(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    Ok(vec![("value", number(checked_pass_at_k(inputs.count("n")?, inputs.count("c")?, inputs.count("k")?)))])
}

pub fn pass_at_k_mean(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let wrong = CaseError::Wrong { name: "problems", wanted: "a list of [n, c]" };
    let k = inputs.count("k")?;
    let mut samples = Vec::new();
    for (i, row) in inputs.table("problems")?.into_iter().enumerate() {
        let [n, c] = row else { return Err(wrong) };
        let (Some(n), Some(c)) = (whole(n), whole(c)) else { return Err(wrong) };
        samples.push((i.to_string(), n, c));
    }
    let points = crate::pass_at_k_points(&samples, k).and_then(|points| MeanPoints::of(&points));
    let interval =
        points.as_ref().map(|points| points.interval(inputs.number_or("confidence", CONFIDENCE).unwrap_or(CONFIDENCE)));
    let interval = interval.flatten();
    Ok(vec![
        ("value", number(points.map(|points| points.clusters.mean()))),
        ("low", number(interval.map(|i| i.low))),
        ("high", number(interval.map(|i| i.high))),
    ])
}

/// Values with their clusters; without clusters each is its own.
pub(super) fn points(values: &[f64], inputs: Inputs<'_>) -> Result<Vec<MetricPoint>, CaseError> {
    let groups: Vec<String> = match inputs.optional("clusters") {
        Some(_) => inputs.list("clusters")?.iter().map(label).collect(),
        None => (0..values.len()).map(|i| i.to_string()).collect(),
    };
    if groups.len() != values.len() {
        return Err(CaseError::Wrong { name: "clusters", wanted: "as long as the values" });
    }
    Ok(values.iter().zip(groups).map(|(value, group)| MetricPoint { group, value: *value }).collect())
}

pub fn mean(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let points = MeanPoints::of(&points(&inputs.numbers("values")?, inputs)?);
    let confidence = inputs.number_or("confidence", CONFIDENCE)?;
    let interval = points.as_ref().and_then(|points| points.interval(confidence));
    Ok(vec![
        ("mean", number(points.map(|points| points.clusters.mean()))),
        ("low", number(interval.map(|i| i.low))),
        ("high", number(interval.map(|i| i.high))),
        ("method", interval.map_or(Value::Null, |i| json!(i.method))),
    ])
}

pub fn cluster_error(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let values = inputs.numbers("values")?;
    let clusters = Clusters::of(&points(&values, inputs)?);
    let error = clusters.as_ref().map(Clusters::standard_error);
    Ok(vec![
        ("mean", number(clusters.as_ref().map(Clusters::mean))),
        ("n", json!(values.len())),
        ("clusters", json!(clusters.as_ref().map_or(0, Clusters::count))),
        ("se_cr0", number(error.map(|e| e.cr0))),
        ("se_cr1", number(error.and_then(|e| e.cr1))),
        ("se_iid", number(independent_error(&values))),
    ])
}

pub fn cluster_bootstrap(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let clusters = Clusters::of(&points(&inputs.numbers("values")?, inputs)?);
    let confidence = inputs.number_or("confidence", CONFIDENCE)?;
    let found = clusters.as_ref().and_then(|clusters| bootstrap_mean(clusters, RESAMPLES, confidence, 1));
    Ok(vec![
        ("mean", number(clusters.map(|clusters| clusters.mean()))),
        ("se", number(found.map(|f| f.standard_error))),
        ("low", number(found.map(|f| f.low))),
        ("high", number(found.map(|f| f.high))),
    ])
}

pub fn elo(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let (a, b) = (inputs.number("rating_a")?, inputs.number("rating_b")?);
    Ok(vec![("expected_a", number(Some(elo_expected(a, b)))), ("expected_b", number(Some(elo_expected(b, a))))])
}

pub fn ranks(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let values = inputs.numbers("values")?;
    Ok(vec![("ranks", json!(crate::ranks(&values))), ("mean_ranks", json!(crate::mean_ranks(&values)))])
}
