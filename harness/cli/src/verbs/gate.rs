use crate::args::{Format, FormatArguments};
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::figures::{RunFigures, Withholding};
use crate::selection::{Named, named};
use crate::verbs::report::chosen;
use crate::verbs::wait;
use clap::Args;
use proctor_core::{ExitCode, RunRecord};
use proctor_reports::compare::{CompareOptions, Pair, comparison, refusal};
use proctor_reports::gate::{self, Baseline, Check, Evidence, GateReport, Policy, Rule};
use proctor_reports::leaderboard::Score;
use proctor_reports::summary::Unit;
use proctor_reports::write_file;
use proctor_store::Store;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// Longest policy, in bytes.
const MOST_BYTES: u64 = 1 << 20;

const HELP: &str = "\
A policy is a TOML file with a [[rule]] for each set of limits, e.g.

  [[rule]]
  name = \"kazakh does not get worse\"
  benchmark = \"tumlu\"
  slice = [\"kazakh\"]
  min_score = 0.55
  max_infra_errors = 0
  baseline = \"openai/gpt-5\"
  max_drop = 0.02

docs/gate.md documents every key.

Exit status: 0 every limit is kept, 10 one is not, 2 the policy is wrong.";

/// Which limits, and for which runs.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct GateArguments {
    /// The policy.
    #[arg(value_name = "POLICY.toml")]
    policy: PathBuf,
    /// Runs, by id or the beginning of one; the default is the latest of each model at each benchmark.
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// Write the checks as JUnit XML, too.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    pub output: FormatArguments,
}

/// Holds runs against a policy.
pub fn execute(arguments: GateArguments, context: &Context) -> CliResult {
    let policy = read(&arguments.policy)?;
    let report = wait(checked(&policy, &arguments, context))?;
    if let Some(path) = &arguments.junit {
        write_file(path, gate::junit(&report)?.as_bytes())?;
        context.printer.note(format!("JUnit: {}", path.display()));
    }
    match context.format {
        Format::Json => context.printer.out(serde_json::to_string(&report).map_err(CliError::failure)?),
        Format::Text => context.printer.out(gate::terminal(&report, style(context)).trim_end()),
    }
    Ok(if report.passed { ExitCode::Success } else { ExitCode::Verdict })
}

fn read(path: &std::path::Path) -> Result<Policy, CliError> {
    let failed = |e: std::io::Error| CliError::usage(format!("the policy {} cannot be read: {e}", path.display()));
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text)).map_err(failed)?;
    Policy::parse(&text).map_err(|why| {
        CliError::usage(format!("the policy {} is wrong: {why}", path.display())).hint("proctor gate --help shows an example")
    })
}

async fn checked(policy: &Policy, arguments: &GateArguments, context: &Context) -> Result<GateReport, CliError> {
    let store = Store::open_existing(&context.store).await?;
    let all = store.runs().await?;
    let runs = if arguments.runs.is_empty() { latest(&all) } else { chosen(&store, &arguments.runs).await? };
    let withholding = Withholding::default();
    let mut checks: Vec<Check> = Vec::new();
    for (place, rule) in policy.rules.iter().enumerate() {
        let baseline = match &rule.baseline {
            Some(name) => Some(named(&store, name, &all).await),
            None => None,
        };
        let mut covered = Vec::new();
        for run in runs.iter().filter(|run| rule.covers(&run.plan.benchmark, &run.plan.model)) {
            // The baseline itself is not held against itself.
            if let Some(Ok(baseline)) = &baseline
                && baseline.runs().iter().any(|other| other.id == run.id)
            {
                continue;
            }
            covered.extend(evidence(&store, run, rule, &baseline, &withholding).await?);
        }
        checks.extend(gate::checks(rule, &rule.title(place), &covered));
    }
    store.close().await;
    Ok(GateReport::of(&arguments.policy.display().to_string(), checks))
}

/// The latest run of each model at each benchmark.
fn latest(all: &[RunRecord]) -> Vec<RunRecord> {
    let mut found: BTreeMap<(&str, &str), &RunRecord> = BTreeMap::new();
    // The store gives the newest first.
    for run in all {
        found.entry((&run.plan.benchmark, &run.plan.model)).or_insert(run);
    }
    found.into_values().cloned().collect()
}

/// What is known of a run; nothing where it has no sample in the rule's slices.
async fn evidence(
    store: &Store,
    run: &RunRecord,
    rule: &Rule,
    baseline: &Option<Result<Named, CliError>>,
    withholding: &Withholding,
) -> Result<Option<Evidence>, CliError> {
    let figures = RunFigures::read(store, run, &rule.slice).await?;
    if figures.planned == 0 {
        return Ok(None);
    }
    let withheld = withholding.of(store, run).await?;
    let score = figures.headline().figure(&figures.grades.grades).as_ref().and_then(Score::of).filter(|_| withheld.is_none());
    let baseline = match baseline {
        None => None,
        Some(Err(error)) => Some(Baseline::Missing(error.message.clone())),
        Some(Ok(named)) => Some(against(store, &figures, named, rule).await?),
    };
    Ok(Some(Evidence {
        run_id: run.id.clone(),
        benchmark: run.plan.benchmark.clone(),
        model: run.plan.model.clone(),
        value: score.as_ref().map(|score| score.value),
        unit: score.as_ref().map_or(Unit::Fraction, |score| score.unit),
        interval: score.as_ref().and_then(|score| score.interval),
        withheld,
        planned: figures.planned,
        graded: figures.grades.grades.len(),
        outcomes: figures.outcomes.clone(),
        usage: figures.usage,
        baseline,
    }))
}

async fn against(store: &Store, figures: &RunFigures, baseline: &Named, rule: &Rule) -> Result<Baseline, CliError> {
    let run = &figures.grades.run;
    let mut why = None;
    for other in baseline.runs().iter().filter(|other| other.plan.benchmark == run.plan.benchmark) {
        if let Some(differences) = refusal(&run.plan, &other.plan, &[]) {
            why.get_or_insert(differences);
            continue;
        }
        let other = RunFigures::read(store, other, &rule.slice).await?;
        let headline = figures.headline();
        let headline = move |grades: &[proctor_core::GradedAttempt]| headline.figure(grades);
        let (one, two) = (run.plan.model.clone(), baseline.model().to_owned());
        let pair = Pair { a: figures.grades.clone(), b: other.grades, headline: &headline };
        let options = CompareOptions { slices: rule.slice.clone(), ..CompareOptions::default() };
        let mut found = comparison(&[pair], &one, &two, &options);
        if let Some(row) = found.rows.pop() {
            return Ok(Baseline::Compared(Box::new(row)));
        }
    }
    Ok(match why {
        Some(differences) => Baseline::Refused(differences),
        None => Baseline::Missing(format!("the baseline {} has no run of {}", baseline.model(), run.plan.benchmark)),
    })
}
