//! Panels of judges whose answers are known.

use async_trait::async_trait;
use proctor_core::{Completion, Execution, Finish, JudgeError, Judges, Program, Prompt, Request, Usage};
use proctor_rubric::{JudgeQuestion, RatingScale, rate_by_panel};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

/// Each judge's replies in order; what was asked is kept.
struct Panel {
    replies: Vec<Vec<&'static str>>,
    asked: Mutex<Vec<(usize, Request)>>,
}

impl Panel {
    fn of(replies: &[&[&'static str]]) -> Self {
        Self { replies: replies.iter().map(|replies| replies.to_vec()).collect(), asked: Mutex::default() }
    }
}

#[async_trait]
impl Judges for Panel {
    async fn run(&self, _program: Program) -> Result<Execution, JudgeError> {
        Err(JudgeError::Unavailable("no sandbox here".into()))
    }

    fn models(&self) -> Vec<String> {
        (0..self.replies.len()).map(|index| format!("judge-{index}")).collect()
    }

    async fn ask(&self, index: usize, request: &Request) -> Result<Completion, JudgeError> {
        let mut asked = self.asked.lock().expect("lock");
        let before = asked.iter().filter(|(judge, _)| *judge == index).count();
        asked.push((index, request.clone()));
        let text = self.replies[index].get(before).ok_or_else(|| JudgeError::Failed("asked too often".into()))?;
        Ok(Completion {
            text: (*text).to_owned(),
            reasoning: None,
            finish: Finish::Stop,
            usage: Usage::default(),
            model: "scripted".into(),
            latency_s: 0.0,
            cost_usd: None,
            ..Completion::default()
        })
    }

    fn provenance(&self, _: proctor_core::Needs) -> serde_json::Value {
        serde_json::Value::Null
    }
}

/// Nothing here waits, so a future is ready when it is first looked at.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing to wait for"),
    }
}

fn question() -> JudgeQuestion {
    JudgeQuestion {
        prompt: "Judge this.\n".into(),
        reminder: "Give a rating.".into(),
        max_tokens: 256,
        scale: RatingScale::new(1, 6),
    }
}

fn check(replies: &[&[&'static str]], rating: Option<u8>, first: Option<u8>, questions: usize) {
    let panel = Panel::of(replies);
    let rated = ready(rate_by_panel(&panel, &question())).expect("judges answer");
    assert_eq!((rated.rating(), rated.first_rating()), (rating, first), "{replies:?}");
    assert_eq!(panel.asked.lock().expect("lock").len(), questions, "{replies:?}");
}

#[test]
fn the_lower_median_of_those_who_rate() {
    check(&[&["[[5]]"]], Some(5), Some(5), 1);
    check(&[&["[[5]]"], &["[[2]]"], &["[[6]]"]], Some(5), Some(5), 3);
    check(&[&["[[5]]"], &["[[2]]"]], Some(2), Some(2), 2);
    check(&[&["[[4]]"], &["[[4]]"], &["[[3]]"], &["[[6]]"]], Some(4), Some(4), 4);
    check(&[&["well", "hm"], &["[[2]]"]], Some(2), Some(2), 3);
}

#[test]
fn a_reply_without_a_rating_is_asked_for_once_more() {
    check(&[&["right", "[[4]]"]], Some(4), None, 2);
    check(&[&["right", "still right"]], None, None, 2);
}

#[test]
fn the_second_question_holds_the_first_and_is_another() {
    let panel = Panel::of(&[&["right", "[[4]]"]]);
    ready(rate_by_panel(&panel, &question())).expect("judges answer");
    let asked = panel.asked.lock().expect("lock");
    let text = |at: usize| match &asked[at].1.prompt {
        Prompt::Chat(messages) => {
            assert_eq!(messages.len(), 1);
            messages[0].content.clone()
        }
        Prompt::Completion(_) => panic!("judges are asked by chat"),
    };
    assert_eq!(text(0), "Judge this.\n");
    assert_eq!(text(1), "Judge this.\n\nGive a rating.");
    assert_eq!(asked[0].1.sampling.temperature, Some(0.0));
    assert_eq!(asked[0].1.sampling.max_tokens, Some(256));
}

#[test]
fn no_judge_is_one_clear_sentence() {
    let error = ready(rate_by_panel(&Panel::of(&[]), &question())).expect_err("no judge");
    assert!(matches!(&error, JudgeError::Unavailable(text) if text.contains("--judge MODEL")), "{error}");
}

#[test]
fn a_judge_that_fails_fails_the_grade() {
    let error = ready(rate_by_panel(&Panel::of(&[&["[[5]]"], &[]]), &question())).expect_err("a failure");
    assert!(matches!(error, JudgeError::Failed(_)), "{error}");
}
