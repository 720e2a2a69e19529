use crate::openai::Taste;

/// A service that speaks OpenAI's chat format under a name of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service {
    /// What stands before the first `/` of a model's name.
    pub prefix: &'static str,
    /// How names look.
    pub form: &'static str,
    /// One sentence: what it is.
    pub summary: &'static str,
    /// The variables that may hold the key.
    pub keys: &'static [&'static str],
    /// The variables that may hold the base address.
    pub bases: &'static [&'static str],
    /// Every variable, for the list of models.
    pub variables: &'static [&'static str],
    /// The base address without any of these.
    pub base: &'static str,
    /// Whether a key is expected.
    pub key_required: bool,
    /// How it wants its requests.
    pub taste: Taste,
    /// Whether its usage says what an answer cost.
    pub cost_in_usage: bool,
    /// How the names of reasoning models begin that refuse stop strings.
    pub refuse_stops: &'static [&'static str],
}

impl Service {
    /// Whether a model of this service takes stop strings.
    pub fn takes_stops(&self, model: &str) -> bool {
        model.contains("non-reasoning") || !self.refuse_stops.iter().any(|name| model.starts_with(name))
    }
}

const HOSTED: Service = Service {
    prefix: "",
    form: "",
    summary: "",
    keys: &[],
    bases: &[],
    variables: &[],
    base: "",
    key_required: true,
    taste: Taste::GENERIC,
    cost_in_usage: false,
    refuse_stops: &[],
};

const LOCAL: Service = Service { key_required: false, ..HOSTED };

/// The services known by name. Facts are from their API references.
pub(crate) const SERVICES: &[Service] = &[
    Service {
        prefix: "mistral",
        form: "mistral/MODEL",
        summary: "Mistral AI",
        keys: &["MISTRAL_API_KEY"],
        bases: &["MISTRAL_BASE_URL"],
        variables: &["MISTRAL_API_KEY", "MISTRAL_BASE_URL"],
        base: "https://api.mistral.ai/v1",
        // Unknown fields are refused (422); usage comes with the last event unasked.
        taste: Taste {
            seed_field: Some("random_seed"),
            stream_options: false,
            completions: false,
            most_stops: None,
            ..Taste::GENERIC
        },
        ..HOSTED
    },
    Service {
        prefix: "groq",
        form: "groq/MODEL",
        summary: "Groq",
        keys: &["GROQ_API_KEY"],
        bases: &["GROQ_BASE_URL"],
        variables: &["GROQ_API_KEY", "GROQ_BASE_URL"],
        base: "https://api.groq.com/openai/v1",
        // Usage comes with the last event, in `x_groq`, unasked; `stream_options` is not in the reference.
        taste: Taste {
            max_tokens_field: "max_completion_tokens",
            top_k: false,
            stream_options: false,
            completions: false,
            ..Taste::GENERIC
        },
        ..HOSTED
    },
    Service {
        prefix: "together",
        form: "together/MODEL",
        summary: "Together AI",
        keys: &["TOGETHER_API_KEY"],
        bases: &["TOGETHER_BASE_URL"],
        variables: &["TOGETHER_API_KEY", "TOGETHER_BASE_URL"],
        base: "https://api.together.xyz/v1",
        taste: Taste { most_stops: None, stream_options: false, logprobs_counted: true, ..Taste::GENERIC },
        ..HOSTED
    },
    Service {
        prefix: "deepseek",
        form: "deepseek/MODEL",
        summary: "DeepSeek",
        keys: &["DEEPSEEK_API_KEY"],
        bases: &["DEEPSEEK_BASE_URL"],
        variables: &["DEEPSEEK_API_KEY", "DEEPSEEK_BASE_URL"],
        base: "https://api.deepseek.com",
        taste: Taste { top_k: false, most_stops: Some(16), seed_field: None, completions: false, ..Taste::GENERIC },
        ..HOSTED
    },
    Service {
        prefix: "openrouter",
        form: "openrouter/VENDOR/MODEL",
        summary: "OpenRouter, a gateway to many vendors",
        keys: &["OPENROUTER_API_KEY"],
        bases: &["OPENROUTER_BASE_URL"],
        variables: &["OPENROUTER_API_KEY", "OPENROUTER_BASE_URL"],
        base: "https://openrouter.ai/api/v1",
        cost_in_usage: true,
        ..HOSTED
    },
    Service {
        prefix: "fireworks",
        form: "fireworks/accounts/OWNER/models/MODEL",
        summary: "Fireworks AI",
        keys: &["FIREWORKS_API_KEY"],
        bases: &["FIREWORKS_BASE_URL"],
        variables: &["FIREWORKS_API_KEY", "FIREWORKS_BASE_URL"],
        base: "https://api.fireworks.ai/inference/v1",
        taste: Taste { stream_options: false, ..Taste::GENERIC },
        ..HOSTED
    },
    Service {
        prefix: "xai",
        form: "xai/MODEL",
        summary: "xAI",
        keys: &["XAI_API_KEY"],
        bases: &["XAI_BASE_URL"],
        variables: &["XAI_API_KEY", "XAI_BASE_URL"],
        base: "https://api.x.ai/v1",
        taste: Taste {
            max_tokens_field: "max_completion_tokens",
            top_k: false,
            completions: false,
            reasoning_beside: true,
            ..Taste::GENERIC
        },
        cost_in_usage: true,
        refuse_stops: &["grok-3-mini", "grok-4", "grok-5", "grok-code"],
        ..HOSTED
    },
    Service {
        prefix: "ollama",
        form: "ollama/MODEL",
        summary: "Ollama on this machine, or at OLLAMA_HOST",
        keys: &["OLLAMA_API_KEY"],
        bases: &["OLLAMA_BASE_URL", "OLLAMA_HOST"],
        variables: &["OLLAMA_HOST", "OLLAMA_BASE_URL", "OLLAMA_API_KEY"],
        base: "http://127.0.0.1:11434/v1",
        taste: Taste { top_k: false, most_stops: None, ..Taste::GENERIC },
        ..LOCAL
    },
    Service {
        prefix: "vllm",
        form: "vllm/MODEL",
        summary: "a vLLM server, at localhost:8000 unless VLLM_BASE_URL says otherwise",
        keys: &["VLLM_API_KEY"],
        bases: &["VLLM_BASE_URL"],
        variables: &["VLLM_BASE_URL", "VLLM_API_KEY"],
        base: "http://localhost:8000/v1",
        taste: Taste { most_stops: None, ..Taste::GENERIC },
        ..LOCAL
    },
    Service {
        prefix: "sglang",
        form: "sglang/MODEL",
        summary: "an SGLang server, at localhost:30000 unless SGLANG_BASE_URL says otherwise",
        keys: &["SGLANG_API_KEY"],
        bases: &["SGLANG_BASE_URL"],
        variables: &["SGLANG_BASE_URL", "SGLANG_API_KEY"],
        base: "http://localhost:30000/v1",
        taste: Taste { most_stops: None, ..Taste::GENERIC },
        ..LOCAL
    },
    Service {
        prefix: "llama-cpp",
        form: "llama-cpp/MODEL",
        summary: "llama.cpp's server, at localhost:8080 unless LLAMA_CPP_BASE_URL says otherwise",
        keys: &["LLAMA_API_KEY", "LLAMA_CPP_API_KEY"],
        bases: &["LLAMA_CPP_BASE_URL"],
        variables: &["LLAMA_CPP_BASE_URL", "LLAMA_API_KEY"],
        base: "http://localhost:8080/v1",
        taste: Taste { most_stops: None, ..Taste::GENERIC },
        ..LOCAL
    },
];
