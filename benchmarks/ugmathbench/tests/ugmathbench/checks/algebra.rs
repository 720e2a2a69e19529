use super::*;
use std::collections::BTreeSet;

pub const CHECKS: &[(&str, Check)] = &[
    ("Order of an element", |numbers, version| {
        let [n, again, a] = whole(numbers);
        assert_eq!(n, again);
        let order = (1..).find(|k| (0..*k).fold(0, |sum, _| (sum + a) % n) == 0).unwrap();
        answers(version, 0, order as f64);
    }),
    ("Cyclic subgroups", |numbers, version| {
        let [n, a] = whole(numbers);
        let mut generated = BTreeSet::new();
        let mut element = 0;
        while generated.insert(element) {
            element = (element + a) % n;
        }
        let listed: Vec<f64> = elements(&version.answers[0]);
        assert_eq!(listed, generated.into_iter().map(|element| element as f64).collect::<Vec<_>>());
        assert!(listed.len() < n as usize);
    }),
    ("Units", |numbers, version| {
        let [n, a] = whole(numbers);
        let unit = |a: i64| (0..n).any(|b| a * b % n == 1);
        truth(version, 0, unit(a));
        answers(version, 1, (0..n).filter(|a| unit(*a)).count() as f64);
    }),
    ("Permutations", |_, version| {
        let text = version.problem.split_once("\\sigma=").unwrap().1.split_once('$').unwrap().0;
        let mut image: Vec<usize> = (0..10).collect();
        for cycle in text.split(')').filter(|cycle| !cycle.is_empty()) {
            let members: Vec<usize> = cycle.trim_start_matches('(').split("\\ ").map(|m| m.trim().parse().unwrap()).collect();
            for (position, member) in members.iter().enumerate() {
                image[*member] = members[(position + 1) % members.len()];
            }
        }
        let mut power = image.clone();
        let mut order = 1;
        while power.iter().enumerate().any(|(from, to)| from != *to) {
            power = power.iter().map(|to| image[*to]).collect();
            order += 1;
        }
        answers(version, 0, f64::from(order));
        let inversions: usize = (0..10).map(|i| (i..10).filter(|j| image[i] > image[*j]).count()).sum();
        assert_eq!(version.answers[1], if inversions.is_multiple_of(2) { "even" } else { "odd" });
    }),
    ("Solving linear equations", |_, version| {
        let x = value(version, 0);
        near(residual(&formula(version, "equation $", "$"), &[("x", x)]), 0.0);
    }),
    ("Roots of quadratics", |_, version| {
        let roots = elements(&version.answers[0]);
        let text = formula(version, "of $", "$");
        roots.iter().for_each(|root| near(real(&text, &[("x", *root)]), 0.0));
        assert!(roots.len() == 2 && roots[0] != roots[1]);
    }),
    ("Absolute value inequalities", |numbers, version| {
        let [a, b] = given(numbers);
        let a = -a;
        let (low, closed, high, also) = interval(&version.answers[0]);
        assert_eq!([(low - a).abs(), (high - a).abs()], [b, b]);
        assert!(low < high && closed == also && closed != version.problem.contains('<'));
    }),
    ("Products of binomials", |numbers, version| {
        let [a, b, c, d] = given(numbers);
        for x in [-2.0, 0.5, 3.0] {
            near(real(&version.answers[0], &[("x", x)]), (a * x + b) * (c * x + d));
        }
    }),
    ("Lines through two points", |numbers, version| {
        let [x1, y1, x2, y2] = given(numbers);
        let at = |x: f64, y: f64| residual(&version.answers[0], &[("x", x), ("y", y)]);
        assert_eq!([at(x1, y1), at(x2, y2)], [0.0, 0.0]);
        assert_ne!(at(x1 + y2 - y1, y1 - (x2 - x1)), 0.0);
    }),
    ("Domains", |numbers, version| {
        let [a, c] = given(numbers);
        let (low, closed, high, _) = interval(&version.answers[0]);
        assert!(closed && high.is_infinite());
        assert!(a * low + c == 0.0 && a * (low + 1.0) + c > 0.0 && a * (low - 1.0) + c < 0.0);
    }),
    ("Composition", |numbers, version| {
        let [a, b, c, two, d, at, again] = given::<7>(&[numbers, &[numbers[5]]].concat());
        assert_eq!([two, at], [2.0, again]);
        let f = |x: f64| a * x + b;
        let g = |x: f64| c * x.powi(2) + d;
        for x in [-1.5, 0.0, 2.0] {
            near(real(&version.answers[0], &[("x", x)]), f(g(x)));
        }
        answers(version, 1, f(g(at)));
    }),
    ("Divisors and multiples", |numbers, version| {
        let [a, b] = whole(numbers);
        let common = (1..=a.min(b)).rev().find(|k| a % k == 0 && b % k == 0).unwrap();
        answers(version, 0, common as f64);
        answers(version, 1, (1..).map(|k| k * a).find(|m| m % b == 0).unwrap() as f64);
    }),
    ("Sums of fractions", |numbers, version| {
        let [a, b, c, d] = given(numbers);
        answers(version, 0, a / b + c / d);
        if let Some((p, q)) = version.answers[0].split_once('/') {
            let (p, q): (i64, i64) = (p.parse().unwrap(), q.parse().unwrap());
            assert!((2..=q).all(|k| p % k != 0 || q % k != 0));
        }
    }),
    ("Discounts", |numbers, version| {
        let [price, first, second] = given(numbers);
        let once = price - price * first / 100.0;
        let twice = once - once * second / 100.0;
        answers(version, 0, twice);
        truth(version, 1, twice / price < 2.0 / 3.0);
    }),
    ("Reading other bases", |numbers, version| {
        let [digits, base, other] = whole(numbers);
        answers(version, 0, i64::from_str_radix(&digits.to_string(), base as u32).unwrap() as f64);
        let mut length = 0;
        let mut rest = other;
        while rest > 0 {
            rest /= 2;
            length += 1;
        }
        answers(version, 1, f64::from(length));
    }),
    ("Primes", |numbers, version| {
        let [n] = whole(numbers);
        let mut composite = vec![false; n as usize + 1];
        for k in 2..=n as usize {
            (2 * k..=n as usize).step_by(k).for_each(|multiple| composite[multiple] = true);
        }
        truth(version, 0, !composite[n as usize]);
        answers(version, 1, (2..=n).find(|k| n % k == 0).unwrap() as f64);
    }),
    ("Partial derivatives", |_, version| {
        let text = formula(version, "f(x,y)=", "$");
        let f = |x: f64, y: f64| real(&text, &[("x", x), ("y", y)]);
        for (x, y) in [(1.0, 1.0), (-0.5, 1.5), (0.7, -1.2)] {
            near(real(&version.answers[0], &[("x", x), ("y", y)]), slope(|x| f(x, y), x));
            near(real(&version.answers[1], &[("x", x), ("y", y)]), slope(|y| f(x, y), y));
        }
    }),
    ("Gradients", |numbers, version| {
        let text = formula(version, "f(x,y)=", "$");
        let f = |x: f64, y: f64| real(&text, &[("x", x), ("y", y)]);
        let (x, y) = (numbers[numbers.len() - 2], numbers[numbers.len() - 1]);
        let [p, q] = given(&elements(&version.answers[0]));
        assert!((p - slope(|x| f(x, y), x)).abs() < 1e-5 && (q - slope(|y| f(x, y), y)).abs() < 1e-5);
    }),
    ("Integrals over rectangles", |numbers, version| {
        let [a, b, _, p, _, q] = given(numbers);
        let cells = 40;
        let at = |k: usize, end: f64| (k as f64 + 0.5) * end / cells as f64;
        let sum: f64 = (0..cells * cells).map(|k| a * at(k % cells, p) + b * at(k / cells, q)).sum();
        answers(version, 0, sum * p * q / (cells * cells) as f64);
    }),
    ("Critical points of quadratic forms", |_, version| {
        let text = formula(version, "f(x,y)=", "$");
        let around: Vec<f64> = (0..360)
            .map(|degree| f64::from(degree).to_radians())
            .map(|angle| real(&text, &[("x", angle.cos()), ("y", angle.sin())]))
            .collect();
        let kind = match (around.iter().any(|f| *f > 0.0), around.iter().any(|f| *f < 0.0)) {
            (true, true) => "saddle point",
            (true, false) => "minimum",
            _ => "maximum",
        };
        assert_eq!(version.answers[0], kind);
    }),
    ("Tangent planes", |numbers, version| {
        let text = formula(version, "surface $ z=", "$");
        let f = |x: f64, y: f64| real(&text, &[("x", x), ("y", y)]);
        let (x, y) = (numbers[4], numbers[5]);
        let gap = |x: f64, y: f64, z: f64| residual(&version.answers[0], &[("x", x), ("y", y), ("z", z)]);
        assert_eq!(gap(x, y, f(x, y)), 0.0);
        for (dx, dy) in [(1e-4, 0.0), (0.0, 1e-4), (1e-4, -1e-4)] {
            assert!(gap(x + dx, y + dy, f(x + dx, y + dy)).abs() < 1e-6);
        }
        assert!(gap(x, y, f(x, y) + 1e-2).abs() > 1e-3);
    }),
    ("Derivatives of polynomials", |_, version| {
        let text = formula(version, "f(x)=", "$");
        for x in [-1.0, 0.3, 1.4] {
            near(real(&version.answers[0], &[("x", x)]), slope(|x| real(&text, &[("x", x)]), x));
        }
    }),
    ("Product rule", |numbers, version| {
        let [n, k] = given(numbers);
        let cosine = version.problem.contains("\\cos");
        let f = |x: f64| x.powf(n) * if cosine { (k * x).cos() } else { (k * x).sin() };
        for x in [0.4, 1.1, 2.3] {
            near(real(&version.answers[0], &[("x", x)]), slope(f, x));
        }
    }),
    ("Definite integrals", |numbers, version| {
        let [low, high, a, _, b] = given(numbers);
        let f = |x: f64| a * x * x + b * x;
        // Simpson's rule is exact here.
        answers(version, 0, (high - low) / 6.0 * (f(low) + 4.0 * f((low + high) / 2.0) + f(high)));
    }),
    ("Removable gaps", |numbers, version| {
        let [a, _, s, p, _] = given(numbers);
        let f = |x: f64| (x * x + s * x + p) / (x - a);
        let found = (f(a + 1e-4) + f(a - 1e-4)) / 2.0;
        assert!((value(version, 0) - found).abs() < 1e-4);
    }),
    ("Monotonicity", |_, version| {
        let text = formula(version, "f(x)=", "$");
        let f = |x: f64| real(&text, &[("x", x)]);
        let [p, q] = given(&elements(&version.answers[0]));
        assert!(slope(f, p).abs() < 1e-5 && slope(f, q).abs() < 1e-5);
        let (low, closed, high, also) = interval(&version.answers[1]);
        assert!(!closed && !also && slope(f, low - 0.1) > 0.0 && slope(f, high + 0.1) > 0.0);
        for step in 1..20 {
            assert!(slope(f, low + (high - low) * f64::from(step) / 20.0) < 0.0);
        }
    }),
    ("One-sided limits", |numbers, version| {
        let (a, b, at, c) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        let d = if numbers.len() == 7 { numbers[4] } else { 0.0 };
        assert!(numbers[numbers.len() - 2..].iter().all(|number| *number == at));
        let (left, right) = (a * (at - 1e-9) + b, c * (at + 1e-9) + d);
        assert!((value(version, 0) - left).abs() < 1e-6 && (value(version, 1) - right).abs() < 1e-6);
        match version.answers[2].as_str() {
            "DNE" => assert!((left - right).abs() > 0.5),
            _ => assert!((value(version, 2) - right).abs() < 1e-6 && (left - right).abs() < 1e-6),
        }
    }),
];
