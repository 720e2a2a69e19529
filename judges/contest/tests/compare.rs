//! Comparisons: upstream's vectors and cases of our own.
#![allow(clippy::print_stderr)]

use proctor_contest::{Checker, Comparison, refute_equal};
use proptest::prelude::*;
use serde_json::Value;
use std::path::PathBuf;

#[test]
fn every_vector_of_refutes_checker() {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/refute/checker_vectors.json");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let vectors: Value = serde_json::from_slice(&bytes).unwrap();
    for vector in vectors["vectors"].as_array().unwrap() {
        let equal = refute_equal(vector["jury"].as_str().unwrap(), vector["contestant"].as_str().unwrap());
        assert_eq!(Some(equal), vector["equal"].as_bool(), "{vector}");
    }
}

#[test]
fn refutes_comparison() {
    for (jury, contestant, equal) in [
        ("", " \n", true),
        ("yes", "", false),
        ("yes no", "YES nO", true),
        ("yes no", "YES", false),
        ("yes 1", "YES 1", false),
        ("YES", "true", false),
        ("Abc", "abc", false),
        ("1\u{1f}2", "1 2", true),
        ("-0", "0", false),
    ] {
        assert_eq!(refute_equal(jury, contestant), equal, "{jury:?} {contestant:?}");
    }
}

#[test]
fn comparisons_by_name() {
    for (name, expected, answer, equal) in [
        ("tokens", "1 2\n", "1  2", true),
        ("tokens", "1 2", "1 2 3", false),
        ("tokens", "YES", "yes", false),
        ("tokens_ci", "YES", "yes", true),
        ("exact", "1\n", "1", false),
        ("float:1e-6", "1.0", "1.0000009", true),
        ("float:1e-6", "1.0", "1.0000011", false),
        ("float:1e-6", "1000000", "1000000.9", true),
        ("float:1e-6", "0", "0.0000005", true),
        ("float:1e-6", "0", "nan", false),
        ("float:1e-6", "1", "inf", false),
        ("float:1e-6", "-1", "NO", false),
        ("float:1e-6", "NO", "NO", true),
        ("float:0.5", "2 x", "2.5 x", true),
    ] {
        let Some(Checker::Compare(comparison)) = Checker::parse(name) else { panic!("{name}") };
        assert_eq!(comparison.equal(expected, answer), equal, "{name} {expected:?} {answer:?}");
    }
    assert_eq!(Checker::parse("special"), Some(Checker::Missing));
    for bad in ["", "float", "float:", "float:nan", "float:-1", "other"] {
        assert_eq!(Checker::parse(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn a_text_equals_itself_however_it_is_spaced(text in "\\PC{0,60}", spaces in "[ \n\t]{1,5}") {
        let spaced = text.split_whitespace().collect::<Vec<_>>().join(&spaces);
        prop_assert!(Comparison::Tokens.equal(&text, &spaced));
        prop_assert!(Comparison::TokensAnyCase.equal(&text, &spaced));
        prop_assert!(Comparison::Float(0.0).equal(&text, &spaced));
        prop_assert!(refute_equal(&text, &spaced));
    }
}
