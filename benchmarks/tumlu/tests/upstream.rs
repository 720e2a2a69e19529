//! The adapter on upstream's questions and stored outputs, as a user would give them. Needs the shared data; says so and
//! passes without.

mod support;

use flate2::read::GzDecoder;
use proctor_core::{AnswerRow, Benchmark, DataSource, GradedAttempt, Opening, Outcome, Prompt, Protocol, Sample, Selection};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use support::{WithVariant, grade, open, option};

/// Languages with their numbers of questions (spec section 1.2).
const COUNTS: [(&str, usize); 12] = [
    ("azerbaijani", 700),
    ("crimean-tatar", 345),
    ("karakalpak", 215),
    ("kazakh", 899),
    ("tatar", 795),
    ("turkish", 900),
    ("uyghur", 494),
    ("uzbek", 700),
    ("crimean-tatar-cyrillic", 345),
    ("kazakh-latin", 899),
    ("uyghur-latin", 494),
    ("uzbek-cyrillic", 700),
];

#[expect(clippy::print_stderr, reason = "a test that skips says why")]
fn data() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../../shared/data/tumlu");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is not there", folder.display());
    None
}

fn questions(data: &std::path::Path, opening: Opening) -> (Arc<dyn Benchmark>, Vec<Sample>) {
    let benchmark = open(opening).unwrap();
    let samples = benchmark.samples(&DataSource::Folder(data.join("questions")), &Selection::default()).unwrap();
    (benchmark, samples)
}

fn records(data: &std::path::Path, cell: &str) -> Vec<AnswerRow> {
    let mut text = String::new();
    let file = fs::File::open(data.join("outputs").join(format!("{cell}.json.gz"))).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let values: Vec<Value> = serde_json::from_str(&text).unwrap();
    values.into_iter().zip(1..).map(|(value, line)| AnswerRow { line, value }).collect()
}

/// The cells of `replay_scores.csv`: language, setting, model, subject, and the row.
fn cells(data: &std::path::Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(data.join("replay_scores.csv")).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn all_questions_are_there() {
    let Some(data) = data() else { return };
    for (name, count) in COUNTS {
        let (benchmark, samples) = questions(&data, Opening::default().variant(name));
        assert_eq!(samples.len(), count, "{name}");
        assert_eq!(benchmark.card().upstream_samples, count, "{name}");
        for sample in &samples {
            let reference = benchmark.reference(sample).unwrap();
            let grade = grade(benchmark.as_ref(), sample, &reference);
            assert_eq!((grade.outcome, grade.scores["robust"]), (Outcome::Correct, 1.0), "{}", sample.id);
        }
        benchmark.request(&samples[0], Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap();
    }
    let (_, samples) = questions(&data, Opening::default());
    assert_eq!(samples.len(), 5048);
}

#[test]
fn stored_systems_of_worked_solutions() {
    let Some(data) = data() else { return };
    let mut compared = 0;
    for cell in cells(&data).iter().filter(|cell| cell[1] == "cot_instruct") {
        let (benchmark, samples) = questions(&data, option("subject", &cell[3]).variant(&format!("{}-cot", cell[0])));
        let request = benchmark.request(&samples[0], Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap();
        let Prompt::Chat(messages) = request.prompt else { panic!() };
        let stored = &records(&data, &cell[..4].join("/"))[0].value["system"];
        assert_eq!(messages[0].content, stored.as_str().unwrap(), "{cell:?}");
        compared += 1;
    }
    assert!(compared > 0);
}

#[test]
fn stored_outputs_give_upstreams_counts_and_fewer_unparsed() {
    let Some(data) = data() else { return };
    let mut runs: BTreeMap<(String, String, String), Vec<GradedAttempt>> = BTreeMap::new();
    let mut loaded: BTreeMap<String, (Arc<dyn Benchmark>, Vec<Sample>)> = BTreeMap::new();
    for cell in cells(&data) {
        let (benchmark, samples) =
            loaded.entry(cell[0].clone()).or_insert_with(|| questions(&data, Opening::default().variant(&cell[0])));
        let imported = benchmark.import(samples, &records(&data, &cell[..4].join("/"))).unwrap();
        let run = runs.entry((cell[0].clone(), cell[1].clone(), cell[2].clone())).or_default();
        let mut counts = [0; 4];
        for one in &imported {
            let sample = samples.iter().find(|sample| sample.id == one.sample_id).unwrap();
            let grade = grade(benchmark.as_ref(), sample, &one.attempt);
            counts[0] += 1;
            counts[1] += usize::from(grade.scores["official"] == 1.0);
            counts[2] += usize::from(grade.scores["official_unparsed"] == 1.0);
            counts[3] += usize::from(grade.category.as_deref() == Some("[INVALID] output"));
            let mut graded = support::graded(&sample.id, sample.strata.clone(), grade.outcome, grade.scores);
            graded.category = grade.category;
            run.push(graded);
        }
        let expected = [4, 5, 6, 7].map(|place| cell[place].parse::<usize>().unwrap());
        assert_eq!(counts, expected, "{cell:?}");
    }
    let (mut all, mut unparsed, mut right, mut official) = (0.0, 0.0, 0.0, 0.0);
    let mut by_setting: BTreeMap<(String, String), [f64; 4]> = BTreeMap::new();
    for ((language, setting, model), run) in &runs {
        let metrics = loaded[language].0.metrics(run);
        let value = |name: &str| metrics.iter().find(|metric| metric.name == name && metric.stratum.is_none()).unwrap().value;
        let count = run.len() as f64;
        all += count;
        unparsed += value("unparsed (robust)") * count;
        right += value("accuracy (robust), all questions") * count;
        official += value("accuracy (official), all questions") * count;
        let lost = run.iter().filter(|grade| grade.scores["official"] == 1.0 && grade.scores["robust"] == 0.0).count();
        let sums = by_setting.entry((language.clone(), setting.clone())).or_default();
        sums[0] += count;
        sums[1] += value("unparsed (official)") * count;
        sums[2] += value("unparsed (robust)") * count;
        sums[3] += lost as f64;
        // The published table, where upstream's scorer reproduces it.
        if model == "gpt-4o-2024-11-20" && setting == "no_cot_instruct" {
            let published = [("azerbaijani", "82.4"), ("kazakh", "81.0"), ("uyghur", "66.5")];
            let published = published.iter().find(|(name, _)| name == language).map(|(_, figure)| *figure);
            assert_eq!(Some(format!("{:.1}", 100.0 * value("accuracy (official)")).as_str()), published, "{language}");
        }
    }
    assert!(unparsed < 0.04 * all, "{unparsed} of {all} unparsed");
    assert!(right > official + 400.0, "{right} against {official}");
    for (cell, [count, official, robust, lost]) in by_setting {
        assert!(robust <= official, "{cell:?}: {robust} unparsed against {official}");
        assert!(lost <= 0.01 * count, "{cell:?}: {lost} right in official alone");
    }
}
