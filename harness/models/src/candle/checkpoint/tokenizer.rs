//! `tokenizer.json` and what stands beside it: `tokenizer_config.json`, `generation_config.json`, chat templates.

use super::folder::Folder;
use crate::candle::pieces::piece_bytes;
use crate::candle::tokenizer::{ENDS, ModelTokenizer, byte_characters, token_bytes};
use crate::candle::{failure, reason};
use proctor_core::ModelError;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// How a token's text turns into bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// A character for each byte.
    Bytes,
    /// Pieces of text with a mark for spaces.
    Pieces,
}

/// The kind of a token that stands for one byte, as [`piece_bytes`] knows it.
const BYTE: i64 = 6;
const NORMAL: i64 = 1;

/// The tokenizer, and the chat template's source where there is one. `vocabulary` is how many tokens the network has.
pub(in crate::candle) fn read(folder: &Folder, vocabulary: usize) -> Result<(ModelTokenizer, Option<String>), ModelError> {
    let text = folder.text("tokenizer.json")?.ok_or_else(|| folder.missing("tokenizer.json"))?;
    let wrong = |why: &str| failure(format!("the checkpoint's tokenizer.json cannot be used: {why}"));
    let outline: Value = serde_json::from_str(&text).map_err(|e| wrong(&reason(&e)))?;
    // The library may stumble over what is malformed.
    let inner = std::panic::catch_unwind(|| tokenizers::Tokenizer::from_bytes(text.as_bytes()));
    let mut inner = inner.map_err(|_| wrong("it is malformed"))?.map_err(|e| wrong(&reason(&e)))?;
    // Some files cut or fill texts as their makers did in training.
    inner.with_truncation(None).map_err(|e| wrong(&reason(&e)))?;
    inner.with_padding(None);
    let spelling = spelling(&outline["decoder"])
        .ok_or_else(|| wrong("its tokens turn into text by a rule that is not known (known are byte-level ones and pieces)"))?;
    let settings = folder.optional_json("tokenizer_config.json")?.unwrap_or(Value::Null);
    let generation = folder.optional_json("generation_config.json")?.unwrap_or(Value::Null);
    let config = folder.json("config.json")?;

    let plain = inner.get_vocab(false);
    if let Some((token, id)) = plain.iter().find(|(_, id)| **id as usize >= vocabulary) {
        let token: String = token.chars().take(40).collect();
        return Err(wrong(&format!("its token {id} (`{token}`) is beyond the {vocabulary} of config.json")));
    }
    let added = inner.get_added_tokens_decoder();
    let characters = byte_characters();
    let mut bytes: Vec<Box<[u8]>> = vec![Box::default(); vocabulary];
    for (token, id) in &plain {
        let spelled = match spelling {
            Spelling::Bytes => token_bytes(token, &characters),
            Spelling::Pieces => piece_bytes(token, if is_byte(token) { BYTE } else { NORMAL }),
        };
        if let Some(place) = bytes.get_mut(*id as usize) {
            *place = spelled;
        }
    }
    for (id, token) in &added {
        if let Some(place) = bytes.get_mut(*id as usize) {
            *place = if token.special { Box::default() } else { token.content.as_bytes().into() };
        }
    }
    let known: HashMap<&str, u32> = added.iter().map(|(id, token)| (token.content.as_str(), *id)).collect();
    let id_of = |text: &str| known.get(text).copied().or_else(|| plain.get(text).copied());
    let start = named(&settings["bos_token"]).and_then(|text| Some((id_of(&text)?, text)));
    let end = named(&settings["eos_token"]);
    let mut ends: BTreeSet<u32> = end.as_deref().and_then(id_of).into_iter().collect();
    let inner_config = config.get("text_config").unwrap_or(&Value::Null);
    for list in [&generation["eos_token_id"], &config["eos_token_id"], &inner_config["eos_token_id"]] {
        ends.extend(
            list.as_u64().into_iter().chain(list.as_array().into_iter().flatten().filter_map(Value::as_u64)).map(|id| id as u32),
        );
    }
    ends.extend(ENDS.iter().filter_map(|text| known.get(text)));
    let adds_start = match settings["add_bos_token"].as_bool() {
        Some(adds) => adds,
        None => start.as_ref().is_some_and(|(start, _)| begins_with(&inner, *start)),
    };
    let longest = plain.keys().map(String::len).chain(known.keys().map(|text| text.len())).max().unwrap_or(0);
    let tokenizer = ModelTokenizer { inner, bytes, ends, start, end, adds_start, longest };
    Ok((tokenizer, template(folder, &settings)?))
}

/// Whether the tokenizer itself puts `start` before a text.
fn begins_with(inner: &tokenizers::Tokenizer, start: u32) -> bool {
    let first = |special: bool| inner.encode_fast("a", special).ok().and_then(|encoding| encoding.get_ids().first().copied());
    first(true) == Some(start) && first(false) != Some(start)
}

/// A token that is named by its text, or by an object with it.
fn named(token: &Value) -> Option<String> {
    token.as_str().or_else(|| token["content"].as_str()).map(str::to_owned)
}

fn is_byte(token: &str) -> bool {
    let digits = token.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
    digits.is_some_and(|digits| digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// What the decoder of a tokenizer says of its tokens' spelling.
fn spelling(decoder: &Value) -> Option<Spelling> {
    match decoder["type"].as_str()? {
        "ByteLevel" => Some(Spelling::Bytes),
        "Metaspace" | "ByteFallback" => Some(Spelling::Pieces),
        "Replace" => (decoder["pattern"]["String"] == "\u{2581}").then_some(Spelling::Pieces),
        // Lists are not nested in lists.
        "Sequence" => decoder["decoders"].as_array()?.iter().filter(|part| part["type"] != "Sequence").find_map(spelling),
        _ => None,
    }
}

/// The chat template: a file of its own, or a text or a list of named ones in `tokenizer_config.json`.
fn template(folder: &Folder, settings: &Value) -> Result<Option<String>, ModelError> {
    if let Some(text) = folder.text("chat_template.jinja")? {
        return Ok(Some(text));
    }
    let apart = folder.optional_json("chat_template.json")?.unwrap_or(Value::Null);
    for value in [&apart["chat_template"], &settings["chat_template"]] {
        if let Some(text) = value.as_str() {
            return Ok(Some(text.to_owned()));
        }
        let named = value.as_array().and_then(|list| list.iter().find(|entry| entry["name"] == "default"));
        if let Some(text) = named.and_then(|entry| entry["template"].as_str()) {
            return Ok(Some(text.to_owned()));
        }
    }
    Ok(None)
}
