//! The program in a reply (spec section 4.1).

use proctor_core::Language;

/// Upstream's language tags and the platform's numbers for them.
pub const LANGUAGES: [(&str, u32); 19] = [
    ("kotlin", 88),
    ("cpp", 91),
    ("ruby", 67),
    ("d", 28),
    ("python", 70),
    ("pascal", 51),
    ("rust", 75),
    ("go", 32),
    ("node.js", 55),
    ("haskell", 12),
    ("javascript", 34),
    ("csharp", 79),
    ("perl", 13),
    ("java", 87),
    ("ocaml", 19),
    ("delphi", 3),
    ("php", 6),
    ("scala", 20),
    ("c", 43),
];

/// A program found in a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extracted {
    /// A program and its language tag.
    Program {
        /// One of [`LANGUAGES`].
        tag: String,
        /// Its text.
        source: String,
    },
    /// No code block.
    NoCode,
    /// A block whose tag upstream does not know; its code raises an exception there.
    UnknownTag(String),
}

impl Extracted {
    /// The sandbox's language for a tag; `None` for those it does not run.
    pub fn language(tag: &str) -> Option<Language> {
        match tag {
            "cpp" => Some(Language::Cpp),
            "c" => Some(Language::C),
            "python" => Some(Language::Python),
            _ => None,
        }
    }
}

/// The first block as upstream's pattern finds it: three backticks, letters or none, the end of the line, the shortest
/// text, the end of a line, three backticks. Without a tag it is C++.
pub fn official(text: &str) -> Extracted {
    let mut from = 0;
    while let Some(fence) = text.get(from..).and_then(|rest| rest.find("```")).map(|at| at + from) {
        let after = text.get(fence + 3..).unwrap_or_default();
        let tag_length = after.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(after.len());
        let (tag, rest) = after.split_at(tag_length);
        if let Some(body) = rest.strip_prefix('\n')
            && let Some((body, _)) = body.split_once("\n```")
        {
            let tag = if tag.is_empty() { "cpp" } else { tag };
            return match LANGUAGES.iter().any(|(known, _)| *known == tag) {
                true => Extracted::Program { tag: tag.to_owned(), source: body.to_owned() },
                false => Extracted::UnknownTag(tag.to_owned()),
            };
        }
        from = fence + 1;
    }
    Extracted::NoCode
}

/// The last block that holds a program, whatever its tag is called; a missing last fence is forgiven, and so is a missing
/// tag: what has an include is C++.
pub fn robust(text: &str) -> Extracted {
    let mut found = Extracted::NoCode;
    let mut block: Option<(String, Vec<&str>)> = None;
    for line in text.lines() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut block, fence) {
            (None, Some(tag)) => block = Some((tag.trim_matches(['`', ' ']).to_lowercase(), Vec::new())),
            (Some((_, lines)), None) => lines.push(line),
            (Some((tag, lines)), Some(_)) => {
                if let Some(program) = read(tag, lines) {
                    found = program;
                }
                block = None;
            }
            (None, None) => {}
        }
    }
    if let Some((tag, lines)) = block
        && let Some(program) = read(&tag, &lines)
    {
        found = program;
    }
    found
}

fn read(tag: &str, lines: &[&str]) -> Option<Extracted> {
    let source = lines.join("\n");
    let source = source.trim_end().strip_suffix("```").unwrap_or(&source).to_owned();
    if source.trim().is_empty() {
        return None;
    }
    let word = tag.split_whitespace().next().unwrap_or_default();
    let known = match word {
        "cpp" | "c++" | "cc" | "cxx" | "c++17" | "c++20" | "c++23" | "cpp17" | "cpp20" => "cpp",
        "python" | "py" | "python3" | "py3" | "pypy" | "pypy3" => "python",
        "" if source.contains("#include") => "cpp",
        "" if ["input(", "sys.stdin", "print("].iter().any(|mark| source.contains(mark)) => "python",
        other => LANGUAGES.iter().map(|(known, _)| *known).find(|known| *known == other)?,
    };
    Some(Extracted::Program { tag: known.to_owned(), source })
}
