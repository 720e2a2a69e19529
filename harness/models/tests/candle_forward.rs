//! The forward pass on tiny random models, against a textbook computation in 64 bits.
#![cfg(feature = "candle")]
#![allow(clippy::print_stdout)]

mod candle_support;

use candle_core::quantized::GgmlDType;
use candle_support::{Numbers, Tiny, TinyFile, VOCABULARY};
use proctor_models::candle::{
    ActivationBits, Arithmetic, CacheMode, Cpu, Network, OpenFile, Place, Row, TensorNetwork, WeightMode,
};

fn network(file: &TinyFile, weights: WeightMode, activations: ActivationBits, cpu: Cpu) -> Network {
    OpenFile::read(file.path()).unwrap().network(Arithmetic { weights, activations, cache: CacheMode::Full, cpu }).unwrap()
}

fn tokens(count: usize, seed: u64) -> Vec<u32> {
    let mut numbers = Numbers(seed);
    (0..count).map(|_| ((numbers.next() + 1.0) / 2.0 * (VOCABULARY - 1) as f32) as u32).collect()
}

fn all_logits(network: &Network, tokens: &[u32]) -> Vec<f32> {
    let mut cache = network.new_cache();
    network.forward(&mut [Row { cache: &mut cache, tokens, logits: tokens.len() }]).unwrap()
}

/// Compares every logit of a 37-token sequence, relative to the largest one.
fn check(tiny: &Tiny, weights: WeightMode, activations: ActivationBits, tolerance: f64) {
    let file = tiny.write();
    let tokens = tokens(37, 3);
    let expected = file.logits(&tokens);
    let size = expected.iter().flatten().fold(0f64, |m, x| m.max(x.abs()));
    for cpu in Cpu::supported() {
        let logits = all_logits(&network(&file, weights, activations, cpu), &tokens);
        let pairs = logits.iter().zip(expected.iter().flatten());
        let worst = pairs.map(|(a, b)| (f64::from(*a) - b).abs()).fold(0f64, f64::max) / size;
        println!("{tiny:?} {weights:?} {activations:?} {}: off by {worst:.2e} of the largest logit", cpu.name());
        assert!(worst < tolerance, "{}: {worst}", cpu.name());
    }
    check_tensors(&file, weights, &tokens, &expected, tolerance);
}

/// The same through tensors. Candle's own products with quants round activations to 8 bits.
fn check_tensors(file: &TinyFile, weights: WeightMode, tokens: &[u32], expected: &[Vec<f64>], tolerance: f64) {
    let rounds = weights == WeightMode::Native && !matches!(file.tiny.kind, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
    let tolerance = if rounds { 8e-2 } else { tolerance * 2.0 };
    let network = tensors(file, weights);
    let mut cache = network.new_cache();
    let logits = network.forward(&mut [Row { cache: &mut cache, tokens, logits: tokens.len() }]).unwrap();
    assert_eq!(logits.len(), expected.len() * VOCABULARY);
    let size = expected.iter().flatten().fold(0f64, |m, x| m.max(x.abs()));
    let pairs = logits.iter().zip(expected.iter().flatten());
    let worst = pairs.map(|(a, b)| (f64::from(*a) - b).abs()).fold(0f64, f64::max) / size;
    println!("{:?} {weights:?} tensors: off by {worst:.2e} of the largest logit", file.tiny);
    assert!(worst < tolerance, "tensors: {worst}");
}

fn tensors(file: &TinyFile, weights: WeightMode) -> TensorNetwork {
    let arithmetic = Arithmetic { weights, cache: CacheMode::Full, ..Arithmetic::detect() };
    let device = Place::Tensors.open().unwrap().unwrap();
    OpenFile::read(file.path()).unwrap().tensors(arithmetic, &device, 1 << 20).unwrap()
}

#[test]
fn floats_in_odd_shapes() {
    let tiny = Tiny::default();
    for tiny in [
        tiny.clone(),
        Tiny { architecture: "qwen2", biases: true, tied: false, ..tiny.clone() },
        Tiny { width: 10, rotated: 6, heads: 4, key_heads: 2, ..tiny.clone() },
        Tiny { width: 66, rotated: 66, heads: 2, key_heads: 2, hidden: 33, ..tiny.clone() },
        Tiny { width: 96, rotated: 96, heads: 5, key_heads: 1, feed_forward: 7, layers: 1, ..tiny },
    ] {
        check(&tiny, WeightMode::Full, ActivationBits::Sixteen, 2e-6);
        check(&tiny, WeightMode::Native, ActivationBits::Sixteen, 2e-6);
    }
}

#[test]
fn rotary_scaling() {
    let tiny = Tiny::default();
    for tiny in [
        Tiny { scaling: Some(("linear", 2.5)), ..tiny.clone() },
        Tiny { divisors: true, ..tiny.clone() },
        Tiny { architecture: "qwen2", biases: true, scaling: Some(("linear", 4.0)), ..tiny },
    ] {
        check(&tiny, WeightMode::Full, ActivationBits::Sixteen, 2e-6);
        check(&tiny, WeightMode::Native, ActivationBits::Sixteen, 2e-6);
    }
}

/// Norms of heads; heads that together are wider than the hidden state.
#[test]
fn qwen3() {
    let tiny =
        Tiny { architecture: "qwen3", head_norms: true, heads: 4, key_heads: 2, width: 18, rotated: 18, ..Tiny::default() };
    for tiny in
        [tiny.clone(), Tiny { tied: false, hidden: 96, width: 32, rotated: 32, feed_forward: 64, kind: GgmlDType::Q8_0, ..tiny }]
    {
        check(&tiny, WeightMode::Full, ActivationBits::Sixteen, 4e-6);
        check(&tiny, WeightMode::Native, ActivationBits::Sixteen, 2e-4);
    }
}

/// Fused matrices, a window in every layer, divisors and a magnitude of the rotation of some components.
#[test]
fn phi3() {
    let tiny = Tiny { architecture: "phi3", heads: 4, key_heads: 2, tied: false, window: Some(11), ..Tiny::default() };
    for tiny in [
        tiny.clone(),
        Tiny { rotated: 12, divisors: true, magnitude: 1.19, scaling: Some(("longrope", 1.0)), window: None, ..tiny.clone() },
    ] {
        check(&tiny, WeightMode::Full, ActivationBits::Sixteen, 4e-6);
        check(&tiny, WeightMode::Native, ActivationBits::Sixteen, 4e-6);
    }
    let quantized = Tiny { hidden: 96, width: 24, rotated: 24, feed_forward: 160, kind: GgmlDType::Q4_1, ..tiny };
    check(&quantized, WeightMode::Full, ActivationBits::Sixteen, 4e-6);
    check(&quantized, WeightMode::Native, ActivationBits::Sixteen, 2e-4);
}

/// Scaled embeddings, norms behind each part, GELU, windows shorter than the text, caps.
#[test]
fn gemma() {
    let tiny = Tiny { heads: 4, key_heads: 2, window: Some(9), layers: 3, ..Tiny::default() };
    let second = Tiny { architecture: "gemma2", caps: Some((2.0, 5.0)), ..tiny.clone() };
    let third = Tiny { architecture: "gemma3", head_norms: true, layers: 8, rotary_base: 1e6, ..tiny };
    for tiny in [
        second.clone(),
        Tiny { window: Some(33), layers: 2, ..second },
        third.clone(),
        Tiny { scaling: Some(("linear", 8.0)), window: Some(1), ..third },
    ] {
        check(&tiny, WeightMode::Full, ActivationBits::Sixteen, 1e-5);
        check(&tiny, WeightMode::Native, ActivationBits::Sixteen, 1e-5);
    }
}

#[test]
fn what_is_not_supported_is_said() {
    for (tiny, part) in [
        (
            Tiny { architecture: "mamba", ..Tiny::default() },
            "the `mamba` architecture are not supported; supported are llama, arcee",
        ),
        (
            Tiny { scaling: Some(("dynamic", 4.0)), ..Tiny::default() },
            "rotary scaling `dynamic` are not supported; supported are",
        ),
        (Tiny { scaling: Some(("linear", -1.0)), ..Tiny::default() }, "rotary scaling by -1 makes no sense"),
    ] {
        let error = OpenFile::read(tiny.write().path()).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains(part), "{error}");
    }
    let file = Tiny { architecture: "qwen3", ..Tiny::default() }.write();
    let error = OpenFile::read(file.path()).unwrap().network(Arithmetic::detect()).err().unwrap();
    assert!(error.to_string().contains("no tensor `blk.0.attn_q_norm.weight`"), "{error}");
}

#[test]
fn every_weight_type_keeps_its_values() {
    let small = Tiny { hidden: 96, heads: 4, key_heads: 2, width: 24, rotated: 24, feed_forward: 160, ..Tiny::default() };
    let large = Tiny { hidden: 256, heads: 8, key_heads: 4, width: 32, rotated: 32, feed_forward: 512, ..Tiny::default() };
    use GgmlDType::*;
    for kind in [Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, F16, BF16] {
        let tiny = Tiny { kind, ..small.clone() };
        check(&tiny, WeightMode::Full, ActivationBits::Sixteen, 2e-6);
        check(&tiny, WeightMode::Native, ActivationBits::Sixteen, 2e-4);
        check(&tiny, WeightMode::Native, ActivationBits::Eight, 6e-2);
    }
    for kind in [Q4K, Q5K, Q6K] {
        let tiny = Tiny { kind, ..large.clone() };
        check(&tiny, WeightMode::Native, ActivationBits::Sixteen, 2e-4);
    }
    // These are rounded to 8-bit blocks of 32.
    for kind in [Q3K, Q2K] {
        let tiny = Tiny { kind, ..large.clone() };
        check(&tiny, WeightMode::Native, ActivationBits::Sixteen, 4e-2);
    }
}

/// Logits do not change by a single bit with what else is in the batch, nor with how a prompt is cut into steps.
#[test]
fn company_and_steps_change_nothing() {
    let quantized = Tiny {
        hidden: 96,
        heads: 4,
        key_heads: 2,
        width: 24,
        rotated: 24,
        feed_forward: 160,
        kind: GgmlDType::Q4_1,
        ..Tiny::default()
    };
    let windows =
        Tiny { architecture: "gemma3", head_norms: true, heads: 4, key_heads: 2, window: Some(9), layers: 7, ..Tiny::default() };
    for (tiny, weights) in [(Tiny::default(), WeightMode::Full), (quantized, WeightMode::Native), (windows, WeightMode::Native)] {
        let file = tiny.write();
        for cpu in Cpu::supported() {
            let network = network(&file, weights, ActivationBits::Sixteen, cpu);
            let prompts: Vec<Vec<u32>> = [1, 2, 40, 16, 17, 33, 5].iter().map(|n| tokens(*n, *n as u64)).collect();
            let alone: Vec<Vec<f32>> = prompts.iter().map(|prompt| all_logits(&network, prompt)).collect();
            let mut caches: Vec<_> = prompts.iter().map(|_| network.new_cache()).collect();
            let mut together: Vec<Vec<f32>> = vec![Vec::new(); prompts.len()];
            let mut numbers = Numbers(11);
            let mut done = vec![0; prompts.len()];
            while done.iter().zip(&prompts).any(|(d, p)| *d < p.len()) {
                let mut rows = Vec::new();
                let mut counts = Vec::new();
                for ((cache, prompt), done) in caches.iter_mut().zip(&prompts).zip(&done) {
                    let count = (((numbers.next() + 1.0) * 4.0) as usize).min(prompt.len() - done);
                    counts.push(count);
                    if count > 0 {
                        rows.push(Row { cache, tokens: &prompt[*done..done + count], logits: count });
                    }
                }
                let logits = network.forward(&mut rows).unwrap();
                let mut logits = logits.chunks_exact(VOCABULARY);
                for (i, count) in counts.into_iter().enumerate() {
                    done[i] += count;
                    together[i].extend(logits.by_ref().take(count).flatten());
                }
            }
            for (a, b) in alone.iter().zip(&together) {
                let bits = |x: &[f32]| x.iter().map(|l| l.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(a), bits(b), "{weights:?} {}", cpu.name());
            }
        }
    }
}
