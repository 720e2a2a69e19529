use crate::args::Format;
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::judging;
use crate::settings::{is_free, no_price};
use crate::verbs::run::{Resolved, RunArguments};
use crate::verbs::wait;
use clap::Args;
use proctor_core::{ExitCode, Model};
use proctor_engine::{
    CostRange, Counted, Estimate, Estimating, Experience, JudgeEstimate, JudgeModel, Planned, Price, Prices, RunSettings,
    estimate,
};
use proctor_reports::terminal::{Column, TerminalStyle, table};
use proctor_reports::text::{count, decimal, one_line};
use proctor_store::{Store, StoreError};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// The arguments of `run`.
#[derive(Debug, Args)]
pub struct PlanArguments {
    #[command(flatten)]
    run: RunArguments,
}

impl PlanArguments {
    /// How the plan is printed.
    pub fn format(&self) -> Format {
        self.run.output.format
    }
}

/// One line of the plan.
struct Line {
    planned: Planned,
    estimate: Estimate,
    price: Option<Price>,
    /// The run in the store, and how many of its attempts are graded.
    stored: Option<(String, usize)>,
}

/// Shows what `run` with the same arguments would do, use and cost. Nothing is asked, graded or stored.
pub fn execute(arguments: PlanArguments, context: &Context) -> CliResult {
    let resolved = arguments.run.resolve(context, false)?;
    let prices = arguments.run.spending.prices(context)?;
    let lines = wait(plan(&arguments.run, &resolved, &prices, context))?;
    if context.format == Format::Json {
        let plans: Vec<Value> = lines.iter().map(as_json).collect();
        context
            .printer
            .out(json!({"schema": "proctor.plan/1", "plans": plans, "cost_usd": total(&lines).map(cost_json)}).to_string());
        return Ok(ExitCode::Success);
    }
    // A column of nothing says nothing.
    let shown: Vec<&Shown> = SHOWN
        .iter()
        .filter(|shown| shown.always || lines.iter().any(|l| !matches!((shown.cell)(l).as_str(), "0" | "unknown")))
        .collect();
    let columns: Vec<Column<'_>> = shown.iter().map(|shown| Column { title: shown.title, figures: shown.figures }).collect();
    let rows: Vec<Vec<String>> = lines.iter().map(|line| shown.iter().map(|shown| (shown.cell)(line)).collect()).collect();
    let style = style(context);
    let whole = table(&columns, &rows, TerminalStyle { width: None, ..style });
    let fits = style.width.is_none_or(|width| whole.lines().all(|line| line.chars().count() <= usize::from(width)));
    if fits {
        context.printer.out(whole.trim_end());
    } else {
        context.printer.out(apart(&columns, &rows).trim_end());
    }
    for note in notes(&lines) {
        context.printer.out(note);
    }
    Ok(ExitCode::Success)
}

/// The rows one below the other, for a terminal that is too narrow for the table.
fn apart(columns: &[Column<'_>], rows: &[Vec<String>]) -> String {
    let widest = columns.iter().map(|column| column.title.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for row in rows {
        for (column, cell) in columns.iter().zip(row) {
            let _ = writeln!(out, "{:widest$}   {}", column.title, one_line(cell));
        }
        out.push('\n');
    }
    out
}

async fn plan(arguments: &RunArguments, resolved: &Resolved, prices: &Prices, context: &Context) -> Result<Vec<Line>, CliError> {
    let store = existing(context).await?;
    let judges = judging::judges(context);
    let judge_models: Vec<JudgeModel<'_>> = resolved.judges.iter().map(|model| judge_model(model.as_ref(), prices)).collect();
    let mut lines = Vec::new();
    for model in &resolved.models {
        for benchmark in &resolved.benchmarks {
            let settings: RunSettings = arguments.settings_of(&resolved.settings, benchmark.as_ref(), context)?;
            let models = resolved.judges.iter().map(|model| model.as_ref());
            let judged = proctor_engine::panel_provenance(judges.provenance(benchmark.needs()), benchmark.needs(), models);
            let judged = judging::planned(judged, benchmark.needs());
            let planned = proctor_engine::plan(benchmark.as_ref(), model.as_ref(), judged, &settings)?;
            let price = prices.of(model.name()).cloned();
            let with = Estimating {
                benchmark: benchmark.as_ref(),
                model: model.as_ref(),
                settings: &settings,
                judges: &judge_models,
                price: price.as_ref(),
                store: store.as_ref(),
            };
            let mut estimate = estimate(&planned, with).await?;
            if is_free(model.name()) {
                estimate.cost_usd.get_or_insert_default();
            }
            for judge in estimate.judges.iter_mut().filter(|judge| is_free(&judge.model)) {
                judge.cost_usd.get_or_insert_default();
            }
            let stored = match &store {
                Some(store) => match store.find_run_by_fingerprint(&planned.plan.fingerprint()).await? {
                    Some(run) => Some((run.id.clone(), store.counts(&run.id).await?.graded)),
                    None => None,
                },
                None => None,
            };
            lines.push(Line { planned, estimate, price, stored });
        }
    }
    if let Some(store) = store {
        store.close().await;
    }
    Ok(lines)
}

/// The store, where there is one; planning makes none.
async fn existing(context: &Context) -> Result<Option<Store>, CliError> {
    if !context.store.may_exist() {
        return Ok(None);
    }
    match Store::open_existing(&context.store).await {
        Ok(store) => Ok(Some(store)),
        Err(StoreError::Missing(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A column of the table.
struct Shown {
    title: &'static str,
    figures: bool,
    /// Whether it is there even where it holds nothing.
    always: bool,
    cell: fn(&Line) -> String,
}

/// The columns.
const SHOWN: [Shown; 11] = [
    Shown { title: "benchmark", figures: false, always: true, cell: |l| l.planned.plan.benchmark.clone() },
    Shown { title: "model", figures: false, always: true, cell: |l| l.planned.plan.model.clone() },
    Shown { title: "attempts", figures: true, always: true, cell: |l| number(l.estimate.attempts) },
    Shown { title: "stored", figures: true, always: false, cell: |l| number(l.estimate.answered) },
    Shown { title: "cached", figures: true, always: false, cell: |l| number(l.estimate.cached) },
    Shown { title: "requests", figures: true, always: true, cell: |l| number(l.estimate.requests) },
    Shown { title: "judge", figures: true, always: false, cell: |l| number(judge_requests(&l.estimate)) },
    Shown { title: "prompt tokens", figures: true, always: true, cell: prompt_tokens },
    Shown { title: "answer tokens", figures: true, always: true, cell: answer_tokens },
    Shown {
        title: "US$ (low-high)",
        figures: true,
        always: true,
        cell: |l| l.estimate.total_usd().map_or("unknown".into(), cost),
    },
    Shown { title: "time", figures: true, always: false, cell: |l| l.estimate.time.map_or("unknown".into(), time) },
];

fn judge_model<'a>(model: &'a dyn Model, prices: &'a Prices) -> JudgeModel<'a> {
    JudgeModel { model, price: prices.of(model.name()) }
}

/// Questions to all judge models.
fn judge_requests(estimate: &Estimate) -> usize {
    estimate.judges.iter().map(|judge| judge.requests).sum()
}

fn number(n: usize) -> String {
    count(n as u64)
}

fn prompt_tokens(line: &Line) -> String {
    let mark = if line.estimate.counted == Counted::Estimated { "~" } else { "" };
    format!("{mark}{}", count(line.estimate.prompt_tokens))
}

fn answer_tokens(line: &Line) -> String {
    let mark = if line.estimate.experience == Experience::Assumed { "~" } else { "" };
    format!("{mark}{}", count(line.estimate.answer_tokens))
}

/// What a reader of the figures must know.
fn notes(lines: &[Line]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |wanted: bool, text: &str| {
        if wanted {
            notes.push(text.to_owned());
        }
    };
    let any = |is: fn(&Line) -> bool| lines.iter().any(is);
    note(
        any(|l| l.estimate.counted == Counted::Estimated),
        "~ prompt tokens: estimated from characters; the model's tokenizer is not known here",
    );
    note(
        any(|l| l.estimate.counted == Counted::InPart),
        "prompt tokens: counted on 500 prompts, the others taken to be like them",
    );
    note(any(|l| l.estimate.counted == Counted::AsReported), "prompt tokens: as the endpoint counted those of earlier attempts");
    let assumed = |bounded: bool| {
        move |l: &Line| {
            l.estimate.experience == Experience::Assumed
                && l.estimate.most_answer_tokens.is_some() == bounded
                && l.estimate.requests > 0
        }
    };
    note(
        lines.iter().any(assumed(true)),
        "~ answer tokens: assumed to be a quarter of the most new tokens; no answer to this benchmark is stored yet",
    );
    note(
        lines.iter().any(assumed(false)),
        "~ answer tokens: assumed to be 1,000 each, 16,000 at most; no answer is stored yet, and --max-tokens would bound them",
    );
    note(any(|l| l.estimate.experience == Experience::Others), "answer tokens: as long as other models' answers in the store");
    note(
        any(|l| l.estimate.total_usd().is_some()),
        "US$: as expected; low and high with answers as short and as long as they may well be",
    );
    notes.extend(judge_notes(lines));
    let unpriced = lines.iter().flat_map(|line| {
        let judges = line.estimate.judges.iter().filter(|judge| judge.cost_usd.is_none()).map(|judge| judge.model.as_str());
        let model = line.price.is_none().then_some(line.planned.plan.model.as_str()).filter(|name| !is_free(name));
        model.into_iter().chain(judges)
    });
    let mut unpriced: Vec<&str> = unpriced.collect();
    unpriced.sort_unstable();
    unpriced.dedup();
    notes.extend(unpriced.into_iter().map(no_price));
    let mut dates: Vec<String> = lines
        .iter()
        .filter_map(|l| l.price.as_ref())
        .map(|price| {
            format!("prices as of {} ({})", price.as_of, if price.source.is_empty() { "your table" } else { &price.source })
        })
        .collect();
    dates.sort();
    dates.dedup();
    notes.extend(dates);
    if lines.len() > 1
        && let Some(all) = total(lines)
    {
        notes.push(format!("all runs together: US$ {}", cost(all)));
    }
    notes
}

/// What judge models are asked, one line each.
fn judge_notes(lines: &[Line]) -> Vec<String> {
    let mut notes = Vec::new();
    for line in lines {
        for judge in &line.estimate.judges {
            let JudgeEstimate { model, requests, prompt_tokens, answer_tokens, cost_usd, .. } = judge;
            let cost = cost_usd.map_or("unknown".to_owned(), cost);
            notes.push(format!(
                "judge {model}, {}: {} questions, ~{} tokens of prompts, ~{} of answers, US$ {cost}",
                line.planned.plan.benchmark,
                number(*requests),
                count(*prompt_tokens),
                count(*answer_tokens)
            ));
        }
    }
    notes
}

/// The cost of all lines; `None` where one of them is not known.
fn total(lines: &[Line]) -> Option<CostRange> {
    lines.iter().try_fold(CostRange::default(), |sum, line| Some(sum.plus(line.estimate.total_usd()?)))
}

/// `0.28 (0.15-1.08)`.
fn cost(range: CostRange) -> String {
    let places = if range.expected >= 0.1 || range.high == 0.0 { 2 } else { 4 };
    let [expected, low, high] = [range.expected, range.low, range.high].map(|amount| decimal(amount, places));
    format!("{expected} ({low}-{high})")
}

/// A duration in its largest units.
fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil() as u64;
    match seconds {
        0..=90 => format!("{seconds} s"),
        91..=5_400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}

fn cost_json(range: CostRange) -> Value {
    json!({"low": range.low, "expected": range.expected, "high": range.high})
}

fn judge_json(judge: &JudgeEstimate) -> Value {
    json!({
        "model": judge.model,
        "requests": judge.requests,
        "prompt_tokens": judge.prompt_tokens,
        "answer_tokens": judge.answer_tokens,
        "cost_usd": judge.cost_usd.map(cost_json),
    })
}

fn as_json(line: &Line) -> Value {
    let Estimate { ref counted, ref experience, .. } = line.estimate;
    json!({
        "fingerprint": line.planned.plan.fingerprint(),
        "run": line.stored.as_ref().map(|s| &s.0),
        "attempts": line.estimate.attempts,
        "answered": line.estimate.answered,
        "graded": line.stored.as_ref().map_or(0, |s| s.1),
        "cached": line.estimate.cached,
        "requests": line.estimate.requests,
        "judge_requests": judge_requests(&line.estimate),
        "judges": line.estimate.judges.iter().map(judge_json).collect::<Vec<_>>(),
        "prompt_tokens": line.estimate.prompt_tokens,
        "prompt_tokens_are": match counted {
            Counted::Exactly => "counted",
            Counted::InPart => "counted in part",
            Counted::AsReported => "as reported before",
            Counted::Estimated => "estimated",
        },
        "answer_tokens": line.estimate.answer_tokens,
        "answer_tokens_are": match experience {
            Experience::Own => "as before",
            Experience::Others => "as other models'",
            Experience::Assumed => "assumed",
        },
        "most_new_tokens": line.estimate.most_answer_tokens,
        "cost_usd": line.estimate.total_usd().map(cost_json),
        "model_cost_usd": line.estimate.cost_usd.map(cost_json),
        "prices_as_of": line.price.as_ref().map(|p| &p.as_of),
        "time_s": line.estimate.time.map(|t| t.as_secs_f64()),
        "plan": line.planned.plan,
    })
}
