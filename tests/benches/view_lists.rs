//! How fast the live view answers over many attempts: `cargo bench -p proctor-view --bench view_lists [-- ATTEMPTS]`.
//!
//! A store of ten runs is made (one million attempts unless said otherwise), the view reads it, and pages are asked for over
//! its own HTTP server, as a browser asks. Printed are the median and the worst of twenty answers, the CPU time of one (asking
//! included), and what reading the store took. Everything lies in a temporary folder.
#![allow(clippy::print_stdout, missing_docs)]

use async_trait::async_trait;
use proctor_core::{Protocol, RunPlan, Sample, Sampling, samples_sha256};
use proctor_reports::Summary;
use proctor_reports::compare::Comparison;
use proctor_reports::leaderboard::Leaderboard;
use proctor_store::Store;
use proctor_view::{Figures, Index, ViewOptions, read_texts, serve, synchronise};
use serde_json::{Map, Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const RUNS: usize = 10;
const REPEATS: usize = 20;
const SUBJECTS: [&str; 8] = ["history", "geography", "physics", "chemistry", "biology", "maths", "language", "law"];
const WORDS: [&str; 12] =
    ["steppe", "river", "energy", "acid", "cell", "prime", "verb", "treaty", "caravan", "glacier", "isotope", "enzyme"];

/// Lists need no figures.
struct NoFigures;

#[async_trait]
impl Figures for NoFigures {
    async fn summary(&self, _run: &str) -> Result<Summary, String> {
        Err("not measured".into())
    }

    async fn leaderboard(&self, _slices: &[String]) -> Result<Leaderboard, String> {
        Err("not measured".into())
    }

    async fn compare(&self, _a: &str, _b: &str, _: Option<&str>, _: &[String]) -> Result<Comparison, String> {
        Err("not measured".into())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let attempts = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir()?;
    tokio::runtime::Runtime::new()?.block_on(measure(folder.path(), attempts))
}

async fn measure(folder: &Path, attempts: usize) -> Result<(), Box<dyn std::error::Error>> {
    let path = folder.join("proctor.db");
    make(&path, attempts).await?;
    let store = Store::open(&path).await?;
    let index = Index::open(&folder.join("index")).await?;
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let synced = synchronise(&index, &store).await?;
    println!("read {} attempts: {:.1} s, {:.1} CPU-s", synced.attempts, wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    while read_texts(&index, &store, &|| true).await? {}
    println!("made them searchable: {:.1} s, {:.1} CPU-s", wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!("index: {:.0} MB", std::fs::metadata(index.path())?.len() as f64 / 1e6);
    index.close().await;
    let serving = serve(store, Arc::new(NoFigures), &ViewOptions { port: 0, index: folder.join("index") }).await?;
    let (place, token) = serving.address().trim_start_matches("http://").split_once("/?token=").ok_or("no token")?;
    let (place, token) = (place.to_string(), token.to_string());
    let server = tokio::spawn(serving.run(std::future::pending()));
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("{:<46} {:>10} {:>10} {:>8} {:>6}", "page", "median ms", "worst ms", "CPU ms", "kB");
    let run = "bench-0";
    for (what, target) in [
        ("list of runs", "/".to_string()),
        ("all samples, first page", "/samples".into()),
        ("one outcome", "/samples?outcome=incorrect".into()),
        ("a rare outcome", "/samples?outcome=refused".into()),
        ("one benchmark, two outcomes", "/samples?benchmark=bench-3&outcome=correct&outcome=truncated".into()),
        ("one model, one subset", "/samples?model=model-7&subset=physics".into()),
        ("one subset of all, one outcome", "/samples?subset=history&outcome=incorrect".into()),
        ("an error category", "/samples?category=AssertionError".into()),
        ("longest answers first", "/samples?sort=tokens".into()),
        ("longest waits of one outcome first", "/samples?sort=time&outcome=incorrect".into()),
        ("a page in the middle", format!("/samples?after=0.{}", proctor_view::attempt_id(6, 1000, 0))),
        ("search: a common word", "/samples?q=steppe".into()),
        ("search: two words", "/samples?q=steppe+caravan".into()),
        ("search: a rare word", "/samples?q=needle77".into()),
        ("search: a word, a subset and an outcome", "/samples?q=glacier&subset=law&outcome=correct".into()),
        ("search: words that are nowhere", "/samples?q=absentword".into()),
        ("a sample with all answers to it", format!("/sample?run={}&sample=q500", run_id(&place, &token, run).await?)),
        ("state of all runs, as the script asks", "/api/runs".into()),
    ] {
        let mut times = Vec::new();
        let mut size = 0;
        let cpu = cpu_seconds();
        for _ in 0..REPEATS {
            let began = Instant::now();
            size = get(&place, &token, &target).await?.len();
            times.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        let (median, worst) = (times[REPEATS / 2], times[REPEATS - 1]);
        let cpu = (cpu_seconds() - cpu) * 1000.0 / REPEATS as f64;
        println!("{what:<46} {median:>10.1} {worst:>10.1} {cpu:>8.1} {:>6.0}", size as f64 / 1000.0);
    }
    server.abort();
    Ok(())
}

/// A store of ten runs. Runs and samples go in through the store; attempts, a million texts, are made by its database.
async fn make(path: &Path, attempts: usize) -> Result<(), Box<dyn std::error::Error>> {
    let began = Instant::now();
    let samples: Vec<Sample> = (0..attempts / RUNS).map(sample).collect();
    let store = Store::open(path).await?;
    for run in 0..RUNS {
        let plan = RunPlan {
            benchmark: format!("bench-{}", run % 5),
            model: format!("model-{run}"),
            model_provenance: json!({}),
            data_sha256: samples_sha256(&samples),
            data_source: "made up".into(),
            prompt_sha256: String::new(),
            options: Default::default(),
            prompts: None,
            protocol: Protocol::Chat,
            sampling: Sampling::default(),
            epochs: 1,
            seed: 0,
            judge_version: "1".into(),
            judge_provenance: json!({}),
            sample_ids: samples.iter().map(|s| s.id.clone()).collect(),
        };
        store.find_or_create_run(&plan, &samples, true).await?;
    }
    store.close().await;
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await?;
    let word = |salt: u32| {
        let cases: Vec<String> = WORDS.iter().enumerate().map(|(i, word)| format!("WHEN {i} THEN '{word}'")).collect();
        format!("CASE (position * {salt} + run * 7) % {} {} END", WORDS.len(), cases.join(" "))
    };
    let text = format!("{} || ' and ' || {} || ' of {} ' || position", word(1), word(5), "x".repeat(200));
    let transcript = format!(
        "json_object('exchanges', json_array(json_object('request', json_object('prompt', json_object('chat', json_array(\
         json_object('role', 'user', 'content', 'Question ' || position))), 'sampling', json_object()), 'completion', \
         json_object('text', {text}, 'reasoning', NULL, 'finish', 'stop', 'usage', json_object('completion_tokens', 50), \
         'model', 'm', 'latency_s', 1.5, 'cost_usd', NULL))), 'answer', json_object('text', {text}, 'form', 'chat'))"
    );
    let outcome = "CASE WHEN position % 997 = 3 THEN 'refused' WHEN position % 89 = 5 THEN 'truncated' \
                   WHEN (position * 31 + run * 17) % 100 < 60 THEN 'correct' ELSE 'incorrect' END";
    for statement in [
        "INSERT INTO attempts (id, run, position, epoch, finish, exchanges, cached_exchanges, latency_s, prompt_tokens, \
         completion_tokens, answered_at, revision) SELECT (run << 40) | (position << 14), run, position, 0, 'stop', 1, 0, \
         (position * 37 % 5000) / 100.0, 90, position * 53 % 2000, '2026-01-01T00:00:00.000Z', 1 FROM run_samples"
            .to_string(),
        format!(
            "INSERT INTO transcripts (attempt, transcript) SELECT (run << 40) | (position << 14), {transcript} FROM run_samples"
        ),
        format!(
            "INSERT INTO grades (attempt, outcome, category, scores, graded_at, revision, explanation) \
             SELECT (run << 40) | (position << 14), {outcome}, \
             CASE WHEN position % 7 = 0 AND {outcome} = 'incorrect' THEN 'AssertionError' END, '{{\"raw\":1}}', \
             '2026-01-01T00:00:00.000Z', 1, 'graded so because of ' || position FROM run_samples"
        ),
        "UPDATE runs SET state = 'finished'".into(),
        "UPDATE counter SET revision = 1".into(),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    connection.close().await?;
    println!(
        "made {attempts} attempts: {:.1} s, {:.0} MB",
        began.elapsed().as_secs_f64(),
        std::fs::metadata(path)?.len() as f64 / 1e6
    );
    Ok(())
}

fn sample(index: usize) -> Sample {
    let rare = if index % 20_011 == 77 { " needle77" } else { "" };
    Sample {
        id: format!("q{index}"),
        index,
        group: format!("g{}", index / 5),
        inputs: Map::from_iter([("question".to_string(), Value::from(format!("What of number {index}?{rare}")))]),
        target: Value::Null,
        strata: vec![SUBJECTS[index % SUBJECTS.len()].to_string(), format!("level {}", index % 5)],
        metadata: Map::new(),
    }
}

/// The id of the first run of a benchmark.
async fn run_id(place: &str, token: &str, benchmark: &str) -> Result<String, Box<dyn std::error::Error>> {
    let answer = get(place, token, "/api/runs").await?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_string()).unwrap_or_default();
    let from = body.find('[').ok_or("no list")?;
    let to = body.rfind(']').ok_or("no list")?;
    let joined: String = body[from..=to].to_string();
    let runs: Value = serde_json::from_str(&joined).or_else(|_| serde_json::from_str(&joined.replace("\r\n", "")))?;
    let run = runs.as_array().and_then(|runs| runs.iter().find(|run| run["benchmark"] == benchmark));
    Ok(run.and_then(|run| run["id"].as_str()).ok_or("no run")?.to_string())
}

async fn get(place: &str, token: &str, target: &str) -> Result<String, Box<dyn std::error::Error>> {
    let port = place.rsplit(':').next().unwrap_or_default();
    let mut stream = TcpStream::connect(place).await?;
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\nCookie: proctor_{port}={token}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await?;
    let text = String::from_utf8_lossy(&text).into_owned();
    match text.starts_with("HTTP/1.1 200") {
        true => Ok(text),
        false => Err(format!("{target}: {}", text.chars().take(400).collect::<String>()).into()),
    }
}

/// CPU seconds of this process so far, user and system.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
