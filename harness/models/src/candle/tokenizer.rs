//! The model's tokenizer, built from a GGUF file's metadata.

use super::metadata::Metadata;
use super::pieces::{piece_bytes, pieces};
use super::words::WordRule;
use super::{failure, reason};
use proctor_core::{ModelError, ModelErrorKind};
use std::collections::BTreeSet;
use tokenizers::AddedToken;
use tokenizers::models::bpe::{BPE, Vocab};

/// Token types of `tokenizer.ggml.token_type`.
const UNKNOWN: i64 = 2;
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;

/// Control tokens that end an answer in some chat format, whatever the file names as its end token.
pub(super) const ENDS: [&str; 8] =
    ["<|endoftext|>", "<|im_end|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<end_of_turn>", "</s>"];

/// Special tokens of Phi-3 that leave the white space behind them alone; the others swallow it.
const PHI3_KEEPS: [&str; 3] = ["<unk>", "<s>", "<|endoftext|>"];

/// Text to tokens and back.
pub struct ModelTokenizer {
    pub(super) inner: tokenizers::Tokenizer,
    /// The bytes each token stands for; empty for control tokens.
    pub(super) bytes: Vec<Box<[u8]>>,
    pub(super) ends: BTreeSet<u32>,
    pub(super) start: Option<(u32, String)>,
    pub(super) end: Option<String>,
    pub(super) adds_start: bool,
    /// Bytes of the longest token's text.
    pub(super) longest: usize,
}

impl ModelTokenizer {
    /// Builds the tokenizer; refuses vocabularies and word-cutting rules it does not know, because a near miss would
    /// go unnoticed and spoil every score.
    pub(super) fn read(metadata: &Metadata<'_>) -> Result<Self, ModelError> {
        let texts = metadata.texts("tokenizer.ggml.tokens")?;
        let types = metadata.integers("tokenizer.ggml.token_type");
        let wrong = |e: tokenizers::Error| failure(format!("the model file's tokenizer cannot be built: {}", reason(&e)));
        let (mut inner, scored, adds_start) = match metadata.text("tokenizer.ggml.model").unwrap_or("missing") {
            "gpt2" => {
                let rule = WordRule::find(metadata.text("tokenizer.ggml.pre").unwrap_or("missing"))?;
                let adds_start = rule.adds_start;
                (merged(rule, metadata, &texts)?, false, adds_start)
            }
            "llama" => (pieces(metadata, &texts, &types)?, true, true),
            kind => {
                return Err(failure(format!(
                    "the model file's tokenizer is of kind `{kind}`; supported are byte-level BPE (`gpt2`) and SentencePiece (`llama`)"
                )));
            }
        };
        let type_of = |id: usize| types.get(id).copied().unwrap_or(1);
        let phi3 = scored && metadata.text("general.architecture") == Some("phi3");
        let added = texts.iter().enumerate().filter(|(id, _)| matches!(type_of(*id), UNKNOWN | CONTROL | USER_DEFINED)).map(
            |(id, text)| {
                let strips = phi3 && !PHI3_KEEPS.contains(text);
                AddedToken::from(*text, type_of(id) != USER_DEFINED).normalized(false).rstrip(strips)
            },
        );
        inner.add_tokens(added).map_err(wrong)?;

        let name = |id: u32| texts.get(id as usize).map(|text| (*text).to_owned());
        let mut ends: BTreeSet<u32> = ["eos_token_id", "eot_token_id", "eom_token_id"]
            .iter()
            .filter_map(|key| metadata.token(&format!("tokenizer.ggml.{key}")))
            .collect();
        ends.extend(
            texts
                .iter()
                .zip(0u32..)
                .filter(|(t, id)| matches!(type_of(*id as usize), CONTROL | USER_DEFINED) && ENDS.contains(t))
                .map(|(_, id)| id),
        );
        let characters = byte_characters();
        let bytes = texts
            .iter()
            .enumerate()
            .map(|(id, text)| match type_of(id) {
                CONTROL => Box::default(),
                USER_DEFINED => text.as_bytes().into(),
                kind if scored => piece_bytes(text, kind),
                _ => token_bytes(text, &characters),
            })
            .collect();
        Ok(Self {
            inner,
            bytes,
            ends,
            start: metadata.token("tokenizer.ggml.bos_token_id").and_then(|id| Some((id, name(id)?))),
            end: metadata.token("tokenizer.ggml.eos_token_id").and_then(name),
            longest: texts.iter().map(|text| text.len()).max().unwrap_or(0),
            adds_start: metadata.boolean("tokenizer.ggml.add_bos_token").unwrap_or(adds_start),
        })
    }

    /// Tokens of `text`; the names of special tokens in it become those tokens. Where the file says so, the start
    /// token is put before it, unless it is there already.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|e| ModelError::new(ModelErrorKind::Local, format!("the prompt cannot be tokenized: {e}")))?;
        let ids = encoding.get_ids();
        // A checkpoint's tokenizer may know tokens that the network has no place for.
        if let Some(id) = ids.iter().find(|id| **id as usize >= self.bytes.len()) {
            let message = format!("the prompt has the token {id}, and the model knows only {}", self.bytes.len());
            return Err(ModelError::new(ModelErrorKind::BadRequest, message));
        }
        let mut tokens = Vec::with_capacity(ids.len() + 1);
        if let Some((start, _)) = self.start
            && self.adds_start
            && ids.first() != Some(&start)
        {
            tokens.push(start);
        }
        tokens.extend_from_slice(ids);
        Ok(tokens)
    }

    /// Whether these tokens begin with the start token.
    pub(super) fn begins_with_start(&self, tokens: &[u32]) -> bool {
        self.start.as_ref().is_some_and(|(start, _)| tokens.first() == Some(start))
    }

    /// Fewest tokens that a text of `bytes` bytes can come to.
    pub fn fewest(&self, bytes: usize) -> usize {
        bytes.div_ceil(self.longest.max(1))
    }

    /// The bytes a token stands for: possibly part of a character, empty for control tokens.
    pub fn bytes(&self, token: u32) -> &[u8] {
        self.bytes.get(token as usize).map_or(&[], |bytes| bytes)
    }

    /// Text of tokens, with U+FFFD for what is no UTF-8.
    pub fn decode(&self, tokens: &[u32]) -> String {
        let bytes: Vec<u8> = tokens.iter().flat_map(|t| self.bytes(*t)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether the token ends an answer.
    pub fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// Tokens in the vocabulary.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the vocabulary is empty.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The start token's text, for templates.
    pub(super) fn start_text(&self) -> &str {
        self.start.as_ref().map_or("", |(_, text)| text)
    }

    /// The end token's text, for templates.
    pub(super) fn end_text(&self) -> &str {
        self.end.as_deref().unwrap_or("")
    }
}

/// A byte-level tokenizer without its special tokens.
fn merged(rule: WordRule, metadata: &Metadata<'_>, texts: &[&str]) -> Result<tokenizers::Tokenizer, ModelError> {
    let wrong = |e: tokenizers::Error| failure(format!("the model file's tokenizer cannot be built: {}", reason(&e)));
    let vocabulary: Vocab = texts.iter().zip(0u32..).map(|(text, id)| ((*text).to_owned(), id)).collect();
    let merges = metadata
        .texts("tokenizer.ggml.merges")?
        .into_iter()
        .map(|merge| merge.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| failure("the model file's `tokenizer.ggml.merges` hold an entry without a space"))?;
    let model = BPE::builder().vocab_and_merges(vocabulary, merges).ignore_merges(rule.whole_words).build().map_err(wrong)?;
    let mut inner = tokenizers::Tokenizer::new(model);
    inner.with_pre_tokenizer(Some(rule.words));
    Ok(inner)
}

/// The character that stands for each byte in a byte-level vocabulary: printable Latin-1 for itself, the rest from
/// U+0100 on.
pub(super) fn byte_characters() -> [char; 256] {
    let mut next = 0x100u32;
    std::array::from_fn(|byte| match byte as u8 {
        b @ (b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF) => char::from(b),
        _ => {
            let character = char::from_u32(next).unwrap_or('\u{FFFD}');
            next += 1;
            character
        }
    })
}

pub(super) fn token_bytes(text: &str, characters: &[char; 256]) -> Box<[u8]> {
    let byte = |c: char| characters.iter().position(|known| *known == c).map(|b| b as u8);
    text.chars().map(byte).collect::<Option<Vec<u8>>>().unwrap_or_else(|| text.as_bytes().to_vec()).into()
}
