//! What stands beside the weights of a checkpoint: tokenizer, ends of answers, chat templates; and where models are found.
#![cfg(feature = "candle")]

mod candle_support;

use candle_support::checkpoint::{Checkpoint, tokenizer};
use candle_support::{Numbers, Tiny};
use proctor_core::{Message, Prompt, Request, Role, Sampling};
use proctor_models::candle::OpenFile;
use proctor_models::{ModelOptions, open_with};
use safetensors::Dtype;
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;

fn checkpoint(tiny: &Tiny) -> Checkpoint {
    tiny.write().checkpoint(Dtype::F32, 1)
}

fn message(text: &str) -> Message {
    Message { role: Role::User, content: text.to_owned() }
}

#[test]
fn texts_become_the_tokens_of_the_gguf_file() {
    let file = Tiny::default().write();
    let checkpoint = file.checkpoint(Dtype::F32, 1);
    let (gguf, own) = (OpenFile::read(file.path()).unwrap().tokenizer, OpenFile::read(checkpoint.path()).unwrap().tokenizer);
    for text in ["", "a", "Hello, world!", " 12 345\n\n\t x", "naïve Ωδός 😀", "<|start|>x<|im_end|>", "\u{1}\u{7f}\u{a0}"]
    {
        let tokens = own.encode(text).unwrap();
        assert_eq!(tokens, gguf.encode(text).unwrap(), "{text:?}");
        assert_eq!(own.decode(&tokens), gguf.decode(&tokens), "{text:?}");
    }
    assert_eq!(own.decode(&own.encode("naïve Ωδός 😀").unwrap()), "naïve Ωδός 😀");
    assert_eq!((own.len(), own.is_end(257), own.is_end(256)), (gguf.len(), true, false));
}

#[test]
fn ends_come_from_every_file_that_names_some() {
    let checkpoint = checkpoint(&Tiny::default());
    checkpoint.write("generation_config.json", json!({"eos_token_id": [1, 2]}).to_string());
    checkpoint.edit("config.json", |config| config["eos_token_id"] = json!(3));
    let tokenizer = OpenFile::read(checkpoint.path()).unwrap().tokenizer;
    let ends: Vec<u32> = (0..258).filter(|id| tokenizer.is_end(*id)).collect();
    assert_eq!(ends, [1, 2, 3, 257]);
}

#[test]
fn the_start_token_is_put_where_the_tokenizer_puts_it() {
    let starts = |checkpoint: &Checkpoint| OpenFile::read(checkpoint.path()).unwrap().tokenizer.encode("a").unwrap().len() == 2;
    let plain = checkpoint(&Tiny::default());
    assert!(!starts(&plain));
    plain.edit("tokenizer_config.json", |settings| settings["add_bos_token"] = json!(true));
    assert!(starts(&plain));
    let processed = checkpoint(&Tiny::default());
    let mut own = tokenizer();
    own["post_processor"] = json!({
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<|start|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<|start|>": {"id": "<|start|>", "ids": [256], "tokens": ["<|start|>"]}},
    });
    processed.write("tokenizer.json", own.to_string());
    assert!(starts(&processed));
    processed.edit("tokenizer_config.json", |settings| settings["add_bos_token"] = json!(false));
    assert!(!starts(&processed));
}

#[test]
fn templates_are_found_wherever_they_are() {
    let rendered = |checkpoint: &Checkpoint| {
        OpenFile::read(checkpoint.path()).unwrap().template.map(|template| template.render(&[message("x")]).unwrap())
    };
    let plain = checkpoint(&Tiny { template: None, ..Tiny::default() });
    assert_eq!(rendered(&plain), None);
    plain.edit("tokenizer_config.json", |settings| settings["chat_template"] = json!("{{ bos_token }}{{ messages[0].content }}"));
    assert_eq!(rendered(&plain).as_deref(), Some("<|start|>x"));
    let named = json!([{"name": "tool_use", "template": "no"}, {"name": "default", "template": "{{ eos_token }}"}]);
    plain.edit("tokenizer_config.json", |settings| settings["chat_template"] = named);
    assert_eq!(rendered(&plain).as_deref(), Some("<|im_end|>"));
    plain.write("chat_template.json", json!({"chat_template": "apart"}).to_string());
    assert_eq!(rendered(&plain).as_deref(), Some("apart"));
    plain.write("chat_template.jinja", "a file");
    assert_eq!(rendered(&plain).as_deref(), Some("a file"));
}

#[test]
fn vocabularies_of_pieces_spell_spaces_and_bytes() {
    let checkpoint = checkpoint(&Tiny::default());
    let mut own = tokenizer();
    own["model"]["vocab"] = json!({"<unk>": 0, "<0xE2>": 1, "<0x82>": 2, "<0xAC>": 3, "\u{2581}": 4, "a": 5, "\u{2581}a": 6});
    own["model"]["merges"] = json!([["\u{2581}", "a"]]);
    own["model"]["byte_fallback"] = json!(true);
    own["pre_tokenizer"] = json!(null);
    own["normalizer"] = json!({"type": "Replace", "pattern": {"String": " "}, "content": "\u{2581}"});
    own["decoder"] = json!({"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "\u{2581}"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]});
    checkpoint.write("tokenizer.json", own.to_string());
    let tokenizer = OpenFile::read(checkpoint.path()).unwrap().tokenizer;
    let tokens = tokenizer.encode("a a€").unwrap();
    assert_eq!(tokens, [5, 6, 1, 2, 3]);
    assert_eq!(tokenizer.decode(&tokens), "a a€");
    own["decoder"] = json!({"type": "WordPiece", "prefix": "##", "cleanup": true});
    checkpoint.write("tokenizer.json", own.to_string());
    let message = OpenFile::read(checkpoint.path()).err().unwrap().message;
    assert!(message.contains("by a rule that is not known"), "{message}");
}

/// A cache of the Hub's tools with `tiny/model` at two commits, `tiny/quants` with GGUF files.
fn hub() -> TempDir {
    let cache = TempDir::new().unwrap();
    let snapshot = |repository: &str, commit: &str| {
        let folder = cache.path().join(format!("hub/models--tiny--{repository}/snapshots/{commit}"));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    };
    let refer = |repository: &str, name: &str, commit: &str| {
        let path = cache.path().join(format!("hub/models--tiny--{repository}/refs/{name}"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, commit).unwrap();
    };
    for (commit, seed) in [("aaaa", 1.0), ("bbbb", 2.0)] {
        let checkpoint = checkpoint(&Tiny { rotary_base: 1e4 * seed, ..Tiny::default() });
        let folder = snapshot("model", commit);
        for entry in std::fs::read_dir(checkpoint.path()).unwrap().flatten() {
            std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    refer("model", "main", "aaaa");
    refer("model", "refs/pr/1", "bbbb");
    let folder = snapshot("quants", "cccc");
    std::fs::create_dir(folder.join("more")).unwrap();
    for name in ["tiny-Q4_K_M.gguf", "tiny-Q8_0.gguf", "more/tiny-F16.gguf"] {
        std::fs::copy(Tiny::default().write().path(), folder.join(name)).unwrap();
    }
    cache
}

fn open(name: &str, home: &Path) -> Result<String, String> {
    let (home, cache) = (home.to_str().unwrap().to_owned(), TempDir::new().unwrap());
    let cache = cache.path().to_str().unwrap().to_owned();
    let environment = move |variable: &str| match variable {
        "HF_HOME" => Some(home.clone()),
        "PROCTOR_CACHE" => Some(cache.clone()),
        _ => None,
    };
    let model = open_with(name, &ModelOptions::default(), &environment).map_err(|e| e.message)?;
    Ok(model.provenance()["file_sha256"].as_str().unwrap().to_owned())
}

#[test]
fn models_are_found_in_the_cache_of_the_hub() {
    let cache = hub();
    let hash = |name: &str| open(name, cache.path()).unwrap();
    assert_eq!(hash("candle/tiny/model"), hash("candle/tiny/model@aaaa"));
    assert_eq!(hash("candle/tiny/model@refs/pr/1"), hash("candle/tiny/model@bbbb"));
    assert_ne!(hash("candle/tiny/model@aaaa"), hash("candle/tiny/model@bbbb"));
    assert_eq!(hash("candle/tiny/quants:Q4_K_M"), hash("candle/tiny/quants@cccc:tiny-Q4_K_M.gguf"));
    assert_eq!(hash("candle/tiny/quants:f16"), hash("candle/tiny/quants:more/tiny-F16.gguf"));
    for (name, part) in [
        ("candle/tiny/absent", "is not in the Hub's cache"),
        ("candle/tiny/absent@v1:Q8_0", "run `proctor setup --model tiny/absent@v1:Q8_0`"),
        ("candle/tiny/model@v9", "not at revision v9"),
        ("candle/tiny/model:Q4_0", "has no GGUF file"),
        (
            "candle/tiny/quants",
            "which file of `tiny/quants`? give one as candle/tiny/quants:FILE; there are more/tiny-F16.gguf, ",
        ),
        ("candle/tiny/quants:Q5_K", "there are more/tiny-F16.gguf, tiny-Q4_K_M.gguf, tiny-Q8_0.gguf"),
        ("candle/tiny/quants:none.gguf", "has no `none.gguf`"),
        ("candle/tiny/../model", "no local model is called `tiny/../model`"),
        ("candle/smollm", "or ORG/NAME of a model on the Hub"),
    ] {
        let message = open(name, cache.path()).unwrap_err();
        assert!(message.contains(part) && message.lines().count() == 1, "{name}: {message}");
    }
}

#[tokio::test]
async fn a_checkpoint_answers_as_any_model() {
    let checkpoint = checkpoint(&Tiny { tied: false, ..Tiny::default() });
    let name = format!("candle/{}", checkpoint.path().display());
    let file = format!("candle/{}", checkpoint.file("model.safetensors").display());
    let mut answers = Vec::new();
    for name in [name, file] {
        let model = open_with(&name, &ModelOptions::default(), &|_: &str| None).unwrap();
        assert!(model.capabilities().chat && model.capabilities().context_tokens == Some(256));
        let sampling = Sampling { max_tokens: Some(12), ..Sampling::default() };
        let request = Request::new(Prompt::Chat(vec![message("2+2?")]), sampling);
        let completion = model.complete(&request).await.unwrap();
        assert!(completion.usage.completion_tokens.is_some_and(|count| (1..=12).contains(&count)));
        answers.push((completion.text, model.provenance()));
    }
    assert_eq!(answers[0], answers[1]);
}

/// Everything that decides an answer is in the hash.
#[test]
fn every_file_counts() {
    let checkpoint = checkpoint(&Tiny::default());
    let name = format!("candle/{}", checkpoint.path().display());
    let home = TempDir::new().unwrap();
    let mut seen = vec![open(&name, home.path()).unwrap()];
    let mut numbers = Numbers(1);
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "chat_template.jinja"] {
        let mut text = std::fs::read_to_string(checkpoint.file(file)).unwrap_or_else(|_| "{}".to_owned());
        text.push_str(&" ".repeat(1 + ((numbers.next() + 1.0) * 4.0) as usize));
        checkpoint.write(file, text);
        let hash = open(&name, home.path()).unwrap();
        assert!(!seen.contains(&hash), "{file}");
        seen.push(hash);
    }
}
