//! The questions as sent.

use super::support::{open, samples, try_open};
use proctor_core::{Opening, Prompt, PromptSource, Protocol, Sample, Sampling, sha256_hex};

fn question(variant: &str, options: &str, id: &str) -> String {
    let benchmark = open(variant, options);
    let sample = samples(&*benchmark).into_iter().find(|sample| sample.id == id).expect("the sample");
    match benchmark.request(&sample, Protocol::Chat, &Sampling::default()).expect("a request").prompt {
        Prompt::Chat(messages) => {
            assert_eq!(messages.len(), 1);
            messages[0].content.clone()
        }
        Prompt::Completion(text) => text,
    }
}

#[test]
fn the_dilemma_as_a_table() {
    let text = question("", "", "classic/111");
    assert!(
        text.contains("| A \\ B | B1 | B2 |\n| --- | --- | --- |\n| A1 | 1 \\ 4 | 3 \\ 3 |\n| A2 | 2 \\ 2 | 4 \\ 1 |\n"),
        "{text}"
    );
    assert!(text.starts_with("[Scenario]\n") && text.ends_with("final answer in the format above."), "{text}");
    assert!(text.contains("answer = [(\"Ax\", \"By\")]\n```\n"), "{text}");
}

#[test]
fn modes_differ_in_their_paragraph_alone() {
    let all: Vec<String> =
        ["da", "cot", "fotom", "sotom", "refotom", "resotom"].iter().map(|mode| question(mode, "", "classic/234")).collect();
    for (place, text) in all.iter().enumerate() {
        assert!(all.iter().skip(place + 1).all(|other| other != text));
        assert_eq!(text.split("[Format]").next(), all[0].split("[Format]").next());
        assert!(!text.contains("\n\n\n") && !text.contains("{{") && !text.contains("{%"), "{text}");
    }
    let exchanged =
        |text: &str| text.replace("player A", "player ?").replace("player B", "player A").replace("player ?", "player B");
    let paragraph = |text: &str| text.split("Put yourself").nth(1).map(str::to_owned);
    assert_eq!(paragraph(&exchanged(&all[2])), paragraph(&all[4]));
    assert_eq!(paragraph(&exchanged(&all[3])), paragraph(&all[5]));
    assert!(all[3].contains("believe") && !all[2].contains("believe"));
}

/// The prompts are part of every score: whoever changes one must mean it.
#[test]
fn digests() {
    let mut digests = Vec::new();
    for (variant, id) in [
        ("", "classic/111"),
        ("da", "classic/466"),
        ("fotom", "classic/111"),
        ("resotom", "classic/111"),
        ("story", "111_0"),
        ("sequential", "sequential-3-00"),
        ("parallel", "parallel-25-19"),
        ("nested", "nested-00"),
        ("sequential-dialogue", "sequential-dialogue-3-00"),
    ] {
        digests.push(format!("{variant} {id} {}", &sha256_hex(question(variant, "", id).as_bytes())[..12]));
    }
    assert_eq!(digests.join("\n"), include_str!("prompt_digests.txt").trim_end());
}

#[test]
fn several_and_nested() {
    let text = question("sequential", "", "sequential-3-00");
    assert!(
        text.contains("[Game 3]") && !text.contains("[Game 4]") && text.contains("answer_3 = ") && !text.contains("answer_4"),
        "{text}"
    );
    assert!(text.contains("one after the other"));
    assert!(question("parallel", "", "parallel-3-00").contains("at the same time, in no particular order"));
    let text = question("nested", "", "nested-00");
    let rule = text.lines().find(|line| line.starts_with("If the pre-game ends with (A")).expect("a rule");
    assert!(rule.contains("may not use ") && rule.contains(" in the core-game, and only "), "{rule}");
    let text = question("sequential-dialogue", "", "sequential-dialogue-3-00");
    assert!(text.starts_with("[Game 1 of 3]\n[Characters]\n"), "{text}");
}

#[test]
fn raw_completion() {
    let benchmark = open("da", "");
    let sample = &samples(&*benchmark)[0];
    let sampling = benchmark.sampling(Protocol::Completion);
    assert!(sampling.max_tokens.is_some() && sampling.temperature == Some(0.0) && sampling.stop == ["```"]);
    match benchmark.request(sample, Protocol::Completion, &sampling).expect("a request").prompt {
        Prompt::Completion(text) => assert!(text.ends_with("no other text.\n\n```python\n"), "{text}"),
        Prompt::Chat(_) => panic!("a chat"),
    }
    let dialogue = open("sequential-dialogue", "");
    let sample = &samples(&*dialogue)[0];
    let error = dialogue.request(sample, Protocol::Completion, &sampling).expect_err("a conversation");
    assert!(error.to_string().contains("is a conversation; ask by chat"), "{error}");
}

#[test]
fn another_variants_sample_is_refused() {
    let sample: Sample = samples(&*open("", "")).remove(0);
    for variant in ["sequential", "nested", "sequential-dialogue"] {
        let error = open(variant, "").request(&sample, Protocol::Chat, &Sampling::default()).expect_err("another variant's");
        assert!(error.to_string().contains("belongs to another variant"), "{error}");
    }
}

#[test]
fn prompts_of_the_users() {
    let folder = tempfile::tempdir().expect("a folder");
    let opening = |variant: Option<&str>| Opening {
        variant: variant.map(str::to_owned),
        prompts: PromptSource::Official(folder.path().to_owned()),
        ..Opening::default()
    };
    let open = |variant: Option<&str>| (proctor_tmgbench::FAMILY.open)("tmgbench", &opening(variant)).expect("the family");
    let error = open(None).err().expect("no file").to_string();
    assert!(error.contains("cot.txt cannot be read") && error.contains("upstream has published no prompt files"), "{error}");
    std::fs::write(folder.path().join("cot.txt"), "Solve:\n{game}\nThink.\n").expect("written");
    let benchmark = open(None).expect("a prompt");
    let sample = &samples(&*benchmark)[0];
    let item = sample.text("item").expect("an item").to_owned();
    match benchmark.request(sample, Protocol::Chat, &Sampling::default()).expect("a request").prompt {
        Prompt::Chat(messages) => assert_eq!(messages[0].content, format!("Solve:\n{item}\nThink.\n")),
        Prompt::Completion(_) => panic!("raw"),
    }
    assert_ne!(benchmark.prompt_sha256(), try_open("", "").expect("own").prompt_sha256());
    std::fs::write(folder.path().join("da.txt"), "no place").expect("written");
    assert!(open(Some("da")).err().expect("no place").to_string().contains("holds {game} 0 times"));
    assert!(open(Some("nested")).err().expect("no files").to_string().contains("leave out --prompts"));
}
