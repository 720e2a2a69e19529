//! Answers and rows made to hurt: every one gets a grade or a sentence, soon.

use crate::support::{Scripted, now, open, row, samples, write};
use proctor_core::{AnswerForm, AnswerRow, Attempt, Benchmark, DataSource, Grade, Outcome, Sample};
use proctor_ugmathbench::{Problem, TYPES};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// One sample per answer type, each with two answers of it.
static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let answers = ["sqrt(2)/3", "x^2*exp(-x)", "x+y = 3", "(-infinity,3) U (3,5]", "T", "B", "AC", "DNE", "(1,2)", "(1, x)"];
    let rows: Vec<Value> = TYPES
        .iter()
        .zip(answers)
        .map(|(code, answer)| {
            let mut row = row(&format!("Algebra_{code}"));
            row["answer_v1"] = json!([answer, answer]);
            row["answer_type_v1"] = json!([code, code]);
            row["options_v1"] = json!([["A", "B", "C"], []]);
            row
        })
        .collect();
    write(folder.path(), "Algebra.json", &Value::Array(rows));
    let mut all = samples(&*open(&[]), &DataSource::Folder(folder.path().into()));
    all.truncate(TYPES.len());
    all
});

fn grade(benchmark: &dyn Benchmark, sample: &Sample, text: &str) -> Grade {
    now(benchmark.grade(sample, &Attempt::imported(text, AnswerForm::Chat), &Scripted::default())).unwrap()
}

#[test]
fn hostile_answers_are_graded_soon() {
    let benchmark = open(&[]);
    let boxed = |inside: String| format!("\\boxed{{{inside}}}");
    let answers = [
        boxed("{".repeat(100_000)),
        boxed(format!("{}{}", "{".repeat(100_000), "}".repeat(100_000))),
        boxed(format!("{}x{}", "(".repeat(100_000), ")".repeat(100_000))),
        boxed("\\frac{1}{".repeat(50_000)),
        boxed("10^{10^{10^{10}}}, 9^{9^{9^{9}}}!".into()),
        boxed("1,".repeat(500_000)),
        boxed("x".repeat(1_000_000)),
        "\\boxed{".repeat(200_000),
        "\\boxed{5}".repeat(200_000),
        "herefore \\boxed{".repeat(100_000),
        "# Answer ####".repeat(100_000),
        "the answer is ".repeat(100_000),
        boxed("\\sin^{1}".repeat(20_000)),
        boxed("\\text{".repeat(100_000)),
        boxed("\u{0}\u{fffd}\u{202e}𝒙".repeat(50_000)),
        boxed("or and U inf : ".repeat(50_000)),
    ];
    for answer in &answers {
        for sample in SAMPLES.iter() {
            let started = Instant::now();
            let found = grade(&*benchmark, sample, answer);
            let took = started.elapsed();
            let beginning: String = answer.chars().take(40).collect();
            assert_ne!(found.outcome, Outcome::Correct, "{} {beginning}", sample.id);
            assert!(took < Duration::from_secs(2), "{} {beginning}: {took:?}", sample.id);
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\\boxed{",
        "}",
        "{",
        "(",
        ")",
        "[",
        "]",
        ",",
        "\\frac",
        "\\sqrt",
        "x",
        "2",
        "1.5",
        "^",
        "_",
        "\\pi",
        "e",
        "i",
        "=",
        "<",
        "\\left",
        "\\right",
        "\\text{",
        "$",
        "U",
        "and",
        "or",
        "-",
        "+",
        "*",
        "/",
        "\\infty",
        "therefore",
        "Therefore",
        " ",
        "\n",
        "\\sin",
        "ln",
        "!",
        "A",
        "BD",
        "True",
        "the answer is ",
        "\\\\",
        "\\begin{pmatrix}",
        "\\end{pmatrix}",
        "&",
        "é",
        "∞",
        "%",
    ]);
    prop_oneof![prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat()), "\\PC{0,60}", any::<String>(),]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any text as an answer gets a grade with both scores, and the same one each time.
    #[test]
    fn any_answer(answer in text(), sample in 0..TYPES.len(), wrapped in any::<bool>()) {
        let answer = if wrapped { format!("So \\boxed{{{answer}}}") } else { answer };
        let benchmark = open(&[]);
        let found = grade(&*benchmark, &SAMPLES[sample], &answer);
        prop_assert!(found.scores.contains_key("official") && found.scores.contains_key("improved"));
        prop_assert!(!found.explanation.is_empty() && found.outcome != Outcome::Skipped);
        prop_assert_eq!(grade(&*benchmark, &SAMPLES[sample], &answer), found);
    }

    /// Any reference, statement or option, too, and any row is a problem or a sentence.
    #[test]
    fn any_row(reference in text(), answer in text(), kind in 0..TYPES.len(), options in prop::collection::vec(text(), 0..4)) {
        let mut row = row("Algebra_0001");
        row["answer_v1"] = json!([reference]);
        row["answer_type_v1"] = json!([TYPES[kind]]);
        row["options_v1"] = json!([options]);
        row["problem_v1"] = answer.clone().into();
        let problem = Problem::parse("row", &row).unwrap();
        prop_assert_eq!(problem.row(), row);
        let sample = problem.sample(1, &problem.versions[0], 0, Default::default());
        let benchmark = open(&[]);
        grade(&*benchmark, &sample, &answer);
        let protocol = proctor_core::Protocol::Chat;
        prop_assert!(benchmark.request(&sample, protocol, &benchmark.sampling(protocol)).is_ok());
    }

    #[test]
    fn any_answers_file(id in "(Algebra_9001(_v[1-3])?|\\PC{0,8})", key in "(completion|answer|text|\\PC{0,5})", version in any::<i8>()) {
        let benchmark = open(&[]);
        let rows = [AnswerRow { line: 1, value: json!({"id": id, "version": version, key: "x"}) }];
        match benchmark.import(&samples(&*benchmark, &DataSource::BuiltIn), &rows) {
            Ok(imported) => prop_assert_eq!(imported.len(), 1),
            Err(error) => prop_assert!(error.to_string().starts_with("Row 1 of the answers"), "{error}"),
        }
    }
}
