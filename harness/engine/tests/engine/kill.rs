//! `kill -9` at any moment, then the same command: the table is that of an uninterrupted run.

use crate::support::*;
use proctor_core::{RunState, derive_seed};
use proctor_engine::{GradeSettings, RunSettings, regrade, run};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The environment variable that turns this test program into the one that is killed: `STORE\tREGRADE_RUN`.
const VICTIM: &str = "PROCTOR_TEST_VICTIM";

const SAMPLES: usize = 24;

fn settings_of_victim() -> RunSettings {
    RunSettings { concurrency: Some(4), grade_concurrency: Some(2), ..settings() }
}

fn benchmark(judge_version: &str) -> Arc<Sums> {
    Arc::new(Sums { grade_takes: Duration::from_millis(2), ..Sums::new(SAMPLES).judged_by(judge_version) })
}

async fn run_to_the_end(path: &Path) -> String {
    let (context, _) = context(path).await;
    let flaky = |id: &str, before| match (id, before) {
        ("s5" | "s6", 0) => Err(error(proctor_core::ModelErrorKind::Unavailable)),
        _ => Ok(()),
    };
    let model = Arc::new(Adder { takes: Duration::from_millis(4), ..Adder::scripted(flaky) });
    let outcome = run(&context, benchmark("1"), model, Arc::new(Printer::default()), &settings_of_victim()).await.unwrap();
    assert_eq!(outcome.run.state, RunState::Finished);
    outcome.run.id
}

async fn regrade_to_the_end(path: &Path, run_id: &str) {
    let (context, _) = context(path).await;
    let judges = Arc::new(Printer::default());
    regrade(&context, benchmark("2"), judges, run_id, &GradeSettings::default()).await.unwrap();
}

/// Not a test of its own: what is killed. It does nothing unless called by the tests below.
#[tokio::test]
async fn victim() {
    let Ok(order) = std::env::var(VICTIM) else { return };
    let (path, run_id) = order.split_once('\t').unwrap();
    if run_id.is_empty() {
        run_to_the_end(Path::new(path)).await;
    } else {
        regrade_to_the_end(Path::new(path), run_id).await;
    }
}

/// Starts the victim and kills it after `delay`; tells whether it was still alive.
fn start_and_kill(path: &Path, run_id: &str, delay: Duration) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::victim"])
        .env(VICTIM, format!("{}\t{run_id}", path.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(delay);
    let alive = child.try_wait().unwrap().is_none();
    child.kill().unwrap(); // SIGKILL
    let status = child.wait().unwrap();
    assert!(alive || status.success(), "the victim must not fail by itself: {status}");
    alive
}

/// A delay between 0 and `most`, by hash.
fn delay(most: Duration, iteration: u32) -> Duration {
    most.mul_f64(derive_seed(4711, "kill", iteration, 0) as f64 / (1u64 << 53) as f64)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_resumes_to_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.db");
    let began = Instant::now();
    let run_id = run_to_the_end(&whole).await;
    let takes = began.elapsed() + Duration::from_millis(50);
    let expected = table(&context(&whole).await.0.store, &run_id).await;
    assert_eq!(expected["grades"].as_array().unwrap().len(), 2 * SAMPLES);

    let mut killed = 0;
    for iteration in 0..20 {
        let path = folder.path().join(format!("{iteration}.db"));
        // Killed once or more, then run to the end.
        for again in 0..1 + iteration % 3 {
            killed += u32::from(start_and_kill(&path, "", delay(takes, iteration * 10 + again)));
        }
        let resumed = run_to_the_end(&path).await;
        let table = table(&context(&path).await.0.store, &resumed).await;
        assert_eq!(table, expected, "iteration {iteration}");
    }
    assert!(killed >= 10, "only {killed} were killed in the middle");
}

#[tokio::test(flavor = "multi_thread")]
async fn grading_again_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.db");
    let run_id = run_to_the_end(&path).await;
    let before = table(&context(&path).await.0.store, &run_id).await;
    let mut killed = 0;
    for iteration in 0..6 {
        killed += u32::from(start_and_kill(&path, &run_id, delay(Duration::from_millis(60), 1000 + iteration)));
        let now = table(&context(&path).await.0.store, &run_id).await;
        let version = now["plan"]["judge_version"].as_str().unwrap();
        let grades = now["grades"].as_array().unwrap();
        assert_eq!(grades.len(), 2 * SAMPLES);
        assert!(grades.iter().all(|g| g["grade"]["artifacts"]["judge"] == version), "old and new grades are never mixed");
    }
    assert!(killed > 0);
    regrade_to_the_end(&path, &run_id).await;
    let after = table(&context(&path).await.0.store, &run_id).await;
    assert_eq!(after["plan"]["judge_version"], "2");
    assert_eq!(after["attempts"], before["attempts"]);
    assert_eq!(after["grades"].as_array().unwrap().len(), 2 * SAMPLES);
}
