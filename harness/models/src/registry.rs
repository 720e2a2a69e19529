use crate::services::{SERVICES, Service};
use crate::{Environment, ModelOptions, ProcessEnvironment, anthropic, google, mock, openai, replay};
use proctor_core::{Model, ModelError, ModelErrorKind};
use std::sync::{Arc, LazyLock};

type Open = fn(name: &str, rest: &str, &ModelOptions, &dyn Environment) -> Result<Arc<dyn Model>, ModelError>;

/// A kind of model, as `proctor list models` shows it.
#[derive(Clone, Copy)]
pub struct Backend {
    /// What stands before the first `/`.
    pub prefix: &'static str,
    /// How names look.
    pub form: &'static str,
    /// One sentence: what it is.
    pub summary: &'static str,
    /// The environment variables it reads.
    pub variables: &'static [&'static str],
    open: Opening,
}

/// How a kind of model is opened.
#[derive(Clone, Copy)]
enum Opening {
    /// By a function of its own.
    Own(Open),
    /// As a service of the table.
    Service(&'static Service),
}

/// The kinds that need code of their own, and where the services of the table come among them.
const FIRST: &[Backend] = &[
    Backend {
        prefix: "openai",
        form: "openai/MODEL",
        summary: "OpenAI, or the endpoint at OPENAI_BASE_URL",
        variables: &["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"],
        open: Opening::Own(openai::open),
    },
    Backend {
        prefix: "azure",
        form: "azure/DEPLOYMENT",
        summary: "a deployment of Azure OpenAI",
        variables: &["AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_ENDPOINT", "OPENAI_API_VERSION"],
        open: Opening::Own(openai::open_azure),
    },
    Backend {
        prefix: "anthropic",
        form: "anthropic/MODEL",
        summary: "Anthropic",
        variables: &["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"],
        open: Opening::Own(anthropic::open),
    },
    Backend {
        prefix: "google",
        form: "google/MODEL",
        summary: "Google's Gemini API",
        variables: &["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL"],
        open: Opening::Own(google::open),
    },
];

const LAST: &[Backend] = &[
    Backend {
        prefix: "openai-api",
        form: "openai-api/NAME/MODEL",
        summary: "any OpenAI-compatible endpoint, such as vLLM, llama.cpp or a hosted one",
        variables: &["NAME_API_KEY", "NAME_BASE_URL"],
        open: Opening::Own(openai::open_named),
    },
    #[cfg(feature = "candle")]
    Backend {
        prefix: "candle",
        form: "candle/MODEL",
        summary: "a model in this process: smollm2-135m, a .gguf file, a folder, or ORG/NAME",
        variables: &["PROCTOR_CACHE", "HF_HOME", "HF_HUB_CACHE"],
        open: Opening::Own(crate::candle::open),
    },
    Backend {
        prefix: "replay",
        form: "replay/FILE",
        summary: "answers from a file",
        variables: &[],
        open: Opening::Own(|name, rest, _, _| replay::open(name, rest)),
    },
    Backend {
        prefix: "mock",
        form: "mock/BEHAVIOUR?key=value&...",
        summary: "a made-up model for tests and rehearsals",
        variables: &[],
        open: Opening::Own(|name, rest, _, _| mock::open(name, rest)),
    },
];

static BACKENDS: LazyLock<Vec<Backend>> = LazyLock::new(|| {
    let services = SERVICES.iter().map(|service| Backend {
        prefix: service.prefix,
        form: service.form,
        summary: service.summary,
        variables: service.variables,
        open: Opening::Service(service),
    });
    FIRST.iter().copied().chain(services).chain(LAST.iter().copied()).collect()
});

/// Every kind of model there is.
pub fn backends() -> &'static [Backend] {
    &BACKENDS
}

/// Opens the model `name`, e.g. `openai/gpt-5`, reading addresses and keys from the environment.
///
/// Endpoints are not contacted. Errors: `NotFound` for an unknown prefix or an unfit name, `Auth` for a missing key,
/// `BadRequest` for an unfit option, `Local` for a file that cannot be read; each one sentence saying what to do.
pub fn open(name: &str, options: &ModelOptions) -> Result<Arc<dyn Model>, ModelError> {
    open_with(name, options, &ProcessEnvironment)
}

/// [`open`] with another environment than that of the process.
pub fn open_with(name: &str, options: &ModelOptions, environment: &dyn Environment) -> Result<Arc<dyn Model>, ModelError> {
    let known = || BACKENDS.iter().map(|b| b.form).collect::<Vec<_>>().join(", ");
    let Some((prefix, rest)) = name.split_once('/') else {
        let message = format!("`{name}` does not name a model; the forms are {}", known());
        return Err(ModelError::new(ModelErrorKind::NotFound, message));
    };
    let Some(backend) = BACKENDS.iter().find(|b| b.prefix == prefix) else {
        let message = format!("no backend is called `{prefix}` (in `{name}`); the forms are {}", known());
        return Err(ModelError::new(ModelErrorKind::NotFound, message));
    };
    if rest.is_empty() {
        let message = format!("`{name}` ends at the slash; the form is {}", backend.form);
        return Err(ModelError::new(ModelErrorKind::NotFound, message));
    }
    match backend.open {
        Opening::Own(open) => open(name, rest, options, environment),
        Opening::Service(service) => openai::open_service(service, name, rest, options, environment),
    }
}
