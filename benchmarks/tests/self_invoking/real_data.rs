//! Upstream's own files (spec sections 2, 3 and 8); skipped where they are not beside the checkout.

use crate::support::{SETS, open, real_data, samples};
use proctor_core::{Prompt, Protocol, Sample};
use serde_json::json;

fn in_stratum<'a>(samples: &'a [Sample], stratum: &str) -> Vec<&'a str> {
    let inside = |sample: &&Sample| sample.strata.iter().any(|name| name == stratum);
    samples.iter().filter(inside).map(|sample| sample.id.as_str()).collect()
}

#[test]
fn files_are_complete_and_pinned() {
    let Some(source) = real_data() else { return };
    for (name, count) in SETS.into_iter().zip([164, 378, 57]) {
        let benchmark = open(name);
        let samples = samples(&*benchmark, &source);
        assert_eq!(samples.len(), count);
        assert_eq!(benchmark.card().upstream_samples, count);
        assert!(samples.iter().all(|sample| sample.metadata["pinned"] == json!(true)), "{name}");
        assert!(samples.iter().enumerate().all(|(index, sample)| sample.index == index), "{name}");
        assert!(samples.iter().all(|sample| sample.metadata.len() == 2), "{name}: upstream has six fields");
    }
}

#[test]
fn unnamed_targets_and_vacuous_tests_are_those_of_the_spec() {
    let Some(source) = real_data() else { return };
    let check = |name: &str, unnamed: &[&str], vacuous: &[&str]| {
        let samples = samples(&*open(name), &source);
        assert_eq!(in_stratum(&samples, "unnamed-target"), unnamed, "{name}");
        assert_eq!(in_stratum(&samples, "vacuous-tests"), vacuous, "{name}");
    };
    check("humaneval-pro", &["3", "5", "14", "20", "21", "22", "28", "46", "63", "112"], &["32"]);
    let mbpp = "19 36 41 47 69 75 82 103 104 107 112 137 151 155 164 191 210 263 273 274 296 311 322 346 364";
    check("mbpp-pro", &mbpp.split(' ').collect::<Vec<_>>(), &[]);
    let vacuous = ["BigCodeBench/212", "BigCodeBench/217", "BigCodeBench/316", "BigCodeBench/355"];
    check("bigcodebench-lite-pro", &["BigCodeBench/958"], &vacuous);
}

#[test]
fn prompts_hold_both_problems_in_order_and_one_assert_in_one_shot() {
    let Some(source) = real_data() else { return };
    for name in SETS {
        let benchmark = open(name);
        for sample in samples(&*benchmark, &source) {
            let (raw, new) = (sample.text("raw_problem").unwrap().trim(), sample.text("new_problem").unwrap().trim());
            let request = benchmark.request(&sample, Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap();
            let Prompt::Chat(messages) = request.prompt else { panic!("not a chat") };
            assert!(messages[1].content.contains(&format!("```python\n{raw}\n{new}\n")), "{name} {}", sample.id);
        }
    }
    for name in ["humaneval-pro:1shot", "mbpp-pro:1shot"] {
        let benchmark = open(name);
        for sample in samples(&*benchmark, &source) {
            let request = benchmark.request(&sample, Protocol::Completion, &benchmark.sampling(Protocol::Completion)).unwrap();
            let Prompt::Completion(text) = request.prompt else { panic!("not raw text") };
            let instruction = text.split("\n```\n\n@@ Response\n").next().unwrap();
            let last = instruction.lines().last().unwrap();
            assert!(last.starts_with("assert "), "{name} {}: {last}", sample.id);
            assert!(sample.target["test_code"].as_str().unwrap().contains(last), "{name} {}", sample.id);
        }
    }
}

#[test]
fn a_file_of_another_set_is_told_apart() {
    let Some(proctor_core::DataSource::Folder(folder)) = real_data() else { return };
    let source = proctor_core::DataSource::Folder(folder.join("mbpp_pro.json"));
    let message = open("humaneval-pro").samples(&source, &Default::default()).err().map(|error| error.to_string());
    assert!(message.as_deref().is_some_and(|text| text.contains("holds MBPP Pro, not HumanEval Pro")), "{message:?}");
}
