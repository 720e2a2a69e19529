//! Reading the rating out of a reply.
#![allow(clippy::print_stderr)] // A skipped check says so.

use proctor_rubric::{RatingScale, fill, last_rating, missing};
use proptest::prelude::*;

const SIX: RatingScale = RatingScale::new(1, 6);

#[test]
fn vectors() {
    let path = "../../../shared/data/failsafeqa/judge_parse_vectors.json"; // Tests run in their package's folder.
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: {path} is not there");
        return;
    };
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let vectors = document["vectors"].as_array().expect("vectors");
    assert!(!vectors.is_empty());
    for vector in vectors {
        let text = vector["text"].as_str().expect("text");
        let expected = vector["rating"].as_u64().map(|rating| rating as u8);
        assert_eq!(last_rating(text, SIX), expected, "{text}");
    }
}

#[test]
fn replies() {
    for (text, expected) in [
        ("Rating: [[1]]", Some(1)),
        ("[[ 6 ]]", Some(6)),
        ("[[\n3\t]]", Some(3)),
        ("[[\u{a0}3\u{1f}]]", Some(3)),
        ("first [[2]] then [[5]]", Some(5)),
        ("first [[2]] then [[7]]", Some(2)),
        ("first [[2]] then [3]", Some(2)),
        ("[[[4]]]", Some(4)),
        ("[[ [[4]] ]]", Some(4)),
        ("[[0]]", None),
        ("[[7]]", None),
        ("[[55]]", None),
        ("[[4.5]]", None),
        ("[[4/6]]", None),
        ("[[+4]]", None),
        ("[[４]]", None),
        ("[[four]]", None),
        ("[ [4] ]", None),
        ("[[4] ]", None),
        ("[[4", None),
        ("[[", None),
        ("the rating is 5 because [[", None),
        ("as said in [3], it is right", None),
        ("é[[é[[5]]é", Some(5)),
    ] {
        assert_eq!(last_rating(text, SIX), expected, "{text:?}");
    }
    assert_eq!(last_rating("[[0]]", RatingScale::new(0, 9)), Some(0));
    assert_eq!(RatingScale::new(12, 3), RatingScale::new(3, 9));
}

#[test]
fn a_million_brackets_are_no_trouble() {
    let started = std::time::Instant::now();
    for unit in ["[[", "[[ ", "[[5", "[[                "] {
        assert_eq!(last_rating(&unit.repeat(500_000), SIX), None);
    }
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

#[test]
fn placeholders_are_filled_in_one_pass() {
    let values = [("question", "why {reference}?"), ("reference", "because")];
    assert_eq!(fill("Q: {question} R: {reference} {other} {", &values), "Q: why {reference}? R: because {other} {");
    assert_eq!(fill("{{question}}", &values), "{why {reference}?}");
    assert_eq!(missing("{a} {b}", &["a", "b"]), None);
    assert_eq!(missing("{a} {b}", &["a", "c"]), Some("c"));
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>()) {
        let _ = last_rating(&text, SIX);
        let _ = fill(&text, &[("a", "b"), ("", "c")]);
    }

    #[test]
    fn brackets_in_any_order(text in "[\\[\\] 0-9é]{0,40}") {
        let rating = last_rating(&text, SIX);
        let expected = (0..text.len())
            .filter(|at| text.is_char_boundary(*at) && text[*at..].starts_with("[["))
            .filter_map(|at| {
                let (inner, _) = text[at + 2..].split_once("]]")?;
                let digit: u8 = inner.trim().parse().ok()?;
                (inner.trim().len() == 1 && (1..=6).contains(&digit)).then_some(digit)
            })
            .next_back();
        prop_assert_eq!(rating, expected);
    }

    #[test]
    fn what_is_said_before_does_not_matter(before in "[^\\[\\]]{0,80}", rating in 1u8..=6, after in "[^\\[\\]]{0,80}") {
        prop_assert_eq!(last_rating(&format!("{before}[[{rating}]]{after}"), SIX), Some(rating));
    }
}
