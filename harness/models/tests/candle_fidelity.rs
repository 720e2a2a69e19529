//! What the default mode costs in fidelity: teacher-forced over more than 2,000 places, against the reference path.
#![cfg(feature = "candle")]
#![allow(clippy::print_stdout)]

use proctor_models::ProcessEnvironment;
use proctor_models::candle::{
    ActivationBits, Arithmetic, CacheMode, KNOWN_MODELS, Network, OpenFile, Row, WeightMode, models_folder,
};

const TEXTS: [&str; 2] = [include_str!("../../../ARCHITECTURE.md"), include_str!("../src/candle/attention.rs")];
const PLACES: usize = 1024;

/// Logits of a piece of text after what the cache already holds.
fn logits(network: &Network, cache: &mut proctor_models::candle::SequenceCache, tokens: &[u32]) -> Vec<f32> {
    network.forward(&mut [Row { cache, tokens, logits: tokens.len() }]).unwrap()
}

fn probabilities(row: &[f32]) -> Vec<f64> {
    let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = row.iter().map(|l| f64::from(l - highest).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / total).collect()
}

fn best(row: &[f32]) -> usize {
    (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]).then(b.cmp(a))).unwrap()
}

/// A mode's agreement with the reference.
struct Tested {
    network: Network,
    name: &'static str,
    least_agreement: f64,
    most_divergence: f64,
    agreed: usize,
    divergence: f64,
    worst: f64,
}

#[test]
fn the_default_mode_is_the_reference_but_for_rounding() {
    let Some(path) = models_folder(&ProcessEnvironment).map(|f| f.join(KNOWN_MODELS[0].file_name)).filter(|p| p.is_file()) else {
        println!("skipped: the default model is not installed; run `proctor setup`");
        return;
    };
    let opened = OpenFile::read(&path).unwrap();
    let open = |arithmetic: Arithmetic| opened.network(arithmetic).unwrap();
    let default = Arithmetic::detect();
    let reference = open(Arithmetic { weights: WeightMode::Full, cache: CacheMode::Full, ..default });
    let mode = |name, arithmetic, least_agreement, most_divergence| {
        let network = open(arithmetic);
        Tested { network, name, least_agreement, most_divergence, agreed: 0, divergence: 0.0, worst: 0.0 }
    };
    let mut modes = [
        mode("16 bits, f16 cache (default)", default, 0.99, 1e-4),
        mode("8 bits, f16 cache", Arithmetic { activations: ActivationBits::Eight, ..default }, 0.93, 2e-2),
    ];
    let mut places = 0;
    for text in TEXTS {
        let tokens = opened.tokenizer.encode(text).unwrap();
        let mut reference_cache = reference.new_cache();
        let mut caches = modes.each_ref().map(|mode| mode.network.new_cache());
        for piece in tokens[..tokens.len().min(PLACES)].chunks(128) {
            let expected = logits(&reference, &mut reference_cache, piece);
            let expected: Vec<&[f32]> = expected.chunks_exact(reference.vocabulary()).collect();
            let exact: Vec<Vec<f64>> = expected.iter().map(|row| probabilities(row)).collect();
            places += piece.len();
            for (mode, cache) in modes.iter_mut().zip(&mut caches) {
                let found = logits(&mode.network, cache, piece);
                for ((found, expected), exact) in found.chunks_exact(reference.vocabulary()).zip(&expected).zip(&exact) {
                    mode.agreed += usize::from(best(found) == best(expected));
                    let pairs = exact.iter().zip(probabilities(found)).filter(|(p, _)| **p > 0.0);
                    let divergence: f64 = pairs.map(|(p, q)| p * (p / q.max(1e-300)).ln()).sum();
                    mode.divergence += divergence;
                    mode.worst = mode.worst.max(divergence);
                }
            }
        }
    }
    assert!(places > 2000, "{places}");
    for mode in modes {
        let (agreement, mean) = (mode.agreed as f64 / places as f64, mode.divergence / places as f64);
        println!(
            "{}: {} of {places} most probable tokens agree ({:.2} %); KL divergence {mean:.2e} on average, {:.2e} at most",
            mode.name,
            mode.agreed,
            100.0 * agreement,
            mode.worst
        );
        assert!(agreement >= mode.least_agreement && mean < mode.most_divergence, "{}", mode.name);
    }
}
