//! Logs of other harnesses: what is read of them, and that nothing in them can pass for a grade of proctor's own.

use proctor_core::{Finish, Outcome, Prompt, RunPlan, Sample};
use proctor_reports::import::{
    ForeignRow, evalplus, inspect_log, inspect_packed, is_evalplus_results, is_evalplus_sample, is_inspect_log, is_lm_eval_row,
    lm_eval, stored,
};
use serde_json::{Map, Value, json};
use std::io::Write;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn numbered(rows: Vec<Value>) -> Vec<(usize, Value)> {
    (1..).zip(rows).collect()
}

fn outcome(row: &ForeignRow) -> Outcome {
    row.grade.as_ref().unwrap().outcome
}

fn scores(row: &ForeignRow) -> Vec<(String, f64)> {
    row.grade.as_ref().unwrap().scores.clone().into_iter().collect()
}

/// A generated answer in lm-eval's form.
fn generated(id: u64, filter: &str, score: Value) -> Value {
    json!({"doc_id": id, "doc": {"question": "1+1?"}, "target": "2", "filter": filter, "metrics": ["exact_match"],
        "arguments": {"gen_args_0": {"arg_0": "Q: 1+1?\nA:", "arg_1": {"until": ["\n"]}}},
        "resps": [["It is 2."]], "filtered_resps": ["2"], "exact_match": score})
}

#[test]
fn lm_eval_filters_are_scores_of_one_answer() {
    let rows = vec![
        generated(0, "strict-match", json!(0.0)),
        generated(1, "strict-match", json!(1.0)),
        generated(0, "flexible-extract", json!(1.0)),
        generated(1, "flexible-extract", json!(true)),
    ];
    assert!(rows.iter().all(is_lm_eval_row));
    let results = json!({"model_name": "org/model", "versions": {"gsm8k": 3}, "n-shot": {"gsm8k": 5}, "date": 1.5});
    let run = lm_eval("gsm8k".into(), &numbered(rows), Some(&results)).unwrap();
    assert_eq!(run.model.as_deref(), Some("org/model"));
    assert_eq!(run.headline.as_deref(), Some("exact_match,strict-match"));
    assert_eq!(run.rows.iter().map(outcome).collect::<Vec<_>>(), [Outcome::Incorrect, Outcome::Correct]);
    let both = [("exact_match,flexible-extract".to_string(), 1.0), ("exact_match,strict-match".to_string(), 0.0)];
    assert_eq!(scores(&run.rows[0]), both);
    let attempt = run.rows[0].attempt.as_ref().unwrap();
    assert_eq!(attempt.answer.text, "It is 2.");
    assert_eq!(attempt.exchanges[0].request.prompt, Prompt::Completion("Q: 1+1?\nA:".into()));
    assert_eq!(run.rows[0].grade.as_ref().unwrap().extracted.as_deref(), Some("2"));
}

#[test]
fn lm_eval_choices_are_named_by_their_likelihood() {
    let check = |arguments: Value, responses: Value| {
        let row = json!({"doc_id": 7, "doc": {}, "target": 1, "arguments": arguments, "resps": responses,
            "filtered_resps": [], "acc": 1.0, "acc_norm": 0.0, "brier": [0.25, 0.75], "note": "text"});
        let run = lm_eval("arc".into(), &numbered(vec![row]), None).unwrap();
        let row = &run.rows[0];
        assert_eq!((row.sample.id.as_str(), row.sample.index), ("7", 7));
        assert_eq!(row.attempt.as_ref().unwrap().answer.text, " blue");
        assert_eq!(outcome(row), Outcome::Correct);
        let expected = [("acc".to_string(), 1.0), ("acc_norm".to_string(), 0.0), ("brier".to_string(), 0.5)];
        assert_eq!(scores(row), expected);
    };
    let named = json!({"gen_args_0": {"arg_0": "Sky?", "arg_1": " red"}, "gen_args_1": {"arg_0": "Sky?", "arg_1": " blue"}});
    check(named.clone(), json!([[[-5.0, false]], [[-1.5, true]]]));
    check(named, json!([[["-5.0", "False"]], [["-1.5", "True"]]]));
    check(json!([["Sky?", " red"], ["Sky?", " blue"]]), json!([[-5.0, false], [-1.5, true]]));
}

#[test]
fn lm_eval_rows_that_make_no_sense_are_refused_by_line() {
    let no_id = json!({"resps": [["x"]], "acc": 1});
    let error = lm_eval("t".into(), &[(3, no_id)], None).unwrap_err().to_string();
    assert!(error.starts_with("row 3 has no `doc_id`"), "{error}");
    let twice = numbered(vec![generated(0, "f", json!(1)), generated(0, "f", json!(1))]);
    let error = lm_eval("t".into(), &twice, None).unwrap_err().to_string();
    assert!(error.starts_with("row 2 answers doc_id 0 again"), "{error}");
}

#[test]
fn evalplus_counts_plus_only_with_base() {
    let rows = numbered(vec![
        json!({"task_id": "HumanEval/0", "solution": "def f(): ..."}),
        json!({"task_id": "HumanEval/0", "completion": "def g(): ..."}),
        json!({"task_id": "HumanEval/1", "solution": "def h(): ..."}),
    ]);
    assert!(rows.iter().all(|(_, row)| is_evalplus_sample(row)));
    let verdict = |base: &str, plus: Value| json!({"solution": "s", "base_status": base, "plus_status": plus});
    let results = json!({"date": "d", "hash": "h", "eval": {
        "HumanEval/0": [verdict("fail", json!("pass")), verdict("pass", json!("pass"))]}});
    assert!(is_evalplus_results(&results));
    let run = evalplus(Some("m".into()), &rows, Some(&results)).unwrap();
    assert_eq!(run.task, "humaneval");
    let found: Vec<_> = run.rows.iter().map(|row| (row.sample.id.as_str(), row.epoch, outcome(row))).collect();
    let expected =
        [("HumanEval/0", 0, Outcome::Incorrect), ("HumanEval/0", 1, Outcome::Correct), ("HumanEval/1", 0, Outcome::Skipped)];
    assert_eq!(found, expected);
    assert_eq!(scores(&run.rows[0]), [("base".to_string(), 0.0), ("plus".to_string(), 0.0)]);
    // The results alone hold the solutions; without plus tests, base decides.
    let alone = json!({"eval": {"Mbpp/2": [verdict("pass", Value::Null)]}});
    let run = evalplus(None, &[], Some(&alone)).unwrap();
    assert_eq!((run.rows.len(), run.headline.as_deref(), outcome(&run.rows[0])), (1, Some("base"), Outcome::Correct));
    // Before version 0.3.
    let old = json!({"eval": {"HumanEval/0": {"nfiles": 1, "base": [["fail", [false]], ["pass", []]], "plus": [["fail", []]]}}});
    let run = evalplus(None, &rows, Some(&old)).unwrap();
    assert_eq!(run.rows.iter().map(outcome).collect::<Vec<_>>(), [Outcome::Incorrect, Outcome::Correct, Outcome::Skipped]);
    assert!(evalplus(None, &[], None).is_err());
}

fn inspect_sample(id: Value, epoch: u32, score: Value) -> Value {
    json!({"id": id, "epoch": epoch, "input": "attachment://1234", "target": ["4"], "attachments": {"1234": "2+2?"},
        "messages": [{"role": "system", "content": "Add."}, {"role": "user", "content": "attachment://1234"},
            {"role": "assistant", "content": [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "4"}]}],
        "output": {"model": "m", "completion": "4", "time": 1.5, "choices": [{"stop_reason": "max_tokens",
            "message": {"role": "assistant", "content": [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "4"}]}}]},
        "model_usage": {"m": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}},
        "scores": {"other": {"value": 0.25}, "match": {"value": score, "answer": "4", "explanation": "because"}}})
}

fn inspect_header() -> Value {
    json!({"version": 2, "status": "success", "eval": {"task": "sums", "model": "org/m", "created": "2026-01-01T00:00:00Z",
        "dataset": {"sample_ids": ["b", 7]}, "packages": {"inspect_ai": "0.3"}, "scorers": [{"name": "match"}, {"name": "other"}]}})
}

#[test]
fn inspect_logs_are_read_whole() {
    let mut log = inspect_header();
    let broken = json!({"id": "b", "epoch": 2, "input": "x", "target": "y", "error": {"message": "time-out\nTraceback"}});
    log["samples"] = json!([
        inspect_sample(json!(7), 1, json!("I")),
        inspect_sample(json!("b"), 1, json!("C")),
        broken,
        inspect_sample(json!(7), 2, json!({"part": 0.5, "text": "x"})),
    ]);
    assert!(is_inspect_log(&log));
    let run = inspect_log(&log).unwrap();
    assert_eq!((run.task.as_str(), run.model.as_deref(), run.headline.as_deref()), ("sums", Some("org/m"), Some("match")));
    let ids: Vec<_> = run.rows.iter().map(|row| (row.sample.id.as_str(), row.epoch)).collect();
    assert_eq!(ids, [("b", 0), ("b", 1), ("7", 0), ("7", 1)]);
    assert_eq!(run.rows[1].attempt.as_ref().unwrap_err(), "Inspect recorded an error: time-out");
    assert_eq!(outcome(&run.rows[0]), Outcome::Correct);
    assert_eq!(outcome(&run.rows[2]), Outcome::Truncated);
    assert_eq!(outcome(&run.rows[3]), Outcome::Partial);
    assert_eq!(scores(&run.rows[0]), [("match".to_string(), 1.0), ("other".to_string(), 0.25)]);
    let attempt = run.rows[0].attempt.as_ref().unwrap();
    let exchange = &attempt.exchanges[0];
    let Prompt::Chat(messages) = &exchange.request.prompt else { panic!("a chat") };
    assert_eq!(messages.iter().map(|m| m.content.as_str()).collect::<Vec<_>>(), ["Add.", "2+2?"]);
    assert_eq!((attempt.answer.text.as_str(), exchange.completion.reasoning.as_deref()), ("4", Some("hm")));
    assert_eq!((&exchange.completion.finish, exchange.completion.usage.prompt_tokens), (&Finish::Length, Some(10)));
}

#[test]
fn inspect_packed_logs_are_read_entry_by_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.eval");
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated, CompressionMethod::Zstd] {
        let mut archive = ZipWriter::new(std::fs::File::create(&path).unwrap());
        let options = SimpleFileOptions::default().compression_method(method);
        let sample = inspect_sample(json!("b"), 1, json!("C"));
        for (name, content) in
            [("header.json", inspect_header()), ("samples/b_epoch_1.json", sample), ("summaries.json", json!([]))]
        {
            archive.start_file(name, options).unwrap();
            archive.write_all(content.to_string().as_bytes()).unwrap();
        }
        archive.finish().unwrap();
        let run = inspect_packed(&path).unwrap();
        assert_eq!((run.rows.len(), outcome(&run.rows[0])), (1, Outcome::Correct));
    }
    for (bytes, says) in [(b"PK\x03\x04 and no more".to_vec(), "is not a log that can be read"), (Vec::new(), "is not a log")] {
        std::fs::write(&path, bytes).unwrap();
        let error = inspect_packed(&path).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let mut archive = ZipWriter::new(std::fs::File::create(&path).unwrap());
    archive.start_file("something.txt", SimpleFileOptions::default()).unwrap();
    archive.finish().unwrap();
    assert!(inspect_packed(&path).unwrap_err().to_string().contains("no header.json"));
}

#[test]
fn nonsense_is_refused_and_never_panics() {
    for odd in [
        json!({}),
        json!({"eval": {"task": "t", "model": "m"}}),
        json!({"eval": {"task": "t", "model": "m"}, "samples": []}),
        json!({"eval": {"task": 1, "model": []}, "samples": [1, null, "x", []]}),
        json!({"eval": {"task": "t", "model": "m"}, "samples": [{"id": null}]}),
    ] {
        assert!(inspect_log(&odd).is_err(), "{odd}");
    }
    let odd = json!({"eval": {"task": "t", "model": "m"}, "samples": [{"id": 1, "epoch": -5, "messages": 7, "output": [], "scores":
        {"s": 3, "t": {"value": null}, "u": {"value": [1, "x"]}}, "attachments": []}]});
    assert_eq!(outcome(&inspect_log(&odd).unwrap().rows[0]), Outcome::Skipped);
    for row in
        [json!({"doc_id": 1, "resps": 5, "acc": "x"}), json!({"doc_id": [1], "resps": [[]], "arguments": 3, "doc": "text"})]
    {
        assert_eq!(outcome(&lm_eval("t".into(), &numbered(vec![row]), None).unwrap().rows[0]), Outcome::Skipped);
    }
}

fn plan_of(score: f64, results: &Value, model: Option<&str>) -> RunPlan {
    let run = lm_eval("gsm8k".into(), &numbered(vec![generated(0, "f", json!(score))]), Some(results)).unwrap();
    stored(run, "samples.jsonl", model, None).unwrap().plan
}

#[test]
fn an_imported_run_says_so_in_its_plan() {
    let results = json!({"model_name": "a", "versions": {"gsm8k": 3}, "date": 1.0});
    let plan = plan_of(1.0, &results, None);
    assert_eq!((plan.benchmark.as_str(), plan.model.as_str()), ("lm-eval:gsm8k", "imported/a"));
    assert_eq!(plan.graded_by(), Some("lm-eval"));
    assert!(plan.is_imported());
    assert_eq!(plan_of(1.0, &results, Some("b")).model, "imported/b");
    // The same log is the same run; other grades are another; a date does not part judges, a version does.
    assert_eq!(plan.fingerprint(), plan_of(1.0, &results, None).fingerprint());
    assert_ne!(plan.fingerprint(), plan_of(0.0, &results, None).fingerprint());
    let later = plan_of(1.0, &json!({"model_name": "b", "versions": {"gsm8k": 3}, "date": 2.0}), None);
    assert_eq!(later.judge_provenance, plan.judge_provenance);
    let newer = plan_of(1.0, &json!({"model_name": "b", "versions": {"gsm8k": 4}, "date": 2.0}), None);
    assert_ne!(newer.judge_provenance, plan.judge_provenance);
}

#[test]
fn answers_are_matched_to_a_benchmarks_samples() {
    let sample = |id: &str, index| Sample {
        id: id.into(),
        index,
        group: "g".into(),
        inputs: Map::new(),
        target: Value::Null,
        strata: vec!["s".into()],
        metadata: Map::new(),
    };
    let samples = [sample("first", 0), sample("second", 1)];
    let run = |id: u64| lm_eval("t".into(), &numbered(vec![generated(id, "f", json!(1))]), None).unwrap();
    let matched = stored(run(1), "file", None, Some(("bench", &samples))).unwrap();
    assert_eq!((matched.plan.benchmark.as_str(), matched.samples[0].id.as_str(), matched.matched), ("bench", "second", 1));
    let error = stored(run(9), "file", None, Some(("bench", &samples))).unwrap_err().to_string();
    assert!(error.starts_with("bench has no sample `9`"), "{error}");
}
