//! Upstream's own prompts, read from the files as upstream has them (spec section 3).

use crate::item::{Instance, TYPES, short};
use crate::options::{Options, Style};
use crate::python;
use proctor_core::{BenchmarkError, sha256_hex};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const TEXTS: &str = "utils.py";
const WRAPPERS: &str = "prompt.json";
const JUDGE: &str = "judge_prompt_v3.txt";
/// Most bytes of a prompt file; upstream's have some ten thousand.
const MOST_BYTES: u64 = 4 << 20;

/// The texts of upstream that a run uses.
#[derive(Debug, Clone)]
pub struct OfficialPrompts {
    single: String,
    several: String,
    types: BTreeMap<String, String>,
    wrapper: Wrapper,
    /// The judge model's prompt, where that is wanted.
    pub judge: Option<String>,
    sha256: String,
}

/// What stands before and after the question.
#[derive(Debug, Clone, Default)]
struct Wrapper {
    before: String,
    after: String,
}

impl OfficialPrompts {
    /// Reads what the options call for from `folder` (or its `data/`): `utils.py`; `prompt.json` for a wrapper other than
    /// `raw`; `judge_prompt_v3.txt` for the judge model.
    pub fn load(folder: &Path, options: &Options) -> Result<Self, BenchmarkError> {
        let (path, source) = read(folder, TEXTS)?;
        let wrong = |what: &str| {
            BenchmarkError::Input(format!("{} {what}; is it the utils.py of UGMathBench, commit df47bfa?", path.display()))
        };
        let tokens = python::tokens(&source);
        let function = match options.style {
            Style::Closed => "make_prompt",
            Style::Open => "make_prompt_with_template",
        };
        let start = python::function(&tokens, function).ok_or_else(|| wrong(&format!("has no function `{function}`")))?;
        let text = |name: &str| {
            python::assigned_text(&tokens, start, name).ok_or_else(|| wrong(&format!("gives `{name}` no text in `{function}`")))
        };
        let types = python::assigned_table(&tokens, start, "type2descriptions")
            .ok_or_else(|| wrong(&format!("gives `type2descriptions` no table of texts in `{function}`")))?;
        if let Some(missing) = TYPES.iter().find(|code| !types.contains_key(**code)) {
            return Err(wrong(&format!("describes no answer type `{missing}`")));
        }
        let mut parts = vec![source.clone()];
        let wrapper = match options.wrapper.as_str() {
            "raw" => Wrapper::default(),
            name => {
                let (path, json) = read(folder, WRAPPERS)?;
                let wrapper = Wrapper::parse(&path, &json, name)?;
                parts.push(json);
                wrapper
            }
        };
        let judge = match options.asks_judge() {
            false => None,
            true => Some(read(folder, JUDGE)?.1),
        };
        parts.extend(judge.clone());
        Ok(Self {
            single: text("prompt_prefix_single")?,
            several: text("prompt_prefix_multiple")?,
            types,
            wrapper,
            judge,
            sha256: sha256_hex(parts.join("\0").as_bytes()),
        })
    }

    /// SHA-256 over the files read.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The question, byte for byte as upstream sends it.
    pub fn question(&self, instance: &Instance) -> Result<String, BenchmarkError> {
        let failed = |what: String| BenchmarkError::Input(format!("Upstream's prompt cannot be filled in: {what}"));
        let version = &instance.version;
        let mut description = String::new();
        for (position, code) in version.types.iter().enumerate() {
            if position > 0 {
                description.push_str(", ");
            }
            description.push_str(self.types.get(code).map_or("", String::as_str));
            // Upstream fills in what has been gathered so far each time, not the new phrase alone.
            if matches!(code.as_str(), "MCS" | "MCM") {
                let options = python::list(version.options.get(position).map_or(&[], Vec::as_slice));
                description = python::format(&description, &[("options", &options)]).map_err(failed)?;
            }
        }
        let count = version.answers.len().to_string();
        let template = if version.answers.len() == 1 { &self.single } else { &self.several };
        let fields = [
            ("subject", instance.subject.as_str()),
            ("num_of_answers", &count),
            ("answer_type_description", &description),
            ("problem", &version.problem),
            ("ANSWER", "{ANSWER}"),
        ];
        let body = python::format(template, &fields).map_err(failed)?;
        Ok([self.wrapper.before.as_str(), &body, &self.wrapper.after].concat())
    }
}

impl Wrapper {
    fn parse(path: &Path, json: &str, name: &str) -> Result<Self, BenchmarkError> {
        let path = path.display();
        let value: Value =
            serde_json::from_str(json).map_err(|error| BenchmarkError::Input(format!("{path} is not JSON: {error}")))?;
        let Some(wrapper) = value.get(name) else {
            let known: Vec<&str> = value.as_object().into_iter().flat_map(|map| map.keys().map(String::as_str)).collect();
            let name = short(name);
            return Err(BenchmarkError::Input(format!(
                "{path} has no wrapper `{name}` (-B wrapper=…); it has {}",
                known.join(", ")
            )));
        };
        let part = |key: &str| match wrapper.get(key).and_then(Value::as_str) {
            Some(text) => Ok(text),
            None => Err(BenchmarkError::Input(format!("{path}: the wrapper `{name}` has no text `{key}`"))),
        };
        Ok(Self {
            before: [part("sys_prompt")?, part("query_prompt")?].concat(),
            after: [part("prompt_after_query")?, part("resp_prompt")?, part("prompt_before_resp")?].concat(),
        })
    }
}

fn read(folder: &Path, file: &str) -> Result<(PathBuf, String), BenchmarkError> {
    let candidates = [folder.join(file), folder.join("data").join(file)];
    let Some(path) = candidates.iter().find(|path| path.is_file()) else {
        return Err(BenchmarkError::Input(format!(
            "{} has no `{file}`, neither in it nor in its data/; `proctor data fetch ugmathbench` brings upstream's prompt files",
            folder.display()
        )));
    };
    let failed = |error: std::io::Error| BenchmarkError::Input(format!("{} cannot be read: {error}", path.display()));
    if std::fs::metadata(path).map_err(failed)?.len() > MOST_BYTES {
        return Err(BenchmarkError::Input(format!("{} is larger than a prompt file can be", path.display())));
    }
    std::fs::read_to_string(path).map_err(failed).map(|text| (path.clone(), text))
}
