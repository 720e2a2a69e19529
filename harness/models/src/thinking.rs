const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Parts a chat answer into reasoning and answer, for servers that leave the reasoning in the text.
///
/// Three forms are known: `<think>…</think>answer`; `…</think>answer`, because some chat templates already open the
/// block in the prompt; and `<think>…` without an end, when the tokens ran out, which has no answer at all. Line
/// breaks after the block are dropped. Anything else is an answer as it stands.
pub fn split_thinking(text: &str) -> (Option<String>, String) {
    let answer_of = |rest: &str| rest.trim_start_matches(['\n', '\r']).to_owned();
    let inside = match text.trim_start().strip_prefix(OPEN) {
        Some(inside) => inside,
        None => {
            return match text.split_once(CLOSE) {
                Some((reasoning, rest)) if !reasoning.contains(OPEN) => (kept(reasoning), answer_of(rest)),
                _ => (None, text.to_owned()),
            };
        }
    };
    match inside.split_once(CLOSE) {
        Some((reasoning, rest)) => (kept(reasoning), answer_of(rest)),
        None => (kept(inside), String::new()),
    }
}

fn kept(reasoning: &str) -> Option<String> {
    let reasoning = reasoning.trim();
    (!reasoning.is_empty()).then(|| reasoning.to_owned())
}
