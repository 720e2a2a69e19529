use proctor_core::ListedModel;
use serde_json::Value;

/// Where lists of models say how many tokens a context holds: LM Studio, vLLM and SGLang, llama.cpp, OpenRouter and Together
/// and Fireworks, Groq, Mistral, Google, Anthropic. What a model was trained with is passed over; servers may give it less.
const CONTEXT: [&str; 9] = [
    "/loaded_context_length",
    "/max_model_len",
    "/meta/n_ctx",
    "/context_length",
    "/context_window",
    "/max_context_length",
    "/inputTokenLimit",
    "/max_input_tokens",
    "/max_sequence_length",
];

/// Reads one element of a list of models; `None` where it has no name.
pub(super) fn read_listed(model: &Value) -> Option<ListedModel> {
    let name = ["id", "name"].into_iter().find_map(|field| model.get(field)?.as_str())?;
    let name = name.strip_prefix("models/").unwrap_or(name).to_owned();
    let context_tokens = CONTEXT.iter().find_map(|place| model.pointer(place)?.as_u64()).filter(|tokens| *tokens > 0);
    Some(ListedModel { name, context_tokens })
}
