use super::*;

pub const CHECKS: &[(&str, Check)] = &[
    ("Compound interest", |numbers, version| {
        let [principal, rate, years] = given::<3>(numbers);
        answers(version, 0, principal * (years * (rate / 100.0).ln_1p()).exp());
    }),
    ("Simple interest", |numbers, version| {
        let [principal, rate, interest] = given::<3>(numbers);
        answers(version, 0, interest / (principal * rate / 100.0));
    }),
    ("Present values", |numbers, version| {
        let [payment, years, rate] = given::<3>(numbers);
        let r = rate / 100.0;
        answers(version, 0, payment * (1.0 - (1.0 + r).powf(-years)) / r);
    }),
    ("Effective rates", |numbers, version| {
        let [monthly, yearly] = given::<2>(numbers);
        let grown = (0..12).fold(100.0, |sum, _| sum + sum * monthly / 1200.0) - 100.0;
        answers(version, 0, grown);
        assert_eq!(version.answers[1], if grown > yearly { "first" } else { "second" });
    }),
    ("Profit of a call", |numbers, version| {
        let [strike, premium, price] = given::<3>(numbers);
        let exercised = price > strike;
        let spent = premium + if exercised { strike } else { 0.0 };
        answers(version, 0, if exercised { price } else { 0.0 } - spent);
        assert_eq!(version.answers[1], if exercised { "yes" } else { "no" });
    }),
    ("Binomial distribution", |numbers, version| {
        let [p, n, k] = given::<3>(numbers);
        let mut chances = vec![1.0];
        for _ in 0..n as usize {
            let mut next = vec![0.0; chances.len() + 1];
            for (successes, chance) in chances.iter().enumerate() {
                next[successes] += chance * (1.0 - p);
                next[successes + 1] += chance * p;
            }
            chances = next;
        }
        assert!((value(version, 0) - chances[k as usize]).abs() < 1e-6 && chances[k as usize] > 0.005);
        answers(version, 1, chances.iter().enumerate().map(|(successes, chance)| successes as f64 * chance).sum());
    }),
    ("Two dice", |numbers, version| {
        let [sum] = whole(numbers);
        let ways = (1..=6).flat_map(|a| (1..=6).map(move |b| a + b)).filter(|total| *total == sum).count();
        answers(version, 0, ways as f64 / 36.0);
    }),
    ("Expectation", |numbers, version| {
        let [a, p, b, q, c] = given::<5>(numbers);
        let r = 1.0 - p - q;
        assert!(r > 0.05);
        answers(version, 0, r);
        answers(version, 1, a * p + b * q + c * r);
    }),
    ("Independence", |numbers, version| {
        let [a, b, both] = given::<3>(numbers);
        assert!(both <= a.min(b) && both >= a + b - 1.0 - 1e-9);
        truth(version, 0, (a * b - both).abs() < 1e-9);
        answers(version, 1, both / b);
    }),
    ("Uniform distribution", |numbers, version| {
        let [low, high, a, b, again] = given::<5>(numbers);
        assert!(low < a && a < b && b < high && b == again);
        answers(version, 0, (b - a) / (high - low));
        let steps = 10_000;
        let mean: f64 = (0..steps).map(|k| low + (f64::from(k) + 0.5) * (high - low) / f64::from(steps)).sum::<f64>();
        answers(version, 1, mean / f64::from(steps));
        assert_eq!(interval(&version.answers[2]), (b, false, high, true));
    }),
    ("Mean and median", |numbers, version| {
        let values: [f64; 5] = given(numbers);
        let mean = value(version, 0);
        assert!(values.iter().map(|value| value - mean).sum::<f64>().abs() < 1e-4);
        let median = value(version, 1);
        assert!(values.contains(&median) && values.iter().filter(|value| **value < median).count() == 2);
    }),
    ("Standard scores", |numbers, version| {
        let [mean, deviation, given_value] = given::<3>(numbers);
        near(mean + value(version, 0) * deviation, given_value);
    }),
    ("Mean with known spread", |numbers, version| {
        let [n, mean, deviation, quantile] = given::<4>(numbers);
        let (low, _, high, _) = interval(&version.answers[0]);
        near((low + high) / 2.0, mean);
        near((high - low) / 2.0 * n.sqrt() / deviation, quantile);
    }),
    ("Test of a mean", |numbers, version| {
        let [deviation, mean, n, observed, critical] = given::<5>(numbers);
        let z = (observed - mean) / (deviation / n.sqrt());
        answers(version, 0, z);
        assert_eq!(version.answers[1], if z.abs() > critical { "rejected" } else { "kept" });
    }),
    ("Slopes", |numbers, version| {
        let points: Vec<(f64, f64)> = numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        assert_eq!(points.len(), 4);
        let (slope, height) = (value(version, 0), value(version, 1));
        let rest = |(x, y): &(f64, f64)| y - height - slope * (x - 2.5);
        // The residuals of the best line are orthogonal to 1 and to x.
        assert!(points.iter().map(rest).sum::<f64>().abs() < 1e-9);
        assert!(points.iter().map(|point| point.0 * rest(point)).sum::<f64>().abs() < 1e-9);
    }),
    ("Kinds of data", |_, version| {
        let measured = ["height", "weight", "age", "number of"];
        for (slot, part) in version.problem.split("[ANS]").take(3).enumerate() {
            let last = part.rsplit(": ").next().unwrap();
            let words: Vec<&str> = last.split(' ').collect();
            let quantitative = measured.iter().any(|word| words.contains(word) || last.contains("number of"));
            assert_eq!(version.answers[slot], if quantitative { "quantitative" } else { "categorical" }, "{last}");
        }
    }),
];
