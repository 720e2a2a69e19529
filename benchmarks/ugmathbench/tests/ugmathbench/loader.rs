use crate::support::{open, refusal, row, samples, try_open, write};
use flate2::Compression;
use flate2::write::GzEncoder;
use proctor_core::{DataSource, PromptSource, Selection};
use serde_json::{Value, json};
use std::io::Write;

fn ids(source: &DataSource) -> Vec<String> {
    samples(&*open(&[]), source).into_iter().map(|sample| sample.id).collect()
}

#[test]
fn a_file_is_asked_version_by_version() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "data/Algebra.json", &json!([row("Algebra_0001"), row("Algebra_0002")]));
    write(folder.path(), "data/Geometry.json", &json!([row("Geometry_0001")]));
    let source = DataSource::Folder(folder.path().into());
    let expected = [
        "Algebra_0001_v1",
        "Algebra_0002_v1",
        "Algebra_0001_v2",
        "Algebra_0002_v2",
        "Algebra_0001_v3",
        "Algebra_0002_v3",
        "Geometry_0001_v1",
        "Geometry_0001_v2",
        "Geometry_0001_v3",
    ];
    assert_eq!(ids(&source), expected);
    let by_problem = samples(&*open(&[("order", "problem")]), &source);
    let found: Vec<&str> = by_problem.iter().map(|sample| sample.id.as_str()).take(4).collect();
    assert_eq!(found, ["Algebra_0001_v1", "Algebra_0001_v2", "Algebra_0001_v3", "Algebra_0002_v1"]);
    let all = samples(&*open(&[]), &source);
    assert!(all.iter().enumerate().all(|(position, sample)| sample.index == position));
    assert_eq!(all[3].group, "Algebra_0002");
    assert_eq!(all[3].target, json!({"answer": ["3"]}));
    let strata = ["version 2", "subject Algebra", "topic Algebra: T", "level 2", "type NV", "one answer"];
    assert_eq!(all[3].strata, strata);
}

#[test]
fn the_same_from_every_form_of_file() {
    let folder = tempfile::tempdir().unwrap();
    let rows = json!([row("Algebra_0001"), row("Algebra_0002")]);
    let plain = write(folder.path(), "plain/Algebra.json", &rows);
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(rows.to_string().as_bytes()).unwrap();
    std::fs::create_dir_all(folder.path().join("packed/questions")).unwrap();
    std::fs::write(folder.path().join("packed/questions/Algebra.json.gz"), packer.finish().unwrap()).unwrap();
    let lines: String = rows.as_array().unwrap().iter().map(|row| format!("{row}\n\n")).collect();
    std::fs::create_dir_all(folder.path().join("lines/.data")).unwrap();
    std::fs::write(folder.path().join("lines/.data/Algebra.jsonl"), format!("\u{feff}{lines}")).unwrap();
    let expected = ids(&DataSource::Folder(plain));
    assert_eq!(expected.len(), 6);
    for name in ["plain", "packed", "lines"] {
        assert_eq!(ids(&DataSource::Folder(folder.path().join(name))), expected, "{name}");
    }
}

#[test]
fn one_subject() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Algebra.json", &json!([row("Algebra_0001")]));
    let mut other = row("Calculus_-_single_variable_0001");
    other["subject"] = "Calculus_-_single_variable".into();
    let file = write(folder.path(), "Calculus_-_single_variable.json", &json!([other]));
    for name in ["calculus-single-variable", "Calculus_-_single_variable", "CALCULUS single variable"] {
        let benchmark = try_open(Some(name), PromptSource::Own, &[]).unwrap();
        assert_eq!(benchmark.card().name, "ugmathbench:calculus-single-variable");
        assert_eq!(samples(&*benchmark, &DataSource::Folder(folder.path().into())).len(), 3);
        assert_eq!(samples(&*benchmark, &DataSource::Folder(file.clone())).len(), 3);
    }
    let algebra = try_open(Some("algebra"), PromptSource::Own, &[]).unwrap();
    let message = refusal(algebra.samples(&DataSource::Folder(file), &Selection::default()));
    assert!(message.contains("holds no problem of the subject Algebra"), "{message}");
    let message = refusal(try_open(Some("astrology"), PromptSource::Own, &[]));
    assert!(message.contains("no subject `astrology`") && message.contains("linear-algebra"), "{message}");
}

#[test]
fn built_in() {
    let benchmark = open(&[]);
    let all = samples(&*benchmark, &DataSource::BuiltIn);
    assert_eq!(all.len(), benchmark.card().builtin_samples);
    let one = try_open(Some("trigonometry"), PromptSource::Own, &[]).unwrap();
    assert_eq!(samples(&*one, &DataSource::BuiltIn).len(), one.card().builtin_samples);
    let some = benchmark.samples(&DataSource::BuiltIn, &Selection { ids: vec!["Algebra_9003_v2".into()], limit: None }).unwrap();
    assert_eq!(some.len(), 1);
    assert_eq!(some[0].group, "Algebra_9003");
    let ids = vec!["Geometry_9001".to_owned(), "Algebra_9003_v2".to_owned()];
    let some = benchmark.samples(&DataSource::BuiltIn, &Selection { ids, limit: None }).unwrap();
    assert_eq!(some.len(), 4);
    let unknown = Selection { ids: vec!["Algebra_0001".into()], limit: None };
    assert!(refusal(benchmark.samples(&DataSource::BuiltIn, &unknown)).contains("no sample `Algebra_0001`"));
}

/// One sentence that names the file, the row and what is wrong with it.
#[test]
fn bad_data_are_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let said = |value: &Value| {
        let file = write(folder.path(), "Algebra.json", value);
        let message = refusal(open(&[]).samples(&DataSource::Folder(file), &Selection::default()));
        assert!(message.contains("Algebra.json") && !message.contains('\n'), "{message}");
        message
    };
    let with = |key: &str, value: Value| {
        let mut row = row("Algebra_0001");
        row[key] = value;
        json!([row])
    };
    let mut lacking = row("Algebra_0007");
    lacking.as_object_mut().unwrap().remove("problem_v2");
    for (value, parts) in [
        (json!([row("Algebra_0001"), lacking]), vec!["problem 2", "Algebra_0007", "no `problem_v2`"]),
        (with("answer_v1", json!("5")), vec!["problem 1", "`answer_v1` is a text, not a list of texts"]),
        (with("answer_v3", json!([5])), vec!["`answer_v3` is a list with a number in it"]),
        (with("options_v2", json!(["A"])), vec!["`options_v2`", "not a list of lists"]),
        (with("answer_type_v2", json!(["XY"])), vec!["answer type `XY`", "known are NV"]),
        (with("level", json!(3)), vec!["`level` is a number, not a text"]),
        (with("id", json!("")), vec!["empty `id`"]),
        (json!([row("Algebra_0001"), row("Algebra_0001")]), vec!["two problems with the id Algebra_0001"]),
        (json!([]), vec!["holds no problems"]),
        (json!([7]), vec!["problem 1 is a number"]),
        (json!("text"), vec!["holds a text, not one JSON array"]),
    ] {
        let message = said(&value);
        assert!(parts.iter().all(|part| message.contains(part)), "{message} lacks one of {parts:?}");
    }
    for (bytes, part) in [(&b"\xff\xfe"[..], "UTF-8"), (b"[{]", "not JSON"), (b"", "not JSON"), (b"{\"id\": 1}", "`id`")] {
        std::fs::write(folder.path().join("Algebra.json"), bytes).unwrap();
        let message = refusal(open(&[]).samples(&DataSource::Folder(folder.path().into()), &Selection::default()));
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn missing_folders_and_double_ids_across_files() {
    let folder = tempfile::tempdir().unwrap();
    let said = |path| refusal(open(&[]).samples(&DataSource::Folder(path), &Selection::default()));
    assert!(said(folder.path().join("nowhere")).contains("does not exist"));
    assert!(said(folder.path().into()).contains("holds no questions of UGMathBench"));
    write(folder.path(), "Algebra.json", &json!([row("Same_0001")]));
    write(folder.path(), "Geometry.json", &json!([row("Same_0001")]));
    let message = said(folder.path().into());
    assert!(message.contains("Algebra.json and ") && message.contains("Geometry.json both hold"), "{message}");
}
