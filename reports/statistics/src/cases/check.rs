use serde_json::{Map, Value};

/// A figure that is not what a case expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Deviation {
    /// The figure.
    pub figure: String,
    /// What was expected.
    pub expected: Value,
    /// What was found; `null` where there is none.
    pub found: Value,
    /// The largest difference allowed, where the figure is a number.
    pub allowed: Option<f64>,
}

/// Where `figures` are not what a case expects, |found − expected| ≤ abs + rel·|expected| being near enough. A `null` that
/// is expected accepts anything, since it stands for what was not computed as well as for what is not defined; so does a
/// figure that we do not have and that the case's formula calls optional. Without tolerances a bootstrap's ends may be off
/// by 0.15 of the expected standard error, plus 1/n for 0/1 data, and that error by 5 %.
pub fn deviations(case: &Value, figures: &Map<String, Value>) -> Vec<Deviation> {
    let Some(expected) = case.get("expected").and_then(Value::as_object) else { return Vec::new() };
    let part = |name: &str| case.pointer(&format!("/tolerance/{name}")).and_then(Value::as_f64);
    let bootstrap_error = expected.get("se_limit").and_then(Value::as_f64);
    let pairs = case.pointer("/inputs/a").and_then(Value::as_array).map_or(1, Vec::len) as f64;
    let step = if case.pointer("/inputs/clusters").is_some() { 0.0 } else { 1.0 / pairs };
    let allowed = |figure: &str, expected: f64| match (part("abs"), part("rel"), bootstrap_error) {
        (None, None, Some(error)) if figure == "se_limit" => 0.05 * error,
        (None, None, Some(error)) if figure.starts_with("ci_") => 0.15 * error + step,
        (None, None, _) => 1e-9 + 1e-9 * expected.abs(),
        (abs, rel, _) => abs.unwrap_or(0.0) + rel.unwrap_or(0.0) * expected.abs(),
    };
    let mut found = Vec::new();
    for (figure, wanted) in expected.iter().filter(|(_, wanted)| !wanted.is_null()) {
        let Some(got) = figures.get(figure) else {
            found.push(Deviation { figure: figure.clone(), expected: wanted.clone(), found: Value::Null, allowed: None });
            continue;
        };
        let near = |got: &Value, wanted: &Value| match (got.as_f64(), wanted.as_f64()) {
            (Some(got), Some(wanted)) => (got - wanted).abs() <= allowed(figure, wanted),
            _ => got == wanted,
        };
        let agree = match (got.as_array(), wanted.as_array()) {
            (Some(got), Some(wanted)) => {
                got.len() == wanted.len() && got.iter().zip(wanted).all(|(got, wanted)| wanted.is_null() || near(got, wanted))
            }
            _ => near(got, wanted),
        };
        if !agree {
            let allowed = wanted.as_f64().map(|wanted| allowed(figure, wanted));
            found.push(Deviation { figure: figure.clone(), expected: wanted.clone(), found: got.clone(), allowed });
        }
    }
    found
}
