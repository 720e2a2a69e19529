use proctor_core::{Prompt, Request};
use tiktoken_rs::CoreBPE;

/// Tokens that a message takes besides its text, and that the beginning of the answer takes (OpenAI's cookbook, "How to
/// count tokens with tiktoken").
const PER_MESSAGE: u64 = 3;
const PER_ANSWER: u64 = 3;

/// Counts the tokens of prompts for models whose vocabulary is published. It is loaded at the first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenCounter {
    /// GPT-4o and later, the o series, gpt-oss.
    O200k,
    /// GPT-4 and GPT-3.5.
    Cl100k,
    /// Everything else.
    Unknown,
}

impl TokenCounter {
    /// The counter for a model by its name, be it after a vendor's or a path.
    pub fn of_model(model: &str) -> Self {
        const O200K: [&str; 11] =
            ["gpt-4o", "chatgpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-6", "gpt-oss", "o1", "o3", "o4", "codex-mini"];
        const CL100K: [&str; 3] = ["gpt-4", "gpt-3.5", "gpt-35"];
        let name = model.rsplit('/').next().unwrap_or(model);
        let name = name.strip_prefix("ft:").unwrap_or(name);
        let begins = |names: &[&str]| {
            names
                .iter()
                .any(|known| name.strip_prefix(known).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric())))
        };
        match () {
            () if begins(&O200K) => Self::O200k,
            () if begins(&CL100K) => Self::Cl100k,
            () => Self::Unknown,
        }
    }

    /// Tokens of a prompt.
    pub fn count(self, request: &Request) -> Option<u64> {
        let vocabulary: &CoreBPE = match self {
            Self::O200k => tiktoken_rs::o200k_base_singleton(),
            Self::Cl100k => tiktoken_rs::cl100k_base_singleton(),
            Self::Unknown => return None,
        };
        let count = |text: &str| vocabulary.count_ordinary(text) as u64;
        Some(match &request.prompt {
            Prompt::Completion(text) => count(text),
            // The role is one token.
            Prompt::Chat(messages) => messages.iter().map(|m| PER_MESSAGE + 1 + count(&m.content)).sum::<u64>() + PER_ANSWER,
        })
    }
}
