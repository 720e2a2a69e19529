use crate::args::FormatArguments;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::progress::Progress;
use crate::settings::SampleArguments;
use crate::verbs::{setup, wait};
use crate::{conclusion, interrupt, judging};
use clap::Args;
use proctor_assets::Part;
use proctor_benchmarks::{read_answers_file, registry};
use proctor_core::Selection;
use proctor_engine::{GradeSettings, Import, Stop};
use proctor_reports::store::Store;
use std::path::{Path, PathBuf};

/// What to grade.
#[derive(Debug, Args)]
pub struct GradeArguments {
    /// A file with answers (JSONL or JSON, .gz too), or a stored run.
    #[arg(value_name = "FILE|RUN")]
    target: String,
    /// The benchmark that the file answers.
    #[arg(short, long, value_name = "BENCHMARK")]
    benchmark: Option<String>,
    #[command(flatten)]
    samples: SampleArguments,
    /// Most attempts graded at once; the default is one per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    grade_concurrency: Option<u32>,
    /// Grade anew even where these answers were graded before.
    #[arg(long)]
    fresh: bool,
    /// Where the HTML page goes; the default is a file beside the store.
    #[arg(short = 'o', long, value_name = "FILE", help_heading = "Output")]
    report: Option<PathBuf>,
    #[command(flatten)]
    pub output: FormatArguments,
}

/// Grades; asks nothing.
pub fn execute(arguments: GradeArguments, context: &Context) -> CliResult {
    let settings = GradeSettings {
        source: arguments.samples.source(),
        selection: arguments.samples.selection(),
        grade_concurrency: arguments.grade_concurrency.map(|n| n as usize),
        fresh: arguments.fresh,
        ..GradeSettings::default()
    };
    let target = Path::new(&arguments.target);
    let import = match &arguments.benchmark {
        Some(name) => {
            let benchmark = registry::open(name)?;
            let rows = read_answers_file(target).map_err(|error| {
                let error = CliError::from(error);
                if target.exists() { error } else { error.hint("to grade a stored run again, leave out -b") }
            })?;
            // What does not fit is told before a guest or a store is needed.
            benchmark.import(&benchmark.samples(&settings.source, &Selection::default())?, &rows)?;
            let name = target.file_name().map_or(arguments.target.clone(), |n| n.to_string_lossy().into_owned());
            Some((benchmark, Import { name, rows }))
        }
        None if target.is_file() => {
            let error = CliError::usage(format!("{} is a file, and nothing says which benchmark it answers", target.display()));
            return Err(error.hint("add -b BENCHMARK; `proctor list` shows the names"));
        }
        None => None,
    };
    setup::ensure(context, &[Part::Python])?;
    wait(async {
        let store = match import {
            Some(_) => Store::open(&context.store).await?,
            None => Store::open_existing(&context.store).await?,
        };
        let progress = Progress::start(&context.printer);
        progress.title(arguments.target.clone());
        let stop = Stop::new();
        interrupt::listen(&stop);
        let engine = proctor_engine::Context { store: store.clone(), sink: progress, stop };
        let judges = judging::judges(context);
        let outcome = match import {
            Some((benchmark, import)) => proctor_engine::grade_imported(&engine, benchmark, judges, import, &settings).await?,
            None => {
                let run = store.run(&arguments.target).await?;
                let benchmark = registry::open(&run.plan.benchmark)?;
                proctor_engine::regrade(&engine, benchmark, judges, &run.id, &settings).await?
            }
        };
        let outcomes = [outcome];
        conclusion::conclude(context, &store, &outcomes, arguments.report.as_deref()).await?;
        store.close().await;
        Ok(conclusion::exit_code(&outcomes))
    })
}
