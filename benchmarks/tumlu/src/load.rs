//! Questions and shots from upstream's folders or from the project itself.

use crate::builtin;
use crate::item::Item;
use crate::language::Language;
use crate::rows::{Lines, Rows};
use crate::subject::{Subject, slug, unify};
use proctor_core::{BenchmarkError, DataSource};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The questions of one subject in one language.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The language.
    pub language: &'static Language,
    /// The file's stem.
    pub stem: String,
    /// What it counts as.
    pub subject: Subject,
    /// Where the shots are from, for messages.
    pub shots_from: String,
    /// The questions.
    pub test: Rows,
    /// The shots.
    pub dev: Vec<Item>,
}

impl Paper {
    /// What the ids of its samples begin with.
    pub fn id(&self) -> String {
        format!("{}/{}", self.language.name, slug(&self.stem))
    }
}

/// All papers of a language that hold questions; upstream has an empty one.
pub fn papers(language: &'static Language, source: &DataSource, alone: bool) -> Result<Vec<Paper>, BenchmarkError> {
    let papers = match source {
        DataSource::BuiltIn => built_in(language)?,
        DataSource::Folder(path) => {
            let folder = locate(language, path, alone)?;
            if folder.join("test").is_dir() { by_file(language, &folder)? } else { by_split(language, &folder)? }
        }
    };
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for paper in &papers {
        if let Some(other) = seen.insert(paper.id(), &paper.stem) {
            let message = format!(
                "{}: the subjects `{other}` and `{}` cannot be told apart; rename one of the files",
                language.name, paper.stem
            );
            return Err(BenchmarkError::Input(message));
        }
    }
    let papers: Vec<Paper> = papers.into_iter().filter(|paper| !paper.test.is_empty()).collect();
    match papers.is_empty() {
        true => Err(BenchmarkError::Input(format!("The data of {} hold no questions", language.name))),
        false => Ok(papers),
    }
}

fn built_in(language: &'static Language) -> Result<Vec<Paper>, BenchmarkError> {
    let Some((test, dev)) = builtin::of(language) else {
        return Err(BenchmarkError::Input(format!(
            "There are no built-in questions in {}; give --data a folder with upstream's, or take one of: {}",
            language.name,
            builtin::names().join(", ")
        )));
    };
    let name = format!("built-in questions of {}", language.name);
    let dev = Lines::Own(dev, name.clone()).all()?;
    by_subject(language, &Lines::Own(test, name.clone()), &name, |_| dev.clone())
}

/// The folder of a language: upstream's `data/LANGUAGE`, or the same without `data`, or, for a single language, the
/// folder itself.
fn locate(language: &Language, path: &Path, alone: bool) -> Result<PathBuf, BenchmarkError> {
    let mut candidates: Vec<PathBuf> =
        ["", "data", "questions"].iter().map(|folder| path.join(folder).join(language.name)).collect();
    if alone {
        candidates.push(path.to_owned());
    }
    let fits = |folder: &&PathBuf| folder.join("test").is_dir() || split_file(folder, "test").is_some();
    if let Some(found) = candidates.iter().find(fits) {
        return Ok(found.clone());
    }
    let what = match path.is_dir() {
        true => format!("holds no questions in {}", language.name),
        false => "is not a folder".into(),
    };
    Err(BenchmarkError::Input(format!(
        "{} {what}; give a folder with {name}/test/SUBJECT.jsonl and {name}/dev/SUBJECT.jsonl",
        path.display(),
        name = language.name
    )))
}

/// Upstream's layout: a file per subject in `test` and `dev`.
fn by_file(language: &'static Language, folder: &Path) -> Result<Vec<Paper>, BenchmarkError> {
    let mut papers = Vec::new();
    for file in jsonl_files(&folder.join("test"))? {
        let Some(stem) = file.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned) else { continue };
        let test = Rows::all(&Lines::File(file))?;
        let shots = folder.join("dev").join(format!("{stem}.jsonl"));
        let dev = if shots.is_file() { Lines::File(shots.clone()).all()? } else { Vec::new() };
        let subject = unify(&stem);
        papers.push(Paper { language, subject, shots_from: shots.display().to_string(), test, dev, stem });
    }
    Ok(papers)
}

/// The Hub's layout: a file per split, the subject in each row.
fn by_split(language: &'static Language, folder: &Path) -> Result<Vec<Paper>, BenchmarkError> {
    let mut dev = Vec::new();
    let mut shots_from = folder.join("dev.jsonl").display().to_string();
    if let Some(file) = split_file(folder, "dev") {
        shots_from = file.display().to_string();
        dev = Lines::File(file).all()?;
    }
    let Some(test) = split_file(folder, "test") else { return Ok(Vec::new()) };
    let test = Lines::File(test);
    let (mut place, mut nameless) = (0, None);
    test.look(|item, _| {
        place += 1;
        if nameless.is_none() && slug(&item.subject).is_empty() {
            nameless = Some(place);
        }
    })?;
    if let Some(place) = nameless {
        return Err(BenchmarkError::Input(format!("{}: question {place} has no `subject`", folder.display())));
    }
    let shots = |subject: &Subject| dev.iter().filter(|item| unify(&item.subject) == *subject).cloned().collect();
    by_subject(language, &test, &shots_from, shots)
}

/// Papers in the order in which their subjects first appear.
fn by_subject(
    language: &'static Language,
    test: &Lines,
    shots_from: &str,
    shots: impl Fn(&Subject) -> Vec<Item>,
) -> Result<Vec<Paper>, BenchmarkError> {
    let mut papers: Vec<Paper> = Vec::new();
    test.look(|item, place| {
        if let Some(paper) = papers.iter_mut().find(|paper| slug(&paper.stem) == slug(&item.subject)) {
            paper.test.push(place);
            return;
        }
        let subject = unify(&item.subject);
        let dev = shots(&subject);
        let mut rows = Rows::of(test);
        rows.push(place);
        papers.push(Paper { language, stem: item.subject, subject, shots_from: shots_from.to_owned(), test: rows, dev });
    })?;
    Ok(papers)
}

/// The file of a split: `test.jsonl`, or the first by name that starts so.
fn split_file(folder: &Path, split: &str) -> Option<PathBuf> {
    let files = jsonl_files(folder).ok()?;
    files.into_iter().find(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(split)))
}

fn jsonl_files(folder: &Path) -> Result<Vec<PathBuf>, BenchmarkError> {
    let failed = |error: std::io::Error| BenchmarkError::Input(format!("{} cannot be read: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
