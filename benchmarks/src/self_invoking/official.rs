//! Upstream's own words, from its files `prompt_template.py` and `utils.py` (spec section 3.1).

use super::set::Set;
use proctor_core::{BenchmarkError, sha256_hex};
use proctor_ugmathbench::python::{Token, assigned_text, format, function, tokens};
use std::path::{Path, PathBuf};

/// Most bytes of a prompt file.
const MOST_BYTES: u64 = 4 << 20;
/// What opens the block of code in an instruction and in a response.
const FENCE: &str = "```python";

/// What of the prompts is upstream's wording; the structure around it is the same for upstream's and our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Official {
    /// The system message: the sentence with which the raw prompt begins.
    pub persona: String,
    /// What stands before the block of code of an instruction.
    pub sentence: String,
    /// What stands before the block of code of a response that thinks first; empty where the set has no such variant.
    pub think: String,
    chat: String,
    completion: String,
}

impl Official {
    /// Reads the files from `folder`, or from its folder `eval`.
    pub fn read(folder: &Path, set: &Set) -> Result<Self, BenchmarkError> {
        let templates = source(folder, "prompt_template.py")?;
        let functions = source(folder, "utils.py")?;
        let lacking = |file: &str, what: &str| {
            BenchmarkError::Input(format!("{file} in {} has no {what}; is it upstream's file?", folder.display()))
        };
        let template = |name: &str, field: &str| {
            let text = assigned_text(&templates, 0, name).filter(|text| text.contains(field));
            text.ok_or_else(|| lacking("prompt_template.py", &format!("text {name} with {field}")))
        };
        let completion = template("PROMPT_WRAPPER", "{instruction}")?;
        let chat = template("PROMPT_WRAPPER_API", "{instruction}")?;
        let name = format!("map_{}_problem", set.stem);
        let found = before_code(&functions, &name);
        let sentence = found.first().cloned().ok_or_else(|| lacking("utils.py", &format!("instruction in {name}")))?;
        let think = before_code(&functions, &format!("{name}_cot")).last().cloned().unwrap_or_default();
        let persona = completion.split("@@ Instruction").next().unwrap_or_default().trim().to_owned();
        Ok(Self { persona, sentence, think, chat, completion })
    }

    /// The user's message of a chat.
    pub fn chat(&self, instruction: &str) -> Result<String, BenchmarkError> {
        filled(&self.chat, &[("instruction", instruction)])
    }

    /// The raw prompt, which ends with the beginning of the response.
    pub fn completion(&self, instruction: &str, response: &str) -> Result<String, BenchmarkError> {
        filled(&self.completion, &[("instruction", instruction), ("response", response)])
    }

    /// SHA-256 over all of it.
    pub fn sha256(&self) -> String {
        let parts = [&self.persona, &self.sentence, &self.think, &self.chat, &self.completion].map(String::as_str);
        sha256_hex(parts.join("\0").as_bytes())
    }
}

fn filled(template: &str, fields: &[(&str, &str)]) -> Result<String, BenchmarkError> {
    format(template, fields).map_err(|why| BenchmarkError::Input(format!("Upstream's prompt cannot be filled in: {why}")))
}

fn source(folder: &Path, name: &str) -> Result<Vec<Token>, BenchmarkError> {
    let places: [PathBuf; 2] = [folder.join(name), folder.join("eval").join(name)];
    let Some(path) = places.iter().find(|path| path.is_file()) else {
        return Err(BenchmarkError::Input(format!(
            "{} holds no {name}; give the folder with upstream's prompt_template.py and utils.py",
            folder.display()
        )));
    };
    let failed = |error: std::io::Error| BenchmarkError::Input(format!("{} cannot be read: {error}", path.display()));
    if std::fs::metadata(path).map_err(failed)?.len() > MOST_BYTES {
        return Err(BenchmarkError::Input(format!("{} has more than {MOST_BYTES} bytes", path.display())));
    }
    Ok(tokens(&std::fs::read_to_string(path).map_err(failed)?))
}

/// What precedes the block of code in each text of the function `name` that has one.
fn before_code(source: &[Token], name: &str) -> Vec<String> {
    let Some(start) = function(source, name) else { return Vec::new() };
    let body = source.get(start..).unwrap_or_default();
    let end = body.iter().skip(2).position(|token| *token == Token::Word("def".into())).map_or(body.len(), |end| end + 2);
    let texts = body[..end].iter().filter_map(|token| match token {
        Token::Text(text) => text.split_once(FENCE).map(|(before, _)| before.to_owned()),
        _ => None,
    });
    texts.collect()
}
