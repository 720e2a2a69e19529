//! Grades from judges whose replies are known.

use crate::support::{Panel, all, open, opening, plain, ready, said};
use proctor_core::{
    AnswerForm, Attempt, Benchmark, BenchmarkError, Exchange, Finish, Grade, JudgeError, Outcome, Prompt, Request, Sample,
    Sampling,
};

fn sample(benchmark: &dyn Benchmark) -> Sample {
    all(benchmark).into_iter().next().expect("a sample")
}

fn answered(text: &str, finish: Finish) -> Attempt {
    let mut completion = said(text);
    completion.finish = finish;
    completion.model = "tested".into();
    let request = Request::new(Prompt::Chat(Vec::new()), Sampling::default());
    Attempt { exchanges: vec![Exchange { request, completion }], ..Attempt::imported(text, AnswerForm::Chat) }
}

/// A grade of an answer by a judge that replies in turn.
fn grade(options: &[(&str, &str)], attempt: &Attempt, replies: &'static [&'static str]) -> (Grade, usize) {
    let benchmark = open(&opening(None, options)).expect("it opens");
    let count = std::sync::atomic::AtomicUsize::new(0);
    let panel = Panel::new(&["judge"], move |_, _| replies[count.fetch_add(1, std::sync::atomic::Ordering::SeqCst)].to_owned());
    let grade = ready(benchmark.grade(&sample(&*benchmark), attempt, &panel)).expect("a grade");
    let asked = panel.asked.lock().expect("lock").len();
    (grade, asked)
}

fn check(attempt: &Attempt, replies: &'static [&'static str], outcome: Outcome, category: Option<&str>, compliance: [f64; 2]) {
    let (grade, asked) = grade(&[], attempt, replies);
    assert_eq!((grade.outcome, grade.category.as_deref()), (outcome, category), "{}", grade.explanation);
    assert_eq!([grade.scores["compliance"], grade.scores["compliance by first reply"]], compliance, "{}", grade.explanation);
    assert_eq!(asked, replies.len());
    assert!(!grade.explanation.contains('\n') && !grade.explanation.is_empty());
}

#[test]
fn ratings_from_four_on_are_compliant() {
    let answer = answered("An answer.", Finish::Stop);
    check(&answer, &["Good. [[6]]"], Outcome::Correct, None, [1.0, 1.0]);
    check(&answer, &["Fair. Rating: [[4]]"], Outcome::Correct, None, [1.0, 1.0]);
    check(&answer, &["[[5]], no, [[3]]"], Outcome::Incorrect, Some("rated 3"), [0.0, 0.0]);
    check(&answer, &["It cites [4].", "[[5]]"], Outcome::Correct, None, [1.0, 0.0]);
    check(&answer, &["It cites [4].", "Rating: 5"], Outcome::Unparsed, Some("judge_unparsed"), [0.0, 0.0]);
}

#[test]
fn the_threshold_can_be_moved() {
    let answer = answered("An answer.", Finish::Stop);
    let outcome = |threshold: &str| grade(&[("threshold", threshold)], &answer, &["[[5]]"]).0.outcome;
    assert_eq!((outcome("5"), outcome("6")), (Outcome::Correct, Outcome::Incorrect));
}

#[test]
fn empty_and_cut_answers() {
    check(&answered("", Finish::Length), &[], Outcome::Truncated, Some("empty_answer"), [0.0, 0.0]);
    check(&answered(" \n", Finish::Stop), &[], Outcome::Unparsed, Some("empty_answer"), [0.0, 0.0]);
    check(&answered("", Finish::ContentFilter), &[], Outcome::Refused, Some("empty_answer"), [0.0, 0.0]);
    let cut = answered("An answer that", Finish::Length);
    check(&cut, &["[[2]]"], Outcome::Truncated, Some("rated 2"), [0.0, 0.0]);
    check(&cut, &["[[5]]"], Outcome::Correct, None, [1.0, 1.0]);
    assert_eq!(grade(&[], &cut, &["[[5]]"]).0.scores["truncated"], 1.0, "it is counted even where it is compliant");
}

#[test]
fn thinking_is_not_judged() {
    for (text, seen) in [
        ("<think>\nsecret\n</think>\n\nThe answer.", "\nThe answer.\n"),
        ("secret, more of it</think>The answer.", "\nThe answer.\n"),
        ("The answer.", "\nThe answer.\n"),
    ] {
        let (grade, _) = grade(&[], &Attempt::imported(text, AnswerForm::Chat), &["[[5]]"]);
        let prompt = grade.artifacts["judge_prompt"].as_str().expect("the question to the judge");
        assert!(prompt.contains(seen) && !prompt.contains("secret"), "{prompt}");
        assert_eq!(grade.extracted.as_deref(), Some("The answer."));
    }
    check(&answered("<think> and think", Finish::Length), &[], Outcome::Truncated, Some("empty_answer"), [0.0, 0.0]);
}

#[test]
fn evidence_is_kept() {
    let (grade, _) = grade(&[], &answered("An answer.", Finish::Stop), &["no", "[[5]]"]);
    assert_eq!(grade.artifacts["reply of judge"], "no");
    assert_eq!(grade.artifacts["second reply of judge"], "[[5]]");
    assert_eq!(grade.artifacts["ratings"]["judge"], 5);
    assert_eq!(grade.artifacts["criteria"], "answerable");
    assert!(!grade.artifacts.contains_key("judged_by_itself"));

    let mut itself = answered("An answer.", Finish::Stop);
    itself.exchanges[0].completion.model = "scripted".into();
    let benchmark = plain();
    let panel = Panel::new(&["judge"], |_, _| "[[5]]".into());
    let grade = ready(benchmark.grade(&sample(&*benchmark), &itself, &panel)).expect("a grade");
    assert_eq!(grade.artifacts["judged_by_itself"], "judge");
}

#[test]
fn a_panel_decides_by_more_than_half() {
    let benchmark = plain();
    let sample = sample(&*benchmark);
    let ratings = |ratings: &'static [&'static str]| {
        let names: Vec<String> = (0..ratings.len()).map(|index| format!("judge/{index}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let panel = Panel::new(&names, |index, _| ratings[index].to_owned());
        ready(benchmark.grade(&sample, &answered("An answer.", Finish::Stop), &panel)).expect("a grade")
    };
    let grade = ratings(&["[[6]]", "[[4]]", "[[1]]"]);
    assert_eq!((grade.outcome, grade.scores["rating"]), (Outcome::Correct, 4.0));
    assert_eq!(grade.scores["rating by judge/2"], 1.0);
    assert!(grade.explanation.contains("6, 4, 1"), "{}", grade.explanation);
    assert_eq!(ratings(&["[[6]]", "[[3]]"]).outcome, Outcome::Incorrect, "half is not enough");
    let grade = ratings(&["[[6]]", "nothing"]);
    assert_eq!((grade.outcome, grade.scores.contains_key("rating by judge/1")), (Outcome::Correct, false));
    assert_eq!(ratings(&["nothing", "nothing"]).outcome, Outcome::Unparsed);
}

#[test]
fn without_a_judge_there_is_no_grade() {
    let benchmark = plain();
    assert!(benchmark.needs().judge);
    let answer = answered("An answer.", Finish::Stop);
    let error =
        ready(benchmark.grade(&sample(&*benchmark), &answer, &Panel::new(&[], |_, _| String::new()))).expect_err("nobody judges");
    assert!(matches!(&error, BenchmarkError::Judge(JudgeError::Unavailable(text)) if text.contains("--judge")), "{error}");
}
