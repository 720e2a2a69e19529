//! Verdicts that follow from the description of the judge, type by type.

use proctor_math_official::latex::{Expression, ParseError, parse};
use proctor_math_official::{AnswerType, Instance, Mode, Reason, judge};

fn verdict(code: &str, reference: &str, answer: &str, mode: Mode) -> bool {
    let kind = AnswerType::from_code(code).expect("a known type");
    let instance = Instance { answers: vec![reference.to_owned()], types: vec![kind], options: vec![Vec::new()] };
    judge(&instance, &format!("The final answer is \\boxed{{{answer}}}"), mode).correct
}

fn check(code: &str, reference: &str, accepted: &[&str], rejected: &[&str]) {
    for answer in accepted {
        assert!(verdict(code, reference, answer, Mode::Rule), "{code}: {answer} should do for {reference}");
    }
    for answer in rejected {
        assert!(!verdict(code, reference, answer, Mode::Rule), "{code}: {answer} should not do for {reference}");
    }
}

#[test]
fn numbers_are_compared_within_a_thousandth() {
    check("NV", "12", &["12", "12.01", "24/2", "\\frac{24}{2}", "3*4", "12.0", "12%"], &["12.02", "-12", "twelf", ""]);
    check("NV", "pi/4", &["\\frac{\\pi}{4}", "0.7854"], &["0.79"]);
    check("NV", "0", &["0.0", "0"], &["1e-9", "0/5", "x-x"]);
    check("NV", "1500", &["1.6\\times 10^{3}"], &["1.7\\times 10^{3}", "1.6e4"]);
    check("NV", "3+4*i", &["4i+3"], &["5", "3-4i", "i^2+4+4i"]);
    check("NV", "e", &["e"], &["2.71828"]);
    check("NV", "2^(10)", &["2"], &["1024"]);
    check("NV", "infinity", &["\\infty", "DNE"], &["5"]);
    check("NV", "5!", &["120"], &["119"]);
}

#[test]
fn expressions_are_compared_by_their_difference() {
    check("EX", "x^2-1", &["(x+1)(x-1)", "x*x-1"], &["(x+1)^2", "x^2", "t^2-1"]);
    check("EX", "sin(x)^2", &["1-\\cos^2 x", "\\sin^2(x)"], &["\\sin(x^2)"]);
    check("EX", "x*y", &["yx"], &["x(y)", "x+y", "x y + 0.0001 x"]);
    check("EX", "x+C", &["C+x"], &["x+K", "x"]);
    check("EX", "0.5*x*y", &["\\frac{xy}{2}", "\\frac{1}{2}xy"], &["0.51xy"]);
    check("EX", "exp(-x^2)", &["2\\exp(-x^2)", "0"], &["\\exp(x^2)"]);
    check("EX", "sqrt(x^2+1)", &[], &["sqrt(x^2+1)", "\\sqrt{x^2+1}"]);
    check("EX", "x^(1/3)", &["x"], &["x^{1/3}"]);
    check("EX", "5t", &["5", "5s"], &["5x"]);
    check("EX", "2*x", &["\\frac{d}{dx}x^2"], &["\\frac{d}{dt}x^2"]);
    check("EX", "x < 3", &["x<3"], &["x>3", "3"]);
    check("EX", "log(x^2)", &["2\\ln x"], &["2\\ln(2x)"]);
    check("EX", "log(x^2*y)", &["\\ln(yx^2)"], &["2\\ln x+\\ln y"]);
}

#[test]
fn equations_may_differ_by_a_whole_factor() {
    check("EQ", "x + y = 39", &["y+x=39", "-x-y=-39", "2x+2y=78"], &["1.5x+1.5y=58.5", "x+y=40", "39"]);
    check("EQ", "y = 8", &[], &["y=8", "8"]);
    for (answer, expected) in [("y=8", true), ("y=4", true), ("y=16", true), ("y=3", false)] {
        assert_eq!(verdict("EQ", "y = 8", answer, Mode::Marj), expected, "{answer}");
    }
}

#[test]
fn intervals_and_lists_are_compared_part_by_part() {
    check("INT", "(-infinity,3) U (3,infinity)", &["(3,\\infty)\\cup(-\\infty,3)"], &["x\\ne 3", "(-\\infty,3]"]);
    check("INT", "[0,2]", &["[0,2.001]"], &["[0,2)", "[0,1]\\cup[1,2]"]);
    check("OL", "(1, pi)", &["(1,3.1416)", "\\langle 1, \\pi\\rangle"], &["(\\pi,1)", "[1,\\pi]", "1"]);
    check("OL", "(AB, C)", &["(BA, C)"], &["(AC, B)"]);
    check("UOL", "(2, 3)", &["(3,2)"], &["(2,3,3)", "2"]);
}

#[test]
fn choices_and_words_are_compared_as_text() {
    check("MCS", "A", &["a", "A: because"], &["(A)", "A.x", "B"]);
    check("MCM", "BD", &["DB"], &["BDD", "B"]);
    check("TF", "T", &["True", "yes", "T"], &["t", "F"]);
    check("OE", "DNE", &["dne"], &["does not exist"]);
}

#[test]
fn answers_and_references_are_paired_as_they_come() {
    let instance =
        Instance { answers: vec!["5".to_owned(), "7".to_owned()], types: vec![AnswerType::Number], options: vec![Vec::new()] };
    assert!(judge(&instance, "\\boxed{5, 8, 9}", Mode::Rule).correct);
    assert_eq!(judge(&instance, "nothing", Mode::Rule).reason, Reason::NoAnswer);
    let empty = Instance::default();
    assert!(judge(&empty, "\\boxed{anything}", Mode::Rule).correct);
}

#[test]
fn the_longest_readable_start_is_read() {
    let symbol = |name: &str| Expression::Symbol(name.to_owned());
    for (text, expected) in [
        ("x^(1/3)", Some(symbol("x"))),
        ("5*", Some(Expression::integer(5))),
        ("3 4", Some(Expression::integer(34))),
        ("2,000", Some(Expression::integer(2000))),
        ("1,2", Some(Expression::integer(1))),
        ("x_1", Some(symbol("x_{1}"))),
        ("2+(3", Some(Expression::integer(2))),
        ("(3", None),
        ("2*x_", None),
        ("5.", None),
        ("5%", None),
        ("", None),
        ("x=", None),
    ] {
        let found = parse(text);
        match expected {
            Some(expected) => assert_eq!(found, Ok(expected), "of {text:?}"),
            None => assert_eq!(found, Err(ParseError::Unreadable), "of {text:?}"),
        }
    }
}
