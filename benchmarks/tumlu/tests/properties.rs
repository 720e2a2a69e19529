//! Both extractions on anything: no panic, no letter that no option has, and time that grows with the text.

use proctor_tumlu::{LANGUAGES, OfficialPrompts, official, robust};
use proptest::prelude::*;
use std::time::Instant;

/// Pieces that the rules look for, so that random texts hit them.
const PIECES: [&str; 40] = [
    "Cavab",
    "cavab:",
    "Жауап",
    "жауап: ",
    "جاۋاب",
    "Javob",
    "Doğru cevap ",
    "A",
    "B)",
    "C.",
    "Д",
    "В",
    "Г)",
    "E",
    " ",
    "\n",
    "**",
    "\\boxed{",
    "}",
    "{",
    "\\frac",
    "\\",
    "$",
    "Sual:",
    "Сұрақ:",
    "variantı",
    "нұсқасы",
    "deyil",
    "və",
    ",",
    "-",
    "'",
    "’",
    "12",
    "\u{200f}",
    "\u{301}",
    "İ",
    "ı",
    "on iki",
    ".",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn never_panics(text in text(), choices in proptest::collection::vec(any::<String>(), 0..6), language in 0..LANGUAGES.len()) {
        let language = &LANGUAGES[language];
        if let Some(found) = official::extract(&text, language) {
            prop_assert!(('A'..='D').contains(&found.letter) && found.level <= 6);
        }
        for by_text in [true, false] {
            if let Some(found) = robust::extract(&text, language, &choices, by_text) {
                prop_assert!(found.position < choices.len());
            }
        }
    }

    #[test]
    fn option_texts_never_panic(text in text(), choices in proptest::collection::vec(text(), 2..5)) {
        robust::extract(&text, &LANGUAGES[0], &choices, true);
    }

    #[test]
    fn prompt_files_never_panic(text in ".{0,200}") {
        let _ = OfficialPrompts::parse("f", &text);
        let _ = OfficialPrompts::parse("f", &format!("FEW_SHOT_PROMPTS = {{{text}"));
    }
}

#[test]
fn time_grows_with_the_text() {
    let choices = ["aaaa", "b", "A, A", "12"].map(String::from);
    for piece in [
        "cavab: ",
        "cavab: x ",
        "A, ",
        "A və ",
        "A) ",
        "B. ",
        "\\boxed{",
        "\\boxed{A} ",
        "**",
        "**A) ",
        "Sual:",
        "\nSual: ",
        ".Sual:",
        "aaaa",
        "a",
        "12",
        "1",
        " ",
        "\n",
        "{",
        "}",
        "\\frac{",
        "'",
        "(",
        "\u{301}",
        "deyil ",
        "A variantı ",
        "\u{200f}",
        "cavab: aaaa\n",
    ] {
        let start = Instant::now();
        let text = piece.repeat(2_000_000 / piece.len());
        robust::extract(&text, &LANGUAGES[0], &choices, true);
        official::extract(&text, &LANGUAGES[0]);
        let took = start.elapsed().as_secs_f64();
        assert!(took < 20.0, "{piece:?} took {took} s");
    }
}
