use crate::support::{SETS, built_in, open};
use proctor_core::{Message, Prompt, Protocol, Role, Sampling};

const PERSONA: &str = "You are a careful programming assistant who writes correct, complete code and does exactly what is asked.";
const TASK: &str = "Write one Python file that solves both problems below; the solution of the second problem has to call the \
                    function of the first one, once or several times.";
const THINK: &str = "Let us think this through one step at a time.";
const RAW: &str = "# Write a function to double a number.\ndef double(number):";
const NEW: &str = "# Given a list of numbers, write a function that returns a new list with every number doubled.\n\
                   def double_all(numbers):";
const ASSERT: &str = "assert double_all([1, 2, 3]) == [2, 4, 6]";

fn prompt(name: &str, protocol: Protocol) -> Prompt {
    let (benchmark, samples) = built_in(name);
    let request = benchmark.request(&samples[0], protocol, &benchmark.sampling(protocol));
    request.unwrap_or_else(|error| panic!("{name}: {error}")).prompt
}

/// Exactly these bytes are sent for the first built-in question of MBPP Pro.
fn check(variant: &str, protocol: Protocol, expected: &str) {
    let name = ["mbpp-pro", variant].concat();
    let expected = match protocol {
        Protocol::Chat => Prompt::Chat(vec![Message::new(Role::System, PERSONA), Message::new(Role::User, expected)]),
        Protocol::Completion => Prompt::Completion(expected.to_owned()),
    };
    assert_eq!(prompt(&name, protocol), expected, "{name}");
}

#[test]
fn exact_bytes() {
    let plain = format!("{TASK}\n```python\n{RAW}\n{NEW}\n```");
    let shown = format!("{TASK}\n```python\n{RAW}\n{NEW}\n\n{ASSERT}\n```");
    let chat = |instruction: &str| format!("\n@@ Instruction\n{instruction}\n@@ Response\n");
    let raw = |instruction: &str, think: &str| {
        format!("{PERSONA}\n@@ Instruction\n{instruction}\n\n@@ Response\n{think}```python\n{RAW}\n")
    };
    check("", Protocol::Chat, &chat(&plain));
    check("", Protocol::Completion, &raw(&plain, ""));
    check(":1shot", Protocol::Chat, &chat(&shown));
    check(":1shot", Protocol::Completion, &raw(&shown, ""));
    check(":cot", Protocol::Chat, &chat(&plain));
    check(":cot", Protocol::Completion, &raw(&plain, &format!("{THINK}\n")));
    check(":cot-paper", Protocol::Chat, &format!("{}{THINK}", chat(&plain)));
}

#[test]
fn humaneval_shows_the_second_line_of_its_tests() {
    let Prompt::Completion(text) = prompt("humaneval-pro:1shot", Protocol::Completion) else { panic!("not raw text") };
    assert!(text.contains("\n\nassert order_price([1, 4]) == 19\n```\n\n@@ Response\n```python\ndef parcel_price("), "{text}");
    assert!(text.ends_with("14\n    \"\"\"\n"), "{text}");
}

#[test]
fn bigcodebench_has_an_empty_line_before_the_fence() {
    let Prompt::Chat(messages) = prompt("bigcodebench-lite-pro", Protocol::Chat) else { panic!("not a chat") };
    assert!(messages[1].content.ends_with("def new_task_func(texts, size=3):\n\n```\n@@ Response\n"), "{}", messages[1].content);
}

#[test]
fn text_that_looks_like_a_template_is_left_alone() {
    let (benchmark, mut samples) = built_in("mbpp-pro");
    samples[0].inputs["raw_problem"] = "# {{ x }} {% if %} <b>&amp;\ndef f():\n\n".into();
    let request = benchmark.request(&samples[0], Protocol::Completion, &Sampling::default()).unwrap();
    let Prompt::Completion(text) = request.prompt else { panic!("not raw text") };
    assert!(text.ends_with("```python\n# {{ x }} {% if %} <b>&amp;\ndef f():\n"), "{text}");
}

#[test]
fn the_papers_thought_variant_is_for_chat() {
    let (benchmark, samples) = built_in("humaneval-pro:cot-paper");
    let message = benchmark.request(&samples[0], Protocol::Completion, &Sampling::default()).err().map(|e| e.to_string());
    assert!(message.as_deref().is_some_and(|text| text.contains("humaneval-pro:cot")), "{message:?}");
}

#[test]
fn defaults_of_sampling() {
    for name in SETS {
        let benchmark = open(name);
        let chat = benchmark.sampling(Protocol::Chat);
        assert_eq!((chat.temperature, chat.top_p, chat.max_tokens, chat.stop.len()), (Some(0.2), None, None, 0));
        let raw = benchmark.sampling(Protocol::Completion);
        assert_eq!((raw.temperature, raw.top_p, raw.max_tokens), (Some(0.0), Some(1.0), Some(4096)));
        assert_eq!(raw.stop, ["<|endoftext|>", "<|endofmask|>", "</s>", "<|EOT|>"]);
    }
}

#[test]
fn each_variant_has_its_own_template_hash() {
    let hashes: Vec<_> = ["", ":1shot", ":cot", ":cot-paper"].map(|v| open(&["mbpp-pro", v].concat()).prompt_sha256()).into();
    for (index, hash) in hashes.iter().enumerate() {
        assert!(hash.len() == 64 && !hashes[..index].contains(hash), "{hashes:?}");
    }
}
