use crate::{Environment, ModelOptions, ProcessEnvironment, mock, openai, replay};
use proctor_core::{Model, ModelError, ModelErrorKind};
use std::sync::Arc;

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
    open: Open,
}

const BACKENDS: &[Backend] = &[
    Backend {
        prefix: "openai",
        form: "openai/MODEL",
        summary: "OpenAI, or the endpoint at OPENAI_BASE_URL",
        variables: &["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"],
        open: openai::open,
    },
    Backend {
        prefix: "openai-api",
        form: "openai-api/NAME/MODEL",
        summary: "any OpenAI-compatible endpoint, such as vLLM, llama.cpp or a hosted one",
        variables: &["NAME_API_KEY", "NAME_BASE_URL"],
        open: openai::open_named,
    },
    #[cfg(feature = "candle")]
    Backend {
        prefix: "candle",
        form: "candle/MODEL",
        summary: "a model in this process: smollm2-135m, or the path of a .gguf file",
        variables: &["PROCTOR_CACHE"],
        open: crate::candle::open,
    },
    Backend {
        prefix: "replay",
        form: "replay/FILE",
        summary: "answers from a file",
        variables: &[],
        open: |name, rest, _, _| replay::open(name, rest),
    },
    Backend {
        prefix: "mock",
        form: "mock/BEHAVIOUR?key=value&...",
        summary: "a made-up model for tests and rehearsals",
        variables: &[],
        open: |name, rest, _, _| mock::open(name, rest),
    },
];

/// Every kind of model there is.
pub fn backends() -> &'static [Backend] {
    BACKENDS
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
    (backend.open)(name, rest, options, environment)
}
