//! Speed of the default local model on one thread: tokens of prompt a second, tokens of answer a second for growing
//! batches, in each weight mode. The rate by CPU time is the one to compare on a machine that does other things.
//!
//! Run it with `cargo bench -p proctor-models --bench local_generation`. After `--`, a path measures
//! another GGUF file, and `portable` or `avx2` other instructions than the best ones.
#![allow(clippy::print_stdout)]

use proctor_models::ProcessEnvironment;
use proctor_models::candle::{
    ActivationBits, Arithmetic, Cpu, KNOWN_MODELS, Network, OpenFile, Row, SequenceCache, WeightMode, models_folder,
};
use std::path::PathBuf;
use std::time::Instant;

const PROMPT: usize = 512;
const STEPS: usize = 32;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let chosen = Cpu::supported().into_iter().find(|cpu| arguments.iter().any(|a| a == cpu.name()));
    let given = arguments.iter().find(|a| a.ends_with(".gguf")).map(PathBuf::from);
    let default = models_folder(&ProcessEnvironment).map(|folder| folder.join(KNOWN_MODELS[0].file_name));
    let Some(path) = given.or(default).filter(|path| path.is_file()) else {
        println!("skipped: the default model is not installed; run `proctor setup`");
        return Ok(());
    };
    let cpu = chosen.unwrap_or_else(Cpu::detect);
    println!("{}, {}, 1 thread, {PROMPT} tokens of context", path.display(), cpu.name());
    println!("{:<8} {:>4} {:>6} {:>8} {:>16} {:>10} {:>10}", "weights", "bits", "load s", "MiB", "phase", "tok/s", "tok/CPU s");
    let modes = [
        (WeightMode::Native, ActivationBits::Sixteen),
        (WeightMode::Native, ActivationBits::Eight),
        (WeightMode::Full, ActivationBits::Sixteen),
    ];
    for (weights, activations) in modes {
        let started = Instant::now();
        let opened = OpenFile::read(&path)?;
        let network =
            opened.network(&path, Arithmetic { weights, activations, cache: proctor_models::candle::CacheMode::Half, cpu })?;
        let load = started.elapsed().as_secs_f64();
        let mib = network.weight_bytes() >> 20;
        let report = |phase: &str, tokens: usize, wall: f64, cpu_s: f64| {
            let (rate, cpu_rate) = (tokens as f64 / wall, tokens as f64 / cpu_s);
            println!(
                "{:<8} {:>4} {load:>6.2} {mib:>8} {phase:>16} {rate:>10.1} {cpu_rate:>10.1}",
                weights.name(),
                activations.count()
            );
        };
        let prompt: Vec<u32> = (0..PROMPT as u32).map(|i| 1000 + i * 37 % 4000).collect();
        let (started, cpu_started) = (Instant::now(), cpu_seconds());
        let mut cache = network.new_cache();
        for chunk in prompt.chunks(256) {
            network.forward(&mut [Row { cache: &mut cache, tokens: chunk, logits: 1 }])?;
        }
        report("prompt", PROMPT, started.elapsed().as_secs_f64(), cpu_seconds() - cpu_started);
        for batch in [1, 4, 8, 16, 32] {
            let mut caches = vec![cache.clone(); batch];
            let (started, cpu_started) = (Instant::now(), cpu_seconds());
            for step in 0..STEPS {
                decode(&network, &mut caches, step as u32);
            }
            let wall = started.elapsed().as_secs_f64();
            report(&format!("answer, batch {batch}"), STEPS * batch, wall, cpu_seconds() - cpu_started);
        }
    }
    Ok(())
}

fn decode(network: &Network, caches: &mut [SequenceCache], step: u32) {
    let tokens: Vec<[u32; 1]> = (0..caches.len() as u32).map(|i| [2000 + 7 * i + step]).collect();
    let mut rows: Vec<Row<'_>> = caches.iter_mut().zip(&tokens).map(|(cache, tokens)| Row { cache, tokens, logits: 1 }).collect();
    let _ = network.forward(&mut rows);
}

/// CPU time of this process so far, from `/proc/self/stat` (user and system, in ticks of 1/100 s); 0 elsewhere.
fn cpu_seconds() -> f64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/stat") else { return 0.0 };
    let after_name = text.rsplit(')').next().unwrap_or("");
    let fields: Vec<f64> = after_name.split_whitespace().map(|f| f.parse().unwrap_or(0.0)).collect();
    fields.get(11).zip(fields.get(12)).map_or(0.0, |(user, system)| (user + system) / 100.0)
}
