//! The same requests through others: each is given 2,000 questions, 100 in flight, and writes its results to disk as it does
//! by itself.

use super::endpoint::Endpoint;
use super::measured::{Measured, measured};
use super::{QUESTIONS, proctor};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUESTS: usize = 2_000;
const DELAY_MS: u64 = 50;
const IN_FLIGHT: usize = 100;

const INSTALL: &str = "python3 -m venv $PROCTOR_PEERS/venv
  $PROCTOR_PEERS/venv/bin/pip install inspect_ai==0.3.285 openai==3.57.0 'lm_eval[api]==0.4.13'
  npm install --prefix $PROCTOR_PEERS/npm --omit=optional promptfoo@0.118.0";

/// A program that asks the same, where it is installed.
struct Peer {
    name: &'static str,
    program: &'static str,
    prepare: fn(&Path, &str, &mut Command),
}

const PEERS: [Peer; 3] = [
    Peer { name: "Inspect", program: "venv/bin/inspect", prepare: inspect },
    Peer { name: "lm-eval", program: "venv/bin/lm-eval", prepare: lm_eval },
    Peer { name: "promptfoo", program: "npm/node_modules/.bin/promptfoo", prepare: promptfoo },
];

/// Prints what each costs.
pub fn compare() {
    let folder = std::env::var_os("PROCTOR_PEERS").map(PathBuf::from);
    println!(
        "{:>10} {:>8} {:>8} {:>14} {:>8} {:>8} {:>8} {:>8}",
        "", "s", "CPU s", "CPU ms each", "MiB", "times s", "CPU", "MiB"
    );
    let endpoint = Endpoint::start(DELAY_MS);
    let epochs = REQUESTS.div_ceil(QUESTIONS);
    let ours = proctor(&endpoint, IN_FLIGHT, &["--epochs", &epochs.to_string()]);
    print("proctor", epochs * QUESTIONS, &ours, &ours);
    let mut missing = false;
    for peer in PEERS {
        let program = folder.as_ref().map(|folder| folder.join(peer.program)).filter(|program| program.exists());
        let Some(program) = program else {
            println!("{:>10} is not installed", peer.name);
            missing = true;
            continue;
        };
        let (place, endpoint) = (tempfile::tempdir().expect("a folder"), Endpoint::start(DELAY_MS));
        let mut command = Command::new(program);
        command.current_dir(place.path()).env("HOME", place.path()).env("HF_HOME", place.path().join("hf"));
        command.env("OPENAI_API_KEY", "none").env("OPENAI_BASE_URL", endpoint.url());
        (peer.prepare)(place.path(), &endpoint.url(), &mut command);
        let run = measured(&mut command);
        print(peer.name, REQUESTS, &run, &ours);
        assert!(!run.success || endpoint.most_at_once() > 1, "{} asked one after the other", peer.name);
    }
    if missing {
        println!("\nTo have them, name a folder in PROCTOR_PEERS and type:\n  {INSTALL}");
    }
}

fn print(name: &str, requests: usize, run: &Measured, ours: &Measured) {
    let Measured { wall_s, cpu_s, most_mib, .. } = run;
    if !run.success {
        let lines: Vec<&str> = run.errors.lines().collect();
        println!("{name:>10} failed:\n{}", lines[lines.len().saturating_sub(12)..].join("\n"));
        return;
    }
    println!(
        "{name:>10} {wall_s:>8.2} {cpu_s:>8.2} {:>14.3} {most_mib:>8.0} {:>8.1} {:>8.1} {:>8.1}",
        1000.0 * cpu_s / requests as f64,
        wall_s / ours.wall_s,
        cpu_s / ours.cpu_s,
        most_mib / ours.most_mib,
    );
}

fn question(number: usize) -> String {
    format!("Question {number}: which of these is the first letter of the Latin alphabet? A) A B) B C) C D) D")
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file");
}

fn inspect(folder: &Path, url: &str, command: &mut Command) {
    let mut rows = String::new();
    for number in 0..REQUESTS {
        writeln!(rows, r#"{{"id": {number}, "input": "{}", "target": "A"}}"#, question(number)).expect("a line");
    }
    write(&folder.join("questions.jsonl"), &rows);
    write(
        &folder.join("weight.py"),
        "from inspect_ai import Task, task\nfrom inspect_ai.dataset import json_dataset\n\
         from inspect_ai.scorer import includes\nfrom inspect_ai.solver import generate\n\n\
         @task\ndef weight():\n    return Task(dataset=json_dataset('questions.jsonl'), solver=generate(), scorer=includes())\n",
    );
    command.args(["eval", "weight.py", "--model", "openai-api/local/m", "--display", "none"]);
    command.args(["--max-connections", &IN_FLIGHT.to_string(), "--max-samples", &IN_FLIGHT.to_string()]);
    command.env("LOCAL_API_KEY", "none").env("LOCAL_BASE_URL", url);
}

fn lm_eval(folder: &Path, url: &str, command: &mut Command) {
    let mut rows = String::new();
    for number in 0..REQUESTS {
        writeln!(rows, r#"{{"question": "{}", "answer": "A"}}"#, question(number)).expect("a line");
    }
    write(&folder.join("questions.jsonl"), &rows);
    let data = folder.join("questions.jsonl");
    write(
        &folder.join("weight.yaml"),
        &format!(
            "task: weight\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: {}\ntest_split: test\n\
             output_type: generate_until\ndoc_to_text: \"{{{{question}}}}\"\ndoc_to_target: \"{{{{answer}}}}\"\n\
             generation_kwargs:\n  until: [\"\\n\\n\"]\n  max_gen_toks: 16\n\
             metric_list:\n  - metric: exact_match\n    aggregation: mean\n    higher_is_better: true\n",
            data.display()
        ),
    );
    let arguments =
        format!("model=m,base_url={url}/chat/completions,num_concurrent={IN_FLIGHT},max_retries=3,tokenized_requests=False");
    command.args(["run", "--model", "local-chat-completions", "--model_args", &arguments, "--tasks", "weight"]);
    command.args(["--include_path", ".", "--apply_chat_template", "--output_path", "out", "--log_samples"]);
    command.env("HF_HUB_OFFLINE", "1").env("HF_DATASETS_OFFLINE", "1");
}

fn promptfoo(folder: &Path, url: &str, command: &mut Command) {
    let mut text = format!(
        "prompts: ['{{{{question}}}}']\nproviders:\n  - id: openai:chat:m\n    config: {{apiBaseUrl: '{url}', apiKey: none}}\ntests:\n"
    );
    for number in 0..REQUESTS {
        let question = question(number);
        writeln!(text, "  - {{vars: {{question: '{question}'}}, assert: [{{type: contains, value: A}}]}}").expect("a line");
    }
    write(&folder.join("promptfooconfig.yaml"), &text);
    command.args(["eval", "--no-cache", "--no-table", "--no-progress-bar", "-j", &IN_FLIGHT.to_string()]);
    command.env("PROMPTFOO_CONFIG_DIR", folder.join("config"));
    command.env("PROMPTFOO_DISABLE_TELEMETRY", "1").env("PROMPTFOO_DISABLE_UPDATE", "1");
}
