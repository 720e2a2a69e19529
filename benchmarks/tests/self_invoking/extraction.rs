use proctor_benchmarks::self_invoking::{extract, sanitise};
use proctor_core::{Answer, AnswerForm};
use proptest::prelude::*;

const RAW: &str = "def one(x):\n";

/// `text` in `form` becomes the program `raw`, and `sanitised`.
fn check(form: AnswerForm, text: &str, raw: &str, sanitised: &str, closed: bool) {
    let extracted = extract(&Answer { text: text.into(), form }, RAW);
    assert_eq!((&*extracted.raw, &*extracted.sanitised), (raw, sanitised), "{text:?}");
    assert_eq!(extracted.closed, closed, "{text:?}");
}

#[test]
fn chat() {
    use AnswerForm::Chat;
    let same = |text: &str, program: &str, closed: bool| check(Chat, text, program, program, closed);
    same("Sure:\n```python\na = 1\n```\nDone.", "\na = 1\n", true);
    same("a = 1\n", "a = 1\n", false);
    same("", "", false);
    // The text before a bare fence is all that is left.
    same("Sure:\n```\na = 1\n```\n", "Sure:\n", true);
    same("```\na = 1\n```", "", true);
    // Only the first block counts, even when a bare one stands before it.
    same("```python\na = 1\n```\n```python\nb = 2\n```", "\na = 1\n", true);
    same("```\nx\n```\n```python\na = 1\n```", "\na = 1\n", true);
    // The tag is case-sensitive; another tag that begins with it leaves its rest.
    same("```Python\na = 1\n```", "", true);
    same("```python3\na = 1\n```", "3\na = 1\n", true);
    same("```py\na = 1\n```", "", true);
    // Never closed.
    same("```python\na = 1\n", "\na = 1\n", false);
    // Four backticks hold the fence of three.
    same("````python\na = 1\n````", "\na = 1\n", true);
    same("```python a = 1 ```", " a = 1 ", true);
}

#[test]
fn continuation() {
    use AnswerForm::Continuation;
    check(Continuation, "    return x\n```\ntext", "def one(x):\n    return x\n", "def one(x):\n    return x\n", true);
    check(Continuation, "    return x\n", "def one(x):\n    return x\n", "def one(x):\n    return x\n", false);
    check(Continuation, "```python\n    return x", "def one(x):\n", "def one(x):\n", true);
    check(Continuation, "", "def one(x):\n", "def one(x):\n", false);
    check(
        Continuation,
        "    return x\n# Tests\nassert 0",
        "def one(x):\n    return x\n# Tests\nassert 0",
        "def one(x):\n    return x\n",
        false,
    );
}

#[test]
fn final_answers_are_left_alone() {
    check(AnswerForm::Final, "```python\nx = 1\n```", "```python\nx = 1\n```", "```python\nx = 1\n```", true);
    check(AnswerForm::Final, "x = 1\n# Test\ny", "x = 1\n# Test\ny", "x = 1\n", true);
}

#[test]
fn a_base_problem_is_not_sanitised() {
    let answer = Answer { text: "    return x\n".into(), form: AnswerForm::Continuation };
    let extracted = extract(&answer, "# Test one\ndef one(x):\n");
    assert_eq!(extracted.sanitised, "# Test one\ndef one(x):\n    return x\n");
}

#[test]
fn sanitising_fires_one_rule() {
    let check = |text: &str, expected: &str| assert_eq!(sanitise(text), expected, "{text:?}");
    check("a\nif __name__ == '__main__':\n    b", "a\n");
    check("a # Test b\nif __name__ == 1: # Test", "a # Test b\n");
    check("a\n# Example 1\n# Test 2\n", "a\n# Example 1\n");
    check("a\n# Testing\nb", "a\n");
    check("s = '# Test'", "s = '");
    check("# Test", "");
    check("a\n# Example usage\nb", "a\n");
    check("a\n# Example:\nb\n", "a\n# Example:\nb\n");
    check("a\n# Examples\n# Example b\n", "a\n# Examples\n");
    check("a # test # example if __main__", "a # test # example if __main__");
    check("#Test", "#Test");
    check("", "");
}

proptest! {
    #[test]
    fn extraction_never_fails_and_is_idempotent(
        text in "(`{1,4}|python|if __name__|# Test|# Example ?|[a-z\u{e9}\n ]){0,24}",
        raw in "[a-z\n]{0,8}",
    ) {
        for form in [AnswerForm::Chat, AnswerForm::Continuation, AnswerForm::Final] {
            let extracted = extract(&Answer { text: text.clone(), form }, &raw);
            if form == AnswerForm::Chat {
                let again = extract(&Answer { text: extracted.raw.clone(), form }, &raw);
                prop_assert_eq!(&again.raw, &extracted.raw);
            }
            if form == AnswerForm::Continuation {
                prop_assert!(extracted.raw.starts_with(&raw) && extracted.sanitised.starts_with(&raw));
                let rest = &extracted.raw[raw.len()..];
                prop_assert!(!rest.contains("```"));
            }
            prop_assert!(extracted.raw.starts_with(&extracted.sanitised));
        }
    }

    #[test]
    fn sanitising_takes_any_text(text in any::<String>()) {
        let clean = sanitise(&text);
        prop_assert!(text.starts_with(clean));
        if text.contains("if __name__") {
            prop_assert!(!clean.contains("if __name__"));
        }
    }
}
