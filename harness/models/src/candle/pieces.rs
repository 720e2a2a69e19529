//! Vocabularies of SentencePiece (`tokenizer.ggml.model` = `llama`): pieces of text with scores, and a token for each
//! byte that no piece covers. Llama 2 and Gemma have them.

use super::metadata::Metadata;
use super::{failure, reason};
use proctor_core::ModelError;
use std::collections::HashMap;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::{Prepend, Replace, Sequence};

/// What stands for a space in a piece.
const SPACE: char = '\u{2581}';
/// Token types of `tokenizer.ggml.token_type`.
const UNKNOWN: i64 = 2;
const CONTROL: i64 = 3;
const BYTE: i64 = 6;
/// Bytes of the longest piece that others are merged to: a damaged file may hold one of any length.
const LONGEST: usize = 1024;

/// The tokenizer without its special tokens. The pair of neighbours whose union has the highest score is merged first.
pub(super) fn pieces(metadata: &Metadata<'_>, texts: &[&str], types: &[i64]) -> Result<tokenizers::Tokenizer, ModelError> {
    let wrong = |e: tokenizers::Error| failure(format!("the model file's tokenizer cannot be built: {}", reason(&e)));
    if metadata.boolean("tokenizer.ggml.remove_extra_whitespaces") == Some(true) {
        return Err(failure("model files whose tokenizer removes white space are not supported"));
    }
    let scores = metadata.floats("tokenizer.ggml.scores");
    if scores.len() != texts.len() {
        return Err(failure(format!(
            "the model file's `tokenizer.ggml.scores` hold {} numbers for {} tokens",
            scores.len(),
            texts.len()
        )));
    }
    let vocabulary: Vocab = texts.iter().zip(0u32..).map(|(text, id)| ((*text).to_owned(), id)).collect();
    let mut model = BPE::builder().vocab_and_merges(vocabulary, merges(texts, types, &scores)).byte_fallback(true).fuse_unk(true);
    if let Some((unknown, _)) = texts.iter().zip(types).find(|(_, kind)| **kind == UNKNOWN) {
        model = model.unk_token((*unknown).to_owned());
    }
    let mut inner = tokenizers::Tokenizer::new(model.build().map_err(wrong)?);
    let mut normalizers = Vec::new();
    if metadata.boolean("tokenizer.ggml.add_space_prefix").unwrap_or(true) {
        normalizers.push(Prepend::new(SPACE.to_string()).into());
    }
    normalizers.push(Replace::new(" ", SPACE.to_string()).map_err(wrong)?.into());
    inner.with_normalizer(Some(Sequence::new(normalizers))).map_err(wrong)?;
    Ok(inner)
}

/// Every way to put a piece together from two others, the highest scores first.
fn merges(texts: &[&str], types: &[i64], scores: &[f64]) -> Vec<(String, String)> {
    let usable = |id: usize| !matches!(types.get(id).copied().unwrap_or(1), UNKNOWN | CONTROL | BYTE);
    let known: HashMap<&str, usize> =
        texts.iter().enumerate().filter(|(id, _)| usable(*id)).map(|(id, text)| (*text, id)).collect();
    let mut found: Vec<(f64, &str, &str)> = Vec::new();
    for (text, id) in known.iter().filter(|(text, _)| text.len() <= LONGEST) {
        let splits = text.char_indices().skip(1).map(|(at, _)| text.split_at(at));
        let parts = splits.filter(|(left, right)| known.contains_key(left) && known.contains_key(right));
        found.extend(parts.map(|(left, right)| (scores[*id], left, right)));
    }
    // Of equal scores the longer left part goes first: what stands further left in a run of one character.
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.len().cmp(&a.1.len())).then(a.1.cmp(b.1)).then(a.2.cmp(b.2)));
    found.into_iter().map(|(_, left, right)| (left.to_owned(), right.to_owned())).collect()
}

/// The bytes a token of type `kind` stands for, if it is neither a control token nor defined by the user.
pub(super) fn piece_bytes(text: &str, kind: i64) -> Box<[u8]> {
    let byte = text.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
    match (kind, byte.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
        (UNKNOWN, _) => Box::default(),
        (BYTE, Some(byte)) => Box::new([byte]),
        _ => text.replace(SPACE, " ").into_bytes().into(),
    }
}
