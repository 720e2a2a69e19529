use crate::args::FormatArguments;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::progress::Progress;
use crate::settings::{
    JudgeArguments, ModelArguments, OpeningArguments, SampleArguments, SamplingArguments, SpendingArguments, duration, guests,
};
use crate::verbs::{setup, wait};
use crate::{conclusion, descriptors, interrupt, judging};
use clap::Args;
use proctor_core::{Benchmark, EventSink, ExitCode, Model};
use proctor_engine::{BatchSettings, Budget, EngineError, EventLog, MOST_FOUND, Retries, RunSettings, Sinks, Stop};
use proctor_store::Store;
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
    #[command(flatten)]
    pub spending: SpendingArguments,
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
    /// Most requests in flight; the default is the model's own bound, or what the endpoint is found to take, up to 128.
    #[arg(long, visible_alias = "max-connections", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    concurrency: Option<u32>,
    /// Most requests a minute to one endpoint.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    requests_per_minute: Option<u32>,
    /// Most tokens a minute to one endpoint, of prompts and answers together.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    tokens_per_minute: Option<u64>,
    /// Most attempts graded at once; the default is one per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    grade_concurrency: Option<u32>,
    /// Most tries of one request.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    tries: Option<u32>,
    /// Most time for one request, its tries and the waits between them (10m without this): 90s, 15m, 2h. A service that asks
    /// to be left alone for longer, or refuses everything for so long, is given up.
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = duration)]
    max_wait: Option<Duration>,
    /// Hand requests in as batches, which cost half and are answered within hours (openai, azure, anthropic). A run that is
    /// stopped finds its batches again.
    #[arg(long)]
    batch: bool,
    /// Begin anew even where there is a run to continue.
    #[arg(long)]
    fresh: bool,
    /// Do nothing but what ended in an infrastructure error: ask or grade that again.
    #[arg(long, conflicts_with = "fresh")]
    retry_errors: bool,
    /// Write every event of the run into this file, one JSON object a line; what a stalled run waits for is among them.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
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
            for sample in benchmark.stream(&self.samples.source(&benchmark.card().name, context)?, &selection)? {
                sample?;
            }
        }
        if grading {
            self.judges.check(&benchmarks)?;
        }
        let mut retries = Retries::default();
        if let Some(tries) = self.schedule.tries {
            retries.tries = tries;
        }
        if let Some(longest) = self.schedule.max_wait {
            retries.total = longest;
        }
        if let Some(seconds) = self.model.timeout {
            // The backend's own time-out says more; the engine's is for backends that miss theirs.
            retries.request_timeout = retries.request_timeout.max(Duration::from_secs(seconds + 60));
        }
        let settings = RunSettings {
            connections: self.room(context),
            selection,
            options: self.opening.options()?,
            protocol: self.sampling.protocol(),
            sampling: self.sampling.overrides(),
            seed: self.sampling.seed,
            concurrency: self.schedule.concurrency.map(|n| n as usize),
            grade_concurrency: self.schedule.grade_concurrency.map(|n| n as usize),
            requests_per_minute: self.schedule.requests_per_minute.map(f64::from),
            tokens_per_minute: self.schedule.tokens_per_minute.map(|n| n as f64),
            only_errors: self.schedule.retry_errors,
            retries,
            batch: self.schedule.batch.then(BatchSettings::default),
            cache: self.spending.cache(),
            fresh: self.schedule.fresh,
            ..RunSettings::default()
        };
        let mut needs = if grading { guests(&benchmarks) } else { Vec::new() };
        needs.extend(self.model.needs(context));
        setup::ensure(context, &needs)?;
        let models = self.model.open(context, !grading)?;
        let judges = self.judges.open(context, !grading)?;
        Ok(Resolved { benchmarks, models, judges, settings })
    }
}

impl RunArguments {
    /// How many requests may be in flight, for the connections that this process may have.
    fn room(&self, context: &Context) -> usize {
        let named = self.schedule.concurrency.map(|n| n as usize);
        let wanted = named.unwrap_or(MOST_FOUND);
        let room = descriptors::room_for(wanted);
        if let Some(named) = named.filter(|named| room < *named && !self.schedule.batch) {
            context.printer.warn(format!(
                "this process may not have {named} connections open: {room} requests are in flight at most; `ulimit -n {}` \
                 before the command makes room",
                named + 100
            ));
        }
        room
    }

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
    let prices = arguments.spending.prices(context)?;
    let priced: Vec<Arc<dyn Model>> = resolved.models.iter().chain(&resolved.judges).cloned().collect();
    arguments.spending.check(&priced, &prices)?;
    for note in arguments.spending.unpriced(&priced, &prices) {
        context.printer.note(note);
    }
    let judge_names = arguments.judges.names();
    wait(async {
        let store = Store::open(&context.store).await?;
        let progress = Progress::start(&context.printer);
        progress.runs(resolved.models.len() * resolved.benchmarks.len());
        let stop = Stop::new();
        interrupt::listen(&stop);
        let mut sinks: Vec<Arc<dyn EventSink>> = vec![progress.clone()];
        if let Some(path) = &arguments.schedule.events {
            let log = EventLog::open(path, progress.clone()).map_err(|e| {
                CliError::usage(format!("events cannot be written to {} ({e}); name another file", path.display()))
            })?;
            sinks.push(Arc::new(log));
        }
        let mut engine = proctor_engine::Context::new(store.clone(), Arc::new(Sinks(sinks)), stop);
        engine.prices = prices;
        engine.budget = Arc::new(Budget::new(arguments.spending.caps()));
        let judges = judging::suiting(context, &resolved.benchmarks, resolved.judges, &engine, resolved.settings.retries).await?;
        let mut outcomes = Vec::new();
        let mut failure = None;
        let mut given_up = Vec::new();
        'all: for model in &resolved.models {
            if judge_names.contains(&model.name().to_owned()) {
                context.printer.warn(format!("{} judges its own answers: the score favours it", model.name()));
            }
            for benchmark in &resolved.benchmarks {
                let settings = arguments.settings_of(&resolved.settings, benchmark.as_ref(), context)?;
                progress.title(format!("{} with {}", benchmark.card().name, model.name()));
                let ran = proctor_engine::run(&engine, benchmark.clone(), model.clone(), judges.clone(), &settings).await;
                progress.over();
                match ran {
                    Ok(outcome) => {
                        let stopped = outcome.stopped.is_some();
                        outcomes.push(outcome);
                        if stopped {
                            break 'all;
                        }
                    }
                    // The other models may well answer.
                    Err(EngineError::Endpoint { message, .. }) if resolved.models.len() > 1 => {
                        context.printer.warn(format!("{}: {message}", model.name()));
                        given_up.push(model.name().to_owned());
                        continue 'all;
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
        if !given_up.is_empty() {
            let message =
                format!("{} of {} models gave no answers: {}", given_up.len(), resolved.models.len(), given_up.join(", "));
            failure = failure.or(Some(CliError::new(ExitCode::Endpoint, message).hint("the same command continues")));
        }
        // Why the asking ended counts for more than why the page could not be written.
        match failure {
            Some(error) => Err(error),
            None => concluded.map(|()| conclusion::exit_code(&outcomes)),
        }
    })
}
