//! The question: an instruction, then the problem as HTML (spec section 3).

use proctor_core::{BenchmarkError, PromptSource, Sample, sha256_hex};
use serde_json::Value;
use std::path::Path;

/// The instruction in the project's own words.
const INSTRUCTION: &str = include_str!("../prompts/instruction.txt");
/// Upstream's file, and the variable in it that holds the instruction.
const FILE: &str = "main.py";
const VARIABLE: &str = "instruction";

/// What is said before each problem.
#[derive(Debug, Clone)]
pub struct Prompts {
    instruction: String,
}

impl Prompts {
    /// The project's own or upstream's, for solutions in `language`.
    pub fn of(source: &PromptSource, language: &str) -> Result<Self, BenchmarkError> {
        let instruction = match source {
            PromptSource::Own => INSTRUCTION.replace("LANGUAGE", language),
            PromptSource::Official(folder) => {
                let upstream = upstream(folder)?;
                if !upstream.contains(language) {
                    return Err(BenchmarkError::Input(format!(
                        "upstream's instruction in {FILE} does not ask for {language}; leave out --prompts, or take codeelo without a variant"
                    )));
                }
                format!("{upstream}\n")
            }
        };
        Ok(Prompts { instruction })
    }

    /// SHA-256 over all that does not come from the problem.
    pub fn sha256(&self, language: &str) -> String {
        sha256_hex([language, &self.instruction, "2"].join("\0").as_bytes())
    }

    /// The whole question.
    pub fn build(&self, sample: &Sample) -> String {
        format!("{}\n{}", self.instruction, html(sample))
    }
}

/// Upstream's instruction, byte for byte, its stray quotation mark included.
fn upstream(folder: &Path) -> Result<String, BenchmarkError> {
    let file = folder.join(FILE);
    let wrong = |why: String| BenchmarkError::Input(format!("{} {why}", file.display()));
    let text = std::fs::read_to_string(&file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    literal(&text).ok_or_else(|| wrong(format!("has no text in three quotation marks called `{VARIABLE}`, upstream's prompt")))
}

/// The text of the variable: what stands between three quotation marks, as Python reads it.
fn literal(program: &str) -> Option<String> {
    let assigned = program.match_indices(VARIABLE).find_map(|(at, _)| {
        let rest = program.get(at + VARIABLE.len()..)?.trim_start().strip_prefix('=')?.trim_start();
        ["\"\"\"", "'''"].into_iter().find_map(|mark| Some((rest.strip_prefix(mark)?, mark)))
    });
    let (rest, mark) = assigned?;
    let mut text = String::new();
    let mut left = rest;
    loop {
        if left.starts_with(mark) {
            return Some(text);
        }
        let mut letters = left.chars();
        match (letters.next()?, letters.clone().next()) {
            ('\\', Some(next)) => {
                letters.next();
                match next {
                    '\n' => {}
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    '\\' | '"' | '\'' => text.push(next),
                    other => text.extend(['\\', other]),
                }
            }
            (letter, _) => text.push(letter),
        }
        left = letters.as_str();
    }
}

/// Title and sections. Limits are not shown, as upstream does not show them.
fn html(sample: &Sample) -> String {
    let mut page = format!("<html><body>\n<h1>{}</h1>\n", sample.text("title").unwrap_or(&sample.id));
    page.push_str(&format!("<div>{}</div>\n", sample.text("description").unwrap_or_default()));
    let mut section = |title: &str, content: &str| {
        page.push_str(&format!("<h2>{title}</h2>\n<div>{content}</div>\n"));
    };
    for (title, name) in [("Input", "input"), ("Output", "output"), ("Interaction", "interaction")] {
        if let Some(text) = sample.text(name) {
            section(title, text);
        }
    }
    let examples = sample.inputs.get("examples").and_then(Value::as_array).cloned().unwrap_or_default();
    let shown: Vec<String> = examples
        .iter()
        .map(|example| {
            let part = |at: usize| example.get(at).and_then(Value::as_str).unwrap_or_default();
            format!("<pre>Input:\n{}\nOutput:\n{}</pre>", part(0).trim_end(), part(1).trim_end())
        })
        .collect();
    if !shown.is_empty() {
        section("Examples", &shown.join("\n"));
    }
    if let Some(note) = sample.text("note") {
        section("Note", note);
    }
    page.push_str("</body></html>");
    page
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn texts_of_python() {
        for (program, expected) in [
            ("x = 1\n    instruction = \"\"\"\"You are\nan expert.\\n```\"\"\"\n", Some("\"You are\nan expert.\n```")),
            ("instruction='''a \\\nb \\\" \\d'''", Some("a b \" \\d")),
            ("use(instruction)\ninstruction = \"\"\"late\"\"\"", Some("late")),
            ("instruction = \"\"\"never ends", None),
            ("instruction = f(1)", None),
        ] {
            assert_eq!(literal(program).as_deref(), expected, "{program}");
        }
    }
}
