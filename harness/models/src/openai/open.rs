use super::chat::Chat;
use super::dialect::{Dialect, Taste};
use crate::batch::OpenAiBatch;
use crate::http::KeyHeader;
use crate::remote::{Arguments, Base, Place, Wire, connect, open_model};
use crate::responses::Responses;
use crate::services::Service;
use crate::{Environment, ModelOptions};
use proctor_core::{Model, ModelError, ModelErrorKind};
use std::sync::Arc;

const OPENAI_BASE: &str = "https://api.openai.com/v1";

/// `openai/MODEL`: chat and completions, or with `-M api=responses` the responses API.
pub(crate) fn open(
    name: &str,
    model: &str,
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Arc<dyn Model>, ModelError> {
    let headers = [("openai-organization", "OPENAI_ORG_ID"), ("openai-project", "OPENAI_PROJECT_ID")];
    let headers = headers.into_iter().filter_map(|(h, v)| environment.get(v).map(|v| (h, v))).collect();
    let Some(base) = Base::find(options, environment, &["OPENAI_BASE_URL"], Some(OPENAI_BASE)) else {
        return Err(no_address(name, "OPENAI_BASE_URL"));
    };
    let place = Place {
        name,
        model,
        base,
        keys: &[("OPENAI_API_KEY", KeyHeader::Bearer)],
        headers,
        key_required: true,
        versioned_base: true,
    };
    let wire = wire(model, Dialect::of_openai(model), options)?;
    let mut remote = connect(place, wire, options, environment)?;
    remote.batch = Some(Arc::new(OpenAiBatch::of(&remote)));
    Ok(Arc::new(remote))
}

/// The format that `-M api=…` asks for; chat and completions without it.
pub(super) fn wire(model: &str, dialect: Dialect, options: &ModelOptions) -> Result<Arc<dyn Wire>, ModelError> {
    let mut args = Arguments::new(&options.args)?;
    match args.take_word("api", "`chat` or `responses`")?.as_deref() {
        None | Some("chat") => {
            let (dialect, args) = dialect.with_arguments(&args.rest())?;
            Ok(Arc::new(Chat::new(model, dialect, args)))
        }
        Some("responses") => Ok(Arc::new(Responses::new(model, args)?)),
        Some(other) => {
            let message = format!("`-M api={other}` names no API; it is `chat` or `responses`");
            Err(ModelError::new(ModelErrorKind::BadRequest, message))
        }
    }
}

fn no_address(name: &str, variable: &str) -> ModelError {
    let message = format!("`{name}` has no address: set {variable} (or --base-url), e.g. {variable}=http://localhost:8000/v1");
    ModelError::new(ModelErrorKind::NotFound, message)
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
    let (variable, key) = (format!("{stem}_BASE_URL"), format!("{stem}_API_KEY"));
    let Some(base) = Base::find(options, environment, &[&variable], None) else {
        return Err(no_address(name, &variable));
    };
    let keys = [(key.as_str(), KeyHeader::Bearer)];
    let place = Place { name, model, base, keys: &keys, headers: Vec::new(), key_required: true, versioned_base: true };
    open_model(place, wire(model, Dialect::of_taste(Taste::GENERIC), options)?, options, environment)
}

/// A model of a service of the table.
pub(crate) fn open_service(
    service: &Service,
    name: &str,
    model: &str,
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Arc<dyn Model>, ModelError> {
    let Some(mut base) = Base::find(options, environment, service.bases, Some(service.base)) else {
        return Err(no_address(name, service.bases.first().copied().unwrap_or("--base-url")));
    };
    if base.source == "OLLAMA_HOST" {
        base.address = ollama_address(&base.address);
    }
    let keys: Vec<_> = service.keys.iter().map(|variable| (*variable, KeyHeader::Bearer)).collect();
    let (dialect, args) = {
        let mut args = Arguments::new(&options.args)?;
        // One form only; `api=chat` is what they speak.
        if args.take_word("api", "`chat`")?.is_some_and(|api| api != "chat") {
            return open_service_responses(service, name, model, base, &keys, options, environment);
        }
        if service.prefix == "ollama" {
            refuse_native(&args)?;
        }
        Dialect::of_taste(service.taste).with_arguments(&args.rest())?
    };
    let dialect = Dialect { stops: service.takes_stops(model), ..dialect };
    let chat = Chat { cost_in_usage: service.cost_in_usage, ..Chat::new(model, dialect, args) };
    let place = Place {
        name,
        model,
        base,
        keys: &keys,
        headers: Vec::new(),
        key_required: service.key_required,
        versioned_base: service.prefix != "deepseek",
    };
    open_model(place, Arc::new(chat), options, environment)
}

/// Ollama passes over fields that only its own API knows; a run with half its prompts cut must not look well.
fn refuse_native(args: &Arguments) -> Result<(), ModelError> {
    let Some(field) = ["num_ctx", "options"].into_iter().find(|field| args.has(field)) else {
        return Ok(());
    };
    let message = format!(
        "`-M {field}=...` would be passed over, since Ollama's OpenAI-compatible API does not know it: give the context's \
         length to the server, as in OLLAMA_CONTEXT_LENGTH=32768 ollama serve, or in a Modelfile (PARAMETER num_ctx 32768)"
    );
    Err(ModelError::new(ModelErrorKind::BadRequest, message))
}

/// The responses API of a service that has it: vLLM, Ollama, Groq, xAI, OpenRouter do.
fn open_service_responses(
    service: &Service,
    name: &str,
    model: &str,
    base: Base,
    keys: &[(&str, KeyHeader)],
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Arc<dyn Model>, ModelError> {
    let wire = wire(model, Dialect::of_taste(service.taste), options)?;
    let place = Place { name, model, base, keys, headers: Vec::new(), key_required: service.key_required, versioned_base: true };
    open_model(place, wire, options, environment)
}

/// The base address that `OLLAMA_HOST` means, which may lack scheme, port or both, and may be the address that Ollama
/// listens on.
fn ollama_address(host: &str) -> String {
    let host = host.trim().trim_end_matches('/');
    let (scheme, rest) = host.split_once("://").unwrap_or(("http", host));
    let (authority, path) = rest.split_once('/').map_or((rest, ""), |(a, p)| (a, p));
    let has_port =
        authority.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    let authority = match authority {
        "" => "127.0.0.1".to_owned(),
        other => other.trim_end_matches(':').replacen("0.0.0.0", "127.0.0.1", 1),
    };
    let port = match (has_port, scheme) {
        (true, _) => "",
        (false, "https") => ":443",
        (false, _) => ":11434",
    };
    let path = if path.is_empty() { "v1" } else { path };
    format!("{scheme}://{authority}{port}/{path}")
}
