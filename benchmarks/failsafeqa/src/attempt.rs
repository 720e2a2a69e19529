//! Asking, and what happens when a filing does not fit into the model's window.

use crate::settings::{Overflow, Window};
use proctor_core::{
    AnswerForm, Attempt, BenchmarkError, ModelErrorKind, Prompt, Protocol, Request, Session, SessionError, Usage,
};
use serde_json::{Map, Value};

/// Facts of an attempt: characters of the filing as loaded.
pub const CHARACTERS: &str = "context_characters";
/// Facts: characters of the filing that were sent, where it was cut.
pub const KEPT: &str = "context_kept_characters";
/// Facts: why the filing did not fit, where the case failed for it.
pub const OVERFLOW: &str = "context_overflow";
/// Facts: why the server may have cut the prompt without a word.
pub const SERVER_CUT: &str = "server_cut_suspected";

/// Room for the answer where nothing else bounds it, in tokens.
const ANSWER_TOKENS: usize = 2048;
/// How often a cut is made shorter at most.
const MOST_CUTS: usize = 40;
/// How often an endpoint whose tokens cannot be counted is asked with half the filing.
const MOST_HALVINGS: usize = 8;
/// No text has so many characters per token; a server that reports fewer tokens has read less.
const MOST_CHARACTERS_PER_TOKEN: usize = 12;
/// Few texts have so few characters per token: what an estimate on the safe side counts with.
const FEWEST_CHARACTERS_PER_TOKEN: usize = 3;
/// Prompts shorter than this, in characters, fit everywhere and are not suspected.
const SHORTEST_SUSPECT: usize = 8_000;

/// Asks one question over a filing. `build` makes the request from the filing as it shall be sent.
pub async fn ask(
    build: impl Fn(&str) -> Result<Request, BenchmarkError> + Send,
    context: &str,
    window: Window,
    mut session: Session<'_>,
) -> Result<Attempt, BenchmarkError> {
    let mut facts = Map::new();
    facts.insert(CHARACTERS.into(), context.chars().count().into());
    let fitted = fit(&build, context, window, &session, &mut facts)?;
    let mut kept = match fitted {
        Ok(kept) => kept,
        Err(why) => return Ok(failed(session, facts, why)),
    };
    for halving in 0..=MOST_HALVINGS {
        let error = match session.ask(build(kept)?).await {
            Ok(_) => return Ok(answered(session, facts, context, kept)),
            Err(SessionError::Model(error)) if error.kind == ModelErrorKind::ContextLength => error,
            Err(error) => return Err(error.into()),
        };
        let half = cut(kept, kept.len() / 2);
        if window.overflow == Overflow::Fail || half.is_empty() || halving == MOST_HALVINGS {
            return Ok(failed(session, facts, error.message));
        }
        kept = half;
    }
    Ok(failed(session, facts, "the filing was cut and cut and never fitted".into()))
}

/// As much of the filing as fits by the model's own tokenizer; all of it where tokens or window are unknown. The inner
/// error says why nothing fits, or why not all of it does where it may not be cut.
fn fit<'a>(
    build: &impl Fn(&str) -> Result<Request, BenchmarkError>,
    context: &'a str,
    wished: Window,
    session: &Session<'_>,
    facts: &mut Map<String, Value>,
) -> Result<Result<&'a str, String>, BenchmarkError> {
    let whole = build(context)?;
    let known = session.capabilities().context_tokens;
    let window = wished.tokens.map_or(known, |tokens| Some(tokens.min(known.unwrap_or(usize::MAX))));
    // Without a tokenizer a window that the user gave is kept by an estimate on the safe side.
    let count = |request: &Request| match session.count_tokens(request) {
        Some(tokens) => Some(usize::try_from(tokens).unwrap_or(usize::MAX)),
        None => wished.tokens.map(|_| characters(request) / FEWEST_CHARACTERS_PER_TOKEN),
    };
    let (Some(window), Some(tokens)) = (window, count(&whole)) else {
        return Ok(Ok(context));
    };
    let estimated = session.count_tokens(&whole).is_none();
    facts.insert(if estimated { "prompt_tokens_estimated" } else { "prompt_tokens" }.into(), tokens.into());
    facts.insert("window_tokens".into(), window.into());
    let too_long = format!("the prompt has {tokens} tokens and the model's window {window}");
    if wished.overflow == Overflow::Fail || context.is_empty() {
        return Ok(if tokens < window { Ok(context) } else { Err(too_long) });
    }
    let answer = whole.sampling.max_tokens.map_or(ANSWER_TOKENS, |most| most as usize).min(window / 4);
    let room = window - answer;
    if tokens <= room {
        return Ok(Ok(context));
    }
    let frame = count(&build("")?).unwrap_or(0);
    // In proportion at first, then shorter by a twentieth until it fits.
    let share = room.saturating_sub(frame) as f64 / tokens.saturating_sub(frame).max(1) as f64;
    let mut length = (context.len() as f64 * share.min(1.0)) as usize;
    for _ in 0..MOST_CUTS {
        let kept = cut(context, length);
        if kept.is_empty() {
            break;
        }
        match count(&build(kept)?) {
            Some(tokens) if tokens <= room => return Ok(Ok(kept)),
            _ => length = kept.len().min(length) / 20 * 19,
        }
    }
    Ok(Err(format!("{too_long}, which has no room for any of the filing")))
}

/// The first `length` bytes or a little less: up to the last line end among them, else the last blank, else the last
/// whole character.
fn cut(text: &str, length: usize) -> &str {
    if length >= text.len() {
        return text;
    }
    let head = &text[..text.floor_char_boundary(length)];
    // A line end that is far back would lose more than it is worth.
    let line = head.rfind('\n').filter(|at| *at >= head.len() / 2);
    let end = line.or_else(|| head.rfind(char::is_whitespace)).unwrap_or(head.len());
    head[..end].trim_end()
}

fn answered(session: Session<'_>, mut facts: Map<String, Value>, context: &str, kept: &str) -> Attempt {
    if kept.len() < context.len() {
        facts.insert(KEPT.into(), kept.chars().count().into());
    }
    let mut text = String::new();
    if let Some(exchange) = session.exchanges().last() {
        text.clone_from(&exchange.completion.text);
        if let Some(why) = server_cut(&exchange.request, &exchange.completion.usage) {
            facts.insert(SERVER_CUT.into(), why.into());
        }
    }
    finish(session, text, facts)
}

/// Why a server that takes a prompt of any length may have read only a part of it.
fn server_cut(request: &Request, usage: &Usage) -> Option<String> {
    let tokens = usage.prompt_tokens? + usage.cached_tokens.unwrap_or(0);
    let characters = characters(request);
    let fewest = (characters / MOST_CHARACTERS_PER_TOKEN) as u64;
    (characters >= SHORTEST_SUSPECT && tokens > 0 && tokens < fewest)
        .then(|| format!("it reports {tokens} tokens for a prompt of {characters} characters"))
}

fn characters(request: &Request) -> usize {
    match &request.prompt {
        Prompt::Chat(messages) => messages.iter().map(|message| message.content.chars().count()).sum(),
        Prompt::Completion(text) => text.chars().count(),
    }
}

fn failed(session: Session<'_>, mut facts: Map<String, Value>, why: String) -> Attempt {
    facts.insert(OVERFLOW.into(), why.into());
    finish(session, String::new(), facts)
}

fn finish(session: Session<'_>, text: String, facts: Map<String, Value>) -> Attempt {
    let form = match session.protocol() {
        Protocol::Chat => AnswerForm::Chat,
        Protocol::Completion => AnswerForm::Continuation,
    };
    let mut attempt = session.finish(text, form);
    attempt.facts = facts;
    attempt
}
