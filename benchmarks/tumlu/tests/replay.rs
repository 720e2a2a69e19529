//! The official extraction against upstream's scorer on stored outputs, cell by cell and record by record. Needs the
//! shared data; says so and passes without.

use flate2::read::GzDecoder;
use proctor_tumlu::{Language, Setting, Words, official, question};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::PathBuf;

#[expect(clippy::print_stderr, reason = "a test that skips says why")]
fn data() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../../shared/data/tumlu");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is not there", folder.display());
    None
}

fn unpack(path: &PathBuf) -> String {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn csv(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

#[test]
fn extractor_vectors() {
    let Some(data) = data() else { return };
    let vectors: Vec<Value> = serde_json::from_str(&fs::read_to_string(data.join("extractor_vectors.json")).unwrap()).unwrap();
    assert!(!vectors.is_empty());
    for vector in &vectors {
        let language = Language::named(vector["language"].as_str().unwrap()).unwrap();
        let found = official::extract(vector["output"].as_str().unwrap(), language).map(|found| found.letter.to_string());
        assert_eq!(found.as_deref(), vector["expected"].as_str(), "{vector}");
    }
}

#[test]
fn every_stored_record_and_cell() {
    let Some(data) = data() else { return };
    let predictions = unpack(&data.join("replay_predictions.csv.gz"));
    let mut outputs: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut counts: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    let mut seen = 0;
    for row in csv(&predictions) {
        let [name, setting, model, subject, index, gold, prediction, level] = row[..] else { panic!("{row:?}") };
        let cell = format!("{name}/{setting}/{model}/{subject}");
        let records = outputs
            .entry(cell.clone())
            .or_insert_with(|| serde_json::from_str(&unpack(&data.join("outputs").join(format!("{cell}.json.gz")))).unwrap());
        let record = &records[index.parse::<usize>().unwrap()];
        let language = Language::named(name).unwrap();
        let output = record["output"].as_str().unwrap();
        let found = official::extract(output, language);
        assert_eq!(record["answer"], gold, "{cell} {index}");
        assert_eq!(found.map(|found| found.letter.to_string()).unwrap_or_default(), prediction, "{cell} {index}: {output}");
        assert_eq!(found.map(|found| found.level.to_string()).unwrap_or_default(), level, "{cell} {index}: {output}");
        let count = counts.entry(cell).or_default();
        count[0] += 1;
        count[1] += usize::from(prediction == gold);
        count[2] += usize::from(prediction.is_empty());
        count[3] += usize::from(output == "[INVALID]");
        seen += 1;
    }
    let scores = fs::read_to_string(data.join("replay_scores.csv")).unwrap();
    let mut cells = 0;
    for row in csv(&scores) {
        let cell = row[..4].join("/");
        let count = counts.get(&cell).copied().unwrap_or_default();
        let expected = [4, 5, 6, 7].map(|place| row[place].parse::<usize>().unwrap());
        assert_eq!(count, expected, "{cell}");
        let accuracy = 100.0 * count[1] as f64 / count[0] as f64;
        assert_eq!(format!("{:.2}", (accuracy * 100.0).round() / 100.0), row[8], "{cell}");
        cells += 1;
    }
    assert!(seen > 0 && cells == counts.len());
}

#[test]
fn stored_prompts_byte_for_byte() {
    let Some(data) = data() else { return };
    let scores = fs::read_to_string(data.join("replay_scores.csv")).unwrap();
    let mut prompts = 0;
    for row in csv(&scores) {
        let cell = row[..4].join("/");
        let records: Vec<Value> = serde_json::from_str(&unpack(&data.join("outputs").join(format!("{cell}.json.gz")))).unwrap();
        let words = Words::of(Language::named(row[0]).unwrap());
        let setting = if row[1] == "cot_instruct" { Setting::Solution } else { Setting::AnswerOnly };
        for record in &records {
            let choices: Vec<String> =
                record["choices"].as_array().unwrap().iter().map(|choice| choice.as_str().unwrap().to_owned()).collect();
            let input = question(&words, setting, record["question"].as_str().unwrap(), &choices).unwrap();
            assert_eq!(input, record["input"].as_str().unwrap(), "{cell}");
            prompts += 1;
        }
    }
    assert!(prompts > 0);
}
