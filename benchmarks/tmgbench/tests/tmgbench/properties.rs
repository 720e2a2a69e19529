//! What holds for any text and any answers.

use proctor_tmgbench::{
    Cells, Figure, GameId, Responses, over_grid, parse_answer, parse_nested, parse_numbered, robust_answer, robust_nested,
    robust_numbered,
};
use proptest::prelude::*;
use std::time::Instant;

fn responses() -> impl Strategy<Value = Responses> {
    let answer = prop_oneof![9 => (0usize..16).prop_map(|k| Cells::every().nth(k)), 1 => Just(None)];
    proptest::collection::vec(proptest::collection::vec(answer, 4), 144).prop_map(|grid| GameId::all().zip(grid).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// M = (18 M₀ + 108 M₁ + 18 M₂) / 144.
    #[test]
    fn classes_add_up(responses in responses()) {
        for figure in [Figure::Par, Figure::Id, Figure::Bd] {
            let of = |class| over_grid(figure, class, &responses).unwrap_or(f64::NAN);
            let summed = (18.0 * of(Some(0)) + 108.0 * of(Some(1)) + 18.0 * of(Some(2))) / 144.0;
            prop_assert!((of(None) - summed).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&of(None)));
        }
        let significance = over_grid(Figure::Sd, None, &responses).unwrap_or(f64::NAN);
        prop_assert!(significance.abs() <= 0.5);
    }

    #[test]
    fn exchanging_the_players_changes_nothing(responses in responses()) {
        let exchanged: Responses = responses.iter().map(|(game, answers)| {
            (game.sister(), answers.iter().map(|answer| answer.map(|cells| cells.map(|cell| cell.reflected()))).collect())
        }).collect();
        for figure in [Figure::Par, Figure::Id, Figure::Bd, Figure::InvalidRate] {
            let (one, other) = (over_grid(figure, None, &responses), over_grid(figure, None, &exchanged));
            prop_assert!((one.unwrap_or(f64::NAN) - other.unwrap_or(f64::NAN)).abs() < 1e-12);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics(text in "(\\PC|\n|answer|_1|_pre| = |\\[|\\]|\\(|\\)|\"A1\"|B2|,|```|<think>|</think>|game|é|\\\\boxed\\{){0,40}") {
        let _ = parse_answer(&text);
        let _ = parse_numbered(&text);
        let _ = parse_nested(&text);
        for complete in [true, false] {
            let forgiving = robust_answer(&text, complete);
            prop_assert!(parse_answer(&text).is_none() || forgiving.is_some() || text.contains("</think>"));
            prop_assert_eq!(robust_numbered(&text, 3, complete).len(), 3);
            let _ = robust_nested(&text, complete);
        }
    }
}

/// Texts that would take a quadratic reader minutes.
#[test]
fn long_texts_take_linear_time() {
    let started = Instant::now();
    let many = 200_000;
    for piece in [
        "answer",
        "answer = [",
        "answer=[(",
        "[",
        "]",
        "[[",
        "```",
        "<think>",
        "</think>",
        "answer_",
        "answer_1 = [(\"A1\",\"B1\")] ",
        "A1 ",
        "A1B1",
        "(A1, B2) ",
        "game 1 ",
        "game 1 no pure ",
        "answer 1: ",
        "answer is ",
        " ",
        "\n",
        "answer:\n",
        "pre-game ",
        "not. ",
        "[(A1,B1),",
        "answer_pre ",
        "é",
        "<think></think>",
    ] {
        let text = piece.repeat(many / piece.len());
        let _ = (parse_answer(&text), parse_numbered(&text), parse_nested(&text));
        let _ = (robust_answer(&text, true), robust_numbered(&text, 25, true), robust_nested(&text, true));
    }
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
