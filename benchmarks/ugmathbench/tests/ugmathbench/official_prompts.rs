use crate::support::{Scripted, now, question, refusal, row, samples, shared, try_open, write};
use proctor_core::{AnswerForm, Attempt, Benchmark, DataSource, Outcome, Prompt, PromptSource, Protocol, sha256_hex};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file in the form of upstream's, with other words.
const TABLES: &str = r#"
# prompt_prefix_single = "a comment"
LISTS = ["\\(", 'it''s', r"\d"]

def make_prompt(prompt_dict, data):
    prompt_prefix_multiple = (
        "Fach {subject}, "
        "{num_of_answers} mal: {answer_type_description}.\n\n"
        'Aufgabe "{problem}" \\boxed{ANSWER}'
    )

    prompt_prefix_single = (
        "Fach {subject}: {answer_type_description}.\n"  # eine
        "{problem} \\boxed{ANSWER}"
    )

    type2descriptions = {
        "UOL": 'Menge', "OL": 'Liste', "INT": 'Intervall', "TF": 'wahr', "EX": 'Ausdruck', "EQ": 'Gleichung',
        "MCS": "eine von {options}",
        "MCM": "einige von {options}, "
               "etwa BD",
        "NV": "Zahl",
        "OE": "Wort",
    }
    for item in data:
        desc = type2descriptions[item['answer_type'][0]]

def make_prompt_with_template(tokenizer, data, sys_prompt=""):
    prompt_prefix_multiple = ("offen {problem}")
    prompt_prefix_single = "offen {problem}"
    type2descriptions = {"UOL": '', "OL": '', "INT": '', "TF": '', "EX": '', "EQ": '', "MCS": "", "MCM": "", "NV": "", "OE": ""}
"#;

fn prompts(folder: &Path) -> PromptSource {
    PromptSource::Official(folder.into())
}

fn folder_with(tables: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("utils.py"), tables).unwrap();
    folder
}

/// One sample of a row that was changed.
fn asked(benchmark: &Arc<dyn Benchmark>, change: impl Fn(&mut Value)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut row = row("Algebra_0001");
    change(&mut row);
    write(folder.path(), "Algebra.json", &json!([row]));
    question(&**benchmark, &samples(&**benchmark, &DataSource::Folder(folder.path().into()))[0], Protocol::Chat)
}

#[test]
fn tables_are_read_from_the_program() {
    let folder = folder_with(TABLES);
    let benchmark = try_open(None, prompts(folder.path()), &[]).unwrap();
    assert_eq!(asked(&benchmark, |_| {}), "Fach Algebra: Zahl.\nWhat is 1 plus 1? [ANS] \\boxed{ANSWER}");
    let several = asked(&benchmark, |row| {
        row["problem_v1"] = "{braces} stay".into();
        row["answer_v1"] = json!(["A", "x", "B"]);
        row["answer_type_v1"] = json!(["MCS", "EX", "MCM"]);
        row["options_v1"] = json!([["it's", "\\pi", "a \"b\""], [], ["ä", "'\"", "\n"]]);
    });
    let expected = "Fach Algebra, 3 mal: eine von [\"it's\", '\\\\pi', 'a \"b\"'], Ausdruck, einige von ['ä', '\\'\"', '\\n'], \
                    etwa BD.\n\nAufgabe \"{braces} stay\" \\boxed{ANSWER}";
    assert_eq!(several, expected);
    let none = asked(&benchmark, |row| {
        for key in ["answer_v1", "answer_type_v1", "options_v1"] {
            row[key] = json!([]);
        }
    });
    assert!(none.starts_with("Fach Algebra, 0 mal: .\n"), "{none}");
    let open = try_open(None, prompts(folder.path()), &[("prompt", "open")]).unwrap();
    assert_eq!(asked(&open, |_| {}), "offen What is 1 plus 1? [ANS]");
}

#[test]
fn wrappers_come_from_upstreams_file() {
    let folder = folder_with(TABLES);
    let parts = json!({"sys_prompt": "S\n", "query_prompt": "Q: ", "prompt_after_query": "\nA", "resp_prompt": "R: ",
        "prompt_before_resp": "B", "delim": "\n"});
    write(folder.path(), "prompt.json", &json!({"mine": parts, "half": {"sys_prompt": ""}}));
    let wrapped = try_open(None, prompts(folder.path()), &[("wrapper", "mine")]).unwrap();
    assert_eq!(asked(&wrapped, |_| {}), "S\nQ: Fach Algebra: Zahl.\nWhat is 1 plus 1? [ANS] \\boxed{ANSWER}\nAR: B");
    for (name, part) in [("other", "it has mine, half"), ("half", "no text `query_prompt`")] {
        let message = refusal(try_open(None, prompts(folder.path()), &[("wrapper", name)]));
        assert!(message.contains(part), "{message}");
    }
    let message = refusal(try_open(None, prompts(folder.path()), &[("wrapper", "mine"), ("prompt", "open")]));
    assert!(message.contains("leave out one"), "{message}");
}

#[test]
fn other_files_are_refused_in_one_sentence() {
    for (tables, part) in [
        ("", "no function `make_prompt`"),
        ("def make_prompt(a):\n  prompt_prefix_single = 3", "`type2descriptions` no table"),
        (&TABLES.replace("\"NV\": \"Zahl\",", ""), "describes no answer type `NV`"),
        (&TABLES.replace("prompt_prefix_single", "other"), "gives `prompt_prefix_single` no text"),
        ("def make_prompt(a): type2descriptions = {'a': 'b', ", "no table"),
    ] {
        let folder = folder_with(tables);
        let message = refusal(try_open(None, prompts(folder.path()), &[]));
        assert!(message.contains(part) && message.contains("utils.py"), "{message}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(refusal(try_open(None, prompts(empty.path()), &[])).contains("has no `utils.py`"));
    let folder = folder_with(TABLES);
    assert!(refusal(try_open(None, prompts(folder.path()), &[("judge", "marj")])).contains("has no `judge_prompt_v3.txt`"));
    let unknown = folder_with(&TABLES.replace("{num_of_answers}", "{number}"));
    let benchmark = try_open(None, prompts(unknown.path()), &[]).unwrap();
    let sources = samples(&*benchmark, &DataSource::BuiltIn);
    let several = sources.iter().find(|sample| sample.target["answer"].as_array().unwrap().len() > 1).unwrap();
    let sampling = benchmark.sampling(Protocol::Chat);
    let message = refusal(benchmark.request(several, Protocol::Chat, &sampling));
    assert!(message.contains("`{number}` is not a field"), "{message}");
}

/// Upstream's judge prompt, where it is at hand: its places are filled, but for the problem's (quirk Q22).
#[test]
fn upstreams_judge_prompt_is_filled_in() {
    let Some(files) = shared("official_prompts/ugmathbench") else { return };
    let folder = folder_with(TABLES);
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::copy(files.join("judge_prompt_v3.txt"), folder.path().join("data/judge_prompt_v3.txt")).unwrap();
    for (options, sees) in [(vec![("judge", "marj")], false), (vec![("judge", "marj"), ("judge_problem", "inserted")], true)] {
        let benchmark = try_open(None, prompts(folder.path()), &options).unwrap();
        let sample =
            samples(&*benchmark, &DataSource::BuiltIn).into_iter().find(|sample| sample.id == "Algebra_9004_v1").unwrap();
        let judges = Scripted { report: "## Equivalence Judgement\nTRUE\n## Justification\n".into(), ..Scripted::default() };
        let attempt = Attempt::imported("It is \\boxed{7*x}", AnswerForm::Chat);
        let grade = now(benchmark.grade(&sample, &attempt, &judges)).unwrap();
        assert_eq!(grade.outcome, Outcome::Correct);
        let asked = judges.asked.into_inner().unwrap();
        let Prompt::Chat(messages) = &asked[0].prompt else { panic!("no chat") };
        let text = &messages[0].content;
        assert!(text.contains("It is \\boxed{7*x}") && !text.contains("{{Solution}}") && !text.contains("{{Reference Answer}}"));
        assert!(text.contains(sample.target["answer"][0].as_str().unwrap()));
        assert_eq!(text.contains(sample.text("problem").unwrap()), sees);
        assert_eq!(text.contains("{{Problem}}"), !sees);
    }
}

/// All 300 published digests, where upstream's own `utils.py` is at hand: in the folder of upstream's prompt files, or in
/// the folder that PROCTOR_UGMATHBENCH_PROMPTS names.
#[test]
fn official_prompts_have_the_published_digests() {
    let (Some(data), Some(files)) = (shared("ugmathbench"), shared("official_prompts/ugmathbench")) else { return };
    let named = std::env::var_os("PROCTOR_UGMATHBENCH_PROMPTS").map(PathBuf::from);
    let Some(folder) = [Some(files), named].into_iter().flatten().find(|folder| folder.join("utils.py").is_file()) else {
        eprintln!("skipped: upstream's utils.py is not at hand");
        return;
    };
    let benchmark = try_open(None, prompts(&folder), &[]).unwrap();
    let all = samples(&*benchmark, &DataSource::Folder(data.clone()));
    let mut checked = 0;
    for line in std::fs::read_to_string(data.join("prompt_digests.jsonl")).unwrap().lines() {
        let digest: Value = serde_json::from_str(line).unwrap();
        let id = format!("{}_v{}", digest["id"].as_str().unwrap(), digest["version"]);
        let text = question(&*benchmark, all.iter().find(|sample| sample.id == id).unwrap(), Protocol::Chat);
        assert_eq!(text.chars().count() as u64, digest["chars"].as_u64().unwrap(), "{id}");
        assert_eq!(sha256_hex(text.as_bytes()), digest["sha256"].as_str().unwrap(), "{id}");
        checked += 1;
    }
    assert_eq!(checked, 300);
}
