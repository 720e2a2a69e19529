use crate::ViewError;

/// Bytes of a token; guessing 128 bits is out of reach.
const BYTES: usize = 16;

/// The secret in the view's address. It cannot be printed by accident.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// A new one from the operating system's randomness.
    pub(super) fn new() -> Result<Self, ViewError> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|e| ViewError::Request(format!("the operating system gives no random bytes: {e}")))?;
        Ok(Self(hex::encode(bytes)))
    }

    /// Itself, for the address and the cookie.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `guess` is it, compared in a time that does not tell how much of it is right.
    pub(super) fn is(&self, guess: &str) -> bool {
        let (own, guess) = (self.0.as_bytes(), guess.as_bytes());
        own.len() == guess.len() && own.iter().zip(guess).fold(0, |different, (a, b)| different | (a ^ b)) == 0
    }
}
