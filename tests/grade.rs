//! `proctor grade` on the answers files of `tests/fixtures`.

mod support;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use support::{Desk, fixture, has_guest};

fn expectations() -> Vec<Value> {
    let text = std::fs::read_to_string(fixture("expected.json")).expect("the fixture is there");
    let document: Value = serde_json::from_str(&text).expect("the fixture is JSON");
    document["files"].as_array().expect("files").clone()
}

/// Outcomes per sample in order of epochs, from the export.
fn outcomes(desk: &Desk) -> BTreeMap<String, Vec<String>> {
    let exported = desk.proctor(&["export", "--format", "jsonl"]).expect(0);
    let mut rows: Vec<(String, u64, String)> = exported
        .stdout
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).expect("a row");
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_string();
            (text("sample_id"), row["epoch"].as_u64().expect("an epoch"), text("outcome"))
        })
        .collect();
    rows.sort();
    let mut outcomes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (sample, _, outcome) in rows {
        outcomes.entry(sample).or_default().push(outcome);
    }
    outcomes
}

fn check_graded(file: &Path, expected: &Value) {
    let benchmark = expected["benchmark"].as_str().expect("a benchmark");
    let desk = Desk::new();
    desk.proctor(&["grade", &file.to_string_lossy(), "-b", benchmark, "--format", "json"]).expect(0).json("proctor.summary/1");
    let graded = outcomes(&desk);
    for (sample, wanted) in expected["outcomes"].as_object().expect("outcomes") {
        let wanted: Vec<&str> = wanted.as_array().expect("epochs").iter().filter_map(Value::as_str).collect();
        assert_eq!(graded.get(sample).map(Vec::as_slice).unwrap_or_default(), wanted, "{}: sample {sample}", file.display());
    }
}

#[test]
fn answers_files_get_the_expected_outcomes() {
    if !has_guest() {
        return;
    }
    let graded: Vec<Value> = expectations().into_iter().filter(|e| e.get("outcomes").is_some()).collect();
    assert!(graded.len() >= 10);
    for expected in graded {
        check_graded(&fixture(expected["file"].as_str().expect("a file")), &expected);
    }
}

#[test]
fn gzip_files_get_the_same_outcomes() {
    if !has_guest() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for expected in
        expectations().iter().filter(|e| e["file"] == "answers/results_mixed.jsonl" || e["file"] == "answers/array.json")
    {
        let source = fixture(expected["file"].as_str().expect("a file"));
        let packed = folder.path().join(format!("{}.gz", source.file_name().expect("a name").to_string_lossy()));
        let mut encoder = GzEncoder::new(std::fs::File::create(&packed).expect("a file"), Compression::default());
        encoder.write_all(&std::fs::read(&source).expect("the fixture")).expect("written");
        encoder.finish().expect("finished");
        check_graded(&packed, expected);
    }
}

#[test]
fn unusable_files_are_refused_with_one_sentence() {
    let refused: Vec<Value> = expectations().into_iter().filter(|e| e.get("refused").is_some()).collect();
    assert!(refused.len() >= 8);
    for expected in refused {
        let file = fixture(expected["file"].as_str().expect("a file"));
        let benchmark = expected["benchmark"].as_str().expect("a benchmark");
        let desk = Desk::new();
        let ran = desk.proctor(&["grade", &file.to_string_lossy(), "-b", benchmark]).expect(2);
        assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
        for word in expected["refused"].as_array().expect("words").iter().filter_map(Value::as_str) {
            assert!(ran.stderr.contains(word), "{}: no `{word}` in {}", file.display(), ran.stderr);
        }
        assert!(!desk.path(".proctor").exists(), "{}: a refused file leaves no store", file.display());
    }
}

#[test]
fn a_ten_megabyte_answer_is_graded() {
    if !has_guest() {
        return;
    }
    let desk = Desk::new();
    let file = desk.path("big.jsonl");
    let answer = format!("def f():\n    return 1\n# {}\n", "x".repeat(10 << 20));
    let row = serde_json::json!({"task_id": 0, "solution": answer});
    std::fs::write(&file, format!("{row}\n")).expect("written");
    let ran = desk.proctor(&["grade", "big.jsonl", "-b", "humaneval-pro", "--format", "json"]).expect(0);
    assert!(ran.stdout.contains("\"incorrect\""), "{}", ran.stdout);
}

#[test]
fn a_stored_run_is_graded_again_without_change() {
    if !has_guest() {
        return;
    }
    let desk = Desk::new();
    let file = fixture("answers/results_mixed.jsonl");
    desk.proctor(&["grade", &file.to_string_lossy(), "-b", "humaneval-pro", "--quiet"]).expect(0);
    let before = outcomes(&desk);
    let runs = desk.proctor(&["list", "runs", "--format", "json"]).expect(0).json("proctor.runs/1");
    let id = runs["items"][0]["id"].as_str().expect("an id").to_string();
    desk.proctor(&["grade", &id, "--quiet"]).expect(0);
    assert_eq!(outcomes(&desk), before);
    assert_eq!(before.values().flatten().filter(|o| *o == "correct").count(), 7);
}
