//! Grades of single answers, and references.

use super::support::{grade, open, samples};
use proctor_core::{
    AnswerForm, Attempt, Completion, Exchange, Finish, Grade, Outcome, Prompt, Protocol, Sample, Sampling, Usage,
};

fn classic(id: &str) -> Sample {
    samples(&*open("", "")).into_iter().find(|sample| sample.id == id).expect("the sample")
}

fn graded(id: &str, text: &str) -> Grade {
    grade(&*open("", ""), &classic(id), &Attempt::imported(text, AnswerForm::Chat))
}

#[test]
fn outcomes() {
    let check = |id: &str, text: &str, outcome: Outcome, category: Option<&str>, robust: f64| {
        let grade = graded(id, text);
        assert_eq!((grade.outcome, grade.category.as_deref()), (outcome, category), "{text}");
        assert_eq!(grade.scores["official"], f64::from(u8::from(outcome == Outcome::Correct)), "{text}");
        assert_eq!(grade.scores["robust"], robust, "{text}");
        assert!(grade.explanation.ends_with('.'), "{}", grade.explanation);
    };
    check("classic/111", "answer = [(A2, B1)]", Outcome::Correct, None, 1.0);
    check("classic/111", "answer = [(A2, B2)]", Outcome::Incorrect, Some("other outcomes"), 0.0);
    check("classic/111", "answer = [(A2, B1), (A1, B1)]", Outcome::Incorrect, Some("outcomes too many"), 0.0);
    check("classic/122", "answer = [(A1, B1)]", Outcome::Incorrect, Some("outcomes missing"), 0.0);
    check("classic/111", "answer = []", Outcome::Incorrect, Some("outcomes missing"), 0.0);
    check("classic/234", "answer = []", Outcome::Correct, None, 1.0);
    check("classic/234", "There are no pure-strategy Nash equilibria.", Outcome::Unparsed, None, 1.0);
    check("classic/111", "Therefore (A2, B1).", Outcome::Unparsed, None, 1.0);
}

#[test]
fn evidence() {
    let grade = graded("classic/122", "answer = [(A2, B2), (A1, B1)]");
    assert_eq!(grade.extracted.as_deref(), Some("[(\"A1\", \"B1\"), (\"A2\", \"B2\")]"));
    assert_eq!(grade.artifacts["gold"], serde_json::json!(["14"]));
    assert_eq!(grade.artifacts["official"], serde_json::json!(["14"]));
    assert_eq!(graded("classic/234", "answer = []").extracted.as_deref(), Some("[]"));
    assert_eq!(graded("classic/234", "hm").extracted, None);
}

fn ended(text: &str, finish: Finish) -> Attempt {
    let request = open("", "").request(&classic("classic/111"), Protocol::Chat, &Sampling::default()).expect("a request");
    let completion = Completion {
        text: text.into(),
        reasoning: None,
        finish,
        usage: Usage::default(),
        model: "m".into(),
        latency_s: 0.0,
        cost_usd: None,
        ..Completion::default()
    };
    Attempt { exchanges: vec![Exchange { request, completion }], ..Attempt::imported(text, AnswerForm::Chat) }
}

#[test]
fn cut_answers_are_unreadable_even_when_they_hold_one() {
    let grade = grade(&*open("", ""), &classic("classic/111"), &ended("answer = [(A2, B1)]\nLet me", Finish::Length));
    assert_eq!((grade.outcome, grade.extracted, grade.scores["robust"]), (Outcome::Truncated, None, 1.0));
}

#[test]
fn withheld_answers() {
    let grade = grade(&*open("", ""), &classic("classic/111"), &ended("", Finish::ContentFilter));
    assert_eq!(grade.outcome, Outcome::Refused);
}

#[test]
fn references_are_right() {
    for (variant, options) in [
        ("", ""),
        ("", "shuffle=yes"),
        ("story", ""),
        ("story", "shuffle=yes"),
        ("sequential", ""),
        ("parallel", "shuffle=yes"),
        ("nested", ""),
        ("nested", "shuffle=yes"),
        ("nested", "tasks=200"),
        ("sequential-dialogue", ""),
        ("parallel", "games=classic sizes=2,100"),
    ] {
        let benchmark = open(variant, options);
        let samples = samples(&*benchmark);
        assert_eq!(samples.len(), benchmark.card().builtin_samples, "{variant}");
        for sample in samples {
            let reference = benchmark.reference(&sample).expect("a reference");
            let grade = grade(&*benchmark, &sample, &reference);
            assert_eq!(
                (grade.outcome, grade.scores["robust"]),
                (Outcome::Correct, 1.0),
                "{variant} {options} {}: {}",
                sample.id,
                grade.explanation
            );
        }
    }
}

/// Renamed choices are renamed back: the answer in the names of the question is right, and what was extracted is in the
/// names of the stored game.
#[test]
fn renamed_choices() {
    let benchmark = open("", "shuffle=yes");
    let mut renamed = 0;
    for sample in samples(&*benchmark) {
        let game = proctor_tmgbench::GameId::parse(sample.target["game"].as_str().unwrap()).unwrap();
        let table = proctor_tmgbench::read_table(sample.text("item").unwrap()).expect("a table");
        renamed += usize::from(table != game.game());
        let answer = format!("answer = {}", table.equilibria());
        let grade = grade(&*benchmark, &sample, &Attempt::imported(answer, AnswerForm::Chat));
        assert_eq!(grade.outcome, Outcome::Correct, "{}", sample.id);
        assert_eq!(grade.extracted, Some(game.gold().to_string()));
    }
    assert!((80..136).contains(&renamed), "{renamed}");
}

/// A model that repeats the question gives no answer.
#[test]
fn the_question_holds_no_answer() {
    for (variant, count) in
        [("", 144), ("da", 1), ("sotom", 1), ("story", 10), ("sequential", 3), ("parallel", 3), ("nested", 20)]
    {
        let benchmark = open(variant, "");
        for sample in samples(&*benchmark).into_iter().take(count) {
            let request = benchmark.request(&sample, Protocol::Chat, &Sampling::default()).expect("a request");
            let Prompt::Chat(messages) = request.prompt else { panic!("a raw prompt") };
            let grade = grade(&*benchmark, &sample, &Attempt::imported(&messages[0].content, AnswerForm::Chat));
            assert_eq!((grade.outcome, grade.extracted), (Outcome::Unparsed, None), "{}", sample.id);
        }
    }
}
