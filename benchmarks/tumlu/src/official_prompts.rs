//! Upstream's prompt texts, read from its program file (`scripts/utils.py`): four dictionaries of texts by language.

use crate::language::Language;
use crate::prompt::{Templates, Words};
use proctor_core::BenchmarkError;
use std::collections::HashMap;
use std::path::Path;

/// Most bytes of the file; upstream's has 10 kB.
const MOST_BYTES: u64 = 1 << 20;

/// Upstream's texts by language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficialPrompts {
    shots: HashMap<String, String>,
    tests: HashMap<String, String>,
    questions: HashMap<String, String>,
    solutions: HashMap<String, String>,
    file: String,
}

impl OfficialPrompts {
    /// Reads `utils.py` in `folder`, or in its folder `scripts`.
    pub fn read(folder: &Path) -> Result<OfficialPrompts, BenchmarkError> {
        let candidates = [folder.join("utils.py"), folder.join("scripts").join("utils.py")];
        let Some(file) = candidates.iter().find(|file| file.is_file()) else {
            return Err(BenchmarkError::Input(format!(
                "{} holds no utils.py, upstream's file with the prompts of TUMLU; `proctor data fetch tumlu` brings it",
                folder.display()
            )));
        };
        let name = file.display().to_string();
        let failed = |error: std::io::Error| BenchmarkError::Input(format!("{name} cannot be read: {error}"));
        if std::fs::metadata(file).map_err(failed)?.len() > MOST_BYTES {
            return Err(BenchmarkError::Input(format!("{name} is too large to be upstream's utils.py")));
        }
        let text = std::fs::read(file).map_err(failed)?;
        OfficialPrompts::parse(&name, &String::from_utf8_lossy(&text))
    }

    /// Reads the text of the file called `name`.
    pub fn parse(name: &str, text: &str) -> Result<OfficialPrompts, BenchmarkError> {
        let of = |variable: &str| {
            dictionary(text, variable).ok_or_else(|| {
                BenchmarkError::Input(format!("{name} has no dictionary of texts {variable}; is it upstream's scripts/utils.py?"))
            })
        };
        Ok(OfficialPrompts {
            shots: of("FEW_SHOT_PROMPTS")?,
            tests: of("TEST_PROMPTS")?,
            questions: of("QUESTION_DICT")?,
            solutions: of("SOLUTION_DICT")?,
            file: name.to_owned(),
        })
    }

    /// Upstream's words and templates of a language; an error for a language it has none of.
    pub fn words(&self, language: &Language, solution: bool) -> Result<Words, BenchmarkError> {
        let text = |texts: &HashMap<String, String>| texts.get(language.name).cloned();
        let missing = |what: &str| {
            BenchmarkError::Input(format!("{} has no {what} for {}; ask without --prompts", self.file, language.name))
        };
        let mut words = Words::of(language);
        if solution {
            words.question = titled(&text(&self.questions).ok_or_else(|| missing("question word"))?);
            words.solution = titled(&text(&self.solutions).ok_or_else(|| missing("solution word"))?);
        } else {
            let shot = text(&self.shots).ok_or_else(|| missing("few-shot prompt"))?;
            let test = text(&self.tests).ok_or_else(|| missing("test prompt"))?;
            words.templates = Some(Templates { shot, test });
        }
        Ok(words)
    }
}

/// As Python's `str.title` of one word.
fn titled(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters.flat_map(char::to_lowercase)).collect()
}

/// The dictionary of string literals assigned to `variable` at the beginning of a line.
fn dictionary(text: &str, variable: &str) -> Option<HashMap<String, String>> {
    let head = format!("{variable} = {{");
    let start = text.match_indices(&head).map(|(start, _)| start).find(|start| *start == 0 || text[..*start].ends_with('\n'))?;
    let mut rest = text.get(start + head.len()..)?;
    let mut entries = HashMap::new();
    loop {
        rest = skip(rest);
        if rest.starts_with('}') {
            return Some(entries);
        }
        let (key, after) = literal(rest)?;
        let (value, after) = literal(skip(skip(after).strip_prefix(':')?))?;
        entries.insert(key, value);
        let after = skip(after);
        rest = after.strip_prefix(',').unwrap_or(after);
        if rest.len() == after.len() && !rest.starts_with('}') {
            return None;
        }
    }
}

/// Skips blanks, line ends and comments.
fn skip(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.starts_with('#') {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    rest
}

/// A Python string literal without prefix, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| text.starts_with(quote))?;
    let mut rest = text.strip_prefix(quote)?;
    let mut value = String::new();
    loop {
        if let Some(after) = rest.strip_prefix(quote) {
            return Some((value, after));
        }
        let character = rest.chars().next()?;
        rest = rest.get(character.len_utf8()..)?;
        if character != '\\' {
            value.push(character);
            continue;
        }
        let escaped = rest.chars().next()?;
        rest = rest.get(escaped.len_utf8()..)?;
        match escaped {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            '\n' => {}
            '\\' | '\'' | '"' => value.push(escaped),
            other => value.extend(['\\', other]),
        }
    }
}
