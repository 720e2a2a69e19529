//! Attempts against a scripted model whose right answers are known.

use super::support::{NoJudges, grade, open, ready, samples};
use async_trait::async_trait;
use proctor_core::{
    Ask, Attempt, Capabilities, Completion, Finish, Outcome, Prompt, Protocol, Request, Role, Sample, Session, SessionError,
    Usage,
};
use proctor_tmgbench::{GameId, read_table};
use std::sync::Mutex;

/// The answer to the last message and the number of the question.
type Rule = Box<dyn Fn(&str, u32) -> String + Send + Sync>;

/// Answers by a rule and remembers the questions.
struct Scripted {
    answer: Rule,
    asked: Mutex<Vec<Prompt>>,
}

#[async_trait]
impl Ask for Scripted {
    async fn ask(&self, request: &Request, call: u32) -> Result<Completion, SessionError> {
        self.asked.lock().expect("a lock").push(request.prompt.clone());
        let question = match &request.prompt {
            Prompt::Chat(messages) => messages.last().map(|message| message.content.clone()).unwrap_or_default(),
            Prompt::Completion(text) => text.clone(),
        };
        Ok(Completion {
            text: (self.answer)(&question, call),
            reasoning: None,
            finish: Finish::Stop,
            usage: Usage::default(),
            model: "scripted".into(),
            latency_s: 0.0,
            cost_usd: None,
            ..Completion::default()
        })
    }
}

fn attempt(
    variant: &str,
    sample: &Sample,
    protocol: Protocol,
    answer: impl Fn(&str, u32) -> String + Send + Sync + 'static,
) -> (Attempt, Vec<Prompt>) {
    let benchmark = open(variant, "");
    let model = Scripted { answer: Box::new(answer), asked: Mutex::default() };
    let session = Session::new(&model, &NoJudges, protocol, CAPABILITIES, 1);
    let sampling = benchmark.sampling(protocol);
    let attempt = ready(benchmark.attempt(sample, &sampling, session)).expect("an attempt");
    (attempt, model.asked.into_inner().expect("a lock"))
}

/// A model that reads the table and solves the game is always right, in chat and in raw completion.
#[test]
fn a_solver_is_right() {
    for variant in ["", "da"] {
        let benchmark = open(variant, "");
        for sample in samples(&*benchmark) {
            for protocol in [Protocol::Chat, Protocol::Completion] {
                let solve = move |question: &str, _: u32| {
                    let equilibria = read_table(question).expect("a table").equilibria();
                    match protocol {
                        Protocol::Chat => format!("Well.\n```python\nanswer = {equilibria}\n```"),
                        Protocol::Completion => format!("answer = {equilibria}\n"),
                    }
                };
                let (attempt, asked) = attempt(variant, &sample, protocol, solve);
                assert_eq!(asked.len(), 1);
                assert_eq!(grade(&*benchmark, &sample, &attempt).outcome, Outcome::Correct, "{}", sample.id);
            }
        }
    }
}

#[test]
fn a_dialogue_asks_game_by_game() {
    let benchmark = open("sequential-dialogue", "");
    let sample = samples(&*benchmark).remove(0);
    let gold: Vec<String> = sample.target["games"]
        .as_array()
        .unwrap()
        .iter()
        .map(|game| GameId::parse(game.as_str().unwrap()).unwrap().gold().to_string())
        .collect();
    let right = gold.clone();
    let (attempt_right, asked) =
        attempt("sequential-dialogue", &sample, Protocol::Chat, move |_, call| format!("answer = {}", right[call as usize]));
    assert_eq!(asked.len(), 3);
    let Some(Prompt::Chat(last)) = asked.last() else { panic!("no chat") };
    let roles: Vec<Role> = last.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::User, Role::Assistant, Role::User]);
    assert!(
        last[4].content.starts_with("Here is the next game. It has nothing to do with the ones before.\n\n[Game 3 of 3]\n"),
        "{}",
        last[4].content
    );
    assert_eq!(last[1].content, format!("answer = {}", gold[0]));
    let grade_right = grade(&*benchmark, &sample, &attempt_right);
    assert_eq!((grade_right.outcome, grade_right.scores["atoms"]), (Outcome::Correct, 1.0));
    let wrong = gold.clone();
    let (attempt_wrong, _) = attempt("sequential-dialogue", &sample, Protocol::Chat, move |_, call| match call {
        1 => "I do not know.".into(),
        call => format!("answer = {}", wrong[call as usize]),
    });
    let grade_wrong = grade(&*benchmark, &sample, &attempt_wrong);
    assert_eq!(grade_wrong.outcome, Outcome::Incorrect);
    assert!((grade_wrong.scores["atoms"] - 2.0 / 3.0).abs() < 1e-12);
}

const CAPABILITIES: Capabilities =
    Capabilities { chat: true, completion: true, seed: false, concurrency: None, context_tokens: None };
