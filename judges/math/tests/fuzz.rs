//! Random texts for a bounded time: no panic, no overflow, an answer in time and in little memory.
//!
//! Two seconds by default; `PROCTOR_FUZZ_SECONDS=600 PROCTOR_FUZZ_SEED=7 cargo test --release -p proctor-math --test fuzz`
//! runs longer and elsewhere.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests say what they measured and why they skip")]

mod support;

use proctor_math::slots::{Slot, judge};
use proctor_math::{AnswerKind, Outcome, Settings, compare, extract, print, read};
use std::time::{Duration, Instant};
use support::clock::spent;
use support::memory::{Counting, peak_during};
use support::mutate::{Chance, mutated, pieces};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const KINDS: [AnswerKind; 11] = [
    AnswerKind::Number,
    AnswerKind::Expression,
    AnswerKind::Equation,
    AnswerKind::Interval,
    AnswerKind::Ordered,
    AnswerKind::Unordered,
    AnswerKind::Truth,
    AnswerKind::Choice,
    AnswerKind::Choices,
    AnswerKind::Phrase,
    AnswerKind::Any,
];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Answers from the tables of pairs, and the development data where they are there.
fn seeds() -> Vec<String> {
    let mut seeds: Vec<String> = Vec::new();
    for file in ["same.txt", "different.txt"] {
        let path =
            std::path::Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("tests/tables").join(file);
        let text = std::fs::read_to_string(path).expect("the table is there");
        seeds.extend(
            text.lines()
                .filter(|line| !line.starts_with('#'))
                .flat_map(|line| line.split('¦'))
                .map(|part| part.trim().to_string()),
        );
    }
    if let Some(all) = support::references::references() {
        seeds.extend(all.into_iter().step_by(7).map(|one| one.text));
    }
    seeds.retain(|seed| !seed.is_empty());
    seeds
}

#[test]
fn random_texts_have_a_verdict() {
    let seconds = number("PROCTOR_FUZZ_SECONDS", 2);
    let seed = number("PROCTOR_FUZZ_SEED", 1);
    let run = move || {
        let seeds = seeds();
        let mut chance = Chance::new(seed);
        let until = Instant::now() + Duration::from_secs(seconds);
        let (mut count, mut undecided) = (0_u64, 0_u64);
        let mut slowest = (Duration::ZERO, String::new());
        while Instant::now() < until {
            let text = |chance: &mut Chance| match chance.below(4) {
                0 => pieces(chance, 12),
                1 => chance.pick(&seeds).clone(),
                _ => {
                    let other = chance.pick(&seeds).clone();
                    mutated(&chance.pick(&seeds).clone(), &other, chance)
                }
            };
            let (reference, answer) = (text(&mut chance), text(&mut chance));
            let kind = *chance.pick(&KINDS);
            let started = spent();
            let (verdict, bytes) = peak_during(|| compare(&reference, &answer, kind, &[], &Settings::default()));
            let mut time = spent().saturating_sub(started);
            for _ in 0..2 {
                if time < Duration::from_millis(50) {
                    break;
                }
                let again = spent();
                let _ = compare(&reference, &answer, kind, &[], &Settings::default());
                time = time.min(spent().saturating_sub(again));
            }
            assert!(time < Duration::from_millis(50), "{reference:?} {answer:?} {kind:?} took {time:?}");
            assert!(bytes < 64 << 20, "{reference:?} {answer:?} {kind:?} took {bytes} bytes");
            if time > slowest.0 {
                slowest = (time, format!("{reference:?} {answer:?} {kind:?}"));
            }
            count += 1;
            undecided += u64::from(verdict.outcome == Outcome::Undecided);
            // Reflexive: whatever is no empty text is the same as itself.
            if count % 4 == 0 && !proctor_math::clean::clean(&answer).is_empty() {
                let own = compare(&answer, &answer, kind, &[], &Settings::default());
                assert!(
                    own.is_equivalent() || matches!(kind, AnswerKind::Choice | AnswerKind::Choices | AnswerKind::Truth),
                    "{answer:?} {kind:?} {own:?}"
                );
            }
            if let Ok(node) = read::read(&answer, &read::Reading::default()) {
                let _ = print::canonical(&node);
            }
            if count % 8 == 0 {
                let slots =
                    [Slot { reference: &reference, kind, options: &[] }, Slot { reference: &reference, kind, options: &[] }];
                let completion = format!("{reference}\n\\boxed{{{answer}}}");
                let _ = judge(&completion, &slots, &Settings::default());
                let _ = judge(&answer, &slots[..1], &Settings::default());
                let _ = extract::boxes(&answer);
            }
        }
        println!("{count} comparisons in {seconds} s, {undecided} undecided, slowest {slowest:?}");
        assert!(count > 100);
    };
    // A small stack, so that deep recursion shows.
    std::thread::Builder::new().stack_size(3 << 19).spawn(run).expect("a thread").join().expect("no panic");
}
