use proctor_ugmathbench::python::{Token, assigned_table, assigned_text, format, function, list, tokens};
use proptest::prelude::*;

fn text(source: &str) -> Option<String> {
    assigned_text(&tokens(source), 0, "x")
}

#[test]
fn literals() {
    for (source, expected) in [
        (r#"x = "a" 'b'"#, "ab"),
        ("x = ('a'  # c\n  'b')", "ab"),
        (r"x = 'it\'s \\ \n\x41\u00e9\101\q'", "it's \\ \nA\u{e9}A\\q"),
        (r"x = r'\n' u'ü' '''a'b''' ", "\\nüa'b"),
        ("x = 'a\\\nb'", "ab"),
        ("y == 'n'; x == 'no'; x = 'yes'", "yes"),
    ] {
        assert_eq!(text(source).as_deref(), Some(expected), "{source}");
    }
    for source in ["", "x = 5", "x == 'a'", "# x = 'a'", "'x = 1'"] {
        assert_eq!(text(source), None, "{source}");
    }
}

#[test]
fn tables_and_functions() {
    let source = "def f(): pass\nt = {'a': 'b' 'c', \"d\": 'e',}\ndef g(): t = {'a': 'z'}";
    let found = tokens(source);
    assert_eq!(
        assigned_table(&found, 0, "t").unwrap().into_iter().collect::<Vec<_>>(),
        [("a".to_owned(), "bc".to_owned()), ("d".to_owned(), "e".to_owned())]
    );
    let g = function(&found, "g").unwrap();
    assert_eq!(assigned_table(&found, g, "t").unwrap()["a"], "z");
    assert_eq!(function(&found, "h"), None);
    for source in ["t = {'a'}", "t = {'a': 1}", "t = {'a': 'b'", "t = ['a']", "t = {'a': 'b' 1}"] {
        assert_eq!(assigned_table(&tokens(source), 0, "t"), None, "{source}");
    }
}

#[test]
fn formats() {
    assert_eq!(format("{a} {{x}} {b}{a}", &[("a", "{b}"), ("b", "2")]).unwrap(), "{b} {x} 2{b}");
    for template in ["{", "}", "{c}", "{a!r}", "{}", "a}b"] {
        assert!(format(template, &[("a", "1")]).is_err(), "{template}");
    }
}

#[test]
fn lists() {
    let list = |texts: &[&str]| list(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    assert_eq!(list(&[]), "[]");
    assert_eq!(
        list(&["A", "it's", "\"", "'\"", "\\", "\t\u{7f}", "\u{a0}é≤"]),
        r#"['A', "it's", '"', '\'"', '\\', '\t\x7f', '\xa0é≤']"#
    );
}

proptest! {
    /// Any text is taken apart without a panic, and nothing outside of literals and comments is lost.
    #[test]
    fn any_source(source in "\\PC{0,80}|[a-z'\"\\\\#=\n({:,})]{0,60}") {
        let found = tokens(&source);
        assigned_text(&found, 0, "x");
        assigned_table(&found, 0, "x");
        let _ = format(&source, &[("a", "b")]);
        let plain = !source.contains(['#', '"', '\'']);
        if plain {
            let kept: String = found.iter().map(|token| match token {
                Token::Text(text) | Token::Word(text) => text.clone(),
                Token::Sign(sign) => sign.to_string(),
            }).collect();
            let spaceless: String = source.chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert_eq!(kept, spaceless);
        }
    }

    /// A text written as a Python list is read back as it was.
    #[test]
    fn lists_are_read_back(text in "[ -~äπ\n\t\\\\'\"]{0,20}") {
        let shown = list(std::slice::from_ref(&text));
        prop_assert_eq!(tokens(&shown), vec![Token::Sign('['), Token::Text(text), Token::Sign(']')]);
    }
}
