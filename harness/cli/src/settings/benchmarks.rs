use crate::context::Context;
use crate::error::CliError;
use crate::verbs::data;
use clap::Args;
use proctor_core::{DataSource, Selection};
use std::path::{Path, PathBuf};

/// The data source that `--data` names for the benchmark `name`.
pub fn source(data: Option<&Path>, name: &str, context: &Context) -> Result<DataSource, CliError> {
    Ok(match data {
        None => DataSource::BuiltIn,
        Some(hub) if hub == Path::new("hub") => DataSource::Folder(data::hub_folder(name, context)?),
        Some(folder) => DataSource::Folder(folder.to_owned()),
    })
}

/// Which samples, and where they come from.
#[derive(Debug, Clone, Args)]
pub struct SampleArguments {
    /// The real data instead of the built-in questions: a local copy in upstream's layout, or `hub`, what `proctor data
    /// fetch` brought.
    #[arg(long, value_name = "DIR|hub")]
    pub data: Option<PathBuf>,
    /// Only the first N samples.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Only this sample; may be repeated.
    #[arg(long = "sample", value_name = "ID")]
    pub samples: Vec<String>,
}

impl SampleArguments {
    /// Where the samples of the benchmark `name` come from.
    pub fn source(&self, name: &str, context: &Context) -> Result<DataSource, CliError> {
        source(self.data.as_deref(), name, context)
    }

    /// Which of them.
    pub fn selection(&self) -> Selection {
        Selection { ids: self.samples.clone(), limit: self.limit.map(|n| n as usize) }
    }
}
