use proctor_core::{Model, Prompt, Request};

/// Prompts that are counted at most; of more, as many are counted, evenly spread, and the others taken to be like them.
const COUNTED: usize = 500;

/// Characters of English text and of code that make about one token.
const CHARACTERS_PER_TOKEN: f64 = 4.0;

/// The same of other alphabets, and of scripts whose characters stand for syllables or words.
const OTHER_ALPHABETS: f64 = 2.5;
const LARGE_SCRIPTS: f64 = 1.2;

/// The first character of the large scripts: Chinese, Japanese, Korean.
const FIRST_LARGE: char = '\u{2e80}';

/// What a message of a chat takes besides its text, in tokens.
const PER_MESSAGE: f64 = 4.0;

/// How prompt tokens are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// By the model's tokenizer.
    Exactly,
    /// By the model's tokenizer, on some prompts; the others are taken to be like them.
    InPart,
    /// From what the endpoint reported of earlier prompts.
    AsReported,
    /// From their characters.
    Estimated,
}

/// Tokens of a text, estimated from its characters.
pub(crate) fn text_tokens(text: &str) -> f64 {
    // Most texts are of one kind.
    if text.is_ascii() {
        return text.len() as f64 / CHARACTERS_PER_TOKEN;
    }
    let weight = |c: char| match c {
        _ if c.is_ascii() => 1.0 / CHARACTERS_PER_TOKEN,
        _ if c < FIRST_LARGE => 1.0 / OTHER_ALPHABETS,
        _ => 1.0 / LARGE_SCRIPTS,
    };
    text.chars().map(weight).sum()
}

/// Tokens of a prompt, estimated from its characters.
pub(crate) fn estimated_tokens(request: &Request) -> f64 {
    match &request.prompt {
        Prompt::Chat(messages) => messages.iter().map(|message| text_tokens(&message.content) + PER_MESSAGE).sum(),
        Prompt::Completion(text) => text_tokens(text),
    }
}

/// Tokens of a prompt by the model's tokenizer, else estimated; the same for every prompt of a model.
pub(super) fn counted_or_estimated(model: &dyn Model, request: &Request) -> f64 {
    model.count_tokens(request).map_or_else(|| estimated_tokens(request), |tokens| tokens as f64)
}

/// Tokens of all prompts.
pub(super) fn prompt_tokens(model: &dyn Model, requests: &[Request]) -> (f64, Counted) {
    let step = requests.len().div_ceil(COUNTED).max(1);
    let some = || requests.iter().step_by(step);
    let counted: Option<u64> = some().map(|request| model.count_tokens(request)).sum();
    match counted {
        Some(tokens) if step == 1 => (tokens as f64, Counted::Exactly),
        Some(tokens) => (tokens as f64 / some().count().max(1) as f64 * requests.len() as f64, Counted::InPart),
        None => (requests.iter().map(estimated_tokens).sum(), Counted::Estimated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_scripts_take_more_tokens_for_a_character() {
        assert_eq!(text_tokens("abcd efg"), 2.0);
        assert!((text_tokens("сәлем") - 2.0).abs() < 1e-9);
        assert!((text_tokens("日本語") - 2.5).abs() < 1e-9);
        assert_eq!(text_tokens(""), 0.0);
    }
}
