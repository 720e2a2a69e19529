//! The choice of the next token.
#![cfg(feature = "candle")]

use proctor_core::Sampling;
use proctor_models::candle::Sampler;

fn counts(sampling: &Sampling, logits: &[f32], draws: u64) -> Vec<u64> {
    let mut counts = vec![0; logits.len()];
    for seed in 0..draws {
        let sampling = Sampling { seed: Some(seed), ..sampling.clone() };
        counts[Sampler::new(&sampling).unwrap().choose(logits, &[]) as usize] += 1;
    }
    counts
}

fn with(temperature: f64, top_p: Option<f64>, top_k: Option<u32>) -> Sampling {
    Sampling { temperature: Some(temperature), top_p, top_k, ..Sampling::default() }
}

#[test]
fn greedy_takes_the_first_of_the_highest() {
    let check = |logits: &[f32], expected: u32| {
        assert_eq!(Sampler::new(&Sampling::default()).unwrap().choose(logits, &[]), expected, "{logits:?}");
        assert_eq!(Sampler::new(&with(1.0, None, Some(1))).unwrap().choose(logits, &[]), expected, "{logits:?}");
    };
    check(&[0.0, 3.0, 3.0, -1.0], 1);
    check(&[f32::NAN, -5.0, -4.0], 2);
    check(&[f32::NEG_INFINITY, f32::NEG_INFINITY, -1e30], 2);
    check(&[7.0], 0);
}

/// Frequencies over many seeds against the probabilities: within 5 standard deviations.
#[test]
fn frequencies_follow_the_probabilities() {
    let logits = [2.0, 1.0, 0.0, -1.0, f32::NAN, 1.5];
    let draws = 20_000;
    let check = |sampling: &Sampling, temperature: f64, kept: &[usize]| {
        let weights: Vec<f64> =
            (0..6).map(|i| if kept.contains(&i) { (f64::from(logits[i]) / temperature).exp() } else { 0.0 }).collect();
        let total: f64 = weights.iter().sum();
        for (i, count) in counts(sampling, &logits, draws).into_iter().enumerate() {
            let p = weights[i] / total;
            let expected = p * draws as f64;
            let allowed = 5.0 * (expected * (1.0 - p)).sqrt();
            assert!((count as f64 - expected).abs() <= allowed, "{sampling:?}: token {i} {count} times, not {expected}");
        }
    };
    check(&with(1.0, None, None), 1.0, &[0, 1, 2, 3, 5]);
    check(&with(0.5, None, None), 0.5, &[0, 1, 2, 3, 5]);
    check(&with(1.0, None, Some(2)), 1.0, &[0, 5]);
    check(&with(1.0, None, Some(100)), 1.0, &[0, 1, 2, 3, 5]);
    // The probabilities are 0.46, 0.17, 0.06, 0.02 and 0.28: 0.75 needs three tokens, 0.7 two.
    check(&with(1.0, Some(0.75), None), 1.0, &[0, 1, 5]);
    check(&with(1.0, Some(0.70), None), 1.0, &[0, 5]);
    check(&with(1.0, Some(0.01), None), 1.0, &[0]);
    check(&with(1.0, Some(0.75), Some(2)), 1.0, &[0, 5]);
}

fn more(temperature: f64, extra: serde_json::Value) -> Sampling {
    Sampling { extra: extra.as_object().cloned().unwrap(), ..with(temperature, None, None) }
}

#[test]
fn min_p_keeps_what_is_near_the_most_probable() {
    // Relative to the most probable one: 1, 0.37, 0.14, 0.05, -, 0.61.
    let logits = [2.0, 1.0, 0.0, -1.0, f32::NAN, 1.5];
    let check = |min_p: f64, kept: &[usize]| {
        let counts = counts(&more(1.0, serde_json::json!({"min_p": min_p})), &logits, 4000);
        let found: Vec<usize> = (0..6).filter(|i| counts[*i] > 0).collect();
        assert_eq!(found, kept, "min_p {min_p}");
    };
    check(0.0, &[0, 1, 2, 3, 5]);
    check(0.1, &[0, 1, 2, 5]);
    check(0.3, &[0, 1, 5]);
    check(0.5, &[0, 5]);
    check(1.0, &[0]);
}

#[test]
fn repeated_tokens_get_less_probable() {
    let check = |penalty: f64, logits: &[f32], tokens: &[u32], expected: u32| {
        let mut sampler = Sampler::new(&more(0.0, serde_json::json!({"repetition_penalty": penalty}))).unwrap();
        assert_eq!(sampler.choose(logits, tokens), expected, "{penalty} {logits:?} {tokens:?}");
        // The same again: a token is penalised once, however often it occurred.
        assert_eq!(sampler.choose(logits, tokens), expected);
    };
    check(1.0, &[2.0, 1.5, -1.0], &[0, 0, 0], 0);
    check(1.2, &[2.0, 1.5, -1.0], &[0, 0, 0], 0);
    check(1.5, &[2.0, 1.5, -1.0], &[0], 1);
    check(1.5, &[2.0, 1.5, -1.0], &[0, 1], 0);
    check(2.0, &[-1.0, -1.5], &[0], 1);
    check(0.5, &[2.0, 1.5], &[1], 1);
    check(3.0, &[2.0, 1.5], &[7000], 0);
    let mut sampler = Sampler::new(&more(0.0, serde_json::json!({"repetition_penalty": 1.5}))).unwrap();
    assert_eq!(sampler.choose(&[2.0, 1.9, 1.8], &[5]), 0);
    assert_eq!(sampler.choose(&[2.0, 1.9, 1.8], &[5, 0]), 1);
    assert_eq!(sampler.choose(&[2.0, 1.9, 1.8], &[5, 0, 1]), 2);
}

#[test]
fn unfit_numbers_are_refused() {
    for extra in [r#"{"min_p": 1.5}"#, r#"{"min_p": "x"}"#, r#"{"repetition_penalty": 0}"#, r#"{"repetition_penalty": -1}"#] {
        let sampling = more(1.0, serde_json::from_str(extra).unwrap());
        assert!(Sampler::new(&sampling).is_err(), "{extra}");
    }
}

/// A flat distribution over a vocabulary far larger than the part that is sorted first.
#[test]
fn a_large_nucleus_is_complete() {
    let logits: Vec<f32> = (0..5000).map(|i| -(i as f32) * 1e-4).collect();
    let total: f64 = logits.iter().map(|l| f64::from(*l).exp()).sum();
    let mut mass = 0.0;
    let size = logits
        .iter()
        .take_while(|l| {
            let before = mass;
            mass += f64::from(**l).exp();
            before < 0.8 * total
        })
        .count();
    let highest = (0..3000)
        .map(|seed| Sampler::new(&Sampling { seed: Some(seed), ..with(1.0, Some(0.8), None) }).unwrap().choose(&logits, &[]))
        .max();
    let highest = highest.unwrap() as usize;
    assert!(highest < size && highest > size * 99 / 100, "{highest} of {size}");
}

#[test]
fn a_seed_repeats_its_sequence() {
    let logits: Vec<f32> = (0..300).map(|i| ((i * 37) % 101) as f32 / 20.0).collect();
    let draw = |seed| {
        let mut sampler = Sampler::new(&Sampling { seed: Some(seed), ..with(1.0, Some(0.95), Some(200)) }).unwrap();
        (0..50).map(|_| sampler.choose(&logits, &[])).collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

/// What should be drawn, and how often: the textbook way, by sorting everything. Temperature, then the `top_k` most
/// probable, then the fewest of them whose share reaches `top_p`, then those of at least `min_p` of the best one.
fn exact(logits: &[f32], temperature: f64, top_k: Option<u32>, top_p: Option<f64>, min_p: f64) -> Vec<f64> {
    let weights: Vec<f64> = logits.iter().map(|logit| (f64::from(*logit) / temperature).exp()).collect();
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]).then(a.cmp(b)));
    order.truncate(top_k.map_or(usize::MAX, |k| k as usize));
    let mass: f64 = order.iter().map(|i| weights[*i]).sum();
    let mut kept = Vec::new();
    let mut sum = 0.0;
    for token in order {
        if sum >= top_p.unwrap_or(1.0) * mass {
            break;
        }
        sum += weights[token];
        kept.push(token);
    }
    let best = weights[kept[0]];
    kept.retain(|token| weights[*token] >= min_p * best);
    let total: f64 = kept.iter().map(|token| weights[*token]).sum();
    (0..logits.len()).map(|token| if kept.contains(&token) { weights[token] / total } else { 0.0 }).collect()
}

/// Pearson's statistic, tokens that are expected less than ten times together in one class, and its degrees of freedom.
fn chi_square(counts: &[u64], probabilities: &[f64]) -> (f64, f64) {
    let draws: u64 = counts.iter().sum();
    let (mut statistic, mut classes, mut rare) = (0.0, 0.0, (0.0, 0.0));
    let mut add = |count: f64, expected: f64| {
        statistic += (count - expected).powi(2) / expected;
        classes += 1.0;
    };
    for (count, probability) in counts.iter().zip(probabilities) {
        let expected = probability * draws as f64;
        if expected >= 10.0 {
            add(*count as f64, expected);
        } else {
            rare = (rare.0 + *count as f64, rare.1 + expected);
        }
    }
    if rare.1 >= 10.0 {
        add(rare.0, rare.1);
    }
    (statistic, f64::max(classes - 1.0, 0.0))
}

/// Draws with many seeds, and draws one after the other from one seed, have the exact distribution.
#[test]
fn draws_have_the_exact_distribution() {
    let logits: Vec<f32> = (0..60).map(|i| ((i * 37 % 60) as f32 * 0.21).sin() * 3.0 + (i % 7) as f32 * 0.31).collect();
    for temperature in [0.4, 1.0, 1.7] {
        for top_k in [None, Some(5), Some(40)] {
            for top_p in [None, Some(0.6), Some(0.95)] {
                for min_p in [0.0, 0.08] {
                    let sampling = Sampling { top_p, top_k, ..more(temperature, serde_json::json!({"min_p": min_p})) };
                    let probabilities = exact(&logits, temperature, top_k, top_p, min_p);
                    let mut stream = Sampler::new(&Sampling { seed: Some(99), ..sampling.clone() }).unwrap();
                    let mut streamed = vec![0; logits.len()];
                    for _ in 0..20_000 {
                        streamed[stream.choose(&logits, &[]) as usize] += 1;
                    }
                    for found in [counts(&sampling, &logits, 20_000), streamed] {
                        for (count, probability) in found.iter().zip(&probabilities) {
                            assert!(*count == 0 || *probability > 0.0, "{sampling:?}: what was left out is never drawn");
                        }
                        let (statistic, freedom) = chi_square(&found, &probabilities);
                        // Exceeded in one of three million cases, after Wilson and Hilferty (1931).
                        let ninth = 2.0 / (9.0 * freedom.max(1.0));
                        let most = freedom.max(1.0) * (1.0 - ninth + 5.0 * ninth.sqrt()).powi(3);
                        assert!(statistic <= most, "{sampling:?}: {statistic} with {freedom} degrees of freedom");
                    }
                }
            }
        }
    }
}
