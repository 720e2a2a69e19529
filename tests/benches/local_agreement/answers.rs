//! Are greedy answers those of llama.cpp, and how near were the two best tokens where they are not?

use super::llama_cpp::{LlamaCpp, Memory};
use super::prompts::prompts;
use proctor_models::candle::{ActivationBits, Arithmetic, CacheMode, Network, OpenFile, Row, WeightMode};
use std::error::Error;
use std::path::Path;

/// Tokens of every answer; answers do not end at end tokens, so that all are equally long.
const ANSWER: usize = 128;
/// Tokens of the longest prompt and its answer.
const CONTEXT: u32 = 6144;
/// Sequences of ours at once.
const BATCH: usize = 15;
/// Tokens of a prompt that llama.cpp reads at once.
const PIECE: usize = 512;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The most probable token, and how far its logit is from the next one's.
#[derive(Debug, Clone, Copy)]
struct Top {
    best: u32,
    margin: f32,
}

fn top(logits: &[f32]) -> Top {
    let (mut best, mut first, mut second) = (0, f32::NEG_INFINITY, f32::NEG_INFINITY);
    for (token, logit) in logits.iter().enumerate() {
        if *logit > first {
            (best, first, second) = (token as u32, *logit, first);
        } else if *logit > second {
            second = *logit;
        }
    }
    Top { best, margin: first - second }
}

type Answer = Vec<Top>;

fn ours(network: &Network, prompts: &[Vec<u32>]) -> Outcome<Vec<Answer>> {
    let mut all = Vec::new();
    for group in prompts.chunks(BATCH) {
        let mut caches: Vec<_> = group.iter().map(|_| network.new_cache()).collect();
        let mut answers: Vec<Answer> = Vec::new();
        for (prompt, cache) in group.iter().zip(&mut caches) {
            let mut last = Vec::new();
            for piece in prompt.chunks(PIECE) {
                last = network.forward(&mut [Row { cache, tokens: piece, logits: 1 }])?;
            }
            answers.push(vec![top(&last)]);
        }
        for _ in 1..ANSWER {
            let tokens: Vec<[u32; 1]> = answers.iter().filter_map(|answer| answer.last().map(|top| [top.best])).collect();
            let mut rows: Vec<Row<'_>> =
                caches.iter_mut().zip(&tokens).map(|(cache, tokens)| Row { cache, tokens, logits: 1 }).collect();
            let logits = network.forward(&mut rows)?;
            for (answer, logits) in answers.iter_mut().zip(logits.chunks_exact(network.vocabulary())) {
                answer.push(top(logits));
            }
        }
        all.extend(answers);
    }
    Ok(all)
}

fn theirs(other: &mut LlamaCpp, prompts: &[Vec<u32>]) -> Outcome<Vec<Answer>> {
    let mut all = Vec::new();
    for prompt in prompts {
        other.forget(0, 0);
        let mut last = 0;
        for (chunk, piece) in prompt.chunks(PIECE).enumerate() {
            last = piece.len() - 1;
            let step: Vec<_> =
                piece.iter().enumerate().map(|(i, token)| (*token, chunk * PIECE + i, 0, i == piece.len() - 1)).collect();
            other.step(&step)?;
        }
        let mut now = top(other.logits(last));
        let mut answer = vec![now];
        while answer.len() < ANSWER {
            other.step(&[(now.best, prompt.len() + answer.len() - 1, 0, true)])?;
            now = top(other.logits(0));
            answer.push(now);
        }
        all.push(answer);
    }
    Ok(all)
}

/// How many answers are the same, how many tokens come before the others part, and the wider of the two margins there.
fn print(name: &str, found: &[Answer], expected: &[Answer]) {
    let parting = |(a, b): (&Answer, &Answer)| {
        let at = a.iter().zip(b).position(|(a, b)| a.best != b.best)?;
        Some((at, a.get(at)?.margin.max(b.get(at)?.margin)))
    };
    let partings: Vec<(usize, f32)> = found.iter().zip(expected).filter_map(parting).collect();
    let mut margins: Vec<f32> = partings.iter().map(|parting| parting.1).collect();
    margins.sort_by(f32::total_cmp);
    let before: usize = partings.iter().map(|parting| parting.0).sum::<usize>() + (found.len() - partings.len()) * ANSWER;
    println!(
        "{name:<52} {:>3} of {} the same, {:>4.1} tokens before the first other one; margin there: median {:.3}, at most {:.3}",
        found.len() - partings.len(),
        found.len(),
        before as f64 / found.len() as f64,
        margins.get(margins.len() / 2).copied().unwrap_or(0.0),
        margins.last().copied().unwrap_or(0.0),
    );
}

/// Greedy answers to texts of many kinds, ours in each mode and llama.cpp's with its keys and values kept in two ways.
pub fn report(folder: &Path, path: &Path) -> Outcome<()> {
    let file = OpenFile::read(path)?;
    let mut half = LlamaCpp::open_with(folder, path, 1, 1, CONTEXT, Memory::Half)?;
    let mut full = LlamaCpp::open_with(folder, path, 1, 1, CONTEXT, Memory::Full)?;
    let mut tokens = Vec::new();
    let mut same = 0;
    for text in prompts(file.template.as_ref()) {
        let own = file.tokenizer.encode(&text)?;
        same += usize::from(own == full.tokenize(&text));
        tokens.push(own);
    }
    let longest = tokens.iter().map(Vec::len).max().unwrap_or(0);
    println!("{}: {} prompts, the longest of {longest} tokens; tokens the same in {same}", path.display(), tokens.len());
    let exact = Arithmetic { weights: WeightMode::Full, cache: CacheMode::Full, ..Arithmetic::detect() };
    let coarse = Arithmetic { activations: ActivationBits::Eight, ..Arithmetic::detect() };
    let own = ours(&file.network(Arithmetic::detect())?, &tokens)?;
    let eight = ours(&file.network(coarse)?, &tokens)?;
    let reference = ours(&file.network(exact)?, &tokens)?;
    let (half, full) = (theirs(&mut half, &tokens)?, theirs(&mut full, &tokens)?);
    print("llama.cpp 32-bit cache, llama.cpp 16-bit cache", &full, &half);
    print("ours, llama.cpp 32-bit cache", &own, &full);
    print("ours with activation_bits=8, llama.cpp 32-bit cache", &eight, &full);
    print("ours with weights=f32, llama.cpp 32-bit cache", &reference, &full);
    print("ours, ours with weights=f32", &own, &reference);
    print("ours with activation_bits=8, ours with weights=f32", &eight, &reference);
    print("llama.cpp 32-bit cache, ours with weights=f32", &full, &reference);
    Ok(())
}
