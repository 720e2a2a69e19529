use crate::case::Criteria;
use crate::load;
use crate::record::wrong;
use proctor_core::BenchmarkError;
use proctor_rubric::missing;
use std::path::Path;

/// The judge's prompt (paper, appendix C.4).
const JUDGE: &str = "judge_prompt.txt";
/// A system message for the tested model; upstream published none.
const SYSTEM: &str = "system.txt";
/// A user message for the tested model; upstream published none.
const USER: &str = "user.txt";

/// The paper's words. They stand in its appendix only, so the user brings them as files: `judge_prompt.txt` with
/// `{criteria}`, `{context}`, `{question}`, `{reference}` and `{prediction}`, and `rubric_answerable.txt`,
/// `rubric_missing_context.txt`, `rubric_irrelevant_context.txt`. The prompt for the tested model was never published;
/// `system.txt` and `user.txt` (with `{context}` and `{question}`) are used where they are there.
#[derive(Debug)]
pub struct Official {
    /// The judge's prompt.
    pub judge: String,
    /// In the order of [`Criteria::ALL`].
    rubrics: [String; 3],
    /// The system message.
    pub system: Option<String>,
    /// The user message.
    pub user: Option<String>,
}

impl Official {
    /// Reads the files of a folder.
    pub fn read(folder: &Path) -> Result<Official, BenchmarkError> {
        let rubric = |criteria: Criteria| needed(folder, &format!("rubric_{}.txt", criteria.id()));
        let [answerable, missing_context, irrelevant] = Criteria::ALL.map(rubric);
        let official = Official {
            judge: needed(folder, JUDGE)?,
            rubrics: [answerable?, missing_context?, irrelevant?],
            system: optional(folder, SYSTEM)?,
            user: optional(folder, USER)?,
        };
        let fields = ["criteria", "context", "question", "reference", "prediction"];
        let user = official.user.as_deref().and_then(|user| missing(user, &["context", "question"])).map(|name| (USER, name));
        match missing(&official.judge, &fields).map(|name| (JUDGE, name)).or(user) {
            None => Ok(official),
            Some((file, name)) => Err(wrong(&folder.join(file).display().to_string(), format!("has no {{{name}}} in it"))),
        }
    }

    /// A rubric.
    pub fn rubric(&self, criteria: Criteria) -> &str {
        let [answerable, missing_context, irrelevant] = &self.rubrics;
        match criteria {
            Criteria::Answerable => answerable,
            Criteria::MissingContext => missing_context,
            Criteria::IrrelevantContext => irrelevant,
        }
    }

    /// All of it, for a hash.
    pub fn text(&self) -> String {
        let optional = [&self.system, &self.user].map(|text| text.as_deref().unwrap_or("\u{1}"));
        let parts: Vec<&str> =
            std::iter::once(self.judge.as_str()).chain(self.rubrics.iter().map(String::as_str)).chain(optional).collect();
        parts.join("\0")
    }
}

fn needed(folder: &Path, name: &str) -> Result<String, BenchmarkError> {
    optional(folder, name)?.ok_or_else(|| {
        BenchmarkError::Input(format!(
            "{} has no {name}; the judge's prompt and rubrics are printed in the paper's appendix C, so save them there as \
             {JUDGE}, rubric_answerable.txt, rubric_missing_context.txt and rubric_irrelevant_context.txt",
            folder.display()
        ))
    })
}

fn optional(folder: &Path, name: &str) -> Result<Option<String>, BenchmarkError> {
    let file = folder.join(name);
    if !file.is_file() {
        return Ok(None);
    }
    let bytes = load::read(&file)?;
    let text = String::from_utf8(bytes).map_err(|_| wrong(&file.display().to_string(), "is not UTF-8 text"))?;
    if text.trim().is_empty() {
        return Err(wrong(&file.display().to_string(), "is empty"));
    }
    Ok(Some(text))
}
