use crate::args::FormatArguments;
use crate::conclusion::print_summaries;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::foreign_files::{self, Origin};
use crate::pages;
use crate::settings::{OpeningArguments, source};
use crate::verbs::wait;
use clap::Args;
use proctor_core::{AttemptKey, AttemptRecord, ExitCode, Grade, GradeRecord, Outcome, RunRecord, RunState, Sample, Selection};
use proctor_reports::import::{StoredRow, StoredRun, stored};
use proctor_store::Store;
use std::collections::HashSet;
use std::path::PathBuf;

/// Attempts stored in one step.
const BATCH: usize = 256;

/// Which logs, and how they are filed.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// Logs, or folders of logs: lm-eval's samples_*.jsonl, evalplus's samples.jsonl or eval_results.json, Inspect's .eval
    /// or .json.
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// Whose logs they are; the default is to look.
    #[arg(long, value_enum, value_name = "TOOL")]
    from: Option<Origin>,
    /// The benchmark of proctor's own that they answer, so that answers pair with those of other runs; the default files
    /// them under the tool's own name of the task, e.g. `lm-eval:gsm8k`.
    #[arg(short, long, value_name = "BENCHMARK")]
    benchmark: Option<String>,
    /// With --benchmark: the real data instead of the built-in questions.
    #[arg(long, value_name = "DIR|hub", requires = "benchmark")]
    data: Option<PathBuf>,
    #[command(flatten)]
    opening: OpeningArguments,
    /// The model's name; the default is what the log says.
    #[arg(short, long, value_name = "NAME")]
    model: Option<String>,
    /// Import again even what is stored already.
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    pub output: FormatArguments,
}

/// Stores them with the grades they bring; nothing is asked or graded.
pub fn execute(arguments: ImportArguments, context: &Context) -> CliResult {
    let benchmark: Option<(String, Vec<Sample>)> = match &arguments.benchmark {
        None => None,
        Some(name) => {
            let benchmark = arguments.opening.open(name, context)?;
            let name = benchmark.card().name.clone();
            let source = source(arguments.data.as_deref(), &name, context)?;
            Some((name, benchmark.samples(&source, &Selection::default())?))
        }
    };
    let benchmark = benchmark.as_ref().map(|(name, samples)| (name.as_str(), samples.as_slice()));
    let mut runs = Vec::new();
    for path in &arguments.paths {
        for found in foreign_files::read(path, arguments.from)? {
            let run = stored(found.run, &found.name, arguments.model.as_deref(), benchmark);
            runs.push(run.map_err(|e| CliError::usage(format!("{}: {e}", path.display())))?);
        }
    }
    wait(async {
        let store = Store::open(&context.store).await?;
        let mut records = Vec::new();
        for run in &runs {
            records.push(keep(&store, run, arguments.fresh, context).await?);
        }
        print_summaries(context, &pages::summaries(&store, &records).await?)?;
        store.close().await;
        Ok(ExitCode::Success)
    })
}

/// Stores a log as a finished run, or finds the run it was stored as.
async fn keep(store: &Store, run: &StoredRun, fresh: bool, context: &Context) -> Result<RunRecord, CliError> {
    let (record, known) = store.find_or_create_run(&run.plan, &run.samples, fresh).await?;
    if known && record.state == RunState::Finished {
        context.printer.note(format!("{} is imported already, as run {}", run.plan.data_source, record.id));
        return Ok(record);
    }
    let claim = store.claim(&record.id).await?;
    let before = store.progress(&record.id).await?;
    let answered: HashSet<(&str, u32)> = before.iter().map(|p| (p.sample_id.as_str(), p.epoch)).collect();
    let graded: HashSet<(&str, u32)> =
        before.iter().filter(|p| p.outcome.is_some()).map(|p| (p.sample_id.as_str(), p.epoch)).collect();
    let key = |row: &StoredRow| AttemptKey { run_id: record.id.clone(), sample_id: row.sample_id.clone(), epoch: row.epoch };
    let new: Vec<&StoredRow> = run.rows.iter().filter(|r| !answered.contains(&(r.sample_id.as_str(), r.epoch))).collect();
    for batch in new.chunks(BATCH) {
        let records = batch.iter().map(|row| AttemptRecord {
            key: key(row),
            attempt: row.attempt.as_ref().ok().cloned(),
            error: row.attempt.as_ref().err().cloned(),
        });
        store.record_attempts(&records.collect::<Vec<_>>()).await?;
    }
    for sample in &run.samples {
        // There is no reference to grade: whoever graded the answers is taken at his word, and the run says so.
        store.record_reference(&run.plan, sample, &Grade::new(Outcome::Skipped, "graded elsewhere")).await?;
    }
    let ungraded: Vec<GradeRecord> = run
        .rows
        .iter()
        .filter(|row| !graded.contains(&(row.sample_id.as_str(), row.epoch)))
        .filter_map(|row| Some(GradeRecord { key: key(row), grade: row.grade.clone()? }))
        .collect();
    for batch in ungraded.chunks(BATCH) {
        store.record_grades(batch).await?;
    }
    store.set_run_state(&record.id, RunState::Finished).await?;
    drop(claim);
    let by = run.plan.graded_by().unwrap_or_default();
    let matched = match run.matched {
        0 => String::new(),
        n => format!(", {n} samples matched to those of {}", run.plan.benchmark),
    };
    context.printer.note(format!("run {}: {} answers graded by {by}{matched}", record.id, run.rows.len()));
    if run.rows.iter().all(|r| r.grade.as_ref().is_none_or(|g| g.outcome == Outcome::Skipped)) {
        context.printer.warn(format!(
            "{} holds no verdicts, so there is no score; `proctor grade FILE -b BENCHMARK` grades answers to a benchmark of \
             proctor's own",
            run.plan.data_source
        ));
    }
    Ok(RunRecord { state: RunState::Finished, ..record })
}
