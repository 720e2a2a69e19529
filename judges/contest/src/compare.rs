//! Comparisons of two outputs. All read bytes once and never panic.

/// How far two outputs may differ (CodeElo spec section 7).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Comparison {
    /// Byte for byte.
    Exact,
    /// By tokens between white space.
    Tokens,
    /// By tokens, upper and lower case alike.
    TokensAnyCase,
    /// By tokens; two numbers are alike when they differ by at most this much, absolutely or relatively.
    Float(f64),
}

impl Comparison {
    /// Whether `answer` is as good as `expected`.
    pub fn equal(self, expected: &str, answer: &str) -> bool {
        match self {
            Comparison::Exact => expected == answer,
            Comparison::Tokens => all(expected, answer, |expected, answer| expected == answer),
            Comparison::TokensAnyCase => {
                all(expected, answer, |expected, answer| expected == answer || expected.to_lowercase() == answer.to_lowercase())
            }
            Comparison::Float(tolerance) => all(expected, answer, |expected, answer| near(expected, answer, tolerance)),
        }
    }
}

fn all(expected: &str, answer: &str, alike: impl Fn(&str, &str) -> bool) -> bool {
    let (mut expected, mut answer) = (expected.split_whitespace(), answer.split_whitespace());
    loop {
        match (expected.next(), answer.next()) {
            (None, None) => return true,
            (Some(expected), Some(answer)) if alike(expected, answer) => {}
            _ => return false,
        }
    }
}

fn near(expected: &str, answer: &str, tolerance: f64) -> bool {
    if expected == answer {
        return true;
    }
    match (number(expected), number(answer)) {
        (Some(expected), Some(answer)) => (expected - answer).abs() <= tolerance * expected.abs().max(1.0),
        _ => false,
    }
}

/// A finite number written in digits; `inf`, `nan` and the like are none.
fn number(token: &str) -> Option<f64> {
    let written = token.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    token.parse::<f64>().ok().filter(|number| written && number.is_finite())
}

/// REFUTE's comparison of a jury's and a contestant's output (spec section 4): by tokens, exact, but where every token
/// of the jury's is yes or no in any case, as a list of these.
pub fn refute_equal(jury: &str, contestant: &str) -> bool {
    let tokens = |text| str::split(text, python_space).filter(|token| !token.is_empty());
    let (mut jury_tokens, mut contestant_tokens) = (tokens(jury), tokens(contestant));
    let polar = tokens(jury).all(|token| word(token).is_some());
    loop {
        match (jury_tokens.next(), contestant_tokens.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || (polar && word(a) == word(b)) => {}
            _ => return false,
        }
    }
}

/// What Python's `str.split` splits at: white space, the four information separators among it.
pub(crate) fn python_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

fn word(token: &str) -> Option<bool> {
    if token.eq_ignore_ascii_case("yes") {
        Some(true)
    } else if token.eq_ignore_ascii_case("no") {
        Some(false)
    } else {
        None
    }
}
