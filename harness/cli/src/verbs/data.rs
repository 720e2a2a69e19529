use crate::args::{Format, FormatArguments};
use crate::conclusion::style;
use crate::context::Context;
use crate::environment;
use crate::error::{CliError, CliResult};
use crate::steps::Steps;
use crate::verbs::wait;
use clap::{Args, Subcommand};
use proctor_benchmarks::registry;
use proctor_core::{ExitCode, Progress};
use proctor_data::{CATALOGUE, FetchSettings, Finding, Kind, Lock, LockedSource, Source, fetch, folder, sources, verify};
use proctor_reports::terminal::{Column, table};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Real data sets from the Hub, and upstream's prompt files.
#[derive(Debug, Args)]
pub struct DataArguments {
    #[command(subcommand)]
    action: Action,
}

/// What to do with data.
#[derive(Debug, Subcommand)]
enum Action {
    /// Fetch what is pinned in the lock file; what is not pinned yet is fetched and pinned.
    Fetch {
        #[command(flatten)]
        which: WhichArguments,
        /// Take the newest revision and pin that.
        #[arg(long)]
        update: bool,
        /// Only questions and answers, or only prompt files.
        #[arg(long, value_enum)]
        only: Option<Only>,
    },
    /// Check every pinned file on this machine.
    Verify {
        #[command(flatten)]
        which: WhichArguments,
    },
    /// Show what can be fetched, what is pinned and what is here.
    List {
        #[command(flatten)]
        which: WhichArguments,
    },
}

/// Which benchmarks, and where the lock file is.
#[derive(Debug, Args)]
struct WhichArguments {
    /// Benchmarks; all that have data where none is named (`fetch` wants at least one).
    #[arg(value_name = "BENCHMARK")]
    benchmarks: Vec<String>,
    /// The lock file.
    #[arg(long, value_name = "PATH", default_value = LOCK_FILE)]
    lock: PathBuf,
    #[command(flatten)]
    output: FormatArguments,
}

/// What to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Only {
    /// Questions and answers.
    Data,
    /// Upstream's prompt files.
    Prompts,
}

/// The lock file's name, in the working folder.
pub const LOCK_FILE: &str = "proctor.lock";

impl DataArguments {
    /// How results are printed.
    pub fn format(&self) -> Format {
        match &self.action {
            Action::Fetch { which, .. } | Action::Verify { which } | Action::List { which } => which.output.format,
        }
    }
}

/// Fetches, verifies or lists.
pub fn execute(arguments: DataArguments, context: &Context) -> CliResult {
    match arguments.action {
        Action::Fetch { which, update, only } => fetch_all(&which, update, only, context),
        Action::Verify { which } => verify_all(&which, context),
        Action::List { which } => list(&which, context),
    }
}

/// The sources of the benchmarks named, in the order of the catalogue.
fn chosen(names: &[String]) -> Result<Vec<&'static Source>, CliError> {
    let mut found = Vec::new();
    for name in names {
        let base = name.split(':').next().unwrap_or(name);
        let known = sources(base);
        if known.is_empty() {
            // A benchmark that does not exist says so in its own words.
            registry::open(base)?;
            let message = format!("nothing is fetched for {base}: it is made by proctor itself");
            return Err(CliError::usage(message).hint("`proctor data list` shows what can be fetched"));
        }
        for source in known {
            if !found.contains(&source) {
                found.push(source);
            }
        }
    }
    Ok(if names.is_empty() { CATALOGUE.iter().collect() } else { found })
}

fn fetch_all(which: &WhichArguments, update: bool, only: Option<Only>, context: &Context) -> CliResult {
    if which.benchmarks.is_empty() {
        return Err(CliError::usage("nothing says what to fetch").hint("name benchmarks: `proctor data list` shows them"));
    }
    let wanted = only.map(|only| if only == Only::Data { Kind::Data } else { Kind::Prompts });
    let sources: Vec<_> =
        chosen(&which.benchmarks)?.into_iter().filter(|source| wanted.is_none_or(|kind| kind == source.kind)).collect();
    let mut lock = Lock::read(&which.lock)?;
    let settings = FetchSettings {
        environment: environment::hub(),
        cache: context.cache.clone(),
        update,
        first_wait: Duration::from_secs(1),
    };
    let steps = Steps::new(&context.printer);
    let mut documents = Vec::new();
    for source in sources {
        let fetched = wait(async { Ok(fetch(source, &lock, &settings, &steps).await?) })?;
        lock.put(fetched.pinned.clone());
        lock.write(&which.lock)?;
        let bytes: u64 = fetched.pinned.files.iter().map(|file| file.bytes).sum();
        steps.note(&format!(
            "{} {}: {} of {} files downloaded, {} in all, revision {}; {}",
            source.benchmark,
            source.kind.as_str(),
            fetched.downloaded,
            fetched.pinned.files.len(),
            size(bytes),
            short(&fetched.pinned.revision),
            source.licence
        ));
        if registry::open(source.benchmark).is_err() {
            // A second data set of a benchmark, which `--data hub` does not mean.
            steps.note(&format!("{} lies in {}; name that folder with --data", source.benchmark, fetched.folder.display()));
        }
        documents.push(json!({"folder": fetched.folder, "downloaded": fetched.downloaded, "pinned": fetched.pinned}));
    }
    if context.format == Format::Json {
        context.printer.out(json!({"schema": "proctor.data_fetch/1", "items": documents}).to_string());
    } else {
        context.printer.note(format!("pinned in {}; use it with --data hub and --prompts official", which.lock.display()));
    }
    Ok(ExitCode::Success)
}

fn verify_all(which: &WhichArguments, context: &Context) -> CliResult {
    let lock = Lock::read(&which.lock)?;
    let environment = environment::hub();
    let mut bad = 0;
    let mut documents = Vec::new();
    let mut checked = 0;
    for source in chosen(&which.benchmarks)? {
        let Some(pinned) = lock.find(source.benchmark, source.kind) else { continue };
        checked += 1;
        let finding = verify(pinned, &environment, &context.cache)?;
        let (state, why) = match &finding {
            Finding::Intact => ("intact", None),
            Finding::NotFetched => ("not fetched", Some(format!("`proctor data fetch {}` brings it", source.benchmark))),
            Finding::Damaged(why) => ("damaged", Some(why.clone())),
        };
        bad += usize::from(finding != Finding::Intact);
        documents.push(json!({"benchmark": source.benchmark, "kind": source.kind.as_str(), "state": state, "why": why}));
        if context.format == Format::Text {
            let why = why.map_or(String::new(), |why| format!(": {why}"));
            context.printer.out(format!("{} {}: {state}{why}", source.benchmark, source.kind.as_str()));
        }
    }
    if context.format == Format::Json {
        context.printer.out(json!({"schema": "proctor.data_verify/1", "items": documents}).to_string());
    }
    if checked == 0 {
        let message = format!("{} pins nothing of what was named", which.lock.display());
        return Err(CliError::usage(message).hint("`proctor data fetch BENCHMARK` fetches and pins"));
    }
    Ok(if bad == 0 { ExitCode::Success } else { ExitCode::Failure })
}

fn list(which: &WhichArguments, context: &Context) -> CliResult {
    let lock = Lock::read(&which.lock)?;
    let environment = environment::hub();
    let mut rows = Vec::new();
    let mut items: Vec<Value> = Vec::new();
    for source in chosen(&which.benchmarks)? {
        let pinned = lock.find(source.benchmark, source.kind);
        let here = pinned.is_some_and(|pinned| folder(&context.cache, pinned).is_dir());
        let state = match (pinned, here) {
            (None, _) => "not fetched",
            (Some(_), true) => "here",
            (Some(_), false) => "pinned, not here",
        };
        let bytes = pinned.map(|pinned| pinned.files.iter().map(|file| file.bytes).sum::<u64>());
        rows.push(vec![
            source.benchmark.into(),
            source.kind.as_str().into(),
            source.place.repository().into(),
            pinned.map_or("–".into(), |pinned| short(&pinned.revision)),
            bytes.map_or("–".into(), size),
            state.into(),
            source.licence.into(),
        ]);
        items.push(json!({
            "benchmark": source.benchmark, "kind": source.kind.as_str(), "place": source.place.as_str(),
            "repository": source.place.repository(), "revision": pinned.map(|pinned| &pinned.revision), "bytes": bytes,
            "state": state, "licence": source.licence,
        }));
    }
    if context.format == Format::Json {
        context.printer.out(json!({"schema": "proctor.data/1", "hub": environment.hub, "items": items}).to_string());
        return Ok(ExitCode::Success);
    }
    let column = |title, figures| Column { title, figures };
    let columns = [
        column("benchmark", false),
        column("holds", false),
        column("from", false),
        column("revision", false),
        column("size", true),
        column("state", false),
        column("licence", false),
    ];
    context.printer.out(table(&columns, &rows, style(context)).trim_end());
    Ok(ExitCode::Success)
}

fn size(bytes: u64) -> String {
    if bytes < 100_000 { format!("{:.1} kB", bytes as f64 / 1e3) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}

fn short(revision: &str) -> String {
    revision.chars().take(12).collect()
}

/// The folder of the fetched data of a benchmark, for `--data hub`.
pub fn hub_folder(name: &str, context: &Context) -> Result<PathBuf, CliError> {
    let base = name.split(':').next().unwrap_or(name);
    let lock = Lock::read(&PathBuf::from(LOCK_FILE))?;
    let pinned: Option<&LockedSource> = lock.find(base, Kind::Data);
    let found = pinned.map(|pinned| folder(&context.cache, pinned)).filter(|folder| folder.is_dir());
    found.ok_or_else(|| {
        let message = match pinned {
            None => format!("--data hub: {LOCK_FILE} in this folder pins no data of {base}"),
            Some(pinned) => format!("--data hub: the data of {base} at revision {} are not here", short(&pinned.revision)),
        };
        CliError::usage(message).hint(format!("type `proctor data fetch {base}`"))
    })
}
