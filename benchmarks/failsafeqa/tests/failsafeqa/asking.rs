//! Windows: nothing is cut in silence.

use crate::support::Panel;
use crate::support::{Model, all, attempt, open, opening, plain, ready, said, tokens, words};
use proctor_core::{AnswerForm, Attempt, Benchmark, Capabilities, Outcome, Prompt, Protocol, Request, Sample, Session};
use proctor_failsafeqa::records;
use serde_json::Value;

fn sample(benchmark: &dyn Benchmark, id: &str) -> Sample {
    all(benchmark).into_iter().find(|sample| sample.id == id).expect("the sample")
}

/// The filing within a question.
fn filing(request: &Request) -> &str {
    let inner = words(request).split("<document>\n").nth(1).expect("a frame");
    inner.split("\n</document>").next().expect("a frame")
}

#[test]
fn what_fits_is_asked_whole() {
    let benchmark = plain();
    let sample = sample(&*benchmark, "1/baseline");
    for (window, counts) in [(None, false), (Some(1_000_000), true), (None, true), (Some(1_000_000), false)] {
        let model = Model::new(window, counts, |_| said("yes"));
        let attempt = attempt(&*benchmark, &sample, &model, window).expect("an attempt");
        assert_eq!((attempt.exchanges.len(), attempt.answer.text.as_str()), (1, "yes"));
        assert_eq!(filing(&attempt.exchanges[0].request), &*records().expect("records")[0].context);
        let length = records().expect("records")[0].context.chars().count();
        assert_eq!(attempt.facts["context_characters"], length);
        assert!(!attempt.facts.contains_key("context_kept_characters"));
    }
}

#[test]
fn what_does_not_fit_fails_unless_cutting_is_asked_for() {
    let benchmark = plain();
    let sample = sample(&*benchmark, "1/ocr");
    // With a tokenizer it is not even asked; without, the endpoint's refusal counts.
    for (counts, asked) in [(true, 0), (false, 1)] {
        let model = Model::new(Some(2_000), counts, |_| said("yes"));
        let attempt = attempt(&*benchmark, &sample, &model, Some(2_000)).expect("an attempt");
        assert_eq!(model.asked.lock().expect("lock").len(), asked);
        assert!(attempt.exchanges.is_empty());
        assert!(attempt.facts["context_overflow"].is_string(), "{:?}", attempt.facts);
        let judges = Panel::new(&["judge"], |_, _| panic!("there is nothing to judge"));
        let grade = ready(benchmark.grade(&sample, &attempt, &judges)).expect("a grade");
        assert_eq!((grade.outcome, grade.category.as_deref()), (Outcome::Incorrect, Some("context_overflow")));
        assert_eq!(grade.scores["compliance"], 0.0);
        assert!(!grade.scores.contains_key("rating"));
    }
}

#[test]
fn cutting_keeps_as_much_as_fits_and_says_how_much() {
    let benchmark = open(&opening(None, &[("overflow", "cut")])).expect("it opens");
    let sample = sample(&*benchmark, "2/baseline");
    let whole = &records().expect("records")[1].context;
    for window in [8_000, 4_000, 1_000] {
        let model = Model::new(Some(window), true, |_| said("yes"));
        let attempt = attempt(&*benchmark, &sample, &model, Some(window)).expect("an attempt");
        let request = &attempt.exchanges[0].request;
        let kept = filing(request);
        assert!(whole.starts_with(kept) && kept.len() < whole.len());
        assert_eq!(attempt.facts["context_kept_characters"], kept.chars().count());
        let room = window - 2048.min(window / 4);
        assert!(tokens(request) <= room, "{} in {room}", tokens(request));
        assert!(tokens(request) * 10 > room * 7, "{} of {room} are used", tokens(request));
        assert!(whole[kept.len()..].starts_with(char::is_whitespace), "no word is cut in two");

        let judges = Panel::new(&["judge"], |_, _| "[[5]]".into());
        let grade = ready(benchmark.grade(&sample, &attempt, &judges)).expect("a grade");
        let share = kept.chars().count() as f64 / whole.chars().count() as f64;
        assert!((grade.scores["context kept"] - share).abs() < 1e-12);
        assert!(grade.explanation.contains("was cut to"), "{}", grade.explanation);
    }
}

#[test]
fn endpoints_that_count_nothing_are_asked_with_half_and_half_again() {
    let benchmark = open(&opening(None, &[("overflow", "cut")])).expect("it opens");
    let sample = sample(&*benchmark, "1/baseline");
    let model = Model::new(Some(3_000), false, |_| said("yes"));
    let attempt = attempt(&*benchmark, &sample, &model, None).expect("an attempt");
    assert_eq!((attempt.exchanges.len(), attempt.answer.text.as_str()), (1, "yes"));
    let asked = model.asked.lock().expect("lock");
    assert!((2..6).contains(&asked.len()), "{}", asked.len());
    assert!(attempt.facts["context_kept_characters"].as_u64().expect("a number") > 1_000);
}

#[test]
fn a_window_by_option_holds_for_every_model() {
    let whole = &records().expect("records")[0].context;
    for (own, counts) in [(None, true), (Some(1_000_000), true), (None, false)] {
        let benchmark = open(&opening(None, &[("overflow", "cut"), ("window", "4096")])).expect("it opens");
        let model = Model::new(own, counts, |_| said("yes"));
        let attempt = attempt(&*benchmark, &sample(&*benchmark, "1/baseline"), &model, own).expect("an attempt");
        let kept = filing(&attempt.exchanges[0].request);
        assert!(whole.starts_with(kept) && tokens(&attempt.exchanges[0].request) <= 3_072, "{own:?} {counts}");
        assert_eq!(attempt.facts.contains_key("prompt_tokens_estimated"), !counts);
        assert_eq!(attempt.facts["window_tokens"], 4096);
        let failing = open(&opening(None, &[("window", "4096")])).expect("it opens");
        let failed = self::attempt(&*failing, &sample(&*failing, "1/baseline"), &model, own).expect("an attempt");
        assert!(failed.facts["context_overflow"].is_string());
    }
}

#[test]
fn a_window_too_small_for_anything_fails_and_ends() {
    for (counts, window) in [(true, 10), (false, 10), (true, 60), (false, 1)] {
        let benchmark = open(&opening(None, &[("overflow", "cut")])).expect("it opens");
        for id in ["1/baseline", "1/missing_context"] {
            let model = Model::new(Some(window), counts, |_| said("yes"));
            let attempt = attempt(&*benchmark, &sample(&*benchmark, id), &model, Some(window)).expect("an attempt");
            assert!(attempt.facts["context_overflow"].is_string(), "{counts} {window} {id}: {:?}", attempt.facts);
            assert!(model.asked.lock().expect("lock").len() <= 9);
        }
    }
}

#[test]
fn a_server_that_reads_too_little_is_suspected() {
    let benchmark = plain();
    let sample = sample(&*benchmark, "1/baseline");
    for (reported, suspected) in [(2_000, true), (18_000, false), (0, false)] {
        let model = Model::new(None, false, |_| {
            let mut completion = said("yes");
            completion.usage.prompt_tokens = Some(reported);
            completion
        });
        let attempt = attempt(&*benchmark, &sample, &model, None).expect("an attempt");
        assert_eq!(attempt.facts.contains_key("server_cut_suspected"), suspected, "{reported}");
        let judges = Panel::new(&["judge"], |_, _| "[[5]]".into());
        let grade = ready(benchmark.grade(&sample, &attempt, &judges)).expect("a grade");
        assert_eq!(grade.scores.contains_key("server cut suspected"), suspected);
    }
    let short = self::sample(&*benchmark, "1/missing_context");
    let model = Model::new(None, false, |_| {
        let mut completion = said("yes");
        completion.usage.prompt_tokens = Some(1);
        completion
    });
    let attempt = attempt(&*benchmark, &short, &model, None).expect("an attempt");
    assert!(!attempt.facts.contains_key("server_cut_suspected"), "a short prompt fits everywhere");
}

#[test]
fn raw_completion_has_the_same_frame() {
    let benchmark = plain();
    let sample = sample(&*benchmark, "1/missing_context");
    let model = Model::new(None, false, |request| match &request.prompt {
        Prompt::Completion(text) => {
            assert!(text.ends_with("</question>\n\n<answer>\n") && text.contains("<document>\n\n</document>"), "{text}");
            said("none given")
        }
        Prompt::Chat(_) => panic!("raw text was wanted"),
    });
    let judges = Panel::new(&[], |_, _| String::new());
    let capabilities = Capabilities { chat: false, completion: true, seed: true, concurrency: None, context_tokens: None };
    let session = Session::new(&model, &judges, Protocol::Completion, capabilities, 1);
    let sampling = benchmark.sampling(Protocol::Completion);
    let attempt: Attempt = ready(benchmark.attempt(&sample, &sampling, session)).expect("an attempt");
    assert_eq!(attempt.answer.form, AnswerForm::Continuation);
    assert_eq!(attempt.facts["context_characters"], Value::from(0));
}
