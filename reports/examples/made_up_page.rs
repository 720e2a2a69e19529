//! A page of made-up results, to look at and for the browser tests.
//!
//! `made_up_page FILE ATTEMPTS` writes ten models at seven benchmarks; `made_up_page FILE --payloads JSON` writes two
//! models whose every text is one of the hostile texts in the file.

use proctor_core::{
    Answer, AnswerForm, Attempt, AttemptKey, AttemptRecord, Bin, Completion, Distribution, Exchange, Figure, Fingerprint, Grade,
    HeatColours, HeatMap, Mark, Message, Metric, MetricPoint, Outcome, Plot, Prompt, Protocol, Request, Role, RunPlan, RunRecord,
    RunState, Sample, Sampling, Span, Spans, Usage,
};
use proctor_reports::frames::AttemptRow;
use proctor_reports::html::{PageBuilder, PageOptions, PageRun};
use proctor_reports::{SampleView, summarise_rows};
use serde_json::{Map, json};
use std::error::Error;

const MODELS: [(&str, f64); 10] = [
    ("lab/large-5", 0.81),
    ("lab/large-5-twin", 0.81),
    ("other/grande", 0.78),
    ("lab/small-5", 0.70),
    ("vllm/some-vendor/Coder-480B-A35B-Instruct", 0.69),
    ("vllm/another-vendor/Seeker-V3.2", 0.67),
    ("other/piccolo", 0.62),
    ("ollama/scout", 0.50),
    ("candle/tiny-1.7b", 0.24),
    ("candle/tiny-135m", 0.11),
];
const BENCHMARKS: [(&str, &str); 7] = [
    ("humaneval-pro", "pass@1"),
    ("tumlu", "accuracy"),
    ("failsafeqa", "compliance"),
    ("tmgbench", "ID"),
    ("ugmathbench", "EAcc"),
    ("codeelo", "pass@1"),
    ("refute", "success"),
];
const WORDS: [&str; 24] = [
    "value",
    "return",
    "index",
    "matrix",
    "because",
    "therefore",
    "the",
    "sum",
    "of",
    "all",
    "steps",
    "is",
    "bounded",
    "when",
    "input",
    "grows",
    "we",
    "check",
    "each",
    "case",
    "first",
    "answer",
    "then",
    "compare",
];

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn prose(&mut self, words: usize) -> String {
        (0..words).map(|_| WORDS[self.below(WORDS.len())]).collect::<Vec<_>>().join(" ")
    }

    fn program(&mut self, lines: usize) -> String {
        let mut text = String::from("def f(x):\n    # as asked\n");
        for _ in 0..lines {
            let [a, b, c] = [0; 3].map(|_| WORDS[self.below(WORDS.len())]);
            text.push_str(&format!("    {a}_{b} = [{c}(y, {}) for y in x if y > {}]\n", self.below(99), self.share()));
        }
        text.push_str("    return \"done\"\n");
        text
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, what, rest @ ..] = arguments.as_slice() else {
        return Err("made_up_page FILE ATTEMPTS | FILE --payloads JSON".into());
    };
    let (title, runs) = match rest {
        [payloads] if what == "--payloads" => {
            let texts: Vec<String> = serde_json::from_str(&lone_ends(&std::fs::read_to_string(payloads)?))?;
            (texts.first().cloned().unwrap_or_default(), hostile(&texts))
        }
        _ => ("Made-up results".to_string(), harmless(what.parse()?)),
    };
    let mut pages = Vec::new();
    for (record, plots, views) in &runs {
        let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
        let summary = summarise_rows(record, &rows, &metrics(record, views), None);
        pages.push(PageRun { summary, plots: plots.clone() });
    }
    let mut builder = PageBuilder::new(PageOptions { title, ..PageOptions::default() }, pages, None);
    for (number, (_, _, views)) in runs.iter().enumerate() {
        for view in views {
            builder.add(number, view)?;
        }
    }
    std::fs::write(file, builder.finish()?)?;
    Ok(())
}

type Run = (RunRecord, Vec<Plot>, Vec<SampleView>);

/// Halves of surrogate pairs cannot be in a text of Rust; the page's script meets them in nothing but its own tests.
fn lone_ends(json: &str) -> String {
    json.replace("\\udc00", "\\ufffd").replace("\\ud800", "\\ufffd")
}

fn metrics(record: &RunRecord, views: &[SampleView]) -> Vec<Metric> {
    let name = BENCHMARKS.iter().find(|(benchmark, _)| *benchmark == record.plan.benchmark).map_or("score", |(_, metric)| metric);
    let point = |view: &SampleView| MetricPoint {
        group: view.sample.group.clone(),
        value: f64::from(u8::from(view.outcome() == Some(Outcome::Correct))),
    };
    let scored = || views.iter().filter(|view| view.outcome().is_some_and(Outcome::is_scored));
    let mut strata: Vec<&String> = views.iter().flat_map(|view| &view.sample.strata).collect();
    strata.sort();
    strata.dedup();
    let whole = Metric::mean(name, scored().map(point).collect()).map(|metric| Metric { headline: true, ..metric });
    let parts = strata.into_iter().filter_map(|stratum| {
        let inside = scored().filter(|view| view.sample.strata.contains(stratum));
        let metric = Metric::mean(name, inside.map(point).collect())?;
        Some(Metric { stratum: Some(stratum.clone()), note: stratum.contains('<').then(|| stratum.clone()), ..metric })
    });
    let mut all: Vec<Metric> = whole.into_iter().chain(parts).collect();
    if record.plan.benchmark == "failsafeqa" {
        for (name, odd) in [("Robustness", false), ("Context Grounding", true)] {
            all.extend(Metric::mean(name, scored().filter(|v| (v.sample.index % 2 == 1) == odd).map(point).collect()));
        }
    }
    all
}

fn record(benchmark: &str, model: &str, id: &str, samples: Vec<String>, epochs: u32) -> RunRecord {
    let plan = RunPlan {
        benchmark: benchmark.into(),
        model: model.into(),
        model_provenance: json!({"name": model}),
        data_sha256: "d".repeat(64),
        data_source: "made up".into(),
        prompt_sha256: "e".repeat(64),
        options: Default::default(),
        prompts: None,
        protocol: Protocol::Chat,
        sampling: Sampling { temperature: Some(0.0), max_tokens: Some(2048), ..Sampling::default() },
        epochs,
        seed: 7,
        judge_version: "1".into(),
        judge_provenance: json!({"guest": {"name": "cpython"}}),
        sample_ids: samples.into_iter().collect(),
    };
    RunRecord {
        id: id.into(),
        fingerprint: Fingerprint(format!("{:016x}", id.len())),
        plan,
        state: RunState::Finished,
        created_at: "2026-11-24T06:00:00Z".into(),
        proctor_version: "0.1.0".into(),
    }
}

struct Texts<'a> {
    run: &'a str,
    id: &'a str,
    group: String,
    strata: Vec<String>,
    prompt: String,
    answer: String,
    reasoning: Option<String>,
    model: &'a str,
}

fn attempt(texts: Texts<'_>, epoch: u32, grade: Grade, tokens: u64, latency_s: f64, cost_usd: Option<f64>) -> SampleView {
    let request = Request::new(
        Prompt::Chat(vec![Message::new(Role::System, "You are careful."), Message::new(Role::User, texts.prompt)]),
        Sampling { temperature: Some(0.0), ..Sampling::default() },
    );
    let usage = Usage { prompt_tokens: Some(400), completion_tokens: Some(tokens), ..Usage::default() };
    let completion = Completion {
        text: texts.answer.clone(),
        reasoning: texts.reasoning,
        usage,
        model: texts.model.into(),
        latency_s,
        cost_usd,
        ..Completion::default()
    };
    SampleView {
        sample: Sample {
            id: texts.id.into(),
            index: texts.id.len(),
            group: texts.group,
            inputs: Map::new(),
            target: json!("assert f(1) == 2\nassert f(2) == 3\n"),
            strata: texts.strata,
            metadata: Map::new(),
        },
        attempt: AttemptRecord {
            key: AttemptKey { run_id: texts.run.into(), sample_id: texts.id.into(), epoch },
            attempt: Some(Attempt {
                exchanges: vec![Exchange { request, completion }],
                answer: Answer { text: texts.answer, form: AnswerForm::Chat },
                facts: Map::new(),
            }),
            error: None,
        },
        grade: Some(grade),
    }
}

fn harmless(attempts: usize) -> Vec<Run> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let each = (attempts / (MODELS.len() * BENCHMARKS.len())).max(4);
    let mut runs = Vec::new();
    for (place, (benchmark, _)) in BENCHMARKS.into_iter().enumerate() {
        let epochs: u32 = if benchmark == "codeelo" { 4 } else { 1 };
        let samples = each / epochs as usize;
        let ids: Vec<String> = (0..samples).map(|i| format!("{benchmark}/{i}")).collect();
        let prompts: Vec<String> = ids.iter().map(|_| format!("Answer the question.\n\n{}", numbers.prose(90))).collect();
        let hard: Vec<f64> = ids.iter().map(|_| numbers.share()).collect();
        for (rank, (model, skill)) in MODELS.into_iter().enumerate() {
            if matches!((place, rank), (3, 2) | (5, 8) | (5, 9)) {
                continue;
            }
            let run = format!("{benchmark}-{rank:06x}");
            let mut views = Vec::new();
            for (i, id) in ids.iter().enumerate() {
                for epoch in 0..epochs {
                    let right = numbers.share() < (skill * 1.25 - hard[i] * 0.5).clamp(0.02, 0.98);
                    let other = [Outcome::Unparsed, Outcome::Truncated, Outcome::Refused, Outcome::InfraError, Outcome::Partial];
                    let outcome =
                        if right { Outcome::Correct } else { *other.get(numbers.below(40)).unwrap_or(&Outcome::Incorrect) };
                    let program = numbers.program(6);
                    let answer = format!("{}\n\n```python\n{program}```\n", numbers.prose(40));
                    let mut grade = Grade::new(outcome, format!("test {} of 7: {outcome}", numbers.below(7)));
                    grade.category = (outcome == Outcome::Incorrect).then(|| "AssertionError".into());
                    grade.extracted = Some(program.clone());
                    let output = if right { "1 2 3\nyes\n" } else { "1 7 3\nno\n" };
                    let evidence = json!({"raw": {"program": format!("import math\n{program}assert f(1) == 2\n"), "expected": "1 2 3\nyes\n", "stdout": output}});
                    grade.artifacts = evidence.as_object().cloned().unwrap_or_default();
                    let strata = match benchmark {
                        "tumlu" => vec![
                            ["kazakh", "tatar", "turkish", "uzbek"][i % 4].into(),
                            ["History", "Biology", "Maths"][i / 4 % 3].into(),
                        ],
                        "codeelo" => vec![["Easy", "Medium", "Hard"][i % 3].into()],
                        _ => Vec::new(),
                    };
                    let group = if benchmark == "ugmathbench" { format!("group {}", i / 3) } else { id.clone() };
                    let tokens = (150.0 * (0.3 + 3.0 * numbers.share()) * (1.0 + 3.0 * skill)) as u64;
                    let reasoning = (rank < 4).then(|| numbers.prose(60));
                    let texts = Texts { run: &run, id, group, strata, prompt: prompts[i].clone(), answer, reasoning, model };
                    let seconds = 0.3 + numbers.share() * numbers.share() * 20.0;
                    views.push(attempt(
                        texts,
                        epoch,
                        grade,
                        tokens,
                        seconds,
                        (rank < 7).then_some(tokens as f64 * 1e-5 / (rank + 1) as f64),
                    ));
                }
            }
            runs.push((record(benchmark, model, &run, ids.clone(), epochs), plots(benchmark, model, skill, &mut numbers), views));
        }
    }
    runs
}

fn plots(benchmark: &str, model: &str, skill: f64, numbers: &mut Numbers) -> Vec<Plot> {
    let figure = match benchmark {
        "tmgbench" => {
            let mut values = vec![vec![None; 24]; 24];
            values
                .iter_mut()
                .flatten()
                .for_each(|cell| *cell = Some((2.0 * numbers.share() - 1.0) * numbers.share() * (1.1 - skill)));
            let names =
                (0..24).map(|i| (0..24).map(|j| format!("game {}, outcome {}", i / 2 * 12 + j / 2, j % 2)).collect()).collect();
            Figure::HeatMap(HeatMap { values, names, colours: HeatColours::Signed, block: 2, gap_every: 6, ..HeatMap::default() })
        }
        "ugmathbench" => {
            let rows = ["Algebra", "Geometry", "Number theory"].map(|name| {
                let first = skill * (0.6 + 0.3 * numbers.share());
                Span { name: name.into(), first, second: first + 0.08 }
            });
            let titles = ["subject", "EAcc", "AAcc"].map(str::to_string);
            let [row_title, first_title, second_title] = titles;
            Figure::Spans(Spans { row_title, first_title, second_title, rows: rows.to_vec(), ..Spans::default() })
        }
        "codeelo" => {
            let bin = |i: i32| Bin {
                low: f64::from(i * 100),
                high: f64::from(i * 100 + 100),
                share: (-(f64::from(i - 12) / 5.0).powi(2)).exp(),
            };
            let value = 400.0 + 2200.0 * skill;
            let marks = vec![Mark { name: model.into(), value, interval: Some((value - 130.0, value + 120.0)) }];
            Figure::Distribution(Distribution {
                value_title: "rating".into(),
                population: "people".into(),
                bins: (0..35).map(bin).collect(),
                marks,
            })
        }
        _ => return Vec::new(),
    };
    vec![Plot { title: "The benchmark's own plot".into(), caption: "Made up.".into(), figure }]
}

/// Every text of two runs is hostile: names, ids, subsets, prompts, answers, evidence, plots.
fn hostile(texts: &[String]) -> Vec<Run> {
    let at = |i: usize| texts.get(i % texts.len().max(1)).cloned().unwrap_or_default();
    let ids: Vec<String> = (0..texts.len()).map(|i| format!("{} {i}", at(i))).collect();
    let run = |number: usize| {
        let (benchmark, model, id) = (at(1), at(number + 2), at(number + 4));
        let views = (0..texts.len()).map(|i| {
            let text = at(i + number);
            let mut grade = Grade::new(
                if (i + number).is_multiple_of(2) { Outcome::Correct } else { Outcome::Incorrect },
                text.repeat(1 + i % 8),
            );
            grade.category = Some(text.clone());
            grade.extracted = Some(text.clone());
            grade.scores.insert(text.clone(), 1.0);
            grade
                .artifacts
                .insert(text.clone(), json!({ text.clone(): [text.clone()], "expected": text.clone(), "stdout": at(i + 1) }));
            grade.artifacts.insert("program".into(), json!(format!("#include <{text}>\n{text}\n\"{text}\" // {text}\n")));
            let texts = Texts {
                run: &id,
                id: &ids[i],
                group: text.clone(),
                strata: vec![text.clone(), at(i + 3)],
                prompt: text.clone(),
                answer: format!("{text}\n```python\n{text}\n\"\"\"{text}\n```"),
                reasoning: Some(text.clone()),
                model: &model,
            };
            let mut view = attempt(texts, 0, grade, 10, 1.0, Some(0.1));
            view.sample.target = json!({ text.clone(): text.clone() });
            view.sample.metadata.insert(text.clone(), json!(text.clone()));
            view
        });
        let views: Vec<SampleView> = views.collect();
        let map = HeatMap {
            rows: vec![at(7), at(8)],
            columns: vec![at(9)],
            values: vec![vec![Some(0.2)], vec![None]],
            row_title: at(10),
            ..HeatMap::default()
        };
        let plot = Plot { title: at(11), caption: at(12), figure: Figure::HeatMap(map) };
        (record(&benchmark, &model, &id, ids.clone(), 1), vec![plot], views)
    };
    vec![run(0), run(1)]
}
