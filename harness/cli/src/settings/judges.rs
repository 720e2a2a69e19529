use crate::context::Context;
use crate::error::CliError;
use crate::settings::models::{Backend, open_models};
use clap::Args;
use proctor_core::{Benchmark, Model};
use std::sync::Arc;

/// Models that judge.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Judging")]
pub struct JudgeArguments {
    /// A model that judges answers, where the benchmark asks one; repeat it for a panel. It is never chosen for you.
    #[arg(long = "judge", value_name = "MODEL")]
    judges: Vec<String>,
    /// An option of the judge's backend, or a field that goes into every request to it; may be repeated.
    #[arg(short = 'J', value_name = "KEY=VALUE", requires = "judges")]
    arguments: Vec<String>,
    /// Base address of the judge's endpoint.
    #[arg(long, value_name = "URL", requires = "judges")]
    judge_base_url: Option<String>,
}

impl JudgeArguments {
    /// The names given, each once.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in &self.judges {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// An error where a benchmark cannot be graded without a judge and none is named.
    pub fn check(&self, benchmarks: &[Arc<dyn Benchmark>]) -> Result<(), CliError> {
        match benchmarks.iter().find(|benchmark| benchmark.needs().judge) {
            Some(benchmark) if self.judges.is_empty() => {
                let name = &benchmark.card().name;
                let message = format!("{name} is graded by a judge model, and none is named");
                Err(CliError::usage(message).hint("add --judge MODEL; the model under test is never taken for it by itself"))
            }
            _ => Ok(()),
        }
    }

    /// Opens every judge model; to plan only, without the keys of their endpoints.
    pub fn open(&self, context: &Context, planning: bool) -> Result<Vec<Arc<dyn Model>>, CliError> {
        let backend = Backend { base_url: self.judge_base_url.clone(), planning, ..Backend::default() };
        open_models(&self.names(), &self.arguments, &backend, context)
    }
}
