use super::*;
use std::collections::BTreeSet;

fn pascal(n: usize, k: usize) -> u64 {
    let mut row = vec![1u64];
    for _ in 0..n {
        let inner: Vec<u64> = row.windows(2).map(|pair| pair[0] + pair[1]).collect();
        row = [vec![1], inner, vec![1]].concat();
    }
    row[k]
}

/// Ways to give out equal things one child after the other.
fn ways(things: i64, children: i64, least: i64) -> u64 {
    match children {
        0 => u64::from(things == 0),
        _ => (least..=things).map(|given| ways(things - given, children - 1, least)).sum(),
    }
}

fn arrangements(counts: &mut Vec<usize>) -> u64 {
    if counts.iter().all(|count| *count == 0) {
        return 1;
    }
    let mut sum = 0;
    for letter in 0..counts.len() {
        if counts[letter] > 0 {
            counts[letter] -= 1;
            sum += arrangements(counts);
            counts[letter] += 1;
        }
    }
    sum
}

fn set(numbers: &[f64]) -> BTreeSet<i64> {
    numbers.iter().map(|number| *number as i64).collect()
}

/// One side of "If …, then …": whether it is negated, and the divisor.
fn clause(text: &str) -> (bool, i64) {
    let divisor = text.rsplit_once("by $").unwrap().1.split('$').next().unwrap();
    (text.contains("not divisible"), divisor.parse().unwrap())
}

pub const CHECKS: &[(&str, Check)] = &[
    ("Choosing", |numbers, version| {
        let [women, men, a, b] = whole(numbers).map(|number| number as usize);
        answers(version, 0, (pascal(women, a) * pascal(men, b)) as f64);
    }),
    ("Words with repeated letters", |_, version| {
        let word = version.problem.split_once("letters of ").unwrap().1.split('?').next().unwrap();
        let mut counts: Vec<usize> = ["P", "Q", "R"].iter().map(|letter| word.matches(letter).count()).collect();
        assert_eq!(counts.iter().sum::<usize>(), word.len());
        answers(version, 0, arrangements(&mut counts) as f64);
    }),
    ("Linear recurrences", |numbers, version| {
        let [two, p, one, q, zero, first, also_one, second, k] = given::<9>(numbers);
        assert_eq!([two, one, zero, also_one], [2.0, 1.0, 0.0, 1.0]);
        fn term(k: i64, p: f64, q: f64, first: f64, second: f64) -> f64 {
            match k {
                0 => first,
                1 => second,
                _ => p * term(k - 1, p, q, first, second) + q * term(k - 2, p, q, first, second),
            }
        }
        answers(version, 0, term(k as i64, p, q, first, second));
        for x in [-1.0, 0.0, 2.5] {
            near(real(&version.answers[1], &[("x", x)]), x * x - p * x - q);
        }
    }),
    ("Distributing equal things", |numbers, version| {
        let [things, people] = whole(numbers);
        answers(version, 0, ways(things, people, 0) as f64);
        answers(version, 1, ways(things, people, 1) as f64);
    }),
    ("Powers", |numbers, version| {
        let [base, exponent, modulus] = whole(numbers);
        let (mut value, mut square, mut rest) = (1, base, exponent);
        while rest > 0 {
            if rest % 2 == 1 {
                value = value * square % modulus;
            }
            square = square * square % modulus;
            rest /= 2;
        }
        answers(version, 0, value as f64);
    }),
    ("Inverses", |numbers, version| {
        let [m, a, again, b] = whole(numbers);
        assert_eq!(a, again);
        let (inverse, x) = (value(version, 0) as i64, value(version, 1) as i64);
        assert!((0..m).contains(&inverse) && (0..m).contains(&x));
        assert_eq!([a * inverse % m, a * x % m], [1, b]);
    }),
    ("Divisors", |numbers, version| {
        let [n] = whole(numbers);
        let (mut rest, mut count, mut sum) = (n, 1, 1);
        for prime in 2..=n {
            let mut exponent = 0;
            while rest % prime == 0 {
                rest /= prime;
                exponent += 1;
            }
            count *= exponent + 1;
            sum *= (0..=exponent).map(|e| prime.pow(e)).sum::<i64>();
        }
        answers(version, 0, f64::from(count));
        answers(version, 1, sum as f64);
    }),
    ("Quadratic congruences", |numbers, version| {
        let [_, square, prime, _, _] = whole(numbers);
        let all: BTreeSet<i64> = (0..prime).filter(|x| x * x % prime == square).collect();
        assert_eq!(set(&elements(&version.answers[0])), all);
    }),
    ("Divisibility by nine", |numbers, version| {
        let sums = whole::<4>(numbers).map(|n| n.to_string().bytes().map(|digit| u32::from(digit - b'0')).sum::<u32>());
        let letters: String = "ABCD".chars().zip(sums).filter(|(_, sum)| sum % 9 == 0).map(|(letter, _)| letter).collect();
        assert_eq!(version.answers[0], letters);
    }),
    ("Unions and intersections", |numbers, version| {
        assert_eq!(numbers.len(), 8);
        let (a, b) = (set(&numbers[..4]), set(&numbers[4..]));
        let listed = |slot: usize| set(&elements(&version.answers[slot]));
        assert_eq!(listed(0), &a & &b);
        assert_eq!(listed(1), &a | &b);
        assert_eq!(listed(2), &a - &b);
    }),
    ("Power sets", |numbers, version| {
        let [n, k, other] = whole(numbers);
        let of_size = |k: i64| (0u64..1 << n).filter(|mask| i64::from(mask.count_ones()) == k).count();
        answers(version, 0, (0u64..1 << n).count() as f64);
        answers(version, 1, of_size(k) as f64);
        truth(version, 2, of_size(k) == of_size(other));
    }),
    ("Truth values", |_, version| {
        let given = version.problem.split_once("Give").unwrap().0;
        let values: Vec<bool> =
            given.split(' ').map(|word| word.trim_matches(['.', ','])).filter_map(|word| word.parse().ok()).collect();
        let [p, q, r] = values.try_into().unwrap();
        let joined = if version.problem.contains("\\land") { [q, r] == [true, true] } else { [q, r] != [false, false] };
        // An implication fails only from true to false.
        truth(version, 0, (p, joined) != (true, false));
        truth(version, 1, p != r);
    }),
    ("Properties of relations", |numbers, version| {
        let [k] = whole(numbers);
        let text = &version.problem;
        let holds = |a: i64, b: i64| -> bool {
            if text.contains("$a-b$ is divisible") {
                (a - b).rem_euclid(k) == 0
            } else if text.contains("not negative") {
                (b - a).rem_euclid(k) == 0 && b >= a
            } else if text.contains("|a-b|") {
                (a - b).abs() <= k
            } else if text.contains("$a>b+") {
                a > b + k
            } else {
                assert!(text.contains("$a+b="));
                a + b == k
            }
        };
        let range = || -20i64..=20;
        let pairs = || range().flat_map(|a| range().map(move |b| (a, b)));
        let found = [
            range().all(|a| holds(a, a)),
            pairs().all(|(a, b)| !holds(a, b) || holds(b, a)),
            pairs().all(|(a, b)| !holds(a, b) || range().all(|c| !holds(b, c) || holds(a, c))),
            pairs().all(|(a, b)| a == b || !(holds(a, b) && holds(b, a))),
        ];
        let letters: String = "ABCD".chars().zip(found).filter(|(_, found)| *found).map(|(letter, _)| letter).collect();
        assert_eq!(version.answers[0], letters);
    }),
    ("Forms of implications", |_, version| {
        let sentences: Vec<&str> = version.problem.split('"').collect();
        let parts = |sentence: &str| {
            let (first, second) = sentence.split_once(", then").unwrap();
            (clause(first), clause(second))
        };
        let (p, q) = parts(sentences[1]);
        let (a, b) = parts(sentences[3]);
        let not = |(negated, divisor): (bool, i64)| (!negated, divisor);
        let name = if (a, b) == (q, p) {
            "converse"
        } else if (a, b) == (not(p), not(q)) {
            "inverse"
        } else {
            assert_eq!((a, b), (not(q), not(p)));
            "contrapositive"
        };
        assert_eq!(version.answers[0], name);
        let holds = |(negated, divisor): (bool, i64), n: i64| (n % divisor == 0) != negated;
        truth(version, 1, (-500..500).all(|n| !holds(a, n) || holds(b, n)));
        assert!((-500..500).all(|n| !holds(p, n) || holds(q, n)));
    }),
];
