//! Tokens of texts of every kind, under every rule that cuts words, against those that llama.cpp makes of the same
//! vocabulary (`fixtures/word_rules.json`), and the same for a vocabulary of scored pieces (`fixtures/pieces.json`).

#![cfg(feature = "candle")]

use candle_core::quantized::gguf_file::{self, Value};
use proctor_models::candle::OpenFile;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

#[derive(Deserialize)]
struct Recorded {
    tokens: Vec<String>,
    kinds: Vec<i32>,
    /// Of scored pieces.
    #[serde(default)]
    scores: Vec<f32>,
    merges: Vec<String>,
    texts: Vec<String>,
    /// For each rule the tokens of every text.
    rules: BTreeMap<String, Vec<Vec<u32>>>,
}

/// A file with a vocabulary and no weights.
fn write(recorded: &Recorded, rule: &str, path: &Path) {
    let text = |t: &str| Value::String(t.to_owned());
    let texts = |list: &[String]| Value::Array(list.iter().map(|t| text(t)).collect());
    let place = |t: &str| Value::U32(recorded.tokens.iter().position(|token| token == t).unwrap() as u32);
    let pieces = !recorded.scores.is_empty();
    let metadata = [
        ("general.architecture", text("llama")),
        ("llama.block_count", Value::U32(1)),
        ("llama.context_length", Value::U32(2048)),
        ("llama.embedding_length", Value::U32(64)),
        ("llama.feed_forward_length", Value::U32(64)),
        ("llama.attention.head_count", Value::U32(1)),
        ("tokenizer.ggml.model", text(if pieces { "llama" } else { "gpt2" })),
        ("tokenizer.ggml.scores", Value::Array(recorded.scores.iter().map(|score| Value::F32(*score)).collect())),
        ("tokenizer.ggml.add_space_prefix", Value::Bool(rule == "pieces behind a space")),
        ("tokenizer.ggml.pre", text(rule)),
        ("tokenizer.ggml.tokens", texts(&recorded.tokens)),
        ("tokenizer.ggml.token_type", Value::Array(recorded.kinds.iter().map(|kind| Value::I32(*kind)).collect())),
        ("tokenizer.ggml.merges", texts(&recorded.merges)),
        ("tokenizer.ggml.bos_token_id", place("<s>")),
        ("tokenizer.ggml.eos_token_id", place("</s>")),
    ];
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    gguf_file::write(&mut std::fs::File::create(path).unwrap(), &metadata, &[]).unwrap();
}

#[test]
fn words() {
    check(include_str!("fixtures/word_rules.json"), 20);
}

#[test]
fn scored_pieces() {
    check(include_str!("fixtures/pieces.json"), 2);
}

fn check(recorded: &str, rules: usize) {
    let recorded: Recorded = serde_json::from_str(recorded).unwrap();
    assert!(recorded.rules.len() == rules && recorded.texts.len() > 380);
    let folder = TempDir::new().unwrap();
    let mut wrong = Vec::new();
    for (rule, expected) in &recorded.rules {
        let path = folder.path().join(format!("{rule}.gguf"));
        write(&recorded, rule, &path);
        let file = OpenFile::read(&path).unwrap();
        assert_eq!(expected.len(), recorded.texts.len());
        for (text, expected) in recorded.texts.iter().zip(expected) {
            let tokens = file.tokenizer.encode(text).unwrap();
            if tokens != *expected {
                wrong.push(format!("{rule}: {text:?}\n  {tokens:?}\n  {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), recorded.rules.len() * recorded.texts.len(), wrong.join("\n"));
}
