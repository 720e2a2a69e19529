use crate::support::{SETS, built_in, open};
use proctor_benchmarks::registry::open_with;
use proctor_core::{DataSource, Message, Opening, Prompt, PromptSource, Protocol, Role, Sampling, Selection};

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

/// Files in the form of upstream's, in words of our own.
const TEMPLATES: &str = r#"
PROMPT_WRAPPER = """A persona speaks.
@@ Instruction
{instruction}

@@ Response
{response}"""
PROMPT_WRAPPER_API = """
@@ Instruction
{instruction}
@@ Response
"""
COT_PROMPT_WRAPPER = "unused"
"#;
const FUNCTIONS: &str = r#"
from eval.prompt_template import PROMPT_WRAPPER  # a comment

def map_mbpp_pro_problem(p):
    """Not a prompt."""
    instruction = f'''Solve both, please.
```python
{p["raw_problem"].strip()}
{p["new_problem"].strip()}
```'''
    response_prefix = f"```python\n{p['raw_problem'].strip()}\n"
    return dict(instruction=instruction, response=response_prefix)

def map_mbpp_pro_problem_cot(p):
    instruction = f"Solve both, please.\n```python\n{p['raw_problem'].strip()}\n```"
    return instruction, f"Think it over.\n```python\n{p['raw_problem'].strip()}\n"
"#;

#[test]
fn upstreams_words_take_the_place_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("eval")).unwrap();
    std::fs::write(folder.path().join("eval/prompt_template.py"), TEMPLATES).unwrap();
    std::fs::write(folder.path().join("utils.py"), FUNCTIONS).unwrap();
    let opening = Opening { prompts: PromptSource::Official(folder.path().to_owned()), ..Opening::default() };
    let prompt = |name: &str, protocol: Protocol| {
        let benchmark = open_with(name, &opening).unwrap();
        let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
        benchmark.request(&samples[0], protocol, &Sampling::default()).unwrap().prompt
    };
    let instruction = format!("Solve both, please.\n```python\n{RAW}\n{NEW}\n```");
    let chat = Prompt::Chat(vec![
        Message::new(Role::System, "A persona speaks."),
        Message::new(Role::User, format!("\n@@ Instruction\n{instruction}\n@@ Response\n")),
    ]);
    assert_eq!(prompt("mbpp-pro", Protocol::Chat), chat);
    assert_eq!(prompt("mbpp-pro:cot", Protocol::Chat), chat);
    let raw = |think: &str| {
        Prompt::Completion(format!("A persona speaks.\n@@ Instruction\n{instruction}\n\n@@ Response\n{think}```python\n{RAW}\n"))
    };
    assert_eq!(prompt("mbpp-pro", Protocol::Completion), raw(""));
    assert_eq!(prompt("mbpp-pro:cot", Protocol::Completion), raw("Think it over.\n"));
    let shown = prompt("mbpp-pro:1shot", Protocol::Completion);
    assert!(matches!(shown, Prompt::Completion(text) if text.contains(&format!("{NEW}\n\n{ASSERT}\n```\n\n@@ Response"))));

    let own = open("mbpp-pro").prompt_sha256();
    assert_ne!(open_with("mbpp-pro", &opening).unwrap().prompt_sha256(), own);
    // The functions of the other sets are not in the file.
    let missing = open_with("humaneval-pro", &opening).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(missing.contains("map_humaneval_pro_problem"), "{missing}");
    std::fs::remove_file(folder.path().join("utils.py")).unwrap();
    let missing = open_with("mbpp-pro", &opening).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(missing.contains("holds no utils.py"), "{missing}");
}
