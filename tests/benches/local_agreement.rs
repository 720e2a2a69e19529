//! How far local models agree with llama.cpp, token by token.
//!
//! `PROCTOR_LLAMA_CPP=FOLDER cargo bench -p proctor-models --bench local_agreement` writes a small random file of every
//! family, feeds 2,048 tokens through both, and prints how often the most probable token is the same, beside
//! llama.cpp's agreement with itself when it keeps keys and values in 16 bits, the largest difference between logits,
//! and the mean divergence of the distributions. FOLDER holds llama.cpp's library (`bins/linux-x64` of the npm package
//! `@node-llama-cpp/linux-x64`).
//!
//! After `--`, paths of GGUF files are compared instead, on a text's tokens; a word chooses families whose names
//! contain it; `kinds` runs every kind of quantisation; `texts=FILE` compares the tokens of a JSON list of texts;
//! `answers` compares greedy answers of 128 tokens to sixty texts instead, beside llama.cpp's with itself;
//! `record=FILE` writes some of llama.cpp's logits, which `tests/candle_families.rs` compares with (its
//! `fixtures/families.json`).
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[cfg(unix)]
#[path = "local_generation/llama_cpp.rs"]
mod llama_cpp;

#[cfg(unix)]
#[path = "local_agreement/answers.rs"]
mod answers;

#[cfg(unix)]
#[path = "local_agreement/prompts.rs"]
mod prompts;

#[path = "../../harness/models/tests/candle_support/mod.rs"]
mod candle_support;

#[cfg(unix)]
mod compare {
    use super::candle_support::made::Recipe;
    use super::llama_cpp::{LlamaCpp, Memory};
    use candle_core::quantized::GgmlDType;
    use proctor_models::candle::{Arithmetic, CacheMode, OpenFile, Row, WeightMode};
    use std::error::Error;
    use std::path::{Path, PathBuf};

    const TOKENS: usize = 2048;
    const CHUNK: usize = 256;
    /// Tokens for what is recorded.
    const FEW: usize = 300;
    const KINDS: [GgmlDType; 13] = [
        GgmlDType::F32,
        GgmlDType::F16,
        GgmlDType::BF16,
        GgmlDType::Q4_0,
        GgmlDType::Q4_1,
        GgmlDType::Q5_0,
        GgmlDType::Q5_1,
        GgmlDType::Q8_0,
        GgmlDType::Q2K,
        GgmlDType::Q3K,
        GgmlDType::Q4K,
        GgmlDType::Q5K,
        GgmlDType::Q6K,
    ];

    /// Logits of every token, one after the other.
    fn theirs(folder: &Path, path: &Path, tokens: &[u32], memory: Memory) -> Result<Vec<f32>, Box<dyn Error>> {
        let mut other = LlamaCpp::open_with(folder, path, 1, 1, tokens.len() as u32, memory)?;
        let mut logits = Vec::new();
        for (chunk, part) in tokens.chunks(CHUNK).enumerate() {
            let step: Vec<_> = part.iter().enumerate().map(|(i, token)| (*token, chunk * CHUNK + i, 0, true)).collect();
            other.step(&step)?;
            (0..part.len()).for_each(|index| logits.extend_from_slice(other.logits(index)));
        }
        Ok(logits)
    }

    fn ours(path: &Path, tokens: &[u32], arithmetic: Arithmetic) -> Result<Vec<f32>, Box<dyn Error>> {
        let network = OpenFile::read(path)?.network(arithmetic)?;
        let mut cache = network.new_cache();
        let mut logits = Vec::new();
        for part in tokens.chunks(CHUNK) {
            logits.extend(network.forward(&mut [Row { cache: &mut cache, tokens: part, logits: part.len() }])?);
        }
        Ok(logits)
    }

    /// Rows whose highest value is at the same place, the largest difference, and the mean divergence in nats.
    fn agreement(a: &[f32], b: &[f32], vocabulary: usize) -> (usize, f32, f64) {
        let highest = |row: &[f32]| row.iter().enumerate().max_by(|x, y| x.1.total_cmp(y.1)).map(|(i, _)| i);
        let logprobs = |row: &[f32]| -> Vec<f64> {
            let top = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            let total: f64 = row.iter().map(|x| (f64::from(*x) - top).exp()).sum();
            row.iter().map(|x| f64::from(*x) - top - total.ln()).collect()
        };
        let (mut same, mut largest, mut divergence) = (0, 0f32, 0f64);
        for (x, y) in a.chunks(vocabulary).zip(b.chunks(vocabulary)) {
            same += usize::from(highest(x) == highest(y));
            largest = x.iter().zip(y).map(|(x, y)| (x - y).abs()).fold(largest, f32::max);
            divergence += logprobs(x).iter().zip(logprobs(y)).map(|(p, q)| p.exp() * (p - q)).sum::<f64>();
        }
        (same, largest, divergence / (a.len() / vocabulary) as f64)
    }

    fn compare(folder: &Path, name: &str, path: &Path, tokens: &[u32]) -> Result<(), Box<dyn Error>> {
        let full = theirs(folder, path, tokens, Memory::Full)?;
        let half = theirs(folder, path, tokens, Memory::Half)?;
        let vocabulary = full.len() / tokens.len();
        let exact = Arithmetic { weights: WeightMode::Full, cache: CacheMode::Full, ..Arithmetic::detect() };
        let (itself, drift, _) = agreement(&full, &half, vocabulary);
        for (mode, arithmetic) in [("native", Arithmetic::detect()), ("f32", exact)] {
            let (same, largest, divergence) = agreement(&full, &ours(path, tokens, arithmetic)?, vocabulary);
            println!(
                "{name:<36} {mode:<7} {same:>5} {itself:>7} of {} {largest:>10.5} {drift:>10.5} {divergence:>11.2e}",
                tokens.len()
            );
        }
        Ok(())
    }

    fn texts(folder: &Path, path: &Path, list: &Path) -> Result<(), Box<dyn Error>> {
        let texts: Vec<String> = serde_json::from_slice(&std::fs::read(list)?)?;
        let other = LlamaCpp::open_with(folder, path, 1, 1, 64, Memory::Default)?;
        let file = OpenFile::read(path)?;
        let mut same = 0;
        for text in &texts {
            let (ours, theirs) = (file.tokenizer.encode(text)?, other.tokenize(text));
            same += usize::from(ours == theirs);
            if ours != theirs {
                println!("{text:?}\n  ours      {ours:?}\n  llama.cpp {theirs:?}");
            }
        }
        println!("{}: {same} of {} texts have the same tokens", path.display(), texts.len());
        Ok(())
    }

    pub fn run() -> Result<(), Box<dyn Error>> {
        let Some(folder) = std::env::var_os("PROCTOR_LLAMA_CPP").map(PathBuf::from) else {
            println!("skipped: PROCTOR_LLAMA_CPP names no folder with llama.cpp's library");
            return Ok(());
        };
        let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
        let list = arguments.iter().find_map(|a| a.strip_prefix("texts=")).map(PathBuf::from);
        let files: Vec<PathBuf> = arguments.iter().filter(|a| a.ends_with(".gguf")).map(PathBuf::from).collect();
        if arguments.iter().any(|a| a == "answers") {
            return files.iter().try_for_each(|path| super::answers::report(&folder, path));
        }
        println!(
            "{:<36} {:<7} {:>5} {:>7} {:>7} {:>10} {:>10} {:>11}",
            "", "", "same", "itself", "", "difference", "its own", "divergence"
        );
        for path in &files {
            if let Some(list) = &list {
                texts(&folder, path, list)?;
                continue;
            }
            let text = include_str!("local_agreement.rs");
            let mut tokens = OpenFile::read(path)?.tokenizer.encode(text)?;
            tokens.truncate(TOKENS);
            compare(&folder, &path.file_name().unwrap_or_default().to_string_lossy(), path, &tokens)?;
        }
        if !files.is_empty() {
            return Ok(());
        }
        let scratch = tempfile::TempDir::new()?;
        // `keep=FILE` leaves the last file there.
        let kept = arguments.iter().find_map(|a| a.strip_prefix("keep=")).map(PathBuf::from);
        let path = kept.unwrap_or_else(|| scratch.path().join("made.gguf"));
        let record = arguments.iter().find_map(|a| a.strip_prefix("record=")).map(PathBuf::from);
        let mut recorded = std::collections::BTreeMap::new();
        let every_kind = arguments.iter().any(|a| a == "kinds");
        let words: Vec<&String> = arguments.iter().filter(|a| *a != "kinds" && !a.contains('=')).collect();
        for recipe in Recipe::all() {
            if !words.is_empty() && !words.iter().any(|word| recipe.name.contains(word.as_str())) {
                continue;
            }
            let tokens: Vec<u32> =
                (0..TOKENS).map(|i| ((i * i * 7 + i * 131 + i / 7 * 53) % (recipe.vocabulary - 2)) as u32).collect();
            if let Some(record) = &record {
                recipe.write(&path);
                let tokens: Vec<u32> = recipe.tokens(FEW);
                let logits = theirs(&folder, &path, &tokens, Memory::Full)?;
                let last = &logits[(FEW - 1) * recipe.vocabulary..];
                recorded.insert(recipe.name, serde_json::json!(last.iter().step_by(37).collect::<Vec<_>>()));
                std::fs::write(record, serde_json::to_string_pretty(&recorded)?)?;
                continue;
            }
            for kind in if every_kind { &KINDS[..] } else { &KINDS[..1] } {
                let recipe = Recipe { kind: *kind, ..recipe.clone() };
                recipe.write(&path);
                let name = if every_kind { format!("{} {kind:?}", recipe.name) } else { recipe.name.to_owned() };
                if let Err(error) = compare(&folder, &name, &path, &tokens) {
                    println!("{name:<36} {error}");
                }
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    #[cfg(unix)]
    return compare::run();
    #[cfg(not(unix))]
    {
        println!("skipped: llama.cpp is compared on Unix only");
        Ok(())
    }
}
