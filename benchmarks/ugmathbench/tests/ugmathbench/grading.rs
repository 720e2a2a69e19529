use crate::support::now;
use crate::support::{Scripted, open, row, samples, try_open, write};
use proctor_core::{
    AnswerForm, Attempt, Benchmark, Completion, DataSource, Exchange, Finish, Grade, Outcome, Prompt, PromptSource, Protocol,
    Sample, Usage,
};
use proctor_ugmathbench::marj;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

fn grade(benchmark: &dyn Benchmark, sample: &Sample, text: &str) -> Grade {
    now(benchmark.grade(sample, &Attempt::imported(text, AnswerForm::Chat), &Scripted::default())).unwrap()
}

fn boxed(sample: &Sample) -> String {
    let answers: Vec<&str> = sample.target["answer"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    format!("So it is.\n\nThe final answers are \\boxed{{{}}}", answers.join(", "))
}

/// A sample of a row that was changed.
fn sample_of(benchmark: &dyn Benchmark, change: impl Fn(&mut Value)) -> Sample {
    let folder = tempfile::tempdir().unwrap();
    let mut row = row("Algebra_0001");
    change(&mut row);
    write(folder.path(), "Algebra.json", &json!([row]));
    samples(benchmark, &DataSource::Folder(folder.path().into())).remove(0)
}

fn slots(row: &mut Value, answers: Value, types: Value, options: Value) {
    row["answer_v1"] = answers;
    row["answer_type_v1"] = types;
    row["options_v1"] = options;
}

#[test]
fn every_built_in_reference_is_right_for_both_judges() {
    for mode in ["official", "improved"] {
        let benchmark = open(&[("mode", mode)]);
        for sample in samples(&*benchmark, &DataSource::BuiltIn) {
            let reference = benchmark.reference(&sample).unwrap();
            let grade = now(benchmark.grade(&sample, &reference, &Scripted::default())).unwrap();
            assert_eq!(grade.outcome, Outcome::Correct, "{}: {} {}", sample.id, reference.answer.text, grade.explanation);
            assert_eq!([grade.scores["official"], grade.scores["improved"]], [1.0, 1.0], "{}: {}", sample.id, grade.explanation);
        }
    }
}

/// The answers to another version are wrong here, for both judges, wherever they differ at all.
#[test]
fn answers_to_another_version_are_wrong() {
    let benchmark = open(&[]);
    let all = samples(&*benchmark, &DataSource::BuiltIn);
    let by_id: HashMap<&str, &Sample> = all.iter().map(|sample| (sample.id.as_str(), sample)).collect();
    let (mut tried, mut wrong) = (0, 0);
    for sample in &all {
        let other = match sample.id.strip_suffix("_v3") {
            Some(problem) => format!("{problem}_v1"),
            None => sample.id.replace("_v2", "_v3").replace("_v1", "_v2"),
        };
        let other = by_id[other.as_str()];
        if other.target == sample.target {
            continue;
        }
        tried += 1;
        let grade = grade(&*benchmark, sample, &boxed(other));
        assert_eq!(grade.scores["improved"], 0.0, "{}: {}", sample.id, boxed(other));
        wrong += usize::from(grade.outcome == Outcome::Incorrect);
    }
    assert!(tried > 150, "{tried}");
    assert_eq!(wrong, tried);
}

#[test]
fn evidence_holds_both_verdicts_of_every_answer() {
    let benchmark = open(&[]);
    let sample = sample_of(&*benchmark, |row| slots(row, json!(["5", "x+1"]), json!(["NV", "EX"]), json!([[], []])));
    let found = grade(&*benchmark, &sample, "\\boxed{5, x+2}");
    assert_eq!(found.outcome, Outcome::Incorrect);
    let slots = found.artifacts["slots"].as_array().unwrap();
    assert_eq!(slots.len(), 2);
    for (slot, right) in slots.iter().zip([true, false]) {
        assert_eq!(slot["official"]["right"], right, "{slot}");
        assert_eq!(slot["improved"]["right"], right, "{slot}");
    }
    assert_eq!([found.scores["slots right NV"], found.scores["slots right EX"]], [1.0, 0.0]);
    assert!(found.explanation.starts_with("Official: answer 2 of 2"), "{}", found.explanation);
    assert_eq!(found.extracted.as_deref(), Some("5, x+2"));
}

/// Where upstream's judge is known to err, the two verdicts part and the grade says so.
#[test]
fn the_verdicts_part_where_upstream_errs() {
    let benchmark = open(&[]);
    for (answers, types, text, official, improved) in [
        // Q1: surplus answers.
        (json!(["5"]), json!(["NV"]), "\\boxed{5, 7}", 1.0, 0.0),
        // Q2: a box for each answer.
        (json!(["5", "7"]), json!(["NV", "NV"]), "\\boxed{5} and \\boxed{7}", 0.0, 1.0),
        // Q5: a box before the last "Therefore".
        (json!(["5"]), json!(["NV"]), "\\boxed{5} Therefore we are done.", 0.0, 1.0),
        // Several options with a comma between them are several answers to upstream.
        (json!(["BD"]), json!(["MCM"]), "\\boxed{B, D}", 0.0, 1.0),
    ] {
        let sample = sample_of(&*benchmark, |row| {
            let options = vec![json!([]); answers.as_array().unwrap().len()];
            slots(row, answers.clone(), types.clone(), json!(options));
        });
        let found = grade(&*benchmark, &sample, text);
        assert_eq!([found.scores["official"], found.scores["improved"]], [official, improved], "{text}: {}", found.explanation);
        assert!(found.category.is_some(), "{text}");
    }
}

#[test]
fn outcomes_beside_right_and_wrong() {
    let benchmark = open(&[]);
    let sample = sample_of(&*benchmark, |_| {});
    let with_finish = |text: &str, finish: Finish| {
        let request = benchmark.request(&sample, Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap();
        let completion = Completion {
            text: text.into(),
            reasoning: None,
            finish,
            usage: Usage::default(),
            model: "m".into(),
            latency_s: 0.0,
            cost_usd: None,
            ..Completion::default()
        };
        let mut attempt = Attempt::imported(text, AnswerForm::Chat);
        attempt.exchanges.push(Exchange { request, completion });
        now(benchmark.grade(&sample, &attempt, &Scripted::default())).unwrap().outcome
    };
    assert_eq!(with_finish("\\boxed{2}", Finish::Stop), Outcome::Correct);
    assert_eq!(with_finish("\\boxed{2}", Finish::Length), Outcome::Correct);
    assert_eq!(with_finish("Let us see", Finish::Stop), Outcome::Unparsed);
    assert_eq!(with_finish("", Finish::Stop), Outcome::Unparsed);
    assert_eq!(with_finish("Let us see", Finish::Length), Outcome::Truncated);
    assert_eq!(with_finish("", Finish::ContentFilter), Outcome::Refused);
    assert_eq!(with_finish("\\boxed{3}", Finish::Stop), Outcome::Incorrect);
}

/// Quirk Q3: a version without references takes any answer for right; the improved figures leave it out.
#[test]
fn corrupt_versions() {
    let corrupt = |row: &mut Value| slots(row, json!([]), json!([]), json!([]));
    let official = open(&[]);
    let sample = sample_of(&*official, corrupt);
    assert!(sample.strata.iter().any(|name| name == "corrupt"));
    assert!(official.reference(&sample).is_none());
    for (text, outcome) in [("\\boxed{7}", Outcome::Correct), ("no idea", Outcome::Unparsed)] {
        let found = grade(&*official, &sample, text);
        assert_eq!(found.outcome, outcome, "{text}");
        assert!(found.explanation.contains("no reference") && !found.scores.contains_key("improved"), "{}", found.explanation);
    }
    let improved = open(&[("mode", "improved")]);
    assert_eq!(grade(&*improved, &sample, "\\boxed{7}").outcome, Outcome::Skipped);
}

fn marj(options: &[(&str, &str)], report: &str, change: impl Fn(&mut Value), text: &str) -> (Grade, Vec<String>) {
    let options = [&[("judge", "marj")], options].concat();
    let benchmark: Arc<dyn Benchmark> = try_open(None, PromptSource::Own, &options).unwrap();
    let sample = sample_of(&*benchmark, change);
    let judges = Scripted { report: report.into(), ..Scripted::default() };
    let grade = now(benchmark.grade(&sample, &Attempt::imported(text, AnswerForm::Chat), &judges)).unwrap();
    let asked = judges.asked.into_inner().unwrap().into_iter().map(|request| {
        assert_eq!((request.sampling.temperature, request.sampling.max_tokens), (Some(0.0), Some(1024)));
        match request.prompt {
            Prompt::Chat(messages) if messages.len() == 1 => messages[0].content.clone(),
            _ => panic!("not one message"),
        }
    });
    (grade, asked.collect())
}

#[test]
fn the_judge_model_has_the_last_word() {
    let expression = |row: &mut Value| slots(row, json!(["x+1"]), json!(["EX"]), json!([[]]));
    let yes = "## Equivalence Judgement\nTRUE\n## Justification\nso";
    let (found, asked) = marj(&[], yes, expression, "all of it: \\boxed{x+2}");
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].contains("all of it: \\boxed{x+2}") && asked[0].contains("\nx+1\n") && asked[0].contains("What is 1 plus 1?")
    );
    assert!(!asked[0].contains("{{"));
    assert_eq!(found.outcome, Outcome::Correct);
    assert_eq!([found.scores["official"], found.scores["rule"], found.scores["improved"]], [1.0, 0.0, 0.0]);
    assert_eq!(found.artifacts["judge"]["model"], "scripted/judge");
    let (found, _) = marj(&[], "## Equivalence Judgement\nFALSE", expression, "\\boxed{x+2}");
    assert_eq!(found.outcome, Outcome::Incorrect);
    let (found, asked) = marj(&[], "", expression, "\\boxed{x+1}");
    assert!(found.outcome == Outcome::Correct && asked.is_empty());
    // Plain numbers are for the rules alone.
    let (found, asked) = marj(&[], yes, |_| {}, "\\boxed{3}");
    assert!(found.outcome == Outcome::Incorrect && asked.is_empty());
    // As upstream has it, the problem's place is never filled (quirk Q22).
    let (_, asked) = marj(&[("judge_problem", "placeholder")], yes, expression, "\\boxed{x+2}");
    assert!(asked[0].contains("{{Problem}}") && !asked[0].contains("What is 1 plus 1?"));
}

#[test]
fn reports_are_read_as_upstream_reads_them() {
    for (report, verdict) in [
        ("## Equivalence Judgement\n TRUE \n## Justification\nFALSE", true),
        ("## Equivalence Judgement\nFALSE\n## Equivalence Judgement\nTRUE", true),
        ("TRUE", true),
        ("## Equivalence Judgement\nTRUE.\n", false),
        ("## Equivalence Judgement\n**TRUE**", false),
        ("## Justification\n## Equivalence Judgement\nTRUE", false),
        ("## Equivalence Judgement\ntrue", false),
        ("", false),
    ] {
        assert_eq!(marj::verdict(report), verdict, "{report}");
    }
}

#[test]
fn plain_numbers_are_what_python_reads() {
    for text in ["5", "-2.5", "+.5", "5.", "1.5E+3", " 7 ", "1_000", "inf", "-Infinity", "NaN", "1e5"] {
        assert!(marj::is_float(text), "{text}");
    }
    for text in ["", ".", "5x", "1/2", "sqrt(2)", "1__0", "_1", "1e", "e5", "--1", "1,000", "pi", "0x1"] {
        assert!(!marj::is_float(text), "{text}");
    }
}
