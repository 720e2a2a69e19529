use clap::Args;
use proctor_core::{DataSource, Selection};
use std::path::PathBuf;

/// Which samples, and where they come from.
#[derive(Debug, Clone, Args)]
pub struct SampleArguments {
    /// A local copy of the real data in upstream's layout, instead of the built-in questions.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Only the first N samples.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Only this sample; may be repeated.
    #[arg(long = "sample", value_name = "ID")]
    pub samples: Vec<String>,
}

impl SampleArguments {
    /// Where the samples come from.
    pub fn source(&self) -> DataSource {
        self.data.clone().map_or(DataSource::BuiltIn, DataSource::Folder)
    }

    /// Which of them.
    pub fn selection(&self) -> Selection {
        Selection { ids: self.samples.clone(), limit: self.limit.map(|n| n as usize) }
    }
}
