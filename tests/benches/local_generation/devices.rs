//! The same network as tensors, on a GPU or, to have something beside it, on this processor.

use super::{PROMPT, STEPS, Timer, answer_token, prompt_tokens};
use proctor_models::candle::{Arithmetic, OpenFile, Place, Row, SequenceCache, TensorNetwork, WeightMode};
use std::error::Error;
use std::path::Path;

const BATCHES: [usize; 6] = [1, 8, 16, 32, 64, 128];
/// Bytes for keys and values.
const CACHE: usize = 4 << 30;

/// Prints the rates of one device by the clock; the device's time is no CPU time.
pub fn rates(path: &Path, place: Place) -> Result<(), Box<dyn Error>> {
    let Some(device) = place.open()? else {
        println!("\n`device=cpu` is what the other parts measure");
        return Ok(());
    };
    println!("\n{}, {PROMPT} tokens of context, in common", device.describe());
    println!("{:<8} {:>28} {:>10}", "weights", "phase", "tok/s");
    for weights in [WeightMode::Native, WeightMode::Full] {
        let report = |phase: &str, tokens: usize, timer: &Timer| {
            println!("{:<8} {phase:>28} {:>10.1}", weights.name(), tokens as f64 / timer.seconds().0);
        };
        let timer = Timer::start();
        let arithmetic = Arithmetic { weights, ..Arithmetic::detect() };
        // Candle writes the memory of this processor when it takes it.
        let bytes = if place == Place::Tensors { CACHE / 8 } else { CACHE };
        let network = OpenFile::read(path)?.tensors(arithmetic, &device, bytes)?;
        // The first steps load kernels.
        read_prompt(&network)?;
        println!("{:<8} {:>28} {:>9.2}s", weights.name(), "load and first prompt", timer.seconds().0);
        let timer = Timer::start();
        let cache = read_prompt(&network)?;
        report("prompt", PROMPT, &timer);
        // Candle's products with 4-bit weights are slow on this processor.
        for batch in BATCHES.into_iter().take(if place == Place::Tensors { 2 } else { BATCHES.len() }) {
            let mut caches = vec![cache.clone(); batch];
            let timer = Timer::start();
            answer(&network, &mut caches)?;
            report(&format!("answer, batch {batch}"), STEPS * batch, &timer);
        }
    }
    Ok(())
}

fn read_prompt(network: &TensorNetwork) -> Result<SequenceCache, Box<dyn Error>> {
    let mut cache = network.new_cache();
    network.forward(&mut [Row { cache: &mut cache, tokens: &prompt_tokens(), logits: 1 }])?;
    Ok(cache)
}

fn answer(network: &TensorNetwork, caches: &mut [SequenceCache]) -> Result<(), Box<dyn Error>> {
    for step in 0..STEPS {
        let tokens: Vec<[u32; 1]> = (0..caches.len()).map(|i| [answer_token(i, step)]).collect();
        let mut rows: Vec<Row<'_>> =
            caches.iter_mut().zip(&tokens).map(|(cache, tokens)| Row { cache, tokens, logits: 1 }).collect();
        network.forward(&mut rows)?;
    }
    Ok(())
}
