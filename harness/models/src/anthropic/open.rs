use super::wire::Messages;
use crate::batch::AnthropicBatch;
use crate::http::KeyHeader;
use crate::remote::{Arguments, Base, Place, connect};
use crate::{Environment, ModelOptions};
use proctor_core::{Model, ModelError, ModelErrorKind};
use std::sync::Arc;

const ANTHROPIC_BASE: &str = "https://api.anthropic.com";

/// The version of the API that this was written for.
const API_VERSION: &str = "2023-06-01";

/// `anthropic/MODEL`.
pub(crate) fn open(
    name: &str,
    model: &str,
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Arc<dyn Model>, ModelError> {
    let Some(base) = Base::find(options, environment, &["ANTHROPIC_BASE_URL"], Some(ANTHROPIC_BASE)) else {
        let message = format!("`{name}` has no address: set ANTHROPIC_BASE_URL (or --base-url)");
        return Err(ModelError::new(ModelErrorKind::NotFound, message));
    };
    // The vendor's own variable holds the address without the version; both are understood.
    let versioned = base.address.trim_end_matches('/').ends_with("/v1");
    let mut args = Arguments::new(&options.args)?;
    let mut headers = vec![("anthropic-version", API_VERSION.to_owned())];
    if let Some(features) = args.take_word("anthropic_beta", "the names of beta features, separated by commas")? {
        headers.push(("anthropic-beta", features));
    }
    let wire = Messages::new(model, args, if versioned { "" } else { "v1/" })?;
    let keys = [("ANTHROPIC_API_KEY", KeyHeader::Plain("x-api-key")), ("ANTHROPIC_AUTH_TOKEN", KeyHeader::Bearer)];
    let place = Place { name, model, base, keys: &keys, headers, key_required: true, versioned_base: false };
    let mut remote = connect(place, Arc::new(wire), options, environment)?;
    remote.batch = Some(Arc::new(AnthropicBatch::of(&remote, if versioned { "" } else { "v1/" })));
    Ok(Arc::new(remote))
}
