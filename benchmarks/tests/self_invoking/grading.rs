//! What is made of verdicts; the sandbox is stood in for. Real programs are run in `guest`.

use crate::support::{Scripted, block_on, built_in, execution};

use proctor_core::{
    AnswerForm, Attempt, BenchmarkError, Completion, Entry, Exchange, Finish, Grade, Prompt, Request, Sampling, Semantics, Usage,
    Verdict,
};

fn answered(text: &str, form: AnswerForm, finish: Finish) -> Attempt {
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
    let request = Request::new(Prompt::Completion(String::new()), Sampling::default());
    Attempt { exchanges: vec![Exchange { request, completion }], ..Attempt::imported(text, form) }
}

fn scripted() -> Scripted {
    let mut raised = execution(Verdict::RuntimeError, Some(("AssertionError", "")));
    raised.stderr =
        "Traceback (most recent call last):\n  File \"<string>\", line 2, in <module>\n  File \"x.py\", line 1, in <module>\n\
                     AssertionError\n"
            .into();
    let mut net = execution(Verdict::TimeLimit, None);
    net.wall_net = true;
    Scripted {
        rules: vec![
            ("BAD", raised),
            ("NAME", execution(Verdict::RuntimeError, Some(("NameError", "name 'x' is not defined")))),
            ("LINES", execution(Verdict::RuntimeError, Some(("ValueError", "first line\nsecond line")))),
            ("prose", execution(Verdict::CompileError, Some(("SyntaxError", "invalid syntax")))),
            ("LOOP", execution(Verdict::TimeLimit, None)),
            ("NET", net),
            ("HUGE", execution(Verdict::MemoryLimit, None)),
            ("BROKEN", execution(Verdict::SandboxError, Some(("Trap", "the engine gave up")))),
        ],
        ..Scripted::default()
    }
}

fn grade(attempt: &Attempt) -> Grade {
    let (benchmark, samples) = built_in("mbpp-pro");
    block_on(benchmark.grade(&samples[0], attempt, &scripted())).unwrap()
}

/// An answer and its outcome, scores (raw, sanitised), category and part of the explanation.
fn check(attempt: Attempt, outcome: &str, scores: [f64; 2], category: Option<&str>, explanation: &str) {
    let grade = grade(&attempt);
    let text = &attempt.answer.text;
    assert_eq!(grade.outcome.as_str(), outcome, "{text:?}: {}", grade.explanation);
    assert_eq!([grade.scores["raw"], grade.scores["sanitised"]], scores, "{text:?}");
    assert_eq!(grade.category.as_deref(), category, "{text:?}");
    assert!(grade.explanation.contains(explanation), "{text:?}: {}", grade.explanation);
}

#[test]
fn outcomes() {
    let chat = |text: &str, finish: Finish| answered(text, AnswerForm::Chat, finish);
    let whole = |text: &str| Attempt::imported(text, AnswerForm::Final);
    check(whole("ok"), "correct", [1.0, 1.0], None, "All tests passed.");
    check(whole("x\nBAD()"), "incorrect", [0.0, 0.0], Some("AssertionError"), "AssertionError, at `BAD()`.");
    check(whole("NAME"), "incorrect", [0.0, 0.0], Some("NameError"), "NameError: name 'x' is not defined.");
    // Upstream's label is made from the last line of the report.
    check(whole("LINES"), "incorrect", [0.0, 0.0], Some("OtherError"), "ValueError: first line.");
    check(whole("LOOP"), "incorrect", [0.0, 0.0], Some("OtherError"), "work limit");
    check(whole("NET"), "incorrect", [0.0, 0.0], Some("OtherError"), "wall-clock net");
    check(whole("HUGE"), "incorrect", [0.0, 0.0], Some("OtherError"), "1024 MiB");
    check(whole("```python\nBAD\n```"), "incorrect", [0.0, 0.0], Some("AssertionError"), "Markdown fence");
    check(whole(" \n"), "correct", [1.0, 1.0], None, "All tests");
    check(whole("ok\n# Test\nBAD"), "incorrect", [0.0, 1.0], Some("AssertionError"), "Sanitised, it passes.");
    check(chat("```python\nok\n```", Finish::Stop), "correct", [1.0, 1.0], None, "");
    check(chat("```python\nBAD\n```", Finish::Length), "incorrect", [0.0, 0.0], Some("AssertionError"), "");
    check(chat("```python\nBAD\n", Finish::Length), "truncated", [0.0, 0.0], Some("AssertionError"), "want of tokens");
    check(chat("```python\nok\n", Finish::Length), "correct", [1.0, 1.0], None, "");
    check(chat("prose", Finish::ContentFilter), "refused", [0.0, 0.0], Some("OtherError"), "withheld");
    check(chat("prose only", Finish::Stop), "unparsed", [0.0, 0.0], Some("OtherError"), "no ```python block");
    check(chat("prose:\n```\nok\n```", Finish::Stop), "unparsed", [0.0, 0.0], Some("OtherError"), "no ```python block");
    check(chat("```python\nprose\n```", Finish::Stop), "incorrect", [0.0, 0.0], Some("OtherError"), "SyntaxError");
}

#[test]
fn an_answer_without_a_program_is_unparsed() {
    let (benchmark, samples) = built_in("mbpp-pro");
    let failing = Scripted {
        rules: vec![("assert", execution(Verdict::RuntimeError, Some(("NameError", "no name"))))],
        ..Scripted::default()
    };
    for (text, form) in
        [("", AnswerForm::Chat), ("```", AnswerForm::Chat), (" \n```x", AnswerForm::Continuation), ("", AnswerForm::Final)]
    {
        let grade = block_on(benchmark.grade(&samples[0], &Attempt::imported(text, form), &failing)).unwrap();
        assert_eq!(grade.outcome.as_str(), "unparsed", "{text:?} {form:?}: {}", grade.explanation);
    }
}

#[test]
fn a_broken_sandbox_is_nobodys_wrong_answer() {
    let (benchmark, samples) = built_in("mbpp-pro");
    let error = block_on(benchmark.grade(&samples[0], &Attempt::imported("BROKEN", AnswerForm::Final), &scripted()));
    match error {
        Err(BenchmarkError::Judge(error)) => assert!(error.to_string().contains("the engine gave up"), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn programs_are_put_together_as_upstream_does() {
    let (benchmark, samples) = built_in("mbpp-pro");
    let judges = Scripted::default();
    block_on(benchmark.grade(&samples[0], &Attempt::imported("\tx # Test", AnswerForm::Continuation), &judges)).unwrap();
    let (benchmark, scripts) = built_in("bigcodebench-lite-pro");
    block_on(benchmark.grade(&scripts[0], &Attempt::imported("\tx", AnswerForm::Final), &judges)).unwrap();
    let programs = judges.programs.lock().unwrap();
    let tests = |index: usize| [&samples, &scripts][index][0].target["test_code"].as_str().unwrap();
    let raw_problem = samples[0].text("raw_problem").unwrap();
    let sources: Vec<&str> = programs.iter().map(|program| program.source.as_str()).collect();
    assert_eq!(
        sources,
        [
            format!("{raw_problem}\tx # Test\n{}", tests(0)),
            format!("{raw_problem}\tx \n{}", tests(0)),
            format!("    x\n{}", tests(1))
        ]
    );
    assert_eq!(programs.iter().map(|program| program.entry).collect::<Vec<_>>(), [Entry::Guarded, Entry::Guarded, Entry::Script]);
    assert!(programs.iter().all(|program| program.semantics == Semantics::Official));
    assert!(programs[0].environment.is_empty());
    let environment: Vec<_> = programs[2].environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(environment, ["MPLBACKEND=Agg", "TZ=Asia/Shanghai"]);
    assert_eq!(programs[0].seed, programs[1].seed);
}

#[test]
fn evidence_is_kept() {
    let grade = grade(&Attempt::imported("ok\n# Test\nBAD", AnswerForm::Final));
    assert_eq!(grade.extracted.as_deref(), Some("ok\n# Test\nBAD"));
    assert_eq!(grade.artifacts["error_label"], "AssertionError");
    assert_eq!(grade.artifacts["raw"]["verdict"], "runtime_error");
    assert_eq!(grade.artifacts["sanitised"]["verdict"], "ok");
    for field in ["program", "limits", "stdout", "stderr", "work", "peak_memory_bytes", "wall_s"] {
        assert!(grade.artifacts["raw"].get(field).is_some(), "{field}");
    }
}
