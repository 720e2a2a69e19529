//! `kill -9` at any moment, then the same command: the table is that of an uninterrupted run.

use crate::support::*;
use async_trait::async_trait;
use proctor_core::{
    Capabilities, Completion, Event, Execution, JudgeError, Judges, Model, ModelError, ModelErrorKind, Needs, Program, Request,
    RunState, derive_seed,
};
use proctor_engine::{Context, GradeSettings, RunSettings, Stop, regrade, run};
use proctor_store::Store;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The environment variable that turns this test program into the one that is killed: `STORE\tREGRADE_RUN`.
const VICTIM: &str = "PROCTOR_TEST_VICTIM";

const SAMPLES: usize = 24;

/// Events of a run: an attempt begins, is answered, is graded; references are graded.
const EVENTS: u64 = SAMPLES as u64 * 7;

fn settings_of_victim() -> RunSettings {
    RunSettings { concurrency: Some(4), grade_concurrency: Some(2), ..settings() }
}

fn benchmark(judge_version: &str) -> Arc<Sums> {
    Arc::new(Sums { grade_takes: Duration::from_millis(2), ..Sums::new(SAMPLES).judged_by(judge_version) })
}

fn adder() -> Adder {
    let flaky = |id: &str, before| match (id, before) {
        ("s5" | "s6", 0) => Err(error(ModelErrorKind::Unavailable)),
        _ => Ok(()),
    };
    Adder { takes: Duration::from_millis(4), ..Adder::scripted(flaky) }
}

async fn run_to_the_end(path: &Path) -> String {
    let (context, _) = context(path).await;
    let judges = Arc::new(Printer::default());
    let outcome = run(&context, benchmark("1"), Arc::new(adder()), judges, &settings_of_victim()).await.unwrap();
    assert_eq!(outcome.run.state, RunState::Finished);
    outcome.run.id
}

async fn regrade_to_the_end(path: &Path, run_id: &str) {
    let (context, _) = context(path).await;
    let judges = Arc::new(Printer::default());
    regrade(&context, benchmark("2"), judges, run_id, &GradeSettings::default()).await.unwrap();
}

/// Never answers the last attempt, so that whoever waits for the end of the run is there when it is killed.
struct NeverDone(Adder);

#[async_trait]
impl Model for NeverDone {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    fn provenance(&self) -> Value {
        self.0.provenance()
    }
    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let label = request.label.as_ref().unwrap();
        if label.sample_id == format!("s{}", SAMPLES - 1) && label.epoch == 1 {
            std::future::pending::<()>().await;
        }
        self.0.complete(request).await
    }
}

/// Judges so many programs and none after that.
struct NeverAll(Printer, AtomicUsize);

#[async_trait]
impl Judges for NeverAll {
    async fn run(&self, program: Program) -> Result<Execution, JudgeError> {
        if self.1.fetch_add(1, Ordering::SeqCst) >= SAMPLES {
            std::future::pending::<()>().await;
        }
        self.0.run(program).await
    }
    fn provenance(&self, needs: Needs) -> Value {
        self.0.provenance(needs)
    }
}

/// Not a test of its own: what is killed. It does nothing unless called by the tests below. Each event adds a byte to the
/// file `STORE.events`.
#[tokio::test]
async fn victim() {
    let Ok(order) = std::env::var(VICTIM) else { return };
    let (path, run_id) = order.split_once('\t').unwrap();
    let mut progress = std::fs::File::options();
    let progress = progress.create(true).append(true).open(format!("{path}.events")).unwrap();
    let tell = move |_: &Event| (&progress).write_all(b".").unwrap();
    let sink = Arc::new(Recorder { react: Some(Box::new(tell)), ..Recorder::default() });
    let context = Context::new(Store::open(Path::new(path)).await.unwrap(), sink, Stop::new());
    if run_id.is_empty() {
        let judges = Arc::new(Printer::default());
        let model = Arc::new(NeverDone(adder()));
        run(&context, benchmark("1"), model, judges, &settings_of_victim()).await.unwrap();
    } else {
        let judges = Arc::new(NeverAll(Printer::default(), AtomicUsize::new(0)));
        regrade(&context, benchmark("2"), judges, run_id, &GradeSettings::default()).await.unwrap();
    }
}

/// Starts the victim and kills it a moment after it has told of so many events, or right after its start where there are
/// to be none, or once it tells nothing more. It never ends by itself.
fn start_and_kill(path: &Path, run_id: &str, events: u64, moment: Duration) {
    let progress = format!("{}.events", path.display());
    let told = || std::fs::metadata(&progress).map_or(0, |file| file.len());
    let _ = std::fs::remove_file(&progress);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::victim"])
        .env(VICTIM, format!("{}\t{run_id}", path.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut last, mut since) = (0, Instant::now());
    while told() < events {
        assert!(child.try_wait().unwrap().is_none(), "the victim must not end by itself");
        if told() > last {
            (last, since) = (told(), Instant::now());
        }
        // Of a run that was killed before, fewer events are left.
        if last > 0 && since.elapsed() > Duration::from_millis(500) {
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(120), "the victim does nothing");
        std::thread::sleep(Duration::from_micros(200));
    }
    std::thread::sleep(moment);
    assert!(child.try_wait().unwrap().is_none(), "the victim must not end by itself");
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
}

/// A number in [0, `most`), by hash.
fn chosen(most: u64, iteration: u32) -> u64 {
    derive_seed(4711, "kill", iteration, 0) % most
}

/// Up to five milliseconds.
fn moment(iteration: u32) -> Duration {
    Duration::from_micros(chosen(5_000, iteration + 500))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_resumes_to_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.db");
    let run_id = run_to_the_end(&whole).await;
    let expected = table(&context(&whole).await.0.store, &run_id).await;
    assert_eq!(expected["grades"].as_array().unwrap().len(), 2 * SAMPLES);

    for iteration in 0..20 {
        let path = folder.path().join(format!("{iteration}.db"));
        // Killed once or more, the first time perhaps while the store is made, then run to the end.
        for again in 0..1 + iteration % 3 {
            let number = iteration * 10 + again;
            let events = if number % 4 == 0 { 0 } else { chosen(EVENTS / u64::from(again + 1), number) };
            start_and_kill(&path, "", events, moment(number));
        }
        let resumed = run_to_the_end(&path).await;
        let table = table(&context(&path).await.0.store, &resumed).await;
        assert_eq!(table, expected, "iteration {iteration}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grading_again_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let run_id = run_to_the_end(&path).await;
    let before = table(&context(&path).await.0.store, &run_id).await;
    for iteration in 0..6 {
        start_and_kill(&path, &run_id, chosen(SAMPLES as u64 / 3, 1000 + iteration), moment(1000 + iteration));
        let now = table(&context(&path).await.0.store, &run_id).await;
        let version = now["plan"]["judge_version"].as_str().unwrap();
        let grades = now["grades"].as_array().unwrap();
        assert_eq!(grades.len(), 2 * SAMPLES);
        assert!(grades.iter().all(|g| g["grade"]["artifacts"]["judge"] == version), "old and new grades are never mixed");
    }
    regrade_to_the_end(&path, &run_id).await;
    let after = table(&context(&path).await.0.store, &run_id).await;
    assert_eq!(after["plan"]["judge_version"], "2");
    assert_eq!(after["attempts"], before["attempts"]);
    assert_eq!(after["grades"].as_array().unwrap().len(), 2 * SAMPLES);
}
