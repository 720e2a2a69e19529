use super::input::{CaseError, Inputs};
use super::intervals::{RESAMPLES, points};
use super::kinds::{Figures, number};
use crate::{
    CONFIDENCE, Clusters, Design, bootstrap_mean, detectable_connor, detectable_discordant, detectable_paired,
    detectable_paired_t, detectable_unpaired, discordant_pairs_needed, mcnemar_exact, pairs_needed, samples_needed, sign_flip,
};
use serde_json::{Value, json};

pub fn mcnemar(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let found = mcnemar_exact(inputs.count("only_a_right")?, inputs.count("only_b_right")?);
    Ok(vec![("p_value", number(Some(found.p_value))), ("mid_p", number(found.mid_p))])
}

fn differences(inputs: Inputs<'_>) -> Result<Vec<f64>, CaseError> {
    let (a, b) = (inputs.numbers("a")?, inputs.numbers("b")?);
    match a.len() == b.len() {
        true => Ok(a.iter().zip(&b).map(|(a, b)| a - b).collect()),
        false => Err(CaseError::Wrong { name: "b", wanted: "as long as `a`" }),
    }
}

pub fn permutation(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let differences = differences(inputs)?;
    let clusters = Clusters::of(&points(&differences, inputs)?);
    // Within a cluster all signs flip together.
    let sums: Vec<f64> = match (inputs.optional("clusters"), &clusters) {
        (Some(_), Some(clusters)) => clusters.sums().iter().map(|(sum, _)| *sum).collect(),
        _ => differences,
    };
    let found = sign_flip(&sums, 1);
    Ok(vec![
        ("p_value", number(found.map(|f| f.p_value))),
        ("observed", number(clusters.map(|clusters| clusters.mean()))),
        ("exact", found.map_or(Value::Null, |f| json!(f.exact))),
    ])
}

pub fn paired_bootstrap(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let clusters = Clusters::of(&points(&differences(inputs)?, inputs)?);
    let confidence = inputs.number_or("confidence", CONFIDENCE)?;
    let found = clusters.as_ref().and_then(|clusters| bootstrap_mean(clusters, RESAMPLES, confidence, 1));
    Ok(vec![
        ("observed", number(clusters.map(|clusters| clusters.mean()))),
        ("se_limit", number(found.map(|f| f.standard_error))),
        ("ci_low_limit", number(found.map(|f| f.low))),
        ("ci_high_limit", number(found.map(|f| f.high))),
    ])
}

pub fn holm(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let alpha = inputs.number_or("alpha", 0.05)?;
    let adjusted = crate::holm(&inputs.numbers("p_values")?);
    let rejected: Vec<bool> = adjusted.iter().map(|p| *p <= alpha).collect();
    let shown: Vec<Value> = adjusted.into_iter().map(|p| number(Some(p))).collect();
    Ok(vec![("adjusted", json!(shown)), ("reject", json!(rejected))])
}

fn design(inputs: Inputs<'_>) -> Result<Design, CaseError> {
    let usual = Design::default();
    Ok(Design { alpha: inputs.number_or("alpha", usual.alpha)?, power: inputs.number_or("power", usual.power)? })
}

pub fn paired_effect(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let (n, sd, design) = (inputs.count("n")?, inputs.number("sd_diff")?, design(inputs)?);
    Ok(vec![("mde_z", number(detectable_paired(n, sd, design))), ("mde_t", number(detectable_paired_t(n, sd, design)))])
}

pub fn binary_effect(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let (n, rate, design) = (inputs.count("n")?, inputs.number("discordant_rate")?, design(inputs)?);
    Ok(vec![
        ("mde_simple", number(detectable_discordant(n, rate, design))),
        ("mde_connor", number(detectable_connor(n, rate, design))),
    ])
}

pub fn unpaired_effect(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let (a, b) = (inputs.number("sd_a")?, inputs.number("sd_b")?);
    Ok(vec![("mde_z", number(detectable_unpaired(inputs.count("n")?, a, b, design(inputs)?)))])
}

pub fn pairs(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    Ok(vec![("n", json!(pairs_needed(inputs.number("effect")?, inputs.number("sd_diff")?, design(inputs)?)))])
}

pub fn binary_pairs(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let (effect, rate) = (inputs.number("effect")?, inputs.number("discordant_rate")?);
    Ok(vec![("n", json!(discordant_pairs_needed(effect, rate, design(inputs)?)))])
}

pub fn samples(inputs: Inputs<'_>) -> Result<Figures, CaseError> {
    let (a, b) = (inputs.number("sd_a")?, inputs.number("sd_b")?);
    Ok(vec![("n", json!(samples_needed(inputs.number("effect")?, a, b, design(inputs)?)))])
}
