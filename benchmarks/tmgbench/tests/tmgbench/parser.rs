//! The official parser (spec section 4.3), case by case.

use proctor_tmgbench::{Cells, parse_answer, parse_list, parse_nested, parse_numbered};

const UNREAD: &str = "unread";

fn codes(cells: Option<Cells>) -> String {
    cells.map_or(UNREAD.to_owned(), Cells::codes)
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(codes(parse_answer(text)), expected, "{text}");
}

#[test]
fn lists() {
    let list = |text: &str, expected: &str| assert_eq!(codes(parse_list(text)), expected, "{text}");
    for (text, expected) in [
        ("[]", ""),
        ("[ ]", ""),
        ("[\n]", ""),
        (r#"[("A1", "B1")]"#, "1"),
        (r#"[("A1","B2"),("A2","B1"),]"#, "23"),
        (r#"[("A1","B2",),]"#, "2"),
        (r#"[["A2", "B2"]]"#, "4"),
        (r#"[["A2", "B2"], ("a1", "b1")]"#, "14"),
        ("[('A1', 'B1')]", "1"),
        ("[(A1, B1)]", "1"),
        ("[(“A1”, “B1”)]", "1"),
        ("[(‘A1’, ‘B1’)]", "1"),
        ("[(a2,b1)]", "3"),
        ("[ ( \"A1\" , \"B1\" ) ]", "1"),
        ("[(\n\"A1\",\n\"B1\"\n)\n]", "1"),
        (r#"[("A1","B1"), ("A1","B1")]"#, "1"),
        (r#"[("A2","B2"), ("A1","B1")]"#, "14"),
        (r#"[("B1","A1")]"#, UNREAD),
        (r#"[("A3","B1")]"#, UNREAD),
        (r#"[("A1","B1","A2")]"#, UNREAD),
        (r#"[("A1")]"#, UNREAD),
        (r#"["A1","B1"]"#, UNREAD),
        (r#"("A1","B1")"#, UNREAD),
        (r#"[("Ax","By")]"#, UNREAD),
        (r#"[("A1","B1"]"#, UNREAD),
        (r#"[("A1","B1"])"#, UNREAD),
        (r#"[("A1","B1") ("A2","B2")]"#, UNREAD),
        ("[,]", UNREAD),
        ("[[]]", UNREAD),
        ("[None]", UNREAD),
        ("", UNREAD),
        ("[", UNREAD),
        ("[] []", UNREAD),
    ] {
        list(text, expected);
    }
}

#[test]
fn answers() {
    check("```python\nanswer = [(\"A1\", \"B2\")]\n```", "2");
    check("```\nanswer = []\n```", "");
    check("``` [(\"A1\",\"B1\")] ```", "1");
    check("answer=[('A2','B1'), ('A1','B2')]", "23");
    check("Answer: [(A1, B1)]", "1");
    check("answer =\n[(A1, B1)]", "1");
    check("[(A1, B1)]", "1");
    check("  []\n", "");
    check("So [(A1, B1)]", UNREAD);
    check("The answer is [(A1, B1)].", UNREAD);
    check("", UNREAD);
    check("There is none.", UNREAD);
    // A block comes before an assignment outside of blocks, the last before the first.
    check("answer = [(A1,B1)]\n```\nanswer = [(A2,B1)]\n```\nanswer = [(A2,B2)]", "3");
    check("```\nanswer = [(A1,B1)]\n```\n```\nprint(1)\n```", "1");
    check("```\nanswer = [(A1,B1)]\nanswer = [(A2,B2)]\n```", "4");
    check("```\npayoffs = [[1, 4], [3, 3]]\nanswer = [(A2,B1)]\nprint(answer[0])\n```", "3");
    check("```python\nanswer = [(\"A1\", \"B1\")]", "1");
    check("answer = [(A1,B1)]. But no, answer = [(A1,C1)]", "1");
    check("answer = [(A1,B1)]. Or rather answer: []", "");
    // Thoughts do not count, and one without an end leaves nothing.
    check("<think>answer = [(A1,B1)]</think>answer = [(A2,B2)]", "4");
    check("<think>a</think><think>answer = []</think>", UNREAD);
    check("answer = [(A1,B1)]<think>wait", UNREAD);
    check("<think>```</think>```\n[(A1,B1)]\n```", "1");
}

#[test]
fn numbered_answers() {
    let numbered = |text: &str| parse_numbered(text).map(|answers| answers.into_iter().map(codes).collect::<Vec<_>>().join(" "));
    let check = |text: &str, expected: Option<&str>| assert_eq!(numbered(text).as_deref(), expected, "{text}");
    check("```python\nanswer_1 = [(\"A1\",\"B1\")]\nanswer_2 = []\n```", Some("1 "));
    check("answer_1 = [(A1,B1)]\nanswer_3 = [(A2,B2)]", Some("1 unread 4"));
    check("answer_2: [(A1,B1)]\nanswer_1: [(A2,B2)]", Some("4 1"));
    check("answer_1 = [(A1,B1)]\nanswer_1 = [(A1,B2)]", Some("2"));
    check("answer_1 = nothing", Some("unread"));
    check("```\nanswer_1 = []\nanswer_2 = []\n```\nwell\n```\nanswer_1 = [(A1,B1)]\n```", Some("1"));
    check("```\nx\n```\nanswer_1 = []", Some(""));
    check("answer = [(A1,B1)]", None);
    check("answer_0 = [(A1,B1)]", None);
    check("answer_1000 = [(A1,B1)]", None);
    check("<think>answer_1 = []", None);
    check("", None);
}

#[test]
fn nested_answers() {
    let check = |text: &str, pre: &str, core: &str| {
        let (found_pre, found_core) = parse_nested(text);
        assert_eq!((codes(found_pre), codes(found_core)), (pre.to_owned(), core.to_owned()), "{text}");
    };
    check("```python\nanswer_pre = [(\"A1\", \"B1\")]\nanswer_core = [(\"A2\", \"B2\")]\n```", "1", "4");
    check("answer_core = []\nANSWER_PRE = [(a1,b2)]", "2", "");
    check("answer_pre = [(A1,B1)]", "1", UNREAD);
    check("answer = [(A1,B1)]", UNREAD, UNREAD);
}
