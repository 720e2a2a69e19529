//! What must hold of every input: exact coverage, simulated coverage, monotonicity, symmetry.

use proctor_core::MetricPoint;
use proctor_statistics::*;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The chance that an interval holds the true share, by summing over all outcomes.
fn coverage(n: u64, p: f64, interval: fn(u64, u64, f64) -> Option<(f64, f64)>) -> f64 {
    let mut point = (1.0 - p).powi(n as i32);
    let mut covered = 0.0;
    for k in 0..=n {
        let (low, high) = interval(k, n, 0.95).unwrap();
        if low <= p && p <= high {
            covered += point;
        }
        point *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    covered
}

#[test]
fn clopper_pearson_covers_at_least_and_wilson_on_average() {
    for n in [5, 20, 60] {
        let shares: Vec<f64> = (1..100).map(|i| f64::from(i) / 100.0).collect();
        let exact: Vec<f64> = shares.iter().map(|p| coverage(n, *p, clopper_pearson)).collect();
        assert!(exact.iter().all(|c| *c >= 0.95 - 1e-9), "n = {n}: {exact:?}");
        let score = shares.iter().map(|p| coverage(n, *p, wilson)).sum::<f64>() / shares.len() as f64;
        assert!((0.94..0.97).contains(&score), "n = {n}: Wilson covers {score}");
    }
}

/// Points in groups of five that share most of their luck.
fn clustered(random: &mut ChaCha8Rng, groups: usize, p: f64, shared: f64) -> Vec<MetricPoint> {
    let mut points = Vec::new();
    for group in 0..groups {
        let common = random.random_bool(p);
        for _ in 0..5 {
            let value = if random.random_bool(shared) { common } else { random.random_bool(p) };
            points.push(MetricPoint { group: group.to_string(), value: f64::from(u8::from(value)) });
        }
    }
    points
}

#[test]
fn clustered_intervals_cover_where_independent_ones_do_not() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut ours, mut naive) = (0, 0);
    for _ in 0..600 {
        let points = clustered(&mut random, 40, 0.6, 0.8);
        let interval = mean_interval(&points, 0.95).unwrap();
        ours += i32::from(interval.low <= 0.6 && 0.6 <= interval.high);
        let right = points.iter().filter(|p| p.value == 1.0).count() as u64;
        let (low, high) = wilson(right, points.len() as u64, 0.95).unwrap();
        naive += i32::from(low <= 0.6 && 0.6 <= high);
    }
    assert!((552..=590).contains(&ours), "{ours} of 600 clustered intervals hold the truth");
    assert!(naive < 450, "{naive} of 600 naive intervals hold the truth");
}

#[test]
fn paired_comparisons_of_equals_rarely_find_a_difference() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let (mut found, mut covered) = (0, 0);
    for _ in 0..300 {
        let (a, b) = (clustered(&mut random, 40, 0.5, 0.7), clustered(&mut random, 40, 0.5, 0.7));
        let difference = paired_difference(&a, &b, Design::default()).unwrap();
        found += i32::from(difference.p_value <= 0.05);
        covered += i32::from(difference.interval.is_some_and(|i| i.low <= 0.0 && 0.0 <= i.high));
    }
    assert!(found <= 27, "{found} of 300 tests find what is not there");
    assert!(covered >= 270, "{covered} of 300 intervals hold 0");
}

/// The stated effect is found in four of five comparisons.
#[test]
fn the_detectable_effect_is_detected() {
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let pairs = 400;
    let effect = detectable_discordant(pairs, 0.3, Design::default()).unwrap();
    let mut found = 0;
    for _ in 0..600 {
        let (mut wins, mut losses) = (0, 0);
        for _ in 0..pairs {
            let draw: f64 = random.random();
            wins += u64::from(draw < (0.3 + effect) / 2.0);
            losses += u64::from(draw >= (0.3 + effect) / 2.0 && draw < 0.3);
        }
        found += i32::from(mcnemar_exact(wins, losses).p_value <= 0.05);
    }
    assert!((440..=520).contains(&found), "found in {found} of 600");
}

#[test]
fn resampled_ranks_hold_the_order_that_is_clear() {
    let mut random = ChaCha8Rng::seed_from_u64(14);
    let mut table = PairedSums::new(4);
    for _ in 0..300 {
        let hard: f64 = random.random();
        let score =
            |skill: f64, random: &mut ChaCha8Rng| (f64::from(u8::from(random.random::<f64>() * 0.3 + hard * 0.7 < skill)), 1.0);
        let group: Vec<(f64, f64)> = [0.9, 0.6, 0.6, 0.2].iter().map(|skill| score(*skill, &mut random)).collect();
        table.push(&group);
    }
    assert_eq!(table.groups(), 300);
    let draws = table.resampled(1000, 5);
    let places: Vec<Vec<f64>> = draws.iter().map(|values| ranks(values).into_iter().map(|r| r as f64).collect()).collect();
    let of = |model: usize| rank_interval(places.iter().map(|place| place[model]).collect(), 0.95).unwrap();
    assert_eq!(of(0), (1.0, 1.0));
    assert_eq!(of(3), (4.0, 4.0));
    assert_eq!((of(1), of(2)), ((2.0, 3.0), (2.0, 3.0)));
    assert_eq!(table.resampled(3, 5), draws[..3]);
    assert!(PairedSums::new(2).resampled(10, 1).is_empty());
}

proptest! {
    #[test]
    fn intervals_hold_their_share_and_grow_with_confidence(n in 1u64..100_000, share in 0.0f64..=1.0) {
        let k = (n as f64 * share) as u64;
        let p = k as f64 / n as f64;
        for interval in [wilson, clopper_pearson] {
            let narrow = interval(k, n, 0.8).unwrap();
            let wide = interval(k, n, 0.99).unwrap();
            prop_assert!(wide.0 <= narrow.0 && narrow.0 <= p && p <= narrow.1 && narrow.1 <= wide.1);
            let (low, high) = interval(n - k, n, 0.8).unwrap();
            prop_assert!((1.0 - high - narrow.0).abs() < 1e-9 && (1.0 - low - narrow.1).abs() < 1e-9);
        }
    }

    #[test]
    fn intervals_rise_with_successes(n in 2u64..2000, k in 0u64..1999) {
        let k = k % (n - 1);
        for interval in [wilson, clopper_pearson] {
            let (a, b) = (interval(k, n, 0.95).unwrap(), interval(k + 1, n, 0.95).unwrap());
            prop_assert!(a.0 <= b.0 && a.1 <= b.1);
        }
    }

    #[test]
    fn pass_at_k_grows_with_k_and_c(n in 1u64..300, c in 0u64..300, k in 1u64..300) {
        let (c, k) = (c % (n + 1), 1 + (k - 1) % n);
        let value = checked_pass_at_k(n, c, k).unwrap();
        prop_assert!((0.0..=1.0).contains(&value));
        if k < n {
            prop_assert!(checked_pass_at_k(n, c, k + 1).unwrap() >= value - 1e-12);
        }
        if c < n {
            prop_assert!(checked_pass_at_k(n, c + 1, k).unwrap() >= value - 1e-12);
        }
        prop_assert!((checked_pass_at_k(n, c, 1).unwrap() - c as f64 / n as f64).abs() < 1e-12);
    }

    #[test]
    fn tests_do_not_care_who_is_called_a(b in 0u64..3000, c in 0u64..3000) {
        let (one, other) = (mcnemar_exact(b, c), mcnemar_exact(c, b));
        prop_assert_eq!(one, other);
        prop_assert!((0.0..=1.0).contains(&one.p_value) && one.mid_p.is_none_or(|mid| mid <= one.p_value + 1e-12));
    }

    /// For 0/1 differences the sign-flip test is McNemar's.
    #[test]
    fn sign_flips_of_wins_are_mcnemar(wins in 0usize..18, losses in 0usize..18) {
        let differences: Vec<f64> = std::iter::repeat_n(1.0, wins).chain(std::iter::repeat_n(-1.0, losses)).collect();
        let Some(found) = sign_flip(&differences, 3) else { return Ok(()) };
        let expected = mcnemar_exact(wins as u64, losses as u64).p_value;
        prop_assert!((found.p_value - expected).abs() < 1e-9, "{} {}", found.p_value, expected);
    }

    #[test]
    fn holm_keeps_the_order_and_never_lowers(p_values in proptest::collection::vec(0.0f64..=1.0, 0..30)) {
        let adjusted = holm(&p_values);
        for (i, p) in p_values.iter().enumerate() {
            prop_assert!(adjusted[i] >= *p && adjusted[i] <= 1.0);
            for (j, q) in p_values.iter().enumerate() {
                prop_assert!(p > q || adjusted[i] <= adjusted[j]);
            }
        }
    }

    #[test]
    fn ranks_share_places(values in proptest::collection::vec(0i32..5, 1..12)) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let mean = mean_ranks(&values);
        let n = values.len() as f64;
        prop_assert!((mean.iter().sum::<f64>() - n * (n + 1.0) / 2.0).abs() < 1e-9);
        for (rank, mean) in ranks(&values).into_iter().zip(mean) {
            prop_assert!(rank as f64 <= mean);
        }
    }

    #[test]
    fn the_needed_size_detects_the_effect(sd in 0.05f64..2.0, effect in 0.01f64..0.5) {
        let design = Design::default();
        let n = pairs_needed(effect, sd, design).unwrap();
        prop_assert!(detectable_paired(n, sd, design).unwrap() <= effect + 1e-12);
        prop_assert!(n == 1 || detectable_paired(n - 1, sd, design).unwrap() > effect - 1e-12);
    }
}
