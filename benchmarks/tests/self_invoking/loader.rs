use crate::support::{SETS, built_in, item, open, samples};
use proctor_benchmarks::registry;
use proctor_core::{DataSource, Selection, samples_sha256};
use serde_json::{Value, json};
use std::path::Path;

fn error(benchmark: &str, path: &Path) -> String {
    match open(benchmark).samples(&DataSource::Folder(path.to_owned()), &Selection::default()) {
        Ok(samples) => panic!("{} samples were read from {}", samples.len(), path.display()),
        Err(error) => error.to_string(),
    }
}

/// The text is refused, and the message holds all `parts`.
fn check(text: &str, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("humaneval_pro.json");
    std::fs::write(&file, text).unwrap();
    let message = error("humaneval-pro", folder.path());
    for part in parts.iter().chain(&["humaneval_pro.json"]) {
        assert!(message.contains(part), "{message:?} does not hold {part:?}");
    }
    assert!(!message.contains('\n'), "{message:?} is more than one sentence");
}

#[test]
fn bad_files_are_named_by_item_and_field() {
    let with = |field: &str, value: Value| {
        let mut bad = item(json!(1));
        bad[field] = value;
        json!([item(json!(0)), bad]).to_string()
    };
    check("", &["not JSON"]);
    check("[{]", &["not JSON", "line 1"]);
    check("{}", &["an object, not one JSON array"]);
    check("[]", &["no items"]);
    check("[1]", &["item 0", "a number, not an object"]);
    check(&with("id", json!(1.5)), &["item 1", "the id 1.5"]);
    check(&with("id", json!(null)), &["item 1", "the id null"]);
    check(&with("id", json!(0)), &["items 0 and 1", "same id 0"]);
    check(&with("test_code", json!(["a"])), &["item 1", "id 1", "an array", "`test_code`"]);
    check(&with("raw_solution", json!(null)), &["item 1", "null", "`raw_solution`"]);
    let mut missing = item(json!(7));
    missing.as_object_mut().unwrap().remove("new_problem");
    check(&json!([missing]).to_string(), &["item 0", "id 7", "no field `new_problem`"]);
}

#[test]
fn missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let message = error("mbpp-pro", folder.path());
    assert!(message.contains("holds no data of MBPP Pro") && message.contains("dataset/mbpp_pro.json"), "{message}");
    let message = error("mbpp-pro", &folder.path().join("nowhere"));
    assert!(message.contains("does not exist"), "{message}");
    std::fs::write(folder.path().join("mbpp_pro.json"), [0xff, 0xfe, b'[']).unwrap();
    let message = error("mbpp-pro", folder.path());
    assert!(message.contains("not UTF-8"), "{message}");
}

#[test]
fn folder_dataset_folder_and_file_are_all_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("\u{feff}{}", json!([item(json!(4)), item(json!("x/5"))]));
    std::fs::create_dir(folder.path().join("dataset")).unwrap();
    let file = folder.path().join("dataset/humaneval_pro.json");
    std::fs::write(&file, text).unwrap();
    let benchmark = open("humaneval-pro");
    for path in [folder.path(), &folder.path().join("dataset"), &file] {
        let samples = samples(&*benchmark, &DataSource::Folder(path.to_owned()));
        let ids: Vec<_> = samples.iter().map(|sample| (sample.id.as_str(), sample.index)).collect();
        assert_eq!(ids, [("4", 0), ("x/5", 1)]);
        assert_eq!(samples[0].metadata["pinned"], json!(false));
        assert_eq!(samples[0].metadata["file_sha256"].as_str().map(str::len), Some(64));
    }
}

#[test]
fn cards_say_how_many_questions_are_built_in() {
    assert_eq!(registry::names(), registry::cards().into_iter().map(|card| card.name).collect::<Vec<_>>());
    for name in registry::names() {
        let (benchmark, samples) = built_in(&name);
        assert_eq!(benchmark.card().name, name);
        assert_eq!(samples.len(), benchmark.card().builtin_samples, "{name}");
        // The strata of these sets are defects of upstream's questions; ours have none.
        let ours = SETS.iter().any(|set| name.split(':').next() == Some(set));
        assert!(!ours || samples.iter().all(|sample| sample.strata.is_empty()), "{name}: a built-in question has a defect");
        assert!(samples.iter().all(|sample| !sample.metadata.contains_key("pinned")), "{name}");
    }
}

#[test]
fn unknown_names_get_a_hint() {
    let message = |name: &str| registry::open(name).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(message("humaneval_pro").contains("did you mean `humaneval-pro`?"), "{}", message("humaneval_pro"));
    assert!(message("mbppro").contains("`mbpp-pro`"), "{}", message("mbppro"));
    assert!(message("zzzzzzzzzzzzzzzz").contains("known are: humaneval-pro"), "{}", message("zzzzzzzzzzzzzzzz"));
    assert!(message("humaneval-pro:2shot").contains("humaneval-pro:1shot"), "{}", message("humaneval-pro:2shot"));
    assert!(
        message("bigcodebench-lite-pro:1shot").contains("only the plain prompt"),
        "{}",
        message("bigcodebench-lite-pro:1shot")
    );
    assert!(message("").contains("There is no benchmark"), "{}", message(""));
    assert!(message(&"é".repeat(100_000)).len() < 500);
}

#[test]
fn selections() {
    let check = |name: &str, ids: &[&str], limit: Option<usize>, expected: &[&str]| {
        let selection = Selection { ids: ids.iter().map(|id| (*id).to_owned()).collect(), limit };
        let samples = open(name).samples(&DataSource::BuiltIn, &selection).unwrap();
        assert_eq!(samples.iter().map(|sample| sample.id.as_str()).collect::<Vec<_>>(), expected, "{name} {ids:?} {limit:?}");
    };
    check("humaneval-pro", &[], Some(2), &["0", "1"]);
    check("humaneval-pro", &["3", "HumanEval/1", "HumanEvalPro/1"], None, &["1", "3"]);
    check("mbpp-pro", &["Mbpp/2", "MbppPro/0"], Some(1), &["0"]);
    check("bigcodebench-lite-pro", &["BuiltIn/2", "1"], None, &["BuiltIn/1", "BuiltIn/2"]);
    let selection = Selection { ids: vec!["MBPP/3".into()], limit: None };
    let message = open("humaneval-pro").samples(&DataSource::BuiltIn, &selection).err().map(|error| error.to_string());
    assert!(message.as_deref().is_some_and(|text| text.contains("no sample `MBPP/3`")), "{message:?}");
}

#[test]
fn the_data_hash_follows_questions_not_variants() {
    for name in SETS {
        let (_, samples) = built_in(name);
        let hash = samples_sha256(&samples);
        let mut relabelled = samples.clone();
        relabelled[0].metadata.clear();
        relabelled[0].strata.push("x".into());
        assert_eq!(samples_sha256(&relabelled), hash);
        relabelled[0].target["test_code"] = json!("assert False");
        assert_ne!(samples_sha256(&relabelled), hash);
    }
    assert_eq!(samples_sha256(&built_in("mbpp-pro:1shot").1), samples_sha256(&built_in("mbpp-pro").1));
}
