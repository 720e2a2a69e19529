//! Extraction and normal forms, from the description of the rules.

use proctor_math_official::{AnswerType, extract, normal_form, split_by_comma};

fn extracted(completion: &str, expected: &str) {
    assert_eq!(extract(completion).unwrap_or_default(), expected, "of {completion:?}");
}

fn form(code: &str, text: &str, expected: &str) {
    let kind = AnswerType::from_code(code).expect("a known type");
    assert_eq!(normal_form(text, kind), expected, "of {text:?} as {code}");
}

#[test]
fn the_last_box_is_the_answer() {
    extracted("first \\boxed{1}, then \\boxed{2}.", "2");
    extracted("\\boxed{1} Therefore nothing", "");
    extracted("\\boxed{12", "\\boxed{12");
    extracted("\\boxed {12}", "");
    extracted("\\boxed{\\frac12}", "\\frac{1}{2}");
    extracted("\\boxed{\\sqrt[3]{x}}", "\\sqrt{[}3]{x}");
    extracted("\\boxed{\\text{abc} d}", "abc d");
    extracted("\\boxed{}", "");
}

#[test]
fn a_sentence_tells_the_answer() {
    extracted("The answer is 12.", "12");
    extracted("So 12 is the answer.", "So 12");
    extracted("answer: $7$ ", "$7");
    extracted("nothing to see", "");
}

#[test]
fn commas_split_outside_brackets() {
    for (text, expected) in [
        ("1, (2,3), 4", vec!["1", "(2,3)", "4"]),
        ("[1,2", vec!["[1,2"]),
        ("<, 2", vec!["<, 2"]),
        ("1,,2,", vec!["1", "", "2"]),
        ("\\{1,2\\}", vec!["(1,2)"]),
    ] {
        assert_eq!(split_by_comma(text), expected, "of {text:?}");
    }
}

#[test]
fn normal_forms_follow_the_steps() {
    form("NV", "12\\!\\%", "12");
    form("NV", "10.0", "10");
    form("NV", "x = 3 + 4 = 7", "7");
    form("NV", "3:2", "3/2");
    form("NV", "twelve", "12");
    form("NV", "90^{\\circ}", "90");
    form("NV", "12.5 hours", "12.5");
    form("EX", "5*t", "5*");
    form("EX", "arcsin(x)", "\\arcsin^{1}(x)");
    form("EX", "\\arcsin(x)", "\\arc\\sin^{1}(x)");
    form("EX", "\\sinh(x)", "\\sin^{1}h(x)");
    form("EX", "f(x)=x^2", "x^2");
    form("EQ", "k_1=3", "k_1=3");
    form("EX", "1<2<3", "1,2,3");
    form("INT", "(-infinity,3) U (3,infinity)", "(-\\infty,3)\\cup(3,\\infty)");
    form("OL", "(1, 2.0)", "(1, 2)");
    form("TF", "not true", "True");
    form("OE", "monkey", "monkey");
    form("NV", "monkey", "Monday");
}
