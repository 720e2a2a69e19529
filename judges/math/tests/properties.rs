//! What must hold for every pair: the order of the two does not matter, and rewriting changes no verdict.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests say what they measured and why they skip")]

mod support;

use proctor_math::{AnswerKind, Outcome, Settings, compare};
use std::time::{Duration, Instant};
use support::mutate::Chance;

/// A random expression in x and y: as calculator syntax, and rewritten in ways that do not change its value.
struct Expression {
    calculator: String,
    latex: String,
    rearranged: String,
}

fn expression(chance: &mut Chance, depth: usize) -> Expression {
    let leaf = depth == 0 || chance.below(5) == 0;
    if leaf {
        let text = match chance.below(6) {
            0 => "x".to_string(),
            1 => "y".to_string(),
            2 => format!("{}", 1 + chance.below(9)),
            3 => "pi".to_string(),
            _ => format!("{}", 2 + chance.below(30)),
        };
        let latex = if text == "pi" { "\\pi".to_string() } else { text.clone() };
        return Expression { calculator: text, rearranged: latex.clone(), latex };
    }
    let a = expression(chance, depth - 1);
    let b = expression(chance, depth - 1);
    match chance.below(8) {
        0 | 1 => Expression {
            calculator: format!("({}+{})", a.calculator, b.calculator),
            latex: format!("\\left({} + {}\\right)", a.latex, b.latex),
            rearranged: format!("\\left({} + {}\\right)", b.rearranged, a.rearranged),
        },
        2 => Expression {
            calculator: format!("({}-{})", a.calculator, b.calculator),
            latex: format!("({} - {})", a.latex, b.latex),
            rearranged: format!("-\\left({} - {}\\right)", b.rearranged, a.rearranged),
        },
        3 | 4 => Expression {
            calculator: format!("({})*({})", a.calculator, b.calculator),
            latex: format!("\\left({}\\right) \\cdot \\left({}\\right)", a.latex, b.latex),
            rearranged: format!("\\left({}\\right)\\left({}\\right)", b.rearranged, a.rearranged),
        },
        5 => Expression {
            calculator: format!("(({})/({}))", a.calculator, b.calculator),
            latex: format!("\\frac{{{}}}{{{}}}", a.latex, b.latex),
            rearranged: format!("\\frac{{2 \\left({}\\right)}}{{2 \\left({}\\right)}}", a.rearranged, b.rearranged),
        },
        6 => {
            let power = 2 + chance.below(3);
            Expression {
                calculator: format!("(({})^({power}))", a.calculator),
                latex: format!("\\left({}\\right)^{{{power}}}", a.latex),
                rearranged: format!("{{\\left({0}\\right)^{{{1}}} \\cdot \\left({0}\\right)}}", a.rearranged, power - 1),
            }
        }
        _ => {
            let (name, command) =
                *chance.pick(&[("sin", "\\sin"), ("cos", "\\cos"), ("sqrt", "\\sqrt"), ("exp", "\\exp"), ("atan", "\\arctan")]);
            let open = if name == "sqrt" { ("{", "}") } else { ("\\left(", "\\right)") };
            Expression {
                calculator: format!("{name}({})", a.calculator),
                latex: format!("{command}{}{}{}", open.0, a.latex, open.1),
                rearranged: format!("{command}{}{}{}", open.0, a.rearranged, open.1),
            }
        }
    }
}

#[test]
fn rewriting_changes_no_verdict() {
    let mut chance = Chance::new(20);
    let until = Instant::now() + Duration::from_secs(3);
    let (mut count, mut different, mut undecided) = (0_u32, 0_u32, 0_u32);
    let judge = |a: &str, b: &str| compare(a, b, AnswerKind::Expression, &[], &Settings::default());
    while Instant::now() < until && count < 4000 {
        count += 1;
        let depth = 1 + chance.below(3);
        let one = expression(&mut chance, depth);
        let verdict = judge(&one.calculator, &one.latex);
        // Nothing but a division by zero, a root of a negative number or an overflow may leave it open.
        assert!(verdict.outcome != Outcome::Different, "{} ¦ {} {verdict:?}", one.calculator, one.latex);
        let verdict = judge(&one.calculator, &one.rearranged);
        assert!(verdict.outcome != Outcome::Different, "{} ¦ {} {verdict:?}", one.calculator, one.rearranged);
        undecided += u32::from(verdict.outcome == Outcome::Undecided);
        // Another expression: the same verdict in both directions, and for every way of writing both.
        let other = expression(&mut chance, depth);
        let first = judge(&one.calculator, &other.calculator);
        let second = judge(&other.calculator, &one.calculator);
        assert_eq!(first.outcome, second.outcome, "{} ¦ {}", one.calculator, other.calculator);
        for (a, b) in [(&one.latex, &other.rearranged), (&one.rearranged, &other.latex), (&one.calculator, &other.latex)] {
            let rewritten = judge(a, b);
            assert!(
                rewritten.outcome == first.outcome
                    || rewritten.outcome == Outcome::Undecided
                    || first.outcome == Outcome::Undecided,
                "{} ¦ {} is {first:?}, but {a} ¦ {b} is {rewritten:?}",
                one.calculator,
                other.calculator
            );
        }
        different += u32::from(first.outcome == Outcome::Different);
    }
    println!("{count} pairs, {different} different, {undecided} undecided");
    assert!(different * 2 > count);
    assert!(undecided * 5 < count, "{undecided} of {count} undecided");
}

#[test]
fn tables_are_symmetric() {
    for file in ["same.txt", "different.txt"] {
        let path =
            std::path::Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("tests/tables").join(file);
        let text = std::fs::read_to_string(path).expect("the table is there");
        let mut wrong = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((a, b)) = line.split_once('¦') else { continue };
            let judge =
                |a: &str, b: &str| compare(a.trim(), b.trim(), AnswerKind::Any, &[], &Settings::default()).is_equivalent();
            if judge(a, b) != judge(b, a) {
                wrong.push(line.to_string());
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
