//! Which runs a verb is about, by what the user typed.

use crate::args::Format;
use crate::error::CliError;
use clap::ValueEnum;
use proctor_core::{RunRecord, RunState};
use proctor_reports::gate::names;
use proctor_store::{Store, StoreError};

/// Names given in a message.
const NAMED: usize = 12;

/// How results are printed, where they can be pasted too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    /// For people.
    Text,
    /// Markdown, to be pasted.
    Markdown,
    /// One JSON document with a `schema` tag.
    Json,
}

impl From<ResultFormat> for Format {
    fn from(format: ResultFormat) -> Self {
        match format {
            ResultFormat::Json => Format::Json,
            ResultFormat::Text | ResultFormat::Markdown => Format::Text,
        }
    }
}

/// What a name on the command line stands for.
pub enum Named {
    /// One run.
    Run(Box<RunRecord>),
    /// A model with all its runs, the newest first.
    Model(String, Vec<RunRecord>),
}

impl Named {
    /// The runs it stands for.
    pub fn runs(&self) -> &[RunRecord] {
        match self {
            Named::Run(run) => std::slice::from_ref(run.as_ref()),
            Named::Model(_, runs) => runs,
        }
    }

    /// The model.
    pub fn model(&self) -> &str {
        match self {
            Named::Run(run) => &run.plan.model,
            Named::Model(model, _) => model,
        }
    }
}

/// The runs of `all` that `benchmarks` and `models` name; all where those are empty.
pub fn narrowed(all: Vec<RunRecord>, benchmarks: &[String], models: &[String]) -> Vec<RunRecord> {
    let fits = |run: &RunRecord| {
        let benchmark = benchmarks.is_empty() || benchmarks.iter().any(|wanted| names(wanted, &run.plan.benchmark));
        benchmark && (models.is_empty() || models.iter().any(|wanted| is_model(wanted, &run.plan.model)))
    };
    all.into_iter().filter(fits).collect()
}

/// Whether `wanted` is the model's name, or what stands behind its last slash.
fn is_model(wanted: &str, model: &str) -> bool {
    wanted == model || model.rsplit_once('/').is_some_and(|(_, name)| name == wanted)
}

/// The run or the model called `name`: a run by id or its beginning, a model by its name, by what stands behind its last
/// slash, or by a part of its name that no other model has.
pub async fn named(store: &Store, name: &str, all: &[RunRecord]) -> Result<Named, CliError> {
    let mut models: Vec<&str> = all.iter().map(|run| run.plan.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    let found: Vec<&str> = match models.iter().filter(|model| **model == name).copied().collect::<Vec<_>>() {
        exact if !exact.is_empty() => exact,
        _ => match models.iter().filter(|model| is_model(name, model)).copied().collect::<Vec<_>>() {
            last if !last.is_empty() => last,
            _ => models.iter().filter(|model| model.contains(name)).copied().collect(),
        },
    };
    let exact = found.iter().any(|model| is_model(name, model));
    if !exact {
        match store.run(name).await {
            Ok(run) => return Ok(Named::Run(Box::new(run))),
            Err(StoreError::NoSuchRun { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match found.as_slice() {
        [model] => {
            let mut runs: Vec<RunRecord> = all.iter().filter(|run| run.plan.model == *model).cloned().collect();
            // The newest first, finished ones before others.
            runs.sort_by(|a, b| {
                let finished = |run: &RunRecord| run.state == RunState::Finished;
                finished(b).cmp(&finished(a)).then_with(|| b.created_at.cmp(&a.created_at)).then_with(|| b.id.cmp(&a.id))
            });
            Ok(Named::Model((*model).to_owned(), runs))
        }
        [] => Err(CliError::usage(format!("neither a run nor a model is called `{name}` in {}", store.location()))
            .hint(format!("models are {}; `proctor list runs` shows the runs", listed(&models)))),
        several => Err(CliError::usage(format!("`{name}` could be any of {}", listed(several))).hint("type more of it")),
    }
}

fn listed(names: &[&str]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown}, and {more} more") } else { shown }
}
