//! The answers files of `tests/fixtures` are read and matched to the built-in questions as `expected.json` says; whether
//! an answer is right is for the tests that have a guest.

use proctor_benchmarks::{read_answers_file, registry};
use proctor_core::{DataSource, Imported, Selection};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../tests/fixtures").join(name)
}

fn expectations() -> Vec<Value> {
    let path = fixture("expected.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let document: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    document["files"].as_array().cloned().unwrap_or_default()
}

fn import(expected: &Value) -> Result<Vec<Imported>, String> {
    let text = |field: &str| expected[field].as_str().unwrap_or_else(|| panic!("{expected}: no {field}"));
    let benchmark = registry::open(text("benchmark")).map_err(|error| error.to_string())?;
    let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).map_err(|error| error.to_string())?;
    let rows = read_answers_file(&fixture(text("file"))).map_err(|error| error.to_string())?;
    benchmark.import(&samples, &rows).map_err(|error| error.to_string())
}

#[test]
fn every_sample_gets_its_epochs() {
    let graded: Vec<Value> = expectations().into_iter().filter(|expected| expected.get("outcomes").is_some()).collect();
    assert_eq!(graded.len(), 11);
    for expected in graded {
        let imported = import(&expected).unwrap_or_else(|error| panic!("{}: {error}", expected["file"]));
        let mut found: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for row in &imported {
            found.entry(&row.sample_id).or_default().push(row.epoch);
        }
        let outcomes = expected["outcomes"].as_object().cloned().unwrap_or_default();
        let wanted: BTreeMap<&str, Vec<u32>> = outcomes
            .iter()
            .map(|(id, epochs)| (id.as_str(), (0..).take(epochs.as_array().map_or(0, Vec::len)).collect()))
            .collect();
        assert_eq!(found, wanted, "{}", expected["file"]);

        let all: Vec<&Value> = outcomes.values().filter_map(Value::as_array).flatten().collect();
        let correct = all.iter().filter(|outcome| **outcome == "correct").count();
        assert_eq!(expected["correct"], correct, "{}: the counts agree with the outcomes", expected["file"]);
        assert_eq!(expected["incorrect"], all.len() - correct, "{}", expected["file"]);
    }
}

#[test]
fn unusable_files_are_refused_with_one_sentence() {
    let refused: Vec<Value> = expectations().into_iter().filter(|expected| expected.get("refused").is_some()).collect();
    assert_eq!(refused.len(), 11);
    for expected in refused {
        let Err(message) = import(&expected) else { panic!("{} was taken", expected["file"]) };
        assert!(!message.contains('\n') && message.len() < 600, "{message:?}");
        for part in expected["refused"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(message.contains(part), "{}: {message:?} does not hold {part:?}", expected["file"]);
        }
    }
}

/// The replies of the scripted model go with the built-in questions, each found by a text of its own.
#[test]
fn every_question_has_one_scripted_reply() {
    let text = std::fs::read_to_string(fixture("answers_chat.json")).unwrap_or_default();
    let script: Value = serde_json::from_str(&text).unwrap_or_default();
    for name in ["humaneval-pro", "mbpp-pro", "bigcodebench-lite-pro"] {
        let benchmark = registry::open(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let samples =
            benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let replies = &script["replies"][name];
        assert_eq!(script["expected"][name]["items"], samples.len(), "{name}");
        for sample in &samples {
            let wanted = replies[&sample.id]["match"].as_str().unwrap_or_default();
            assert!(!wanted.is_empty(), "{name} {}", sample.id);
            let found = samples.iter().filter(|other| other.text("new_problem").is_some_and(|text| text.contains(wanted)));
            assert_eq!(found.map(|other| &other.id).collect::<Vec<_>>(), [&sample.id], "{name}");
        }
        let right = |reading: &str| samples.iter().filter(|sample| replies[&sample.id][reading] == true).count();
        assert_eq!(script["expected"][name]["raw_correct"], right("raw"), "{name}");
        assert_eq!(script["expected"][name]["sanitised_correct"], right("sanitised"), "{name}");
    }
}
