//! The forgiving reading on answers in many styles.

use proctor_tmgbench::{Cells, robust_answer, robust_nested, robust_numbered};

const UNREAD: &str = "unread";

fn codes(cells: Option<Cells>) -> String {
    cells.map_or(UNREAD.to_owned(), Cells::codes)
}

#[test]
fn styles() {
    for (text, expected) in [
        // What the official parser reads.
        ("```python\nanswer = [(\"A1\", \"B2\")]\n```", "2"),
        ("answer = []", ""),
        // Lists in other words and signs.
        ("**Final answer:** [(\"A1\", \"B2\")]", "2"),
        ("The answer is [(A2, B1)].", "3"),
        ("{\"answer\": [[\"A1\", \"B2\"]]}", "2"),
        ("answer = (\"A1\", \"B1\")", "1"),
        ("answer = {(\"A1\", \"B1\"), (\"A2\", \"B2\")}", "14"),
        ("Answer: A1, B1", "1"),
        ("answer = [(\"B1\", \"A2\")]", "3"),
        ("answer = [\n    (\"A1\", \"B1\"),  # both stay\n    (\"A2\", \"B2\"),\n]", "14"),
        ("The final answer is $\\boxed{(A_2, B_1)}$", "3"),
        ("The final answer is \\boxed{\\{(\\text{A1}, \\text{B1}), (\\text{A2}, \\text{B2})\\}}", "14"),
        ("Answer: (A₁, B₂)", "2"),
        ("Answer: none", ""),
        ("Answer: There is no pure-strategy Nash equilibrium.", ""),
        ("Answer:\n\n- (A1, B1)\n- (A2, B2)", "14"),
        // Conclusions.
        ("A has a dominant strategy.\n\nTherefore the only pure Nash equilibrium is (A2, B1).", "3"),
        ("Checking (A1, B1): A deviates.\n\nSo the equilibria are (A1, B2) and (A2, B1).", "23"),
        ("The equilibrium is A2/B2.", "4"),
        ("The equilibrium is **(A2, B2)**. The outcome (A1, B1) is not stable.", "4"),
        ("Player A plays A2 and player B plays B1.", "3"),
        ("In conclusion, there are no pure-strategy Nash equilibria in this game.", ""),
        ("Hence no combination of choices is stable.", ""),
        ("The stable combination is A1B2.", "2"),
        ("thoughts [(A1, B1)]</think>\n\nanswer = [(\"A2\", \"B2\")]", "4"),
        (
            "**Conclusion:** The pure-strategy Nash equilibria are:\n1. (A1, B1)\n2. (A2, B2)\n\nLet me know if you need more!",
            "14",
        ),
        ("\\[\\text{answer} = [(\\text{A2}, \\text{B1})]\\]", "3"),
        ("The final answer is: **[]**", ""),
        ("Nash equilibrium: (A2, B1)\n\nNote that (A1, B1) gives both more, but is not stable.", "3"),
        ("Therefore, the answer is that there is no pure strategy equilibrium.", ""),
        ("So the answer is {A2, B1}.", "3"),
        ("| outcome | stable? |\n|---|---|\n| (A1, B1) | No |\n| (A2, B1) | Yes |\n| (A2, B2) | ❌ |", "3"),
        ("(A1, B1): A would rather switch to A2, so it isn't stable.\n(A2, B2): stable.", "4"),
        // Nothing to be had.
        ("", UNREAD),
        ("I cannot answer that.", UNREAD),
        ("A1 is better than A2 for player A.", UNREAD),
        ("<think>answer = [(A1, B1)]", UNREAD),
        ("(A1, B1) is not an equilibrium.", UNREAD),
    ] {
        assert_eq!(codes(robust_answer(text, true)), expected, "{text}");
    }
}

#[test]
fn a_cut_text_needs_an_announced_answer() {
    assert_eq!(codes(robust_answer("So the pair (A1, B1) may be", false)), UNREAD);
    assert_eq!(codes(robust_answer("Answer: (A1, B1)\n\nLet me check (A2,", false)), "1");
}

#[test]
fn several_games() {
    let read = |text: &str, count: usize| robust_numbered(text, count, true).into_iter().map(codes).collect::<Vec<_>>().join(" ");
    for (text, expected) in [
        ("```python\nanswer_1 = [(\"A1\",\"B1\")]\nanswer_2 = []\n```", "1 "),
        ("```python\nanswer_1 = [(\"A1\",\"B1\")]\n```\n```python\nanswer_2 = [(\"A2\",\"B2\")]\n```", "1 4"),
        ("```python\n[(\"A1\",\"B1\")]\n[]\n```", "1 "),
        ("```python\nanswers = [[(\"A1\",\"B1\")], [(\"A1\",\"B2\"), (\"A2\",\"B1\")]]\n```", "1 23"),
        ("Game 1: (A1, B1)\nGame 2: no pure equilibrium", "1 "),
        ("**Game 1**\nA2 dominates.\nEquilibrium: (A2, B1).\n\n**Game 2**\nEquilibria: (A1, B1), (A2, B2).", "3 14"),
        ("Answer 1: (A1, B1)\nAnswer 2: (B2, A2)", "1 4"),
        ("answer_1 = []\nanswer_2 = []\nanswer_3 = []", "unread unread"),
        ("", "unread unread"),
    ] {
        assert_eq!(read(text, 2), expected, "{text}");
    }
}

#[test]
fn nested_games() {
    for (text, expected) in [
        ("answer_pre = [(\"A1\",\"B1\")]\nanswer_core = [(\"A2\",\"B2\")]", ("1", "4")),
        ("```\nanswer_pre = (\"A1\",\"B1\")\nanswer_core = (\"A2\",\"B2\")\n```", ("1", "4")),
        ("The pre-game ends with (A1, B2).\nThe core-game ends with (A2, B1).", ("2", "3")),
        ("I do not know.", (UNREAD, UNREAD)),
    ] {
        let (pre, core) = robust_nested(text, true);
        assert_eq!((codes(pre).as_str(), codes(core).as_str()), expected, "{text}");
    }
}
