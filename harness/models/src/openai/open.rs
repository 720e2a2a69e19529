use super::dialect::Dialect;
use super::model::OpenAi;
use crate::http::{Client, Endpoint};
use crate::{Environment, ModelOptions, Secret};
use proctor_core::{Model, ModelError, ModelErrorKind};
use std::sync::Arc;

const OPENAI_BASE: &str = "https://api.openai.com/v1";

/// `openai/MODEL`.
pub(crate) fn open(
    name: &str,
    model: &str,
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Arc<dyn Model>, ModelError> {
    let headers = [("openai-organization", "OPENAI_ORG_ID"), ("openai-project", "OPENAI_PROJECT_ID")];
    let headers: Vec<_> = headers.into_iter().filter_map(|(h, v)| environment.get(v).map(|v| (h, v))).collect();
    let base = options.base_url.clone().map(|b| (b, "--base-url".to_owned()));
    let base = base.or_else(|| environment.get("OPENAI_BASE_URL").map(|b| (b, "OPENAI_BASE_URL".to_owned())));
    let (base, source) = base.unwrap_or_else(|| (OPENAI_BASE.to_owned(), "the program".to_owned()));
    build(name, model, "OPENAI_API_KEY", (&base, &source), &headers, Dialect::of_openai(model), options, environment)
}

/// `openai-api/NAME/MODEL`; `NAME` in capitals, its hyphens as underscores, begins the variables' names.
pub(crate) fn open_named(
    name: &str,
    rest: &str,
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Arc<dyn Model>, ModelError> {
    let wrong =
        |why: &str| ModelError::new(ModelErrorKind::NotFound, format!("`{name}` {why}; the form is openai-api/NAME/MODEL"));
    let Some((service, model)) = rest.split_once('/').filter(|(s, m)| !s.is_empty() && !m.is_empty()) else {
        return Err(wrong("lacks a part"));
    };
    if !service.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        return Err(wrong("has a NAME of more than letters, digits, hyphens and underscores"));
    }
    let stem = service.to_ascii_uppercase().replace('-', "_");
    let variable = format!("{stem}_BASE_URL");
    let base = options.base_url.clone().map(|b| (b, "--base-url".to_owned()));
    let Some((base, source)) = base.or_else(|| environment.get(&variable).map(|b| (b, variable.clone()))) else {
        let message =
            format!("`{name}` has no address: set {variable} (or --base-url), e.g. {variable}=http://localhost:8000/v1");
        return Err(ModelError::new(ModelErrorKind::NotFound, message));
    };
    build(name, model, &format!("{stem}_API_KEY"), (&base, &source), &[], Dialect::generic(), options, environment)
}

#[allow(clippy::too_many_arguments)]
fn build(
    name: &str,
    model: &str,
    key_variable: &str,
    (base, source): (&str, &str),
    headers: &[(&'static str, String)],
    dialect: Dialect,
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Arc<dyn Model>, ModelError> {
    let endpoint = Endpoint::parse(base, source)?;
    let key = environment.get(key_variable).map(Secret::new);
    if key.is_none() && !endpoint.is_loopback() {
        let none_asked = if base == OPENAI_BASE { "" } else { " (any text if the server asks for none)" };
        let message = format!("`{name}` needs a key for {endpoint}: set {key_variable}{none_asked}");
        return Err(ModelError::new(ModelErrorKind::Auth, message));
    }
    let (dialect, args) = dialect.with_arguments(&options.args)?;
    let client = Client::new(endpoint, key, headers, options.timeouts)?;
    Ok(Arc::new(OpenAi::new(name, model, key_variable, client, dialect, args, options.stream)))
}
