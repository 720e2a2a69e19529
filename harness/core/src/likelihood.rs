use crate::Prompt;

/// A text whose probability after a prompt is wanted, e.g. one choice of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation {
    /// What comes before; a chat ends with the beginning of the assistant's turn.
    pub prompt: Prompt,
    /// The text that is scored.
    pub text: String,
}

/// How probable a continuation is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likelihood {
    /// Natural logarithm of the probability of all its tokens, at most 0.
    pub logprob: f64,
    /// Its tokens.
    pub tokens: usize,
    /// Whether each of its tokens was the most probable one.
    pub greedy: bool,
}
