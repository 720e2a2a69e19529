//! Speed of the default local model.
//!
//! `cargo bench -p proctor-models --bench local_generation` prints
//! * tokens a second of one thread, in each mode: a prompt of 512 tokens, then answers for growing batches;
//! * the same beside llama.cpp, turn by turn, where `PROCTOR_LLAMA_CPP` names the folder of its library (`bins/linux-x64`
//!   of the npm package `@node-llama-cpp/linux-x64`);
//! * 200 prompts with a beginning of 1,000 tokens in common, against each alone;
//! * the time to load, and the memory.
//!
//! After `--`, a path measures another GGUF file, `portable` or `avx2` other instructions than the best ones,
//! `threads=2` compares with llama.cpp on two threads, and `rates`, `compare`, `prefix` or `load` only that part.
//! `device=cuda` or `device=cuda:1` (in a build with `--features cuda`) measures a GPU instead, `device=tensors` the
//! same arithmetic on this processor.
//! The rate by CPU time is the one to compare on a machine that does other things.
#![allow(clippy::print_stdout)]

#[path = "local_generation/devices.rs"]
mod devices;
#[cfg(unix)]
#[path = "local_generation/llama_cpp.rs"]
mod llama_cpp;

use proctor_core::{Model, Prompt, Request, Sampling};
use proctor_models::candle::{
    ActivationBits, Arithmetic, Cpu, KNOWN_MODELS, Network, OpenFile, Place, Row, SequenceCache, Team, WeightMode, models_folder,
};
use proctor_models::{ModelOptions, ProcessEnvironment, open};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

const PROMPT: usize = 512;
const STEPS: usize = 24;
const BATCHES: [usize; 4] = [1, 8, 16, 32];
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let chosen = Cpu::supported().into_iter().find(|cpu| arguments.iter().any(|a| a == cpu.name()));
    let given = arguments.iter().find(|a| a.ends_with(".gguf")).map(PathBuf::from);
    let default = models_folder(&ProcessEnvironment).map(|folder| folder.join(KNOWN_MODELS[0].file_name));
    let Some(path) = given.or(default).filter(|path| path.is_file()) else {
        println!("skipped: the default model is not installed; run `proctor setup`");
        return Ok(());
    };
    let cpu = chosen.unwrap_or_else(Cpu::detect);
    let threads = arguments.iter().find_map(|a| a.strip_prefix("threads=")?.parse().ok()).unwrap_or(1);
    let parts = ["rates", "compare", "prefix", "load"];
    let all = !arguments.iter().any(|a| parts.contains(&a.as_str()));
    let wanted = |part: &str| all || arguments.iter().any(|a| a == part);
    if let Some(place) = arguments.iter().find_map(|a| Place::read(a.strip_prefix("device=").unwrap_or(a))) {
        println!("{}", path.display());
        return devices::rates(&path, place);
    }
    println!("{}, {}", path.display(), cpu.name());
    if wanted("load") {
        load(&path, cpu)?;
    }
    if wanted("rates") {
        rates(&path, cpu)?;
    }
    if wanted("compare") {
        compare(&path, cpu, threads)?;
    }
    if wanted("prefix") {
        prefix(&path)?;
    }
    Ok(())
}

fn network(path: &Path, arithmetic: Arithmetic) -> Result<Network, Box<dyn Error>> {
    Ok(OpenFile::read(path)?.network(arithmetic)?)
}

/// Seconds on the clock and of CPU time since the start.
struct Timer(Instant, f64);

impl Timer {
    fn start() -> Self {
        Self(Instant::now(), cpu_seconds())
    }

    fn seconds(&self) -> (f64, f64) {
        (self.0.elapsed().as_secs_f64(), cpu_seconds() - self.1)
    }
}

fn prompt_tokens() -> Vec<u32> {
    (0..PROMPT as u32).map(|i| 1000 + i * 37 % 4000).collect()
}

fn answer_token(sequence: usize, step: usize) -> u32 {
    (2000 + 7 * sequence + step) as u32
}

fn read_prompt(network: &Network, team: &Team) -> Result<SequenceCache, Box<dyn Error>> {
    let mut cache = network.new_cache();
    for chunk in prompt_tokens().chunks(256) {
        network.forward_with(team, &mut [Row { cache: &mut cache, tokens: chunk, logits: 1 }])?;
    }
    Ok(cache)
}

/// Lets every sequence go `STEPS` tokens on.
fn answer(network: &Network, team: &Team, caches: &mut [SequenceCache], first: usize) -> Result<(), Box<dyn Error>> {
    for step in 0..STEPS {
        let tokens: Vec<[u32; 1]> = (0..caches.len()).map(|i| [answer_token(first + i, step)]).collect();
        let mut rows: Vec<Row<'_>> =
            caches.iter_mut().zip(&tokens).map(|(cache, tokens)| Row { cache, tokens, logits: 1 }).collect();
        network.forward_with(team, &mut rows)?;
    }
    Ok(())
}

fn rates(path: &Path, cpu: Cpu) -> Result<(), Box<dyn Error>> {
    println!("\none thread, {PROMPT} tokens of context");
    println!("{:<8} {:>4} {:>8} {:>28} {:>10} {:>10}", "weights", "bits", "MiB", "phase", "tok/s", "tok/CPU s");
    let modes = [
        (WeightMode::Native, ActivationBits::Sixteen),
        (WeightMode::Native, ActivationBits::Eight),
        (WeightMode::Full, ActivationBits::Sixteen),
    ];
    let team = Team::default();
    for (weights, activations) in modes {
        let network = network(path, Arithmetic { weights, activations, cpu, ..Arithmetic::detect() })?;
        let report = |phase: &str, tokens: usize, timer: &Timer| {
            let (wall, cpu_s) = timer.seconds();
            let (rate, cpu_rate) = (tokens as f64 / wall, tokens as f64 / cpu_s);
            let (name, bits, mib) = (weights.name(), activations.count(), network.weight_bytes() >> 20);
            println!("{name:<8} {bits:>4} {mib:>8} {phase:>28} {rate:>10.1} {cpu_rate:>10.1}");
        };
        let timer = Timer::start();
        let cache = read_prompt(&network, &team)?;
        report("prompt", PROMPT, &timer);
        for batch in BATCHES {
            let mut caches = vec![cache.clone(); batch];
            let timer = Timer::start();
            answer(&network, &team, &mut caches, 0)?;
            report(&format!("answer, batch {batch}"), STEPS * batch, &timer);
        }
        let mut caches = vec![cache];
        for _ in 1..16 {
            caches.push(read_prompt(&network, &team)?);
        }
        let timer = Timer::start();
        answer(&network, &team, &mut caches, 0)?;
        report("answer, batch 16, not shared", STEPS * 16, &timer);
    }
    Ok(())
}

/// Ours on `threads` threads: one prompt or one sequence on all of them, several sequences spread over them.
fn ours(network: &Network, threads: usize, batch: Option<(usize, &SequenceCache)>) -> Result<(), Box<dyn Error>> {
    let (team, done) = (Team::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let helped = batch.is_none_or(|(batch, _)| batch < threads);
        if helped {
            for _ in 1..threads {
                scope.spawn(|| team.help(&|| done.load(Ordering::Relaxed)));
            }
        }
        let outcome = match batch {
            None => read_prompt(network, &team).map(drop),
            Some((batch, cache)) if helped => answer(network, &team, &mut vec![cache.clone(); batch], 0),
            Some((batch, cache)) => {
                let share = batch.div_ceil(threads);
                let handles: Vec<_> = (0..batch)
                    .step_by(share)
                    .map(|first| {
                        let mut caches = vec![cache.clone(); share.min(batch - first)];
                        scope.spawn(move || answer(network, &Team::default(), &mut caches, first).is_ok())
                    })
                    .collect();
                let all = handles.into_iter().all(|handle| handle.join().unwrap_or(false));
                if all { Ok(()) } else { Err("a step failed".into()) }
            }
        };
        done.store(true, Ordering::Relaxed);
        outcome
    })
}

#[cfg(unix)]
fn compare(path: &Path, cpu: Cpu, threads: usize) -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::var_os("PROCTOR_LLAMA_CPP").map(PathBuf::from) else {
        println!("\nllama.cpp is not compared: PROCTOR_LLAMA_CPP names no folder with its library");
        return Ok(());
    };
    let network = network(path, Arithmetic { cpu, ..Arithmetic::detect() })?;
    let most = BATCHES[BATCHES.len() - 1];
    let room = (PROMPT + most * (STEPS + 1) + 64) as u32;
    let mut other = llama_cpp::LlamaCpp::open(&folder, path, threads as u32, most as u32, room)?;
    let read = |other: &mut llama_cpp::LlamaCpp| {
        other.forget(0, 0);
        let tokens = prompt_tokens();
        let step: Vec<_> = tokens.iter().enumerate().map(|(i, token)| (*token, i, 0, i + 1 == PROMPT)).collect();
        other.step(&step)
    };
    read(&mut other)?;
    let cache = read_prompt(&network, &Team::default())?;
    println!("\nbeside llama.cpp, {threads} thread(s) each, {PROMPT} tokens of context, medians of {ROUNDS} rounds turn by turn");
    println!(
        "{:>18} {:>12} {:>12} {:>8} {:>14} {:>14} {:>8}",
        "phase", "ours tok/s", "llama.cpp", "ratio", "ours tok/CPU s", "llama.cpp", "ratio"
    );
    for batch in std::iter::once(None).chain(BATCHES.map(Some)) {
        let mut rounds: Vec<[f64; 4]> = Vec::new();
        for _ in 0..ROUNDS {
            let timer = Timer::start();
            ours(&network, threads, batch.map(|batch| (batch, &cache)))?;
            let (wall, cpu_s) = timer.seconds();
            if let Some(batch) = batch {
                (1..batch).for_each(|sequence| other.share_first(sequence));
            }
            let timer = Timer::start();
            match batch {
                None => read(&mut other)?,
                Some(batch) => {
                    for step in 0..STEPS {
                        let tokens: Vec<_> = (0..batch).map(|i| (answer_token(i, step), PROMPT + step, i, true)).collect();
                        other.step(&tokens)?;
                    }
                }
            }
            let (other_wall, other_cpu_s) = timer.seconds();
            if let Some(batch) = batch {
                (0..batch).for_each(|sequence| other.forget(sequence, if sequence == 0 { PROMPT } else { 0 }));
            }
            let tokens = batch.map_or(PROMPT, |batch| batch * STEPS) as f64;
            rounds.push([tokens / wall, tokens / other_wall, tokens / cpu_s, tokens / other_cpu_s]);
        }
        let median = |values: Vec<f64>| {
            let mut values = values;
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let column = |index: usize| median(rounds.iter().map(|round| round[index]).collect());
        let ratio = |index: usize| median(rounds.iter().map(|round| round[index] / round[index + 1]).collect());
        let phase = batch.map_or("prompt".to_owned(), |batch| format!("answer, batch {batch}"));
        println!(
            "{phase:>18} {:>12.0} {:>12.0} {:>8.2} {:>14.0} {:>14.0} {:>8.2}",
            column(0),
            column(1),
            ratio(0),
            column(2),
            column(3),
            ratio(2)
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn compare(_: &Path, _: Cpu, _: usize) -> Result<(), Box<dyn Error>> {
    println!("\nllama.cpp is compared on Unix only");
    Ok(())
}

/// 200 questions behind 1,000 tokens that are common to all, through the model as a run uses it.
fn prefix(path: &Path) -> Result<(), Box<dyn Error>> {
    const QUESTIONS: usize = 200;
    const ALONE: usize = 10;
    let name = format!("candle/{}", path.display());
    let header = "A question is followed by its answer, in as few words as possible. ".repeat(72);
    let request = |i: usize| {
        let prompt = Prompt::Completion(format!("{header}\nQuestion {i}: what is {i} plus {}?\nAnswer:", i * 7 % 31));
        Request::new(prompt, Sampling { temperature: Some(0.0), max_tokens: Some(8), ..Sampling::default() })
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let opened = |arguments: &str| -> Result<Arc<dyn Model>, Box<dyn Error>> {
        let args = serde_json::from_str::<serde_json::Map<_, _>>(arguments)?;
        let model = open(&name, &ModelOptions { args, ..ModelOptions::default() })?;
        // The weights are read with the first question.
        runtime.block_on(model.complete(&Request::new(Prompt::Completion("x".to_owned()), request(0).sampling)))?;
        Ok(model)
    };
    let alone = opened(r#"{"prefix_cache": false}"#)?;
    let timer = Timer::start();
    let mut texts = Vec::new();
    for i in 0..ALONE {
        texts.push(runtime.block_on(alone.complete(&request(i)))?);
    }
    let (wall, cpu_s) = timer.seconds();
    let scale = QUESTIONS as f64 / ALONE as f64;
    let tokens = texts[0].usage.prompt_tokens.unwrap_or(0);
    let shared = opened("{}")?;
    let timer = Timer::start();
    let answers = runtime.block_on(async {
        let tasks: Vec<_> = (0..QUESTIONS)
            .map(|i| {
                let (model, request) = (Arc::clone(&shared), request(i));
                tokio::spawn(async move { model.complete(&request).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await);
        }
        answers
    });
    let (shared_wall, shared_cpu_s) = timer.seconds();
    for (answer, alone) in answers.into_iter().zip(&texts) {
        assert_eq!(answer??.text, alone.text, "a common beginning changed an answer");
    }
    println!("\n{QUESTIONS} questions of {tokens} tokens, all but the last few common, 8 tokens of answer");
    println!("{:>28} {:>10} {:>10}", "", "s", "CPU s");
    println!("{:>28} {:>10.1} {:>10.1}", format!("each alone ({ALONE}, times {scale})"), wall * scale, cpu_s * scale);
    println!("{:>28} {:>10.1} {:>10.1}", "together", shared_wall, shared_cpu_s);
    println!("{:>28} {:>10.1} {:>10.1}", "ratio", wall * scale / shared_wall, cpu_s * scale / shared_cpu_s);
    Ok(())
}

fn load(path: &Path, cpu: Cpu) -> Result<(), Box<dyn Error>> {
    let before = resident_mib("VmRSS:");
    let timer = Timer::start();
    let network = network(path, Arithmetic { cpu, ..Arithmetic::detect() })?;
    let (wall, cpu_s) = timer.seconds();
    println!(
        "loaded in {wall:.2} s ({cpu_s:.2} CPU s): file {} MiB, weights {} MiB; resident {before} MiB before, {} MiB after, {} MiB at most",
        std::fs::metadata(path)?.len() >> 20,
        network.weight_bytes() >> 20,
        resident_mib("VmRSS:"),
        resident_mib("VmHWM:")
    );
    Ok(())
}

/// A field of `/proc/self/status` in MiB; 0 elsewhere.
fn resident_mib(field: &str) -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or("");
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap_or(0) >> 10
}

/// CPU time of this process so far, from `/proc/self/stat` (user and system, in ticks of 1/100 s); 0 elsewhere.
fn cpu_seconds() -> f64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/stat") else { return 0.0 };
    let after_name = text.rsplit(')').next().unwrap_or("");
    let fields: Vec<f64> = after_name.split_whitespace().map(|f| f.parse().unwrap_or(0.0)).collect();
    fields.get(11).zip(fields.get(12)).map_or(0.0, |(user, system)| (user + system) / 100.0)
}
