use crate::args::FormatArguments;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::progress::Progress;
use crate::settings::{JudgeArguments, ModelArguments, OpeningArguments, SampleArguments, SamplingArguments, guests};
use crate::verbs::{setup, wait};
use crate::{conclusion, interrupt, judging};
use clap::Args;
use proctor_core::{Benchmark, Model};
use proctor_engine::{Retries, RunSettings, Stop};
use proctor_reports::store::Store;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What is run where no benchmark is named.
pub const DEFAULT_BENCHMARKS: [&str; 3] = ["humaneval-pro", "mbpp-pro", "bigcodebench-lite-pro"];

/// What to run.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Benchmarks, as `proctor list` shows them.
    #[arg(value_name = "BENCHMARK", default_values = DEFAULT_BENCHMARKS)]
    pub benchmarks: Vec<String>,
    #[command(flatten)]
    pub samples: SampleArguments,
    #[command(flatten)]
    pub opening: OpeningArguments,
    #[command(flatten)]
    pub model: ModelArguments,
    #[command(flatten)]
    pub sampling: SamplingArguments,
    #[command(flatten)]
    pub judges: JudgeArguments,
    #[command(flatten)]
    pub schedule: ScheduleArguments,
    /// Where the HTML page goes; the default is a file beside the store.
    #[arg(short = 'o', long, value_name = "FILE", help_heading = "Output")]
    report: Option<PathBuf>,
    #[command(flatten)]
    pub output: FormatArguments,
}

/// How work is spread and repeated.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Scheduling")]
pub struct ScheduleArguments {
    /// Most requests in flight; the default is the model's own bound, or 16.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    concurrency: Option<u32>,
    /// Most attempts graded at once; the default is one per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    grade_concurrency: Option<u32>,
    /// Most tries of one request.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    tries: Option<u32>,
    /// Begin anew even where there is a run to continue.
    #[arg(long)]
    fresh: bool,
}

/// Benchmarks, models and settings, resolved.
pub struct Resolved {
    /// Every benchmark asked for.
    pub benchmarks: Vec<Arc<dyn Benchmark>>,
    /// Every model asked for.
    pub models: Vec<Arc<dyn Model>>,
    /// Every judge model asked for.
    pub judges: Vec<Arc<dyn Model>>,
    /// What is the same for all of them.
    pub settings: RunSettings,
}

impl RunArguments {
    /// Opens what was named; nothing is asked or run yet. What the models need, and with `grading` what grading needs, is
    /// installed with `--yes`, else the error says what to type.
    pub fn resolve(&self, context: &Context, grading: bool) -> Result<Resolved, CliError> {
        let mut benchmarks: Vec<Arc<dyn Benchmark>> = Vec::new();
        for name in &self.benchmarks {
            let benchmark = self.opening.open(name, context)?;
            if benchmarks.iter().all(|b| b.card().name != benchmark.card().name) {
                benchmarks.push(benchmark);
            }
        }
        let selection = self.samples.selection();
        for benchmark in &benchmarks {
            // A wrong folder or id is told before anything is fetched, asked or run.
            benchmark.samples(&self.samples.source(&benchmark.card().name, context)?, &selection)?;
        }
        if grading {
            self.judges.check(&benchmarks)?;
        }
        let mut retries = Retries::default();
        if let Some(tries) = self.schedule.tries {
            retries.tries = tries;
        }
        if let Some(seconds) = self.model.timeout {
            // The backend's own time-out says more; the engine's is for backends that miss theirs.
            retries.request_timeout = retries.request_timeout.max(Duration::from_secs(seconds + 60));
        }
        let settings = RunSettings {
            selection,
            options: self.opening.options()?,
            protocol: self.sampling.protocol(),
            sampling: self.sampling.overrides(),
            seed: self.sampling.seed,
            concurrency: self.schedule.concurrency.map(|n| n as usize),
            grade_concurrency: self.schedule.grade_concurrency.map(|n| n as usize),
            retries,
            fresh: self.schedule.fresh,
            ..RunSettings::default()
        };
        let mut needs = if grading { guests(&benchmarks) } else { Vec::new() };
        needs.extend(self.model.needs(context));
        setup::ensure(context, &needs)?;
        let models = self.model.open(context)?;
        let judges = self.judges.open(context)?;
        Ok(Resolved { benchmarks, models, judges, settings })
    }
}

impl RunArguments {
    /// `settings` with what is particular to one benchmark.
    pub fn settings_of(
        &self,
        settings: &RunSettings,
        benchmark: &dyn Benchmark,
        context: &Context,
    ) -> Result<RunSettings, CliError> {
        let name = &benchmark.card().name;
        let prompts = self.opening.prompt_folder(name, context)?;
        Ok(RunSettings {
            source: self.samples.source(name, context)?,
            epochs: self.sampling.epochs.unwrap_or_else(|| benchmark.epochs()),
            prompts: prompts.map(|folder| folder.display().to_string()),
            ..settings.clone()
        })
    }
}

/// Asks, grades, stores and reports.
pub fn execute(arguments: RunArguments, context: &Context) -> CliResult {
    let resolved = arguments.resolve(context, true)?;
    let judge_names = arguments.judges.names();
    wait(async {
        let store = Store::open(&context.store).await?;
        let progress = Progress::start(&context.printer);
        let stop = Stop::new();
        interrupt::listen(&stop);
        let engine = proctor_engine::Context { store: store.clone(), sink: progress.clone(), stop };
        let judges = judging::with_models(context, resolved.judges, &engine, resolved.settings.retries);
        let mut outcomes = Vec::new();
        let mut failure = None;
        'all: for model in &resolved.models {
            if judge_names.contains(&model.name().to_owned()) {
                context.printer.warn(format!("{} judges its own answers: the score favours it", model.name()));
            }
            for benchmark in &resolved.benchmarks {
                let settings = arguments.settings_of(&resolved.settings, benchmark.as_ref(), context)?;
                progress.title(format!("{} with {}", benchmark.card().name, model.name()));
                let ran = proctor_engine::run(&engine, benchmark.clone(), model.clone(), judges.clone(), &settings).await;
                match ran {
                    Ok(outcome) => {
                        let stopped = outcome.stopped;
                        outcomes.push(outcome);
                        if stopped {
                            break 'all;
                        }
                    }
                    Err(error) => {
                        failure = Some(CliError::from(error));
                        break 'all;
                    }
                }
            }
        }
        let concluded = conclusion::conclude(context, &store, &outcomes, arguments.report.as_deref()).await;
        store.close().await;
        // Why the asking ended counts for more than why the page could not be written.
        match failure {
            Some(error) => Err(error),
            None => concluded.map(|()| conclusion::exit_code(&outcomes)),
        }
    })
}
