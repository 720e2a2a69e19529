use super::wire::Gemini;
use crate::http::KeyHeader;
use crate::remote::{Arguments, Base, Place, open_model};
use crate::{Environment, ModelOptions};
use proctor_core::{Model, ModelError, ModelErrorKind};
use std::sync::Arc;

const GOOGLE_BASE: &str = "https://generativelanguage.googleapis.com";

/// The version of the API asked for where the base address names none.
const API_VERSION: &str = "v1beta";

/// `google/MODEL`.
pub(crate) fn open(
    name: &str,
    model: &str,
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Arc<dyn Model>, ModelError> {
    let variables = ["GOOGLE_GEMINI_BASE_URL", "GEMINI_BASE_URL", "GOOGLE_BASE_URL"];
    let Some(mut base) = Base::find(options, environment, &variables, Some(GOOGLE_BASE)) else {
        let message = format!("`{name}` has no address: set GOOGLE_GEMINI_BASE_URL (or --base-url)");
        return Err(ModelError::new(ModelErrorKind::NotFound, message));
    };
    // The vendor's own variable holds the address without the version; both are understood.
    let address = base.address.trim_end_matches('/');
    let versioned = address
        .rsplit('/')
        .next()
        .is_some_and(|part| part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())));
    if !versioned {
        base.address = format!("{address}/{API_VERSION}");
    }
    let model = model.strip_prefix("models/").unwrap_or(model);
    if !model.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')) {
        let message = format!("`{name}` names no model: letters, digits, hyphens, underscores and dots only");
        return Err(ModelError::new(ModelErrorKind::NotFound, message));
    }
    let wire = Gemini::new(model, Arguments::new(&options.args)?)?;
    let header = KeyHeader::Plain("x-goog-api-key");
    let keys = [("GEMINI_API_KEY", header), ("GOOGLE_API_KEY", header)];
    // As in the vendor's own client, GOOGLE_API_KEY counts where both are set.
    let keys = if environment.get("GOOGLE_API_KEY").is_some() { [keys[1], keys[0]] } else { keys };
    let place = Place { name, model, base, keys: &keys, headers: Vec::new(), key_required: true, versioned_base: false };
    open_model(place, Arc::new(wire), options, environment)
}
