use super::chat::Chat;
use super::dialect::Dialect;
use super::open::wire;
use crate::batch::OpenAiBatch;
use crate::http::KeyHeader;
use crate::remote::{Arguments, Base, Place, connect};
use crate::{Environment, ModelOptions};
use proctor_core::{Model, ModelError, ModelErrorKind};
use std::sync::Arc;

/// The version of the deployment API that is asked for unless told otherwise: the last general one.
const API_VERSION: &str = "2024-10-21";

/// The same for reasoning models, which no general version of the deployment API knows.
const REASONING_API_VERSION: &str = "2025-04-01-preview";

/// `azure/DEPLOYMENT`. The address of the resource is in AZURE_OPENAI_ENDPOINT; where it ends with `openai/v1`, requests
/// go there with the deployment as the model, else to `openai/deployments/DEPLOYMENT` with an `api-version`.
pub(crate) fn open(
    name: &str,
    deployment: &str,
    options: &ModelOptions,
    environment: &dyn Environment,
) -> Result<Arc<dyn Model>, ModelError> {
    let wrong = |kind, message: String| Err(ModelError::new(kind, message));
    let Some(mut base) = Base::find(options, environment, &["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_BASE_URL"], None) else {
        let message = format!(
            "`{name}` has no address: set AZURE_OPENAI_ENDPOINT (or --base-url) to that of the resource, e.g. \
             https://RESOURCE.openai.azure.com"
        );
        return wrong(ModelErrorKind::NotFound, message);
    };
    if !deployment.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        let message = format!("`{name}` names no deployment: letters, digits, hyphens, underscores and dots only");
        return wrong(ModelErrorKind::NotFound, message);
    }
    let mut args = Arguments::new(&options.args)?;
    let version = args.take_word("api_version", "a version such as 2024-10-21")?;
    let version = version.or_else(|| environment.get("OPENAI_API_VERSION"));
    if version.as_ref().is_some_and(|v| !v.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')) {
        return wrong(ModelErrorKind::BadRequest, "the api-version is a date such as 2024-10-21, or preview".to_owned());
    }
    // The deployment may be called anything, so users may have to say what is behind it.
    let model = args.take_word("model_family", "the name of the model behind the deployment")?;
    let dialect = Dialect::of_openai(model.as_deref().unwrap_or(deployment));
    let reasons = !dialect.sampling;
    let next_generation = base.address.trim_end_matches('/').ends_with("/openai/v1");
    let rest = ModelOptions { args: args.rest(), ..options.clone() };
    let wire = if next_generation {
        wire(deployment, dialect, &rest)?
    } else {
        let (dialect, args) = dialect.with_arguments(&rest.args)?;
        if args.contains_key("api") {
            let message = "`-M api=...` needs an AZURE_OPENAI_ENDPOINT that ends with /openai/v1".to_owned();
            return wrong(ModelErrorKind::BadRequest, message);
        }
        if !base.address.contains("/openai/deployments/") {
            base.address = format!("{}/openai/deployments/{deployment}", base.address.trim_end_matches('/'));
        }
        let usual = if reasons { REASONING_API_VERSION } else { API_VERSION };
        let query = format!("api-version={}", version.as_deref().unwrap_or(usual));
        Arc::new(Chat { query: Some(query), ..Chat::new(deployment, dialect, args) })
    };
    let keys = [("AZURE_OPENAI_API_KEY", KeyHeader::Plain("api-key")), ("AZURE_OPENAI_AD_TOKEN", KeyHeader::Bearer)];
    let place =
        Place { name, model: deployment, base, keys: &keys, headers: Vec::new(), key_required: true, versioned_base: false };
    let mut remote = connect(place, wire, options, environment)?;
    if next_generation {
        remote.batch = Some(Arc::new(OpenAiBatch::of(&remote)));
    }
    Ok(Arc::new(remote))
}
