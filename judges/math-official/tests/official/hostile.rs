//! Inputs that mean harm: every one is answered, quickly and without growing the stack.

use std::time::{Duration, Instant};

use proctor_math_official::{AnswerType, Instance, Mode, judge};
use proptest::prelude::*;

const CODES: [&str; 10] = ["NV", "EX", "EQ", "INT", "TF", "MCS", "MCM", "OE", "OL", "UOL"];

/// Judges an answer as every type, in both directions, and returns the longest time one judgement took.
fn slowest(answer: &str, reference: &str) -> Duration {
    let mut slowest = Duration::ZERO;
    for code in CODES {
        let kind = AnswerType::from_code(code).expect("a known type");
        for (answer, reference) in [(answer, reference), (reference, answer), (answer, answer)] {
            let instance = Instance { answers: vec![reference.to_owned()], types: vec![kind], options: vec![Vec::new()] };
            for mode in [Mode::Rule, Mode::Marj] {
                let start = Instant::now();
                judge(&instance, &format!("\\boxed{{{answer}}}"), mode);
                slowest = slowest.max(start.elapsed());
            }
        }
    }
    slowest
}

#[test]
fn known_bombs_are_answered_in_time() {
    let repeated = |part: &str, times: usize| part.repeat(times);
    let nested = |open: &str, close: &str, times: usize| format!("{}5{}", open.repeat(times), close.repeat(times));
    let bombs = [
        "10^{10^{10}}".to_owned(),
        "(10^{6})!".to_owned(),
        "\\binom{1000000}{500000}".to_owned(),
        "(x+y+z)^{30}-0.5(x+y+z)^{30}".to_owned(),
        "\\sum_{n=1}^{2000}\\sum_{m=1}^{2000}\\sum_{k=1}^{2000}nmk".to_owned(),
        "\\prod_{n=1}^{100000000}n".to_owned(),
        "2^".repeat(3000) + "x",
        nested("{", "}", 100_000),
        nested("(", ")", 2_500),
        nested("\\frac{1}{", "}", 600),
        nested("\\sqrt{", "}", 800),
        nested("e^{", "}", 1_000),
        nested("\\sin(", ")", 900),
        nested("a(", ")", 1_900),
        nested("a(", "", 1_900),
        repeated("|x", 60),
        repeated("|", 5_000),
        repeated("x!", 2_900),
        repeated("-", 5_900),
        repeated("1,000", 1_100),
        repeated("9", 5_900),
        repeated("\\frac{d}{dx}", 400) + "x",
        repeated("\\int", 1_400) + "x",
        repeated("1=", 2_900),
        repeated("sqrt(", 4_000),
        repeated("1.5/", 4_000) + "1.5",
        repeated("x=1 or ", 2_500),
        repeated("\\pm", 6_000),
        repeated("frac", 4_000),
        repeated("5circ", 4_000),
        repeated(",", 19_000),
        repeated("x", 3_000_000),
        "\u{0}".to_owned(),
    ];
    for bomb in bombs {
        let slowest = slowest(&bomb, "x+0.3");
        let start: String = bomb.chars().take(30).collect();
        assert!(slowest < Duration::from_millis(1_000), "{start}… took {slowest:?}");
    }
}

/// Pieces from which answers are made that get past the first checks.
const PIECES: [&str; 48] = [
    "x",
    "y",
    "2",
    "0.5",
    "10",
    "+",
    "-",
    "*",
    "/",
    "^",
    "_",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "|",
    "!",
    ",",
    "=",
    "<",
    ".",
    "\\frac",
    "\\sqrt",
    "sin",
    "\\ln",
    "e",
    "pi",
    "\\infty",
    "\\cup",
    "U",
    "and",
    "or",
    "\\text{",
    "\\left(",
    "\\right)",
    "\\pm",
    "d",
    "dx",
    "\\int",
    "\\sum_{n=1}^{3}",
    "\\begin{array}",
    " ",
    "%",
    "\u{b0}",
    "\n",
    "\\{",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(answer in "\\PC{0,60}", reference in "\\PC{0,40}") {
        prop_assert!(slowest(&answer, &reference) < Duration::from_millis(1_000));
    }

    #[test]
    fn any_sequence_of_pieces_is_answered(
        answer in prop::collection::vec(0..PIECES.len(), 0..40),
        reference in prop::collection::vec(0..PIECES.len(), 0..20),
    ) {
        let text = |pieces: &[usize]| pieces.iter().map(|at| PIECES[*at]).collect::<String>();
        prop_assert!(slowest(&text(&answer), &text(&reference)) < Duration::from_millis(1_000));
    }
}
