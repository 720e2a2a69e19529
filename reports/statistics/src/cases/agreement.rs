use super::input::{CaseError, Inputs, label, whole};
use super::kinds::{Figures, number};
use crate::{Level, Weights, cohen_kappa, fleiss_kappa, krippendorff_alpha};
use serde_json::Value;

pub fn krippendorff(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let level = match inputs.optional("level").and_then(Value::as_str).unwrap_or("nominal") {
        "nominal" => Level::Nominal,
        "ordinal" => Level::Ordinal,
        "interval" => Level::Interval,
        "ratio" => Level::Ratio,
        _ => return Err(CaseError::Wrong { name: "level", wanted: "nominal, ordinal, interval or ratio" }),
    };
    let rows = inputs.table("ratings")?;
    let wrong = CaseError::Wrong { name: "ratings", wanted: "numbers, or words with the level nominal; null where missing" };
    // Words are numbered as they come; that says nothing of their order.
    let mut words: Vec<String> = Vec::new();
    let mut rating = |value: &Value| match (value, value.as_f64()) {
        (Value::Null, _) => Ok(None),
        (_, Some(number)) => Ok(Some(number)),
        _ if level == Level::Nominal => {
            let word = label(value);
            let place = words.iter().position(|known| *known == word).unwrap_or_else(|| {
                words.push(word);
                words.len() - 1
            });
            Ok(Some(1e9 + place as f64))
        }
        _ => Err(wrong.clone()),
    };
    let judges: Vec<Vec<Option<f64>>> =
        rows.into_iter().map(|row| row.iter().map(&mut rating).collect()).collect::<Result<_, _>>()?;
    let units = judges.first().map_or(0, Vec::len);
    let units: Vec<Vec<Option<f64>>> =
        (0..units).map(|unit| judges.iter().map(|judge| judge.get(unit).copied().flatten()).collect()).collect();
    Ok(vec![("alpha", number(krippendorff_alpha(&units, level)))])
}

pub fn cohen(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let weights = match inputs.optional("weights").and_then(Value::as_str).unwrap_or("unweighted") {
        "unweighted" | "none" => Weights::Unweighted,
        "linear" => Weights::Linear,
        "quadratic" => Weights::Quadratic,
        _ => return Err(CaseError::Wrong { name: "weights", wanted: "null, linear or quadratic" }),
    };
    let (a, b) = (inputs.list("a")?, inputs.list("b")?);
    if a.len() != b.len() {
        return Err(CaseError::Wrong { name: "b", wanted: "as long as `a`" });
    }
    let categories: Vec<String> = match inputs.optional("categories") {
        Some(_) => inputs.list("categories")?.iter().map(label).collect(),
        None => {
            let mut found: Vec<&Value> = a.iter().chain(b).collect();
            found.sort_by(|x, y| match (x.as_f64(), y.as_f64()) {
                (Some(x), Some(y)) => x.total_cmp(&y),
                _ => label(x).cmp(&label(y)),
            });
            let mut labels: Vec<String> = found.into_iter().map(label).collect();
            labels.dedup();
            labels
        }
    };
    let place = |value: &Value| categories.iter().position(|known| *known == label(value));
    let places = |side: &[Value]| side.iter().map(place).collect::<Option<Vec<usize>>>();
    let (Some(a), Some(b)) = (places(a), places(b)) else {
        return Err(CaseError::Wrong { name: "categories", wanted: "a list with every rating that occurs" });
    };
    Ok(vec![("kappa", number(cohen_kappa(&a, &b, categories.len(), weights)))])
}

pub fn fleiss(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let rows = inputs.table("table")?;
    let counts: Option<Vec<Vec<u64>>> = rows.into_iter().map(|row| row.iter().map(whole).collect()).collect();
    let counts = counts.ok_or(CaseError::Wrong { name: "table", wanted: "a list of lists of counts" })?;
    Ok(vec![("kappa", number(fleiss_kappa(&counts)))])
}
