//! Extraction, data and ratings of scripted answers.

use proctor_codeelo::{Extracted, FAMILY, official_program, robust_program, samples};
use proctor_core::{DataSource, GradedAttempt, Opening, Outcome, Protocol, Selection, Usage};
use proptest::prelude::*;
use serde_json::json;

fn word(found: Extracted) -> String {
    match found {
        Extracted::Program { tag, source } => format!("{tag}:{source}"),
        Extracted::NoCode => "No code".into(),
        Extracted::UnknownTag(_) => "Error".into(),
    }
}

#[test]
fn programs_in_replies() {
    for (text, official, robust) in [
        ("```cpp\na\n```", "cpp:a", "cpp:a"),
        ("```\n#include <x>\n```", "cpp:#include <x>", "cpp:#include <x>"),
        ("```\n1 2\n```\n```cpp\na\n```", "cpp:1 2", "cpp:a"),
        ("no block", "No code", "No code"),
        ("```py\na\n```", "Error", "python:a"),
        ("```CPP\na\n```", "Error", "cpp:a"),
        ("```c++\na\n```", "No code", "cpp:a"),
        ("```c++\na\n```\nthen\n```", "cpp:then", "cpp:a"),
        ("```cpp\na", "No code", "cpp:a"),
        ("```cpp\na```", "No code", "cpp:a"),
        ("```cpp\n```", "No code", "No code"),
        ("```rust\nfn main() {}\n```", "rust:fn main() {}", "rust:fn main() {}"),
    ] {
        assert_eq!(word(official_program(text)), official, "{text:?}");
        assert_eq!(word(robust_program(text)), robust, "{text:?}");
    }
}

#[test]
fn problems_in_every_layout() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.jsonl");
    let told = |text: &str| {
        std::fs::write(&file, text).unwrap();
        samples(folder.path())
    };
    let hub = json!({"problem_id": "2000A", "title": "T", "rating": "900", "tags": ["dp"], "div": "Div. 3", "time_limit_ms": "2000",
        "memory_limit_mb": 256, "description": "D", "input": "I", "output": "O", "interaction": "", "note": "", "examples": [["1", "2"]]});
    let open_r1 = json!({"id": "2001/B", "contest_id": "2001", "description": "D", "time_limit": 1.5, "memory_limit": 256.0, "rating": 1400,
        "examples": [{"input": "1", "output": "2"}], "official_tests": [{"input": "3", "output": "4"}], "generated_checker": "print(1)"});
    let found = told(&format!("{hub}\n{open_r1}")).unwrap();
    assert_eq!(found[0].strata, ["Easy", "rated 800 to 1199", "Div. 3", "tag dp"]);
    assert_eq!((found[1].id.as_str(), &found[1].target["checker"]), ("2001B", &json!("python")));
    assert_eq!((&found[1].target["tests"], &found[1].target["seconds"]), (&json!([["3", "4"]]), &json!(1.5)));
    for (text, part) in [("", "holds no problems"), ("{", "is not JSON"), ("{\"problem_id\": \"1A\"}", "Problem 1")] {
        assert!(told(text).unwrap_err().to_string().contains(part), "{text}");
    }
    assert!(told(&format!("{hub}\n{hub}")).unwrap_err().to_string().contains("Problem 2"));
}

/// What a scripted model rates in the built-in contests: the artificial field solves what is rated up to 100 above.
#[test]
fn ratings_of_scripted_answers() {
    let benchmark = (FAMILY.open)("codeelo", &Opening::default()).unwrap().unwrap();
    let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
    let grades = |right: bool| -> Vec<GradedAttempt> {
        let grade = |(sample, epoch): (&proctor_core::Sample, u32)| GradedAttempt {
            sample_id: sample.id.clone(),
            group: sample.group.clone(),
            strata: sample.strata.clone(),
            epoch,
            outcome: if right { Outcome::Correct } else { Outcome::Incorrect },
            scores: Default::default(),
            category: Some(if right { "AC" } else { "WA" }.into()),
            extracted: None,
            usage: Usage::default(),
            latency_s: 0.0,
        };
        samples.iter().flat_map(|sample| (0..8).map(move |epoch| (sample, epoch))).map(grade).collect()
    };
    // Everything at once beats everyone in every contest: the best person's 2300 and 99.
    let best = benchmark.metrics(&grades(true));
    assert_eq!((best[0].name.as_str(), best[0].value, best[0].headline), ("rating", 2399.0, true));
    let worst = benchmark.metrics(&grades(false));
    assert!(worst[0].value < 400.0 && worst[0].headline, "{:?}", worst[0]);
    assert!(best.iter().any(|metric| metric.name == "pass@8" && metric.value == 1.0));
    for sample in &samples {
        let request = benchmark.request(sample, Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap();
        assert!(format!("{:?}", request.prompt).contains("<h2>Output</h2>"));
    }
}

proptest! {
    #[test]
    fn any_text_can_be_read(text in "(```|\n|cpp|py|[a é`]){0,60}") {
        let _ = official_program(&text);
        let _ = robust_program(&text);
    }
}
