//! From an answer to candidate programs (spec section 4).

use proctor_core::{Answer, AnswerForm};

/// The two candidate programs of an answer, without tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// As upstream stores it.
    pub raw: String,
    /// After upstream's sanitising.
    pub sanitised: String,
    /// Whether the answer's program came to its end: its code block was closed, or it was given as a whole.
    pub closed: bool,
    /// Whether a chat answer marked a block as `python`; true for other forms.
    pub marked: bool,
}

const FENCE: &str = "```";
const PYTHON_FENCE: &str = "```python";

/// Extracts the candidates. `raw_problem` is prepended to a continuation, and to nothing else.
pub fn extract(answer: &Answer, raw_problem: &str) -> Extracted {
    match answer.form {
        AnswerForm::Chat => {
            let (marked, body) = match answer.text.split_once(PYTHON_FENCE) {
                Some((_, after)) => (true, after),
                None => (false, answer.text.as_str()),
            };
            let (text, closed) = cut(body);
            Extracted { raw: text.to_owned(), sanitised: sanitise(text).to_owned(), closed, marked }
        }
        AnswerForm::Continuation => {
            let (text, closed) = cut(&answer.text);
            let whole = |text: &str| [raw_problem, text].concat();
            Extracted { raw: whole(text), sanitised: whole(sanitise(text)), closed, marked: true }
        }
        AnswerForm::Final => {
            let text = answer.text.as_str();
            Extracted { raw: text.to_owned(), sanitised: sanitise(text).to_owned(), closed: true, marked: true }
        }
    }
}

/// Upstream's second reading of a program (spec section 4.1): exactly one rule fires, the first that matches.
pub fn sanitise(text: &str) -> &str {
    let before = |marker: &str| text.split_once(marker).map_or(text, |(before, _)| before);
    if text.contains("if __name__") {
        before("if __name__")
    } else if text.contains("# Test") {
        before("# Test")
    } else if text.contains("# Example") {
        // The rule looks for the word and splits at the word plus a space, so `# Example:` removes nothing.
        before("# Example ")
    } else {
        text
    }
}

fn cut(text: &str) -> (&str, bool) {
    match text.split_once(FENCE) {
        Some((before, _)) => (before, true),
        None => (text, false),
    }
}
