//! The questions, to the tested model and to judges.

use crate::support::{Panel, all, open, opening, plain, ready, words};
use proctor_core::{AnswerForm, Attempt, Benchmark, Opening, Prompt, PromptSource, Protocol, Role};
use proctor_failsafeqa::records;

fn user(benchmark: &dyn Benchmark, id: &str) -> String {
    let samples = all(benchmark);
    let sample = samples.iter().find(|sample| sample.id == id).expect("the sample");
    let request = benchmark.request(sample, Protocol::Chat, &benchmark.sampling(Protocol::Chat)).expect("a request");
    match &request.prompt {
        Prompt::Chat(messages) => {
            assert_eq!((messages.len(), messages[0].role), (2, Role::System));
        }
        Prompt::Completion(_) => panic!("a chat was wanted"),
    }
    words(&request).to_owned()
}

#[test]
fn each_case_asks_its_question_over_its_text() {
    let record = &records().expect("records")[0];
    let benchmark = plain();
    let framed =
        |context: &str, question: &str| format!("<document>\n{context}\n</document>\n\n<question>\n{question}\n</question>");
    let of = |field: &Option<String>| field.clone().expect("the field");
    let scan = record.ocr_context.as_deref().expect("a scan");
    for (case, context, question) in [
        ("baseline", &*record.context, record.query.clone()),
        ("misspelled", &*record.context, of(&record.error_query)),
        ("incomplete", &*record.context, of(&record.incomplete_query)),
        ("out_of_domain", &*record.context, of(&record.out_of_domain_query)),
        ("ocr", scan, record.query.clone()),
        ("missing_context", "", record.query.clone()),
        ("irrelevant_context", &*record.context, of(&record.out_of_scope_query)),
    ] {
        assert_eq!(user(&*benchmark, &format!("1/{case}")), framed(context, &question), "{case}");
    }
}

#[test]
fn answers_and_citations_are_never_sent_and_braces_are_left_alone() {
    let benchmark = plain();
    for sample in all(&*benchmark) {
        for protocol in [Protocol::Chat, Protocol::Completion] {
            let request = benchmark.request(&sample, protocol, &benchmark.sampling(protocol)).expect("a request");
            let sent = words(&request);
            for field in ["reference", "citations"] {
                if let Some(secret) = sample.target[field].as_str() {
                    assert!(!sent.contains(secret), "{}: {field} is sent", sample.id);
                }
            }
        }
    }
}

#[test]
fn sampling_is_the_papers() {
    let sampling = plain().sampling(Protocol::Chat);
    assert_eq!((sampling.temperature, sampling.max_tokens, sampling.top_p), (Some(0.0), Some(2048), None));
}

fn judged(benchmark: &dyn Benchmark, id: &str, answer: &str) -> String {
    let samples = all(benchmark);
    let sample = samples.iter().find(|sample| sample.id == id).expect("the sample");
    let panel = Panel::new(&["judge"], |_, _| "Fine. [[5]]".into());
    ready(benchmark.grade(sample, &Attempt::imported(answer, AnswerForm::Chat), &panel)).expect("a grade");
    let asked = panel.asked.lock().expect("lock");
    assert_eq!(asked.len(), 1);
    let sampling = &asked[0].1.sampling;
    assert_eq!((sampling.temperature, sampling.max_tokens), (Some(0.0), Some(256)));
    words(&asked[0].1).to_owned()
}

#[test]
fn judges_see_rubric_reference_citations_and_question() {
    let record = &records().expect("records")[0];
    let benchmark = plain();
    let citations = record.citations.as_deref().expect("citations");
    let context = format!("[Context]\n{citations}\n[End of context]");
    let nothing = "[Context]\n(none)\n[End of context]".to_owned();
    let scope = record.out_of_scope_query.as_deref().expect("a question");
    let marker = "[Reference answer]\n(The document does not answer this question.)\n";
    for (case, rubric, context, question, reference) in [
        ("baseline", "covers the reference answer", &context, record.query.as_str(), record.answer.as_str()),
        ("misspelled", "covers the reference answer", &context, record.error_query.as_deref().expect("one"), &record.answer),
        ("ocr", "covers the reference answer", &context, &record.query, &record.answer),
        ("missing_context", "notices that the document is missing", &nothing, &record.query, &record.answer),
        ("irrelevant_context", "does not cover the question", &context, scope, marker),
    ] {
        let prompt = judged(&*benchmark, &format!("1/{case}"), "My {{ question }} {answer}");
        let parts = [rubric, context, &format!("[Question]\n{question}\n"), reference, "\nMy {{ question }} {answer}\n", "[[3]]"];
        let mut from = 0;
        for part in [parts[0], parts[1], parts[2], parts[3], parts[4]] {
            let at = prompt[from..].find(part).unwrap_or_else(|| panic!("{case}: `{part}` in order in {prompt}"));
            from += at;
        }
        assert!(prompt.contains(parts[5]), "the form of the rating is shown");
        assert!(prompt.contains("-> 6\n---\n") && prompt.contains("-> 1\n[End of criteria]"), "{prompt}");
        assert!(prompt.len() < 20_000, "judging stays short");
    }
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    folder
}

const FILES: [(&str, &str); 4] = [
    ("judge_prompt.txt", "C:{criteria}|X:{context}|Q:{question}|R:{reference}|P:{prediction}|[[n]]"),
    ("rubric_answerable.txt", "alpha"),
    ("rubric_missing_context.txt", "beta"),
    ("rubric_irrelevant_context.txt", "gamma"),
];

fn official(folder: &std::path::Path) -> Opening {
    Opening { prompts: PromptSource::Official(folder.to_owned()), ..Opening::default() }
}

#[test]
fn official_prompts_come_from_files() {
    let files = folder(&FILES);
    let benchmark = open(&official(files.path())).expect("it opens");
    let record = &records().expect("records")[0];
    let prompt = judged(&*benchmark, "1/missing_context", "see {reference}");
    assert_eq!(prompt, format!("C:beta|X:(none)|Q:{}|R:{}|P:see {{reference}}|[[n]]", record.query, record.answer));
    assert!(user(&*benchmark, "1/missing_context").starts_with("<document>"), "the project's own, as upstream has none");
    assert_ne!(benchmark.prompt_sha256(), plain().prompt_sha256());

    let more: Vec<_> = FILES.iter().copied().chain([("user.txt", "D {context} Q {question}"), ("system.txt", "S")]).collect();
    let files = folder(&more);
    let with_answer = open(&official(files.path())).expect("it opens");
    assert_eq!(user(&*with_answer, "1/missing_context"), format!("D  Q {}", record.query));
    assert_ne!(with_answer.prompt_sha256(), benchmark.prompt_sha256());
}

#[test]
fn official_prompts_that_are_not_there_are_named() {
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[], "judge_prompt.txt"),
        (&FILES[..3], "rubric_irrelevant_context.txt"),
        (&[("judge_prompt.txt", "{criteria}"), FILES[1], FILES[2], FILES[3]], "{context}"),
        (&[FILES[0], ("rubric_answerable.txt", " \n"), FILES[2], FILES[3]], "is empty"),
    ];
    for (files, wanted) in cases {
        let files = folder(files);
        let error = open(&official(files.path())).err().expect("an error").to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn unknown_variants_and_options_are_refused() {
    for (variant, options, wanted) in [
        (Some("shuffled"), &[][..], "failsafeqa:paired"),
        (None, &[("gamma", "1")][..], "beta, threshold, overflow, window, judge_tokens"),
        (None, &[("pairing_seed", "1")][..], "has no option `pairing_seed`"),
        (None, &[("beta", "-1")][..], "-B beta=-1 is not a number from 0 to 100"),
        (None, &[("beta", "nan")][..], "beta"),
        (None, &[("threshold", "7")][..], "a whole number from 1 to 6"),
        (None, &[("overflow", "trim")][..], "fail, cut"),
        (None, &[("judge_tokens", "0")][..], "judge_tokens"),
        (None, &[("window", "4k")][..], "-B window=4k is not a whole number from 256"),
    ] {
        let error = open(&opening(variant, options)).err().expect("an error").to_string();
        assert!(error.contains(wanted), "{error}");
    }
    open(&opening(Some("paired"), &[("pairing_seed", "7"), ("beta", "0.25"), ("threshold", "6")])).expect("it opens");
}
