//! Texts made to hurt: each must have a verdict quickly, in little memory and on a small stack.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests say what they measured and why they skip")]

mod support;

use proctor_math::slots::{Slot, judge};
use proctor_math::{AnswerKind, Settings, compare, extract};
use std::time::Duration;
use support::clock::spent;
use support::memory::{Counting, peak_during};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is promised, in processor time; the best of a few tries counts.
const MOST_TIME: Duration = Duration::from_millis(50);
const TRIES: usize = 3;
const MOST_BYTES: usize = 64 << 20;

fn kinds() -> [AnswerKind; 11] {
    use AnswerKind as K;
    [
        K::Number,
        K::Expression,
        K::Equation,
        K::Interval,
        K::Ordered,
        K::Unordered,
        K::Truth,
        K::Choice,
        K::Choices,
        K::Phrase,
        K::Any,
    ]
}

fn hostile() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, text: String| all.push((name.to_string(), text));
    for (open, close) in [
        ("{", "}"),
        ("(", ")"),
        ("[", "]"),
        ("\\{", "\\}"),
        ("\\left(", "\\right)"),
        ("\\langle ", "\\rangle"),
        ("|", "|"),
        ("\\lfloor ", "\\rfloor"),
        ("\\sqrt{", "}"),
        ("\\frac{1}{", "}"),
        ("\\text{", "}"),
        ("\\mathrm{", "}"),
        ("\\boxed{", "}"),
        ("x^{", "}"),
        ("x_{", "}"),
        ("\\sin(", ")"),
        ("-(", ")"),
        ("\\begin{pmatrix}", "\\end{pmatrix}"),
        ("\\begin{cases}", "\\end{cases}"),
        ("\\sum_{n=1}^{", "} n"),
        ("\\int_0^{", "} x dx"),
        ("\\lim_{x\\to ", "} x"),
        ("\\frac{d}{dx}(", ")"),
        ("<", ",1>"),
        ("\\overline{", "}"),
        ("f(", ")"),
        ("\\binom{", "}{1}"),
        ("\\log_{", "} 2"),
    ] {
        for depth in [50, 200, 215, 1000, 100_000] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            add(&format!("{open} {depth}"), text);
            add(&format!("{open} {depth} open"), open.repeat(depth));
            add(&format!("{close} {depth}"), close.repeat(depth));
        }
    }
    for piece in [
        "1",
        "9",
        "a",
        "1,",
        "1+",
        "x+",
        "-",
        "+",
        "^",
        "x^",
        "2^",
        "!",
        "'",
        "_",
        "x_",
        "/",
        "1/",
        "*",
        "**",
        "=",
        "x=",
        "<",
        "1<",
        "\\",
        "\\\\",
        "&",
        "$",
        "%",
        "\\%",
        "\\pm",
        "\\pm 1",
        "1\\pm ",
        "\\cup",
        "(0,1)\\cup",
        "(0,1) U ",
        " ",
        ".",
        "1.",
        ",",
        ";",
        "\\,",
        "\\frac",
        "\\sqrt",
        "\\sin",
        "sin",
        "sinx",
        "\\text",
        "\\text{a}",
        " or ",
        "1 or ",
        " and ",
        "{,}",
        "1{,}000",
        "1,000",
        "1 000",
        "5 m ",
        "\\circ",
        "^\\circ",
        "1^\\circ",
        "\\infty",
        "e",
        "E",
        "1e",
        "1e9",
        "i",
        "\\begin{",
        "\\end{",
        "\\left",
        "\\right",
        "(1,2)",
        "(1,2),",
        "\\{1\\}",
        "x|",
        "|x",
        "\\mid",
        ":",
        "1:",
        "\u{200b}",
        "²",
        "½",
        "π",
        "５",
        "∑",
        "\u{0}",
        "é",
        "五",
        "\u{1F600}",
        "0.",
        "\\overline{3}",
        "0.\\overline{3}",
        "sqrt",
        "\\boxed",
        "\\boxed{",
        "\\boxed{1}",
        "answer is ",
        "</think>",
        "<think>",
        "# Answer",
        "C_1",
        "c_1+",
        "\\sum",
        "\\int",
        "dx",
        "\\lim",
        "\\mod",
        "\\pmod",
        "10^",
        "10^{10}",
        "9!",
        "100!",
        "n!",
        "\\binom{9}{4}",
    ] {
        for length in [100, 2900, 7900, 60_000, 1_000_000] {
            add(&format!("{piece:?} to {length}"), piece.repeat(length / piece.len() + 1));
        }
    }
    for text in [
        "10^10^10",
        "10^{10^{10}}",
        "10**10**10",
        "9^{9^{9^{9}}}",
        "9^9^9^9^9^9",
        "((((5!)!)!)!)!",
        "(10^{6})!",
        "100000!",
        "10^{-10^{10}}",
        "2^{-100000}",
        "2^{100000}",
        "2^{4096}",
        "1e400",
        "-1e400",
        "1e999999999999999999999",
        "1e-999999999999999999999",
        "0^0",
        "0/0",
        "1/0",
        "0^{-1}",
        "\\infty-\\infty",
        "\\ln 0",
        "\\ln(-1)",
        "\\tan(\\pi/2)",
        "\\sqrt{-1}",
        "\\binom{1000000}{500000}",
        "\\binom{10^{9}}{10^{8}}",
        "(x+1)^{50}",
        "(x+y+z)^{30}",
        "(x+1)^{1000000}",
        "(x+y+z+u+v+w)^{12}",
        "\\sum_{n=1}^{10^9} n",
        "\\sum_{n=1}^{\\infty} \\frac{1}{n}",
        "\\sum_{n=1}^{\\infty} 1",
        "\\prod_{n=1}^{10^{12}} n",
        "\\sum_{a=1}^{1000}\\sum_{b=1}^{1000}\\sum_{c=1}^{1000} abc",
        "\\int_0^{1}\\int_0^{1}\\int_0^{1} xyz\\,dx\\,dy\\,dz",
        "\\int_{-\\infty}^{\\infty} \\frac{1}{x} dx",
        "\\lim_{x\\to 0} \\frac{1}{x}",
        "\\frac{d}{dx}\\frac{d}{dx}\\frac{d}{dx} x^9",
        "x^{x^{x^{x^{x^{x^{x^{x}}}}}}}",
        "\\gcd(10^{30}, 7)",
        "10^{18} \\mod 7",
        "\\lfloor 10^{300} \\rfloor",
        "\\sin(10^{30})",
        "1.0000000000000000000000000000000000000000000000000000000000000000000000000001",
        "NaN",
        "nan",
        "inf",
        "eval(\"5\")",
        "__import__('os')",
        "0x10",
        "\\unknowncmd{5}",
        "\\input{/etc/passwd}",
        "${jndi:ldap://x}",
        "'; DROP TABLE x; --",
        "\\def\\x{\\x\\x}\\x",
    ] {
        add(text, text.to_string());
    }
    let polynomial: Vec<String> = (0..150).map(|n| format!("x_{{{n}}}")).collect();
    add("product of sums", format!("({0})({0})({0})", polynomial.join("+")));
    let set: Vec<String> = (0..400).map(|n| format!("{n}.5")).collect();
    add("large set", format!("\\{{{}\\}}", set.join(",")));
    let functions: Vec<String> = (0..300).map(|n| format!("\\sin({n}x)")).collect();
    add("many functions", functions.join("+"));
    let matrix = vec![vec!["1"; 40].join("&"); 40].join("\\\\");
    add("large matrix", format!("\\begin{{pmatrix}}{matrix}\\end{{pmatrix}}"));
    add("large determinant", format!("\\begin{{vmatrix}}{matrix}\\end{{vmatrix}}"));
    all
}

/// The time a call takes, the best of a few tries if it seems too long, and the most bytes it holds.
fn measured(call: impl Fn()) -> (Duration, usize) {
    let mut best = (Duration::MAX, 0);
    for _ in 0..TRIES {
        let started = spent();
        let ((), bytes) = peak_during(&call);
        best = best.min((spent().saturating_sub(started), bytes));
        if best.0 < MOST_TIME {
            break;
        }
    }
    best
}

/// Runs on a stack of one and a half MiB.
fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(3 << 19).spawn(test).expect("a thread").join().expect("no panic");
}

#[test]
fn hostile_texts_have_a_verdict_in_time() {
    on_small_stack(|| {
        let options: Vec<String> = vec!["A".into(), "B".into()];
        let trace = std::env::var_os("PROCTOR_TRACE").is_some();
        let mut failures = Vec::new();
        let mut slowest = (Duration::ZERO, String::new());
        let mut largest = (0, String::new());
        for (name, text) in hostile() {
            for kind in kinds() {
                for (reference, answer) in [
                    ("5", text.as_str()),
                    ("x+1", text.as_str()),
                    ("(1,2)", text.as_str()),
                    (text.as_str(), "x^2"),
                    (text.as_str(), text.as_str()),
                ] {
                    // The second half of a pair is written differently, so that it is not the same text.
                    let answer = if reference == answer { format!("\\displaystyle {answer}") } else { answer.to_string() };
                    if text.len() > 100_000 && !matches!(kind, AnswerKind::Any | AnswerKind::Choices | AnswerKind::Phrase) {
                        continue;
                    }
                    if trace {
                        eprintln!("{name} {kind:?}");
                    }
                    let (time, bytes) = measured(|| drop(compare(reference, &answer, kind, &options, &Settings::default())));
                    if time > MOST_TIME || bytes > MOST_BYTES {
                        failures.push(format!(
                            "{name} as {kind:?} with {} took {time:?} and {bytes} bytes",
                            reference.chars().take(8).collect::<String>()
                        ));
                    }
                    if time > slowest.0 {
                        slowest = (time, format!("{name} {kind:?}"));
                    }
                    if bytes > largest.0 {
                        largest = (bytes, format!("{name} {kind:?}"));
                    }
                }
            }
        }
        println!("slowest {slowest:?}, largest {largest:?}");
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    });
}

#[test]
fn hostile_completions_have_a_judgement_in_time() {
    on_small_stack(|| {
        let slots: Vec<Slot> =
            ["5", "x", "(1,2)"].iter().map(|reference| Slot { reference, kind: AnswerKind::Number, options: &[] }).collect();
        let mut failures = Vec::new();
        for (name, text) in hostile() {
            for completion in [
                text.clone(),
                format!("The answer is {text}"),
                format!("\\boxed{{{text}}}"),
                format!("{text} \\boxed{{5, x, (1,2)}}"),
                format!("\\boxed{{{text}"),
            ] {
                for count in [1, 3] {
                    let (time, bytes) = measured(|| drop(judge(&completion, &slots[..count], &Settings::default())));
                    if time > MOST_TIME || bytes > MOST_BYTES {
                        failures.push(format!("{name} took {time:?} and {bytes} bytes"));
                    }
                }
            }
            let _ = extract::boxes(&text);
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    });
}
