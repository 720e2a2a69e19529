use crate::args::FormatArguments;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::progress::Progress;
use crate::settings::{JudgeArguments, OpeningArguments, SampleArguments, guests};
use crate::verbs::{setup, wait};
use crate::{conclusion, interrupt, judging};
use clap::Args;
use proctor_benchmarks::{read_answers_file, registry};
use proctor_core::{Benchmark, RunPlan, Selection};
use proctor_engine::{GradeSettings, Import, Retries, Stop};
use proctor_store::Store;
use std::path::{Path, PathBuf};

/// What to grade.
#[derive(Debug, Args)]
pub struct GradeArguments {
    /// A file with answers (JSONL or JSON, .gz too), a folder of such files, or a stored run.
    #[arg(value_name = "FILE|RUN")]
    target: String,
    /// The benchmark that the file answers.
    #[arg(short, long, value_name = "BENCHMARK")]
    benchmark: Option<String>,
    #[command(flatten)]
    samples: SampleArguments,
    #[command(flatten)]
    opening: OpeningArguments,
    #[command(flatten)]
    judges: JudgeArguments,
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

/// What is graded.
enum Target {
    /// Answers from a file.
    File(Import),
    /// A stored run, by its id.
    Run(String),
}

/// Grades; the model under test is asked nothing.
pub fn execute(arguments: GradeArguments, context: &Context) -> CliResult {
    let mut settings = GradeSettings {
        selection: arguments.samples.selection(),
        options: arguments.opening.options()?,
        grade_concurrency: arguments.grade_concurrency.map(|n| n as usize),
        fresh: arguments.fresh,
        ..GradeSettings::default()
    };
    let (benchmark, target) = match &arguments.benchmark {
        Some(name) => {
            let benchmark = arguments.opening.open(name, context)?;
            settings.source = arguments.samples.source(&benchmark.card().name, context)?;
            let target = file(&arguments.target, benchmark.as_ref(), &settings)?;
            (benchmark, target)
        }
        None if Path::new(&arguments.target).exists() => {
            let error = CliError::usage(format!("{} holds answers, and nothing says to which benchmark", arguments.target));
            return Err(error.hint("add -b BENCHMARK; `proctor list` shows the names"));
        }
        None => {
            let mut plan = wait(stored(&arguments.target, context))?;
            plan.1.options.append(&mut settings.options);
            settings.options = plan.1.options.clone();
            (registry::open_run(&plan.1, true)?, Target::Run(plan.0))
        }
    };
    let benchmarks = [benchmark];
    arguments.judges.check(&benchmarks)?;
    setup::ensure(context, &guests(&benchmarks))?;
    let models = arguments.judges.open(context, false)?;
    let [benchmark] = benchmarks;
    wait(async {
        let store = Store::open(&context.store).await?;
        let progress = Progress::start(&context.printer);
        progress.title(arguments.target.clone());
        let stop = Stop::new();
        interrupt::listen(&stop);
        let engine = proctor_engine::Context::new(store.clone(), progress, stop);
        let judges = judging::suiting(context, std::slice::from_ref(&benchmark), models, &engine, Retries::default()).await?;
        let outcome = match target {
            Target::File(import) => proctor_engine::grade_imported(&engine, benchmark, judges, import, &settings).await?,
            Target::Run(id) => proctor_engine::regrade(&engine, benchmark, judges, &id, &settings).await?,
        };
        let outcomes = [outcome];
        conclusion::conclude(context, &store, &outcomes, arguments.report.as_deref()).await?;
        store.close().await;
        Ok(conclusion::exit_code(&outcomes))
    })
}

/// Reads a file of answers. What does not fit is told before a guest or a store is needed.
fn file(target: &str, benchmark: &dyn Benchmark, settings: &GradeSettings) -> Result<Target, CliError> {
    let path = Path::new(target);
    let rows = read_answers_file(path).map_err(|error| {
        let error = CliError::from(error);
        if path.exists() { error } else { error.hint("to grade a stored run again, leave out -b") }
    })?;
    let imported = benchmark.import(&benchmark.samples(&settings.source, &Selection::default())?, &rows)?;
    if let Some(again) = imported.iter().find(|answer| path.is_dir() && answer.epoch > 0) {
        let message = format!("{target} holds several answers to sample {}, perhaps of several models", again.sample_id);
        return Err(CliError::usage(message).hint("give the folder or file of one model"));
    }
    let name = path.file_name().map_or(target.to_owned(), |n| n.to_string_lossy().into_owned());
    Ok(Target::File(Import { name, rows }))
}

/// The id and the plan of a stored run.
async fn stored(name: &str, context: &Context) -> Result<(String, RunPlan), CliError> {
    let store = Store::open_existing(&context.store).await?;
    let run = store.run(name).await?;
    store.close().await;
    Ok((run.id, run.plan))
}
