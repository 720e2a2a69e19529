use super::model::{Identity, Remote};
use super::wire::Wire;
use crate::http::{Client, Endpoint, Key, KeyHeader};
use crate::tokens::TokenCounter;
use crate::{Environment, ModelOptions, Secret};
use proctor_core::{Model, ModelError, ModelErrorKind};
use std::sync::Arc;

/// A base address and where it comes from, for messages.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    pub address: String,
    pub source: String,
}

impl Base {
    /// `--base-url`, else the first of `variables` that is set, else `default`.
    pub fn find(
        options: &ModelOptions,
        environment: &dyn Environment,
        variables: &[&str],
        default: Option<&str>,
    ) -> Option<Self> {
        let base = |address: String, source: &str| Self { address, source: source.to_owned() };
        options
            .base_url
            .clone()
            .map(|address| base(address, "--base-url"))
            .or_else(|| variables.iter().find_map(|name| environment.get(name).map(|address| base(address, name))))
            .or_else(|| default.map(|address| base(address.to_owned(), "the program")))
    }
}

/// Everything that connecting to a model takes.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// The name it was asked for by.
    pub name: &'a str,
    /// Its name at the endpoint.
    pub model: &'a str,
    /// Where it is.
    pub base: Base,
    /// The variables that may hold its key, each with how that is sent; the first that is set counts.
    pub keys: &'a [(&'a str, KeyHeader)],
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// Whether a key is expected at all.
    pub key_required: bool,
    /// Whether the base address is expected to end with a version.
    pub versioned_base: bool,
}

/// Sets up a model, without connecting. Errors: `Auth` for a missing key, `BadRequest` for an unfit address.
pub(crate) fn connect(
    place: Place<'_>,
    wire: Arc<dyn Wire>,
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Remote, ModelError> {
    let Place { name, model, base, keys, headers, key_required, versioned_base } = place;
    let endpoint = Endpoint::parse(&base.address, &base.source)?;
    let found = keys.iter().find_map(|(variable, header)| environment.get(variable).map(|key| (*variable, *header, key)));
    let wanted = keys.first().map_or("a key", |(variable, _)| *variable);
    if found.is_none() && key_required && !endpoint.is_loopback() {
        let none_asked = if base.source == "the program" { "" } else { " (any text if the server asks for none)" };
        let message = format!("`{name}` needs a key for {endpoint}: set {wanted}{none_asked}");
        return Err(ModelError::new(ModelErrorKind::Auth, message));
    }
    let key_variable = found.as_ref().map_or(wanted, |(variable, ..)| variable).to_owned();
    let key = found.map(|(_, header, key)| Key { header, secret: Secret::new(key) });
    let client = Client::new(endpoint, key, &headers, options.timeouts)?;
    let stream = wire.stream().or(options.stream).unwrap_or(true);
    let identity = Identity { name: name.to_owned(), model: model.to_owned(), key_variable, versioned_base };
    let tokens = TokenCounter::of_model(model);
    Ok(Remote { identity, client: Arc::new(client), wire, stream, batch: None, tokens })
}

/// [`connect`] for those who need no more than a model.
pub(crate) fn open_model(
    place: Place<'_>,
    wire: Arc<dyn Wire>,
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Arc<dyn Model>, ModelError> {
    Ok(Arc::new(connect(place, wire, options, environment)?))
}
