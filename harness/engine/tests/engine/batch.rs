//! Runs asked in batches, with a provider that outlives the process: stopped, killed, failed in parts; nothing is paid
//! for twice.

use crate::support::*;
use async_trait::async_trait;
use proctor_core::*;
use proctor_engine::{BatchSettings, EngineError, RunSettings, run};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The environment variable that turns this test program into the one that is killed: the folder, and whether it ends
/// itself right after the provider accepted the first batch.
const VICTIM: &str = "PROCTOR_TEST_BATCH_VICTIM";

const SAMPLES: usize = 12;

/// A provider whose memory is a file: a line for each batch it accepted.
#[derive(Debug)]
struct Provider {
    file: PathBuf,
    /// How long it works on a batch.
    takes: Duration,
    /// What becomes of the n-th request it ever accepted: an answer, an error, or nothing.
    fate: fn(usize) -> Option<Result<(), ModelErrorKind>>,
    /// Ends the process between accepting and saying so.
    dies: bool,
    reject: bool,
}

impl Provider {
    fn new(folder: &Path) -> Self {
        let takes = Duration::from_millis(150);
        Self { file: folder.join("provider.jsonl"), takes, fate: |_| Some(Ok(())), dies: false, reject: false }
    }

    fn batches(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Requests accepted, each name counted: in all, and more than once.
    fn paid(&self) -> (usize, usize) {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for batch in self.batches() {
            for item in batch["items"].as_array().unwrap() {
                *counts.entry(item[0].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        (counts.values().sum(), counts.values().filter(|n| **n > 1).count())
    }
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

#[async_trait]
impl Batch for Provider {
    fn limits(&self) -> BatchLimits {
        BatchLimits { requests: 1000, bytes: 1 << 20 }
    }

    async fn submit(&self, token: &str, items: &[BatchItem]) -> Result<String, ModelError> {
        let first: usize = self.batches().iter().map(|b| b["items"].as_array().unwrap().len()).sum();
        let sum = |request: &Request| {
            let Prompt::Chat(messages) = &request.prompt else { panic!("chat was asked for") };
            messages[0].content.split(" + ").map(|n| n.parse::<u64>().unwrap()).sum::<u64>()
        };
        let items: Vec<_> = items.iter().enumerate().map(|(at, item)| json!([item.id, sum(&item.request), first + at])).collect();
        let name = format!("batch-{}", self.batches().len());
        let line = json!({"id": name, "token": token, "at": now_ms(), "items": items});
        let mut file = std::fs::File::options().create(true).append(true).open(&self.file).unwrap();
        writeln!(file, "{line}").unwrap();
        if self.dies {
            std::process::abort();
        }
        Ok(name)
    }

    async fn find(&self, token: &str, _: usize, _: u64, known: &[String]) -> Result<Option<String>, ModelError> {
        let found = self.batches().into_iter().find(|b| b["token"] == token);
        Ok(found.map(|b| b["id"].as_str().unwrap().to_owned()).filter(|id| !known.contains(id)))
    }

    async fn state(&self, batch: &str) -> Result<BatchState, ModelError> {
        let found = self.batches().into_iter().find(|b| b["id"] == batch).ok_or_else(|| error(ModelErrorKind::NotFound))?;
        let ended = now_ms() - found["at"].as_u64().unwrap() >= self.takes.as_millis() as u64;
        let phase = match (ended, self.reject) {
            (false, _) => BatchPhase::Working,
            (true, false) => BatchPhase::Ended,
            (true, true) => BatchPhase::Rejected("no batches of this model".into()),
        };
        Ok(BatchState { phase, word: "scripted".into(), done: 0, total: 0 })
    }

    async fn results(
        &self,
        batch: &str,
        wanted: &HashMap<String, Request>,
    ) -> Result<HashMap<String, Result<Completion, ModelError>>, ModelError> {
        let found = self.batches().into_iter().find(|b| b["id"] == batch).ok_or_else(|| error(ModelErrorKind::NotFound))?;
        let mut results = HashMap::new();
        for item in found["items"].as_array().unwrap() {
            let id = item[0].as_str().unwrap();
            let Some(fate) = (self.fate)(item[2].as_u64().unwrap() as usize) else { continue };
            if wanted.contains_key(id) {
                let answer = Completion { text: item[1].to_string(), model: "adder".into(), ..Completion::default() };
                results.insert(id.to_owned(), fate.map(|()| answer).map_err(error));
            }
        }
        Ok(results)
    }

    async fn cancel(&self, _: &str) -> Result<(), ModelError> {
        Ok(())
    }
}

/// A model that is asked in batches only.
struct Batched(Provider);

#[async_trait]
impl Model for Batched {
    fn name(&self) -> &str {
        "test/batched"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { chat: true, completion: false, seed: false, concurrency: None, context_tokens: None }
    }

    fn provenance(&self) -> Value {
        json!({"batched": 1})
    }

    async fn complete(&self, _: &Request) -> Result<Completion, ModelError> {
        panic!("batches were asked for")
    }

    fn batch(&self) -> Option<&dyn Batch> {
        Some(&self.0)
    }
}

fn in_batches() -> RunSettings {
    let wait = Duration::from_millis;
    let batch = BatchSettings { gather: wait(40), first_look: wait(20), longest_look: wait(50) };
    RunSettings { batch: Some(batch), ..settings() }
}

async fn run_in(folder: &Path, provider: Provider) -> Result<proctor_engine::RunOutcome, EngineError> {
    let (context, _) = context(&folder.join("store.db")).await;
    let model = Arc::new(Batched(provider));
    let outcome = run(&context, Arc::new(Sums::new(SAMPLES)), model, Arc::new(Printer::default()), &in_batches()).await;
    context.store.close().await;
    outcome
}

#[tokio::test]
async fn all_that_waits_at_once_is_one_batch() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = run_in(folder.path(), Provider::new(folder.path())).await.unwrap();
    assert_eq!((outcome.run.state, outcome.counts.answered, outcome.counts.infra_errors), (RunState::Finished, SAMPLES * 2, 0));
    let provider = Provider::new(folder.path());
    assert_eq!((provider.batches().len(), provider.paid()), (1, (SAMPLES * 2, 0)), "epochs without seeds are told apart");
}

#[tokio::test]
async fn what_failed_is_handed_in_again_and_only_that() {
    let folder = tempfile::tempdir().unwrap();
    // One is refused for good, one fails on the provider's side, one expires.
    let fate = |n| match n {
        3 => Some(Err(ModelErrorKind::BadRequest)),
        4 => Some(Err(ModelErrorKind::Unavailable)),
        5 => None,
        _ => Some(Ok(())),
    };
    let outcome = run_in(folder.path(), Provider { fate, ..Provider::new(folder.path()) }).await.unwrap();
    assert_eq!((outcome.run.state, outcome.counts.infra_errors), (RunState::Running, 1));
    let sizes: Vec<_> = Provider::new(folder.path()).batches().iter().map(|b| b["items"].as_array().unwrap().len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), SAMPLES * 2 + 2, "{sizes:?}");
    // The next run asks anew what was refused, and nothing else.
    let outcome = run_in(folder.path(), Provider::new(folder.path())).await.unwrap();
    assert_eq!((outcome.run.state, outcome.counts.infra_errors), (RunState::Finished, 0));
    assert_eq!(Provider::new(folder.path()).paid().0, SAMPLES * 2 + 3);
}

#[tokio::test]
async fn a_batch_refused_as_a_whole_ends_the_run_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let failed = run_in(folder.path(), Provider { reject: true, ..Provider::new(folder.path()) }).await.unwrap_err();
    assert!(
        matches!(failed, EngineError::Endpoint { .. }) && failed.to_string().contains("no batches of this model"),
        "{failed}"
    );
}

#[tokio::test]
async fn a_stopped_run_leaves_at_once_and_finds_its_batch_again() {
    let folder = tempfile::tempdir().unwrap();
    let (context, sink) = context(&folder.path().join("store.db")).await;
    let slow = Provider { takes: Duration::from_secs(600), ..Provider::new(folder.path()) };
    let stop = context.stop.clone();
    let stopping = tokio::spawn(async move {
        while sink.count(|e| matches!(e, Event::Warning { message } if message.contains("handed in"))) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.drain();
    });
    let model = Arc::new(Batched(slow));
    let outcome = run(&context, Arc::new(Sums::new(SAMPLES)), model, Arc::new(Printer::default()), &in_batches()).await.unwrap();
    stopping.await.unwrap();
    assert!(outcome.stopped.is_some() && outcome.counts.answered == 0 && outcome.counts.infra_errors == 0, "{outcome:?}");
    context.store.close().await;
    let outcome = run_in(folder.path(), Provider::new(folder.path())).await.unwrap();
    assert_eq!((outcome.resumed, outcome.run.state), (true, RunState::Finished));
    assert_eq!(Provider::new(folder.path()).paid(), (SAMPLES * 2, 0));
}

#[tokio::test]
async fn models_without_batches_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("store.db")).await;
    let judges = Arc::new(Printer::default());
    let failed = run(&context, Arc::new(Sums::new(1)), Arc::new(Adder::default()), judges, &in_batches()).await.unwrap_err();
    assert!(matches!(&failed, EngineError::Input(m) if m.contains("--batch")), "{failed}");
}

/// Not a test of its own: what is killed. It does nothing unless called by the tests below.
#[tokio::test]
async fn victim() {
    let Ok(order) = std::env::var(VICTIM) else { return };
    let (folder, dies) = order.split_once('\t').unwrap();
    let provider = Provider { dies: dies == "dies", ..Provider::new(Path::new(folder)) };
    run_in(Path::new(folder), provider).await.unwrap();
}

fn start_victim(folder: &Path, dies: bool) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "batch::victim"])
        .env(VICTIM, format!("{}\t{}", folder.display(), if dies { "dies" } else { "" }))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn killed_between_acceptance_and_knowing_of_it_nothing_is_paid_twice() {
    let folder = tempfile::tempdir().unwrap();
    let status = start_victim(folder.path(), true).wait().unwrap();
    assert!(!status.success());
    assert_eq!(Provider::new(folder.path()).batches().len(), 1);
    let outcome = run_in(folder.path(), Provider::new(folder.path())).await.unwrap();
    assert_eq!(outcome.run.state, RunState::Finished);
    assert_eq!(Provider::new(folder.path()).paid(), (SAMPLES * 2, 0));
}

#[tokio::test]
async fn killed_at_any_moment_nothing_is_paid_twice() {
    let mut killed = 0;
    for round in 0..12_u64 {
        let folder = tempfile::tempdir().unwrap();
        for attempt in 0..2 {
            let mut child = start_victim(folder.path(), false);
            tokio::time::sleep(Duration::from_millis(derive_seed(7, "batch", attempt, round as u32) % 320)).await;
            killed += usize::from(child.try_wait().unwrap().is_none());
            let _ = child.kill();
            child.wait().unwrap();
        }
        let outcome = run_in(folder.path(), Provider::new(folder.path())).await.unwrap();
        assert_eq!((outcome.run.state, outcome.counts.answered), (RunState::Finished, SAMPLES * 2));
        assert_eq!(Provider::new(folder.path()).paid(), (SAMPLES * 2, 0), "round {round}");
    }
    assert!(killed > 6, "the victim was alive only {killed} times");
}
