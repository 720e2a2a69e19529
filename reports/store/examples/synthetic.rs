//! Fills a store with made-up results, to look at reports and to measure them: ten models at seven benchmarks, two of the
//! models with the same answers, two cells missing, one that cannot be compared, some infrastructure errors.
//!
//! `cargo run --release -p proctor-store --example synthetic -- STORE ATTEMPTS`
#![allow(clippy::print_stdout)]

use futures::StreamExt;
use proctor_core::{
    AnswerForm, Attempt, AttemptKey, AttemptRecord, Completion, Exchange, Finish, Grade, GradeRecord, Message, Outcome, Prompt,
    Protocol, Request, Role, RunPlan, RunState, Sample, Sampling, Usage, derive_seed, samples_sha256,
};
use proctor_store::Store;
use serde_json::{Map, json};
use std::error::Error;

/// Rows written in one step.
const TOGETHER: usize = 2_000;

/// Names with skill and US dollars per million tokens; no price is a local model.
const MODELS: [(&str, f64, Option<f64>); 10] = [
    ("openai/alpha-large", 0.86, Some(60.0)),
    ("openai/alpha-small", 0.71, Some(2.0)),
    ("anthropic/beta-pro", 0.85, Some(45.0)),
    ("anthropic/beta-mini", 0.70, Some(4.0)),
    ("google/gamma-ultra", 0.80, Some(30.0)),
    ("google/gamma-ultra-0801", 0.80, Some(30.0)),
    ("vllm/delta-70b", 0.66, Some(1.2)),
    ("vllm/delta-8b", 0.45, Some(0.3)),
    ("candle/epsilon-1b", 0.25, None),
    ("candle/epsilon-135m", 0.08, None),
];

const BENCHMARKS: [&str; 7] = ["humaneval-pro", "mbpp-pro", "tumlu", "ugmathbench", "failsafeqa", "refute", "codeelo"];
const LANGUAGES: [&str; 8] = ["azerbaijani", "crimean-tatar", "karakalpak", "kazakh", "tatar", "turkish", "uyghur", "uzbek"];
const SUBJECTS: [(&str, &str); 7] = [
    ("biology", "Biology"),
    ("chemistry", "Chemistry"),
    ("geography", "Geography"),
    ("history", "History"),
    ("maths", "Maths"),
    ("language", "Native language & literature"),
    ("physics", "Physics"),
];
const CASES: [&str; 7] =
    ["baseline", "misspelled", "incomplete", "out_of_domain", "ocr", "missing_context", "irrelevant_context"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(attempts)) = (arguments.next(), arguments.next()) else {
        return Err("usage: synthetic STORE ATTEMPTS".into());
    };
    let attempts: usize = attempts.parse()?;
    let per_run = (attempts / (MODELS.len() * BENCHMARKS.len())).max(1);
    let store = Store::open(path.as_str()).await?;
    let mut written = 0;
    for benchmark in BENCHMARKS {
        let samples: Vec<Sample> = (0..per_run).map(|i| sample(benchmark, i)).collect();
        for (place, (model, skill, price)) in MODELS.into_iter().enumerate() {
            // Missing cells.
            if (place, benchmark) == (7, "codeelo") || (place, benchmark) == (9, "refute") {
                continue;
            }
            let plan = plan(benchmark, model, place, &samples);
            let (run, there) = store.find_or_create_run(&plan, &samples, false).await?;
            if there {
                continue;
            }
            if place == 0 {
                let truth = |sample: &Sample| Grade::new(Outcome::Skipped, format!("{} has no reference", sample.id));
                let recorded = futures::stream::iter(&samples)
                    .map(|sample| async { store.record_reference(&plan, sample, &truth(sample)).await })
                    .buffer_unordered(TOGETHER);
                recorded.collect::<Vec<_>>().await.into_iter().collect::<Result<Vec<_>, _>>()?;
            }
            for chunk in samples.chunks(TOGETHER) {
                let rows: Vec<(AttemptRecord, GradeRecord)> =
                    chunk.iter().map(|sample| row(&run.id, benchmark, sample, model, skill, price)).collect();
                let (attempts, grades): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
                store.record_attempts(&attempts).await?;
                store.record_grades(&grades).await?;
                written += attempts.len();
            }
            store.set_run_state(&run.id, RunState::Finished).await?;
        }
        println!("{benchmark}: {written} attempts so far");
    }
    store.close().await;
    Ok(())
}

fn plan(benchmark: &str, model: &str, place: usize, samples: &[Sample]) -> RunPlan {
    // One cell was asked with other prompts.
    let prompt = if (place, benchmark) == (6, "tumlu") { "f" } else { "e" };
    RunPlan {
        benchmark: benchmark.into(),
        model: model.into(),
        model_provenance: json!({}),
        data_sha256: samples_sha256(samples),
        data_source: "made up".into(),
        prompt_sha256: prompt.repeat(64),
        options: Default::default(),
        prompts: None,
        protocol: Protocol::Chat,
        sampling: Sampling { temperature: Some(0.0), max_tokens: Some(1024), ..Sampling::default() },
        epochs: 1,
        seed: 0,
        judge_version: "1".into(),
        judge_provenance: json!({"guest": "made up"}),
        sample_ids: samples.iter().map(|sample| sample.id.clone()).collect(),
    }
}

fn sample(benchmark: &str, i: usize) -> Sample {
    let (id, group, strata): (String, String, Vec<String>) = match benchmark {
        "tumlu" => {
            let language = LANGUAGES[i % LANGUAGES.len()];
            let (file, subject) = SUBJECTS[i / LANGUAGES.len() % SUBJECTS.len()];
            let id = format!("{language}/{file}/{}", i / (LANGUAGES.len() * SUBJECTS.len()));
            let script = if matches!(language, "kazakh" | "tatar") { "Cyrillic script" } else { "Latin script" };
            (id.clone(), id, vec![language.into(), subject.into(), script.into()])
        }
        "ugmathbench" => {
            let (problem, version) = (i / 3, i % 3 + 1);
            let subject = ["Algebra", "Calculus", "Statistics"][problem % 3];
            let strata = vec![format!("version {version}"), format!("subject {subject}"), format!("level {}", problem % 5 + 1)];
            (format!("{subject}_{problem:05}/{version}"), format!("{subject}_{problem:05}"), strata)
        }
        "failsafeqa" => {
            let (record, case) = (i / CASES.len(), CASES[i % CASES.len()]);
            (format!("{record}/{case}"), record.to_string(), vec![case.into(), if record % 3 == 0 { "TG" } else { "QA" }.into()])
        }
        _ => (format!("{benchmark}/{i}"), format!("{benchmark}/{i}"), vec![format!("level {}", i % 4 + 1)]),
    };
    let inputs = json!({"question": format!("Question {i} of {benchmark}: what is {i} + {i}?")});
    Sample {
        id,
        index: i,
        group,
        inputs: inputs.as_object().cloned().unwrap_or_default(),
        target: json!((2 * i).to_string()),
        strata,
        metadata: Map::new(),
    }
}

/// A number in [0, 1) that depends on nothing but its arguments.
fn draw(what: &str, id: &str) -> f64 {
    derive_seed(7, &format!("{what} {id}"), 0, 0) as f64 / (1u64 << 53) as f64
}

fn row(run: &str, benchmark: &str, sample: &Sample, model: &str, skill: f64, price: Option<f64>) -> (AttemptRecord, GradeRecord) {
    // The dated name is the same model: the same answers.
    let answers = model.trim_end_matches("-0801");
    // Questions of a group are hard together, and models of a vendor find the same ones hard.
    let hard = 0.55 * draw("group", &format!("{benchmark} {}", sample.group)) + 0.2 * draw("sample", &sample.id);
    let luck = 0.25 * draw(answers, &sample.id);
    let bonus = if sample.strata.iter().any(|stratum| stratum == "kazakh") { 0.04 } else { 0.0 };
    let right = hard + luck < skill * 0.95 + bonus;
    let fate = draw("fate", &format!("{answers} {}", sample.id));
    let outcome = match (right, fate) {
        (_, fate) if fate < 0.001 => Outcome::InfraError,
        (true, _) => Outcome::Correct,
        (false, fate) if fate < 0.03 => Outcome::Truncated,
        (false, fate) if fate < 0.05 => Outcome::Refused,
        (false, fate) if fate < 0.09 => Outcome::Unparsed,
        (false, _) => Outcome::Incorrect,
    };
    let key = AttemptKey { run_id: run.into(), sample_id: sample.id.clone(), epoch: 0 };
    let tokens = 60 + (draw("length", &format!("{answers} {}", sample.id)).powi(3) * 900.0) as u64;
    let question = sample.text("question").unwrap_or_default();
    let text = format!("Let me add the numbers.\n\nThe answer is {}.", if right { 2 * sample.index } else { sample.index });
    let completion = Completion {
        text: text.clone(),
        finish: if outcome == Outcome::Truncated { Finish::Length } else { Finish::Stop },
        usage: Usage { prompt_tokens: Some(90), completion_tokens: Some(tokens), ..Usage::default() },
        model: model.into(),
        latency_s: 0.3 + tokens as f64 / 80.0,
        cost_usd: price.map(|price| price * (tokens + 90) as f64 / 1e6),
        ..Completion::default()
    };
    let request = Request::new(Prompt::Chat(vec![Message::new(Role::User, question)]), Sampling::default());
    let attempt = match outcome {
        Outcome::InfraError => None,
        _ => Some(Attempt { exchanges: vec![Exchange { request, completion }], ..Attempt::imported(text, AnswerForm::Chat) }),
    };
    let error = attempt.is_none().then(|| "the endpoint gave no answer in 60 s".to_owned());
    let mut grade = Grade::new(outcome, format!("the answer is {outcome}"));
    let value = f64::from(u8::from(right));
    let names: &[&str] = match benchmark {
        "humaneval-pro" | "mbpp-pro" => &["raw", "sanitised"],
        "tumlu" => &["official", "robust"],
        "ugmathbench" => &["official", "improved"],
        "refute" => &["official", "strict"],
        _ => &[],
    };
    if outcome.is_scored() {
        grade.scores.extend(names.iter().map(|name| ((*name).to_owned(), value)));
        if benchmark == "failsafeqa" {
            let rating = if right { 4.0 + (fate * 3.0).floor() } else { 1.0 + (fate * 3.0).floor() };
            grade.scores.insert("rating".into(), rating);
            grade.scores.insert("compliance".into(), value);
        }
    }
    grade.category = (outcome == Outcome::Incorrect).then(|| if fate < 0.5 { "AssertionError" } else { "wrong answer" }.into());
    grade.extracted = Some((2 * sample.index).to_string());
    (AttemptRecord { key: key.clone(), attempt, error }, GradeRecord { key, grade })
}
