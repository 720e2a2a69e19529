use crate::context::Context;
use crate::error::CliError;
use clap::Args;
use proctor_assets::Part;
use proctor_benchmarks::registry;
use proctor_core::{Benchmark, Opening, PromptSource};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// How benchmarks are opened.
#[derive(Debug, Clone, Args)]
pub struct OpeningArguments {
    /// An option of the benchmark; may be repeated. The cards in docs/benchmarks explain them; an unknown one is answered
    /// with those there are.
    #[arg(short = 'B', value_name = "KEY=VALUE")]
    pub options: Vec<String>,
    /// Whose words the questions are asked in: `own`, `official` (upstream's files, brought by `proctor data fetch`), or
    /// a folder with upstream's files.
    #[arg(long, value_name = "own|official|DIR", default_value = "own")]
    pub prompts: String,
}

impl OpeningArguments {
    /// The options by key.
    pub fn options(&self) -> Result<BTreeMap<String, String>, CliError> {
        let mut options = BTreeMap::new();
        for option in &self.options {
            match option.split_once('=') {
                Some((key, value)) if !key.is_empty() => {
                    if options.insert(key.to_owned(), value.to_owned()).is_some() {
                        return Err(CliError::usage(format!("`-B {key}=…` is given twice")));
                    }
                }
                _ => return Err(CliError::usage(format!("`-B {option}` is not of the form KEY=VALUE"))),
            }
        }
        Ok(options)
    }

    /// The folder of upstream's prompt files for the benchmark `name`; `None` where the project's own words are wanted.
    pub fn prompt_folder(&self, name: &str, context: &Context) -> Result<Option<PathBuf>, CliError> {
        let base = name.split(':').next().unwrap_or(name);
        match self.prompts.as_str() {
            "own" => Ok(None),
            "official" => {
                let folder = context.cache.join("prompts").join(base);
                if folder.is_dir() {
                    return Ok(Some(folder));
                }
                if proctor_data::sources(base).iter().all(|source| source.kind != proctor_data::Kind::Prompts) {
                    let message = format!("upstream has no prompt files of {base} that could be fetched");
                    return Err(
                        CliError::usage(message).hint("leave out --prompts, or name a folder with your own copy: --prompts DIR")
                    );
                }
                let message = format!("upstream's prompt files of {base} are not in {}", folder.display());
                Err(CliError::usage(message).hint(format!("type `proctor data fetch {base}`, or name a folder: --prompts DIR")))
            }
            folder => {
                let folder = PathBuf::from(folder);
                match folder.is_dir() {
                    true => Ok(Some(folder)),
                    false => Err(CliError::usage(format!("--prompts: there is no folder {}", folder.display()))
                        .hint("write own, official, or a folder with upstream's prompt files")),
                }
            }
        }
    }

    /// Opens the benchmark `name`.
    pub fn open(&self, name: &str, context: &Context) -> Result<Arc<dyn Benchmark>, CliError> {
        let prompts = self.prompt_folder(name, context)?.map_or(PromptSource::Own, PromptSource::Official);
        Ok(registry::open_with(name, &Opening { prompts, options: self.options()?, ..Opening::default() })?)
    }
}

/// The guests that grading needs, over all of `benchmarks`.
pub fn guests(benchmarks: &[Arc<dyn Benchmark>]) -> Vec<Part> {
    let needs: Vec<_> = benchmarks.iter().map(|benchmark| benchmark.needs()).collect();
    let python = needs.iter().any(|needs| needs.python).then_some(Part::Python);
    let clang = needs.iter().any(|needs| needs.cpp).then_some(Part::Clang);
    python.into_iter().chain(clang).collect()
}
