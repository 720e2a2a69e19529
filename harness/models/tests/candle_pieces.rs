//! Tokenizers of scored pieces, against a plain search for the best pair of neighbours.
#![cfg(feature = "candle")]

mod candle_support;

use candle_core::quantized::gguf_file::{self, Value};
use candle_support::Numbers;
use proctor_models::candle::{ModelTokenizer, OpenFile};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pieces of more than one character, the best first.
const PIECES: [&str; 22] = [
    "▁t",
    "he",
    "▁a",
    "in",
    "er",
    "▁the",
    "an",
    "▁an",
    "on",
    "==",
    "re",
    "▁re",
    "ere",
    "here",
    "▁there",
    "ing",
    "and",
    "▁and",
    "aa",
    "aaa",
    "▁▁",
    "▁▁▁",
];
const CHARACTERS: &str = "▁abcdefghijklmnopqrst=.é";
const SPECIAL: [(&str, i32); 6] =
    [("<unk>", 2), ("<s>", 3), ("</s>", 3), ("<start_of_turn>", 3), ("<end_of_turn>", 3), ("\n\n", 4)];

struct Vocabulary {
    texts: Vec<String>,
    types: Vec<i32>,
    scores: Vec<f32>,
}

fn vocabulary() -> Vocabulary {
    let mut all: Vec<(String, i32, f32)> = SPECIAL.iter().map(|(text, kind)| ((*text).to_owned(), *kind, 0.0)).collect();
    all.extend((0..=255u8).map(|byte| (format!("<0x{byte:02X}>"), 6, 0.0)));
    all.extend(PIECES.iter().enumerate().map(|(i, text)| ((*text).to_owned(), 1, -(i as f32))));
    all.extend(CHARACTERS.chars().enumerate().map(|(i, text)| (text.to_string(), 1, -100.0 - i as f32)));
    Vocabulary {
        texts: all.iter().map(|(text, ..)| text.clone()).collect(),
        types: all.iter().map(|(_, kind, _)| *kind).collect(),
        scores: all.iter().map(|(.., score)| *score).collect(),
    }
}

fn open(vocabulary: &Vocabulary, prefix: bool, more: &[(&str, Value)]) -> Result<Arc<ModelTokenizer>, String> {
    open_as("gemma2", vocabulary, prefix, more)
}

fn open_as(
    architecture: &str,
    vocabulary: &Vocabulary,
    prefix: bool,
    more: &[(&str, Value)],
) -> Result<Arc<ModelTokenizer>, String> {
    let list = |values: Vec<Value>| Value::Array(values);
    let text = |text: &str| Value::String(text.to_owned());
    let sizes = ["block_count", "context_length", "embedding_length", "attention.head_count"];
    let mut metadata: Vec<(String, Value)> = sizes.iter().map(|key| (format!("{architecture}.{key}"), Value::U32(2))).collect();
    metadata.extend(
        [
            ("general.architecture", text(architecture)),
            ("tokenizer.ggml.model", text("llama")),
            ("tokenizer.ggml.tokens", list(vocabulary.texts.iter().map(|t| text(t)).collect())),
            ("tokenizer.ggml.token_type", list(vocabulary.types.iter().map(|t| Value::I32(*t)).collect())),
            ("tokenizer.ggml.scores", list(vocabulary.scores.iter().map(|s| Value::F32(*s)).collect())),
            ("tokenizer.ggml.bos_token_id", Value::U32(1)),
            ("tokenizer.ggml.eos_token_id", Value::U32(2)),
            ("tokenizer.ggml.add_space_prefix", Value::Bool(prefix)),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    metadata.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    metadata.push((format!("{architecture}.attention.key_length"), Value::U32(4)));
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("pieces.gguf");
    gguf_file::write(&mut std::fs::File::create(&path).unwrap(), &metadata, &[]).unwrap();
    OpenFile::read(&path).map(|file| file.tokenizer).map_err(|e| e.to_string())
}

/// Splits at special tokens, then merges the best pair of neighbours, the leftmost of equals, until there is none.
fn expected(vocabulary: &Vocabulary, prefix: bool, text: &str) -> Vec<u32> {
    let ids: BTreeMap<&str, u32> = vocabulary.texts.iter().zip(0..).map(|(text, id)| (text.as_str(), id)).collect();
    let mut tokens = vec![1];
    let mut rest = text;
    while !rest.is_empty() {
        let special = SPECIAL[1..].iter().filter_map(|(special, _)| Some((rest.find(special)?, *special))).min();
        let (plain, after) = rest.split_at(special.map_or(rest.len(), |(at, _)| at));
        if !plain.is_empty() {
            let plain = format!("{}{}", if prefix { "▁" } else { "" }, plain.replace(' ', "▁"));
            let mut parts: Vec<String> = plain.chars().map(String::from).collect();
            loop {
                let score = |i: usize| Some(vocabulary.scores[*ids.get(parts[i..i + 2].concat().as_str())? as usize]);
                let scored = (0..parts.len() - 1).filter_map(|i| Some((score(i)?, i)));
                let Some((_, at)) = scored.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))) else { break };
                let right = parts.remove(at + 1);
                parts[at].push_str(&right);
            }
            for part in parts {
                match ids.get(part.as_str()) {
                    Some(id) => tokens.push(*id),
                    None => tokens.extend(part.bytes().map(|byte| SPECIAL.len() as u32 + u32::from(byte))),
                }
            }
        }
        rest = match special {
            Some((_, special)) => {
                tokens.push(ids[special]);
                &after[special.len()..]
            }
            None => "",
        };
    }
    tokens
}

#[test]
fn pieces_are_merged_by_score() {
    let vocabulary = vocabulary();
    let mut texts: Vec<String> = [
        "",
        " ",
        "the",
        " there and here",
        "in the andering",
        "aaaa aaaaa",
        "     ",
        "===",
        "naïve – 漢字 🙂",
        "a\nb\n\nc\t",
        "<start_of_turn>user\nthe<end_of_turn>\n",
        "x<0x41>y",
        "é e\u{301}",
        "▁",
        "Z",
    ]
    .map(str::to_owned)
    .into();
    let mut numbers = Numbers(5);
    let alphabet =
        ["the", "here", " ", "a", "n", "d", "i", "g", "re", "on", "=", "é", "漢", "\n", "\n\n", "<end_of_turn>", "Q", "  "];
    for length in 1..300 {
        let mut pick = || alphabet[(((numbers.next() + 1.0) / 2.0 * alphabet.len() as f32) as usize).min(alphabet.len() - 1)];
        texts.push((0..length % 40 + 1).map(|_| pick()).collect());
    }
    for prefix in [false, true] {
        let tokenizer = open(&vocabulary, prefix, &[]).unwrap();
        for text in &texts {
            assert_eq!(tokenizer.encode(text).unwrap(), expected(&vocabulary, prefix, text), "{text:?}, prefix {prefix}");
        }
    }
}

#[test]
fn tokens_turn_back_into_bytes_and_end_answers() {
    let tokenizer = open(&vocabulary(), false, &[]).unwrap();
    let text = "the naïve – 漢字 🙂\n\n and  so";
    assert_eq!(tokenizer.decode(&tokenizer.encode(text).unwrap()), text);
    let ends: Vec<u32> = (0..tokenizer.len() as u32).filter(|token| tokenizer.is_end(*token)).collect();
    assert_eq!(ends, [2, 4], "</s> and <end_of_turn>");
    assert_eq!(tokenizer.bytes(0), b"", "<unk>");
}

#[test]
fn what_is_damaged_is_said() {
    let mut short = vocabulary();
    short.scores.pop();
    let error = open(&short, false, &[]).err().unwrap();
    assert!(error.contains("`tokenizer.ggml.scores` hold 307 numbers for 308 tokens"), "{error}");
    let error = open(&vocabulary(), false, &[("tokenizer.ggml.remove_extra_whitespaces", Value::Bool(true))]).err().unwrap();
    assert!(error.contains("removes white space"), "{error}");
}

/// Phi-3's special tokens swallow the white space behind them, but for a few.
#[test]
fn phi3_tokens_swallow_white_space() {
    let tokenizer = open_as("phi3", &vocabulary(), true, &[]).unwrap();
    let encode = |text: &str| tokenizer.encode(text).unwrap();
    assert_eq!(encode("<start_of_turn>\n the<end_of_turn>\n"), encode("<start_of_turn>the<end_of_turn>"));
    assert_ne!(encode("<s>\nthe"), encode("<s>the"));
}
