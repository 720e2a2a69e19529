use crate::support::*;
use async_trait::async_trait;
use proctor_core::*;
use proctor_engine::{Panel, Retries};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A judge that numbers its answers, or is down.
struct Numbering {
    asked: AtomicUsize,
    down: bool,
}

#[async_trait]
impl Model for Numbering {
    fn name(&self) -> &str {
        "test/judge"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { chat: true, completion: false, seed: false, concurrency: Some(4), context_tokens: None }
    }

    fn provenance(&self) -> Value {
        json!({"numbering": self.down})
    }

    async fn complete(&self, _: &Request) -> Result<Completion, ModelError> {
        let n = self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(2)).await;
        if self.down {
            return Err(error(ModelErrorKind::Connection));
        }
        Ok(Completion {
            text: format!("answer {n}"),
            reasoning: None,
            finish: Finish::Stop,
            usage: Usage::default(),
            model: "judge".into(),
            latency_s: 0.0,
            cost_usd: None,
            ..Completion::default()
        })
    }
}

fn question(text: &str) -> Request {
    Request::new(Prompt::Chat(vec![Message::new(Role::User, text)]), Sampling::default())
}

fn retries() -> Retries {
    Retries { failures_in_a_row: 3, ..settings().retries }
}

#[tokio::test]
async fn the_same_question_is_asked_once_also_by_another_panel() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = context(&folder.path().join("proctor.db")).await;
    let judge = Arc::new(Numbering { asked: AtomicUsize::new(0), down: false });
    let panel = Panel::new(&context, Arc::new(Printer::default()), vec![judge.clone()], retries());
    assert_eq!(panel.models(), ["test/judge"]);
    let (a, b) = (question("a"), question("b"));
    let asked = futures::future::join_all((0..8).map(|i| panel.ask(0, if i % 2 == 0 { &a } else { &b }))).await;
    let texts: Vec<String> = asked.into_iter().map(|answer| answer.unwrap().text).collect();
    assert_eq!(judge.asked.load(Ordering::SeqCst), 2, "{texts:?}");
    assert!(texts.iter().step_by(2).all(|text| *text == texts[0]) && texts[0] != texts[1], "{texts:?}");
    let other = Panel::new(&context, Arc::new(Printer::default()), vec![judge.clone()], retries());
    assert_eq!(other.ask(0, &a).await.unwrap().text, texts[0]);
    assert_eq!(judge.asked.load(Ordering::SeqCst), 2);
    // Another model's answers are its own.
    let down = Arc::new(Numbering { asked: AtomicUsize::new(0), down: true });
    assert!(Panel::new(&context, Arc::new(Printer::default()), vec![down], retries()).ask(0, &a).await.is_err());
    let needs = Needs { judge: true, ..Needs::default() };
    assert_eq!(panel.provenance(needs)["judge_models"][0]["model"], "test/judge");
    assert!(matches!(panel.ask(1, &a).await, Err(JudgeError::Unavailable(_))));
}

#[tokio::test]
async fn a_judge_that_is_down_is_told_of_once_and_then_ends_the_grading() {
    let folder = tempfile::tempdir().unwrap();
    let (context, sink) = context(&folder.path().join("proctor.db")).await;
    let judge = Arc::new(Numbering { asked: AtomicUsize::new(0), down: true });
    let panel = Panel::new(&context, Arc::new(Printer::default()), vec![judge], retries());
    for i in 0..2 {
        let error = panel.ask(0, &question(&i.to_string())).await.unwrap_err();
        assert!(matches!(&error, JudgeError::Failed(why) if why.contains("test/judge gave no verdict")), "{error}");
    }
    assert!(matches!(panel.ask(0, &question("third")).await, Err(JudgeError::Endpoint(_))));
    assert_eq!(sink.count(|event| matches!(event, Event::Warning { message } if message.contains("asked again"))), 1);
}
