//! Excerpts as upstream's data have them: the first ten sentences, then each supporting one with its neighbours.

/// How many sentences of the beginning are always among the excerpts.
const OPENING: usize = 10;
/// What stands between two excerpts.
const SEPARATOR: &str = " [...]\n----\n[...] ";

/// The excerpts that support an answer. `support` are words of the sentences that do; `None` where one of them is not
/// in the text, or is in several sentences.
pub fn citations(text: &str, support: &[String]) -> Option<String> {
    let sentences = sentences(text);
    let mut wanted: Vec<usize> = (0..sentences.len().min(OPENING)).collect();
    for words in support {
        let mut holding = sentences.iter().enumerate().filter(|(_, sentence)| sentence.contains(words.as_str()));
        let (at, _) = holding.next()?;
        if holding.next().is_some() {
            return None;
        }
        wanted.extend(at.saturating_sub(1)..=(at + 1).min(sentences.len() - 1));
    }
    wanted.sort_unstable();
    wanted.dedup();
    let mut chunks: Vec<Vec<&str>> = Vec::new();
    let mut before = None;
    for at in wanted {
        match chunks.last_mut() {
            Some(chunk) if before == Some(at - 1) => chunk.push(sentences[at]),
            _ => chunks.push(vec![sentences[at]]),
        }
        before = Some(at);
    }
    let chunks: Vec<String> = chunks.iter().map(|chunk| chunk.join(" ")).collect();
    Some(chunks.join(SEPARATOR) + " [...]")
}

/// Sentences: they end at a full stop, question or exclamation mark before a blank and a capital, or at the end of a line.
/// A line without such a mark at its end, a heading or a row of a table, belongs to the sentence that follows.
fn sentences(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut sentences = Vec::new();
    let mut start = 0;
    for at in 0..bytes.len() {
        let ends = matches!(bytes[at], b'.' | b'?' | b'!')
            && match bytes.get(at + 1) {
                Some(b' ') => bytes.get(at + 2).is_some_and(u8::is_ascii_uppercase),
                next => matches!(next, None | Some(b'\n')),
            };
        if ends {
            sentences.push(text[start..=at].trim());
            start = at + 1;
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}
