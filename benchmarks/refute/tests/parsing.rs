//! Replies, labels and data: upstream's vectors and cases of our own.
#![allow(clippy::print_stderr)]

use proctor_core::{DataSource, Language, Opening, Prompt, PromptSource, Protocol, Selection};
use proctor_refute::{FAMILY, family, official_actions, samples, tolerant_actions};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;

fn data(name: &str) -> Option<Value> {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/refute")
        .join(name);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

#[test]
fn every_vector_of_labels() {
    let Some(vectors) = data("lang_vectors.json") else { return };
    for vector in vectors["vectors"].as_array().unwrap() {
        let word = match family(vector["lang"].as_str().unwrap()) {
            Some(Language::Cpp) => json!("cpp"),
            Some(_) => json!("python"),
            None => json!(false),
        };
        assert_eq!(word, vector["family"], "{vector}");
    }
}

#[test]
fn every_vector_of_replies() {
    let Some(vectors) = data("xml_vectors.json") else { return };
    for vector in vectors["vectors"].as_array().unwrap() {
        let (outcome, actions) = match official_actions(vector["text"].as_str().unwrap()) {
            Ok(actions) => ("ok", json!(actions)),
            Err(why) => (why.as_str(), Value::Null),
        };
        assert_eq!((&json!(outcome), &actions), (&vector["upstream_outcome"], &vector["actions"]), "{vector}");
    }
}

#[test]
fn labels() {
    for (label, expected) in [
        ("PyPy 2-64", Some(Language::Python)),
        ("Python 2.7", None),
        ("Python 3.11", Some(Language::Python)),
        ("PyPy", Some(Language::Python)),
        ("Rust 2021", None),
        ("G++17", Some(Language::Cpp)),
        ("Java 21", None),
    ] {
        assert_eq!(family(label), expected, "{label}");
    }
}

#[test]
fn replies_read_both_ways() {
    let action = |code: &str, lang: &str| format!("<action><name>print_fail_case</name><code>{code}</code>{lang}</action>");
    for (text, official, tolerant) in [
        (action("print(1)", "<lang>Python 3</lang>"), Ok("print(1)"), Some("print(1)")),
        (action("\n```python\nprint(1)\n```\n", "<lang>Python 3</lang>"), Ok("```python\nprint(1)\n```"), Some("print(1)")),
        (action("print(1<2 & 3)", "<lang>Python 3</lang>"), Ok("print(1<2 & 3)"), Some("print(1<2 & 3)")),
        (action("print(1)", "<lang></lang>"), Err("raises_AttributeError"), Some("print(1)")),
        (action("print(1)", ""), Ok("print(1)"), Some("print(1)")),
        (format!("{} & {}", action("print(1)", ""), action("print(2)", "")), Err("parse_error"), Some("print(2)")),
        (format!("{}{}", action("print(1)", ""), action("print(2)", "")), Ok("print(2)"), Some("print(2)")),
        (format!("<thoughts><action></thoughts>{}", action("print(1)", "")), Ok("print(1)"), Some("print(1)")),
        ("<action><name>print_fail_case</name><code>print(1)".into(), Err("raises_AttributeError"), Some("print(1)")),
        ("<action><code>print(1)</code></action>".into(), Err("raises_AttributeError"), None),
        ("</action> <action>".into(), Err("raises_AttributeError"), None),
    ] {
        let read = official_actions(&text).map(|actions| actions["print_fail_case"]["code"].clone()).map_err(|why| why.as_str());
        assert_eq!(read.as_deref().map_err(|why| *why), official, "{text}");
        let read = tolerant_actions(&text).get("print_fail_case").map(|fields| fields["code"].clone());
        assert_eq!(read.as_deref(), tolerant, "{text}");
    }
}

#[test]
fn upstreams_records() {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/refute/items.jsonl");
    if !path.is_file() {
        eprintln!("skipped: {} is not there", path.display());
        return;
    }
    assert_eq!(samples(&path).unwrap().len(), 28);
}

#[test]
fn wrong_data_and_options_are_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let told = |text: &str| {
        let file = folder.path().join("items.jsonl");
        std::fs::write(&file, text).unwrap();
        samples(folder.path()).unwrap_err().to_string()
    };
    assert!(told("").contains("holds no items"));
    assert!(told("{").contains("is not JSON"));
    assert!(told("{\"problem_id\": \"a\"}").contains("Item 1"));
    let item = json!({"problem_id": "a", "wrong_code": "x", "wrong_code_lang": "C++", "validator": "v", "correct_cpp": "y"});
    assert!(told(&format!("{item}\n{item}")).contains("Item 2"));
    assert!(samples(&folder.path().join("missing")).unwrap_err().to_string().contains("does not exist"));
    let open = |variant: &str| (FAMILY.open)("refute", &Opening { variant: Some(variant.into()), ..Opening::default() }).unwrap();
    assert!(open("other").err().unwrap().to_string().contains("randsearch-oracle"));
}

#[test]
fn every_variant_asks_about_every_built_in_item() {
    for card in (FAMILY.cards)() {
        let variant = card.name.split_once(':').map(|(_, variant)| variant.to_owned());
        let benchmark = (FAMILY.open)("refute", &Opening { variant, ..Opening::default() }).unwrap().unwrap();
        let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
        assert_eq!(samples.len(), card.builtin_samples);
        for sample in &samples {
            let request = benchmark.request(sample, Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap();
            let text = format!("{:?}", request.prompt);
            assert!(text.contains("## Statement") && !text.contains("$$$"), "{}", sample.id);
            assert_eq!(text.contains("## Correct Code"), card.name.ends_with("oracle"), "{}", sample.id);
        }
    }
}

/// Upstream's layout of a problem, to the last blank, with upstream's files; our own words for models that reason.
#[test]
fn prompts_with_upstreams_files() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["zero_shot_system", "zero_shot_human", "few_shot_system", "reasoning_few_shot_system", "few_shot_human"] {
        std::fs::write(folder.path().join(format!("{name}.txt")), format!("<{name}>")).unwrap();
    }
    std::fs::write(
        folder.path().join("items.jsonl"),
        json!({"problem_id": "1A", "statement": "S $$$n$$$", "input": "I", "output": null, "note": null, "example_input": "1\n",
            "example_output": "2", "time_limit": "2000", "memory_limit": null, "wrong_code": "w", "wrong_code_lang": "Python 3",
            "correct_cpp": null, "correct_python": "c", "validator": "v", "author_rating": 1234, "fail_tc": 3, "tags": "['dp', 'math']"})
        .to_string(),
    )
    .unwrap();
    let texts = |variant: Option<&str>, prompts: PromptSource, options: &[(&str, &str)]| {
        let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let opening = Opening { variant: variant.map(str::to_owned), prompts, options, ..Opening::default() };
        let benchmark = (FAMILY.open)("refute", &opening).unwrap().unwrap();
        let source = DataSource::Folder(folder.path().join("items.jsonl"));
        let samples = benchmark.samples(&source, &Selection::default()).unwrap();
        assert_eq!(samples[0].strata, ["Python", "author rated 1200 to 1599", "tag dp", "tag math", "tests passed, fifth 1"]);
        let request = benchmark.request(&samples[0], Protocol::Chat, &benchmark.sampling(Protocol::Chat)).unwrap();
        let Prompt::Chat(messages) = request.prompt else { panic!("no messages") };
        messages.into_iter().map(|message| message.content).collect::<Vec<_>>()
    };
    let official = PromptSource::Official(folder.path().to_owned());
    let problem = "## Statement \nS $$n$$\n\nTime Limit: 2000ms\n\nMemory Limit: None megabytes\n\n## Input Format \nI\n\n\
        ## Example Input \n```\n1\n\n```\n\n## Example Output \n```\n2\n```\n\n";
    assert_eq!(
        texts(None, official.clone(), &[]),
        ["<zero_shot_system>".to_owned(), format!("<zero_shot_human>\n\n{problem}\n## Code\n```\nw\n```")]
    );
    assert_eq!(texts(Some("few-shot"), official, &[("reasoning", "yes")])[0], "<reasoning_few_shot_system>");
    // Our own: three examples or one, and none of limits that are not there.
    let own = |variant, reasoning| texts(Some(variant), PromptSource::Own, &[("reasoning", reasoning)]);
    let questions = |texts: &[String]| texts[0].matches("Question:").count();
    assert_eq!((questions(&own("few-shot", "no")), questions(&own("few-shot", "yes"))), (3, 1));
    assert_eq!((questions(&own("randsearch", "no")), questions(&own("randsearch", "yes"))), (1, 0));
    let oracle = own("randsearch-oracle", "yes");
    assert!(questions(&oracle) == 1 && !oracle[0].contains("solve_brute") && !oracle[1].contains("Memory Limit"), "{oracle:?}");
}

proptest! {
    #[test]
    fn any_text_can_be_read(text in "(<action>|</action>|<name>|</name>|<code>|</code>|<lang>|</lang>|<reason>|</reason>|<thoughts>|</thoughts>|[ a&<>\\[\\]!é]){0,40}") {
        let _ = official_actions(&text);
        let _ = tolerant_actions(&text);
        let _ = family(&text);
    }
}
