use crate::args::Format;
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::judging;
use crate::verbs::run::RunArguments;
use crate::verbs::wait;
use clap::Args;
use proctor_core::{Benchmark, ExitCode, Model, RunPlan, Sample};
use proctor_reports::store::Store;
use proctor_reports::terminal::{Column, table};
use serde_json::{Value, json};

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
struct Planned {
    plan: RunPlan,
    stored: Option<(String, usize, usize)>,
    prompt_tokens: Option<u64>,
}

/// Shows what `run` with the same arguments would do. Nothing is asked, graded or stored.
pub fn execute(arguments: PlanArguments, context: &Context) -> CliResult {
    let resolved = arguments.run.resolve(context, false)?;
    let judges = judging::judges(context);
    let mut planned = Vec::new();
    for model in &resolved.models {
        for benchmark in &resolved.benchmarks {
            let settings = arguments.run.settings_of(&resolved.settings, benchmark.as_ref(), context)?;
            let judge_models = resolved.judges.iter().map(|model| model.as_ref());
            let judged = proctor_engine::panel_provenance(judges.provenance(benchmark.needs()), benchmark.needs(), judge_models);
            let made = proctor_engine::plan(benchmark.as_ref(), model.as_ref(), judged, &settings)?;
            let prompt_tokens = prompt_tokens(benchmark.as_ref(), model.as_ref(), &made.plan, &made.samples)?;
            planned.push(Planned { plan: made.plan, stored: None, prompt_tokens });
        }
    }
    if context.store.is_file() {
        wait(look_up(context, &mut planned))?;
    }
    if context.format == Format::Json {
        let plans: Vec<Value> = planned.iter().map(as_json).collect();
        context.printer.out(json!({"schema": "proctor.plan/1", "plans": plans}).to_string());
        return Ok(ExitCode::Success);
    }
    let columns = [
        Column { title: "benchmark", figures: false },
        Column { title: "model", figures: false },
        Column { title: "protocol", figures: false },
        Column { title: "data", figures: false },
        Column { title: "requests", figures: true },
        Column { title: "answered", figures: true },
        Column { title: "graded", figures: true },
        Column { title: "prompt tokens", figures: true },
        Column { title: "most new tokens", figures: true },
        Column { title: "fingerprint", figures: false },
    ];
    let rows: Vec<Vec<String>> = planned.iter().map(row).collect();
    context.printer.out(table(&columns, &rows, style(context)).trim_end());
    Ok(ExitCode::Success)
}

async fn look_up(context: &Context, planned: &mut [Planned]) -> Result<(), CliError> {
    let store = Store::open_existing(&context.store).await?;
    let runs = store.runs().await?;
    for line in planned.iter_mut() {
        let fingerprint = line.plan.fingerprint();
        if let Some(run) = runs.iter().find(|r| r.fingerprint == fingerprint) {
            let counts = store.counts(&run.id).await?;
            line.stored = Some((run.id.clone(), counts.answered, counts.graded));
        }
    }
    store.close().await;
    Ok(())
}

/// Tokens of all prompts by the model's own tokenizer; `None` where it has none at hand.
fn prompt_tokens(
    benchmark: &dyn Benchmark,
    model: &dyn Model,
    plan: &RunPlan,
    samples: &[Sample],
) -> Result<Option<u64>, CliError> {
    let mut total = 0;
    for sample in samples {
        let request = benchmark.request(sample, plan.protocol, &plan.sampling)?;
        match model.count_tokens(&request) {
            Some(tokens) => total += tokens * u64::from(plan.epochs),
            None => return Ok(None),
        }
    }
    Ok(Some(total))
}

fn protocol(plan: &RunPlan) -> &'static str {
    match plan.protocol {
        proctor_core::Protocol::Chat => "chat",
        proctor_core::Protocol::Completion => "completion",
    }
}

fn most_new_tokens(plan: &RunPlan) -> Option<u64> {
    plan.sampling.max_tokens.map(|most| u64::from(most) * plan.attempts() as u64)
}

fn row(line: &Planned) -> Vec<String> {
    let figure = |value: Option<u64>| value.map_or("unknown".to_string(), |v| v.to_string());
    let (answered, graded) = line.stored.as_ref().map_or((0, 0), |(_, answered, graded)| (*answered, *graded));
    vec![
        line.plan.benchmark.clone(),
        line.plan.model.clone(),
        protocol(&line.plan).to_string(),
        line.plan.data_source.clone(),
        line.plan.attempts().to_string(),
        answered.to_string(),
        graded.to_string(),
        figure(line.prompt_tokens),
        figure(most_new_tokens(&line.plan)),
        line.plan.fingerprint().to_string(),
    ]
}

fn as_json(line: &Planned) -> Value {
    json!({
        "fingerprint": line.plan.fingerprint(),
        "run": line.stored.as_ref().map(|s| &s.0),
        "requests": line.plan.attempts(),
        "answered": line.stored.as_ref().map_or(0, |s| s.1),
        "graded": line.stored.as_ref().map_or(0, |s| s.2),
        "prompt_tokens": line.prompt_tokens,
        "most_new_tokens": most_new_tokens(&line.plan),
        "plan": line.plan,
    })
}
