use super::address::{Parameters, address};
use super::answer::PageResult;
use super::layout;
use crate::ViewError;
use crate::index::{AttemptLine, Filter};
use crate::server::App;
use axum::Json;
use axum::extract::{Query, State};
use proctor_core::AttemptKey;
use proctor_reports::SampleView;
use proctor_reports::html::{SampleDocument, TextLimits};
use proctor_reports::text::{count, one_line, seconds};
use serde::Serialize;
use std::sync::Arc;

/// Other answers to the sample that are offered.
const MOST_OTHERS: usize = 200;

#[derive(Serialize)]
struct Attempt {
    title: String,
    /// Where the script gets the one or two sides from.
    sides: Vec<String>,
    others: Vec<Other>,
    command: String,
    alone: String,
    previous: String,
    next: String,
}

#[derive(Serialize)]
struct Other {
    model: String,
    benchmark: String,
    run: String,
    epoch: u32,
    outcome: &'static str,
    explanation: String,
    beside: String,
    alone: String,
    here: bool,
}

/// What the script shows of one attempt.
#[derive(Serialize)]
pub(super) struct Side {
    head: Head,
    document: SampleDocument,
}

#[derive(Serialize)]
struct Head {
    title: String,
    outcome: String,
    explanation: String,
    facts: Vec<Fact>,
}

#[derive(Serialize)]
struct Fact {
    name: String,
    value: String,
}

/// Which attempt an address names.
struct Named<'a> {
    run: &'a str,
    sample: &'a str,
    epoch: u32,
}

impl<'a> Named<'a> {
    fn of(parameters: &'a Parameters) -> Result<Self, ViewError> {
        let missing = |what: &str| ViewError::Request(format!("The address names no {what}"));
        Ok(Self {
            run: parameters.get("run").ok_or_else(|| missing("run"))?,
            sample: parameters.get("sample").ok_or_else(|| missing("sample"))?,
            epoch: parameters.get("epoch").and_then(|epoch| epoch.parse().ok()).unwrap_or(0),
        })
    }

    fn address(&self, path: &str) -> String {
        address(path, &[("run", self.run), ("sample", self.sample), ("epoch", &self.epoch.to_string())])
    }
}

/// One attempt, or two side by side.
pub(super) async fn page(State(app): State<Arc<App>>, Query(parameters): Query<Vec<(String, String)>>) -> PageResult {
    let parameters = Parameters(parameters);
    let named = Named::of(&parameters)?;
    let runs = app.index.runs().await?;
    let entry = runs.iter().find(|run| run.id == named.run);
    let entry = entry.ok_or_else(|| ViewError::NotFound(format!("There is no run {}", named.run)))?;
    let with = parameters.get("with");
    let with_epoch = parameters.get("with_epoch").and_then(|epoch| epoch.parse().ok()).unwrap_or(named.epoch);
    let filter = Filter {
        benchmark: Some(entry.benchmark.clone()),
        sample: Some(named.sample.to_string()),
        limit: MOST_OTHERS,
        ..Filter::default()
    };
    let others = app.index.list(&runs, &filter).await?.lines;
    let mut sides = vec![named.address("/api/sample")];
    if let Some(run) = with {
        sides.push(Named { run, sample: named.sample, epoch: with_epoch }.address("/api/sample"));
    }
    let other = |line: &AttemptLine| {
        let epoch = line.epoch.to_string();
        let here = line.run == named.run && line.epoch == named.epoch;
        Other {
            model: one_line(&line.model),
            benchmark: one_line(&line.benchmark),
            run: one_line(&line.run),
            epoch: line.epoch,
            outcome: line.outcome,
            explanation: one_line(&line.explanation),
            beside: address(
                "/sample",
                &[
                    ("run", named.run),
                    ("sample", named.sample),
                    ("epoch", &named.epoch.to_string()),
                    ("with", &line.run),
                    ("with_epoch", &epoch),
                ],
            ),
            alone: address("/sample", &[("run", &line.run), ("sample", &line.sample), ("epoch", &epoch)]),
            here: here || (Some(line.run.as_str()) == with && line.epoch == with_epoch),
        }
    };
    let neighbour = |line: Option<AttemptLine>| {
        line.map(|l| {
            let epoch = l.epoch.to_string();
            let mut parts = vec![("run", l.run.as_str()), ("sample", l.sample.as_str()), ("epoch", epoch.as_str())];
            let with = with.unwrap_or_default();
            if !with.is_empty() {
                parts.push(("with", with));
            }
            address("/sample", &parts)
        })
        .unwrap_or_default()
    };
    let around = app.index.around(&runs, entry.seq, named.sample, named.epoch).await?;
    let data = Attempt {
        title: one_line(named.sample),
        command: format!("proctor show {} --sample {}", one_line(named.run), one_line(named.sample)),
        alone: if with.is_some() { named.address("/sample") } else { String::new() },
        others: others.iter().map(other).collect(),
        previous: neighbour(around.0),
        next: neighbour(around.1),
        sides,
    };
    layout::page(&app, &format!("{} · {}", entry.benchmark, named.sample), "view-sample", &data).await
}

/// One attempt as data: texts whole and exactly as they are; the script shows them as text.
pub(super) async fn json(
    State(app): State<Arc<App>>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Json<Side>, ViewError> {
    let parameters = Parameters(parameters);
    let named = Named::of(&parameters)?;
    let run = app.store.run(named.run).await?;
    let key = AttemptKey { run_id: run.id.clone(), sample_id: named.sample.to_string(), epoch: named.epoch };
    let sample = app.store.sample(&run.id, named.sample).await?;
    let sample = sample.ok_or_else(|| ViewError::NotFound(format!("run {} has no sample {}", run.id, named.sample)))?;
    let attempt = app.store.attempt(&key).await?;
    let attempt = attempt.ok_or_else(|| {
        ViewError::NotFound(format!("sample {} of run {} has no attempt {} yet", named.sample, run.id, named.epoch))
    })?;
    let grade = app.store.grade(&key).await?.map(|record| record.grade);
    let view = SampleView { sample, attempt, grade };
    let usage = view.attempt.attempt.as_ref().map(|attempt| (attempt.usage(), attempt.latency_s()));
    let mut facts = vec![Fact { name: "run".into(), value: one_line(&run.id) }];
    if run.plan.epochs > 1 {
        facts.push(Fact { name: "attempt".into(), value: named.epoch.to_string() });
    }
    if let Some((usage, latency)) = usage {
        facts.extend(usage.completion_tokens.map(|t| Fact { name: "tokens".into(), value: count(t) }));
        if latency > 0.0 {
            facts.push(Fact { name: "time".into(), value: seconds(latency) });
        }
    }
    let explanation = view.grade.as_ref().map(|g| g.explanation.clone()).unwrap_or_default();
    let outcome = match (view.outcome(), &view.attempt.error) {
        (Some(outcome), _) => outcome.as_str(),
        (None, Some(_)) => "infra_error",
        (None, None) => "ungraded",
    };
    Ok(Json(Side {
        head: Head { title: one_line(&run.plan.model), outcome: outcome.into(), explanation, facts },
        document: SampleDocument::of(&view, TextLimits::WHOLE),
    }))
}
