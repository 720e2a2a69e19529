//! Logits of the default local model, where it is installed, against an independent computation: a 64-bit forward
//! pass in numpy over the same file's dequantised weights.
#![cfg(feature = "candle")]
#![allow(clippy::print_stdout)]

use proctor_models::ProcessEnvironment;
use proctor_models::candle::{
    ActivationBits, Arithmetic, CacheMode, Cpu, KNOWN_MODELS, OpenFile, Row, WeightMode, models_folder,
};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Reference {
    text: String,
    /// The most probable next token at every place.
    best: Vec<u32>,
    /// How far its logit lies above the second.
    gap: Vec<f32>,
    /// Mean negative log-likelihood of the text's own tokens.
    nll: f64,
    /// Some logits at the last place.
    last: BTreeMap<String, f32>,
}

/// What a mode may differ by: of single logits, of the mean likelihood, and the gap below which another token may win.
struct Tolerance {
    logit: f32,
    nll: f64,
    gap: f32,
}

fn check(weights: WeightMode, activations: ActivationBits, cache: CacheMode, cpu: Cpu, tolerance: &Tolerance) {
    let Some(path) = models_folder(&ProcessEnvironment).map(|f| f.join(KNOWN_MODELS[0].file_name)).filter(|p| p.is_file()) else {
        println!("skipped: the default model is not installed; run `proctor setup`");
        return;
    };
    let opened = OpenFile::read(&path).unwrap();
    let network = opened.network(Arithmetic { weights, activations, cache, cpu }).unwrap();
    let name = format!("{} weights, {} bits, {} cache, {}", weights.name(), activations.count(), cache.name(), cpu.name());
    let references: Vec<Reference> = serde_json::from_str(include_str!("fixtures/smollm2_logits.json")).unwrap();
    let (mut agreed, mut places) = (0, 0);
    for reference in references {
        let tokens = opened.tokenizer.encode(&reference.text).unwrap();
        assert_eq!(tokens.len(), reference.best.len());
        let mut cache = network.new_cache();
        let logits = network.forward(&mut [Row { cache: &mut cache, tokens: &tokens, logits: tokens.len() }]).unwrap();
        let rows: Vec<&[f32]> = logits.chunks_exact(network.vocabulary()).collect();
        let mut nll = 0.0;
        for (place, row) in rows.iter().enumerate() {
            let best = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
            places += 1;
            if best as u32 == reference.best[place] {
                agreed += 1;
            } else {
                let gap = reference.gap[place];
                println!("{name}: another token at place {place}, where the gap is {gap}");
                assert!(gap < tolerance.gap);
            }
            if let Some(next) = tokens.get(place + 1) {
                let total: f64 = row.iter().map(|l| f64::from(l - row[best]).exp()).sum();
                nll += total.ln() + f64::from(row[best] - row[*next as usize]);
            }
        }
        nll /= (tokens.len() - 1) as f64;
        let last = rows.last().unwrap();
        let worst = reference.last.iter().map(|(id, l)| (last[id.parse::<usize>().unwrap()] - l).abs()).fold(0f32, f32::max);
        println!("{name}: nll {nll:.5} (reference {}), worst logit off by {worst}", reference.nll);
        assert!((nll - reference.nll).abs() < tolerance.nll);
        assert!(worst < tolerance.logit);
    }
    println!("{name}: {agreed} of {places} most probable tokens agree");
}

#[test]
fn reference_weights() {
    for cpu in Cpu::supported().into_iter().rev().take(2) {
        check(WeightMode::Full, ActivationBits::Sixteen, CacheMode::Full, cpu, &Tolerance { logit: 2e-3, nll: 1e-4, gap: 2e-3 });
    }
}

#[test]
fn native_weights_and_fine_activations() {
    for cpu in Cpu::supported().into_iter().rev().take(2) {
        check(
            WeightMode::Native,
            ActivationBits::Sixteen,
            CacheMode::Half,
            cpu,
            &Tolerance { logit: 2e-2, nll: 1e-3, gap: 1e-2 },
        );
    }
}

#[test]
fn native_weights_and_coarse_activations() {
    for cpu in Cpu::supported().into_iter().rev().take(2) {
        check(WeightMode::Native, ActivationBits::Eight, CacheMode::Half, cpu, &Tolerance { logit: 0.8, nll: 0.02, gap: 0.3 });
    }
}
