use super::address::{Parameters, address};
use super::answer::PageResult;
use super::layout;
use crate::index::{AttemptLine, Filter, Index, Sort, UNGRADED, outcome_place};
use crate::server::App;
use axum::extract::{Query, State};
use proctor_core::Outcome;
use proctor_reports::text::{count, one_line, seconds};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Lines on a page.
const LINES: usize = 50;
/// Choices in a menu.
const MOST_CHOICES: i64 = 500;

#[derive(Serialize)]
struct Attempts {
    words: String,
    sample: String,
    sort: &'static str,
    /// Whether the order can be chosen: what is searched comes in the order of the plan.
    sorts: bool,
    menus: Vec<Menu>,
    outcomes: Vec<Choice>,
    filtered: bool,
    lines: Vec<Line>,
    total: String,
    next: String,
    first: String,
    by_plan: String,
    by_tokens: String,
    by_time: String,
    /// How far the search has come; empty where all is read.
    reading: String,
}

#[derive(Serialize)]
struct Menu {
    name: &'static str,
    title: &'static str,
    choices: Vec<Choice>,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    words: String,
    chosen: bool,
}

#[derive(Serialize)]
struct Line {
    href: String,
    sample: String,
    epoch: u32,
    benchmark: String,
    model: String,
    run: String,
    run_href: String,
    strata: String,
    outcome: &'static str,
    category: String,
    tokens: String,
    time: String,
    explanation: String,
}

/// Attempts of all runs, filtered and searched.
pub(super) async fn page(State(app): State<Arc<App>>, Query(parameters): Query<Vec<(String, String)>>) -> PageResult {
    let parameters = Parameters(parameters);
    let filter = filter(&parameters);
    let runs = app.index.runs().await?;
    let list = app.index.list(&runs, &filter).await?;
    let admitted: Vec<i64> = Index::admitted(&runs, &filter).iter().map(|run| run.seq).collect();
    let strata = app.index.strata(&admitted, MOST_CHOICES).await?;
    let categories = app.index.categories(&admitted, MOST_CHOICES).await?;
    let benchmarks: BTreeSet<&str> = runs.iter().map(|run| run.benchmark.as_str()).collect();
    let models: BTreeSet<&str> = runs.iter().map(|run| run.model.as_str()).collect();
    let of_runs = runs.iter().take(MOST_CHOICES as usize);
    let menus = vec![
        menu("benchmark", "Benchmark", benchmarks.into_iter().map(plain), parameters.get("benchmark")),
        menu("model", "Model", models.into_iter().map(plain), parameters.get("model")),
        menu("run", "Run", of_runs.map(|run| plain(&run.id)), parameters.get("run")),
        menu(
            "subset",
            "Subset",
            strata.iter().map(|(name, n)| (name.clone(), format!("{} ({})", one_line(name), count(n.unsigned_abs())))),
            parameters.get("subset"),
        ),
        menu("category", "Error", categories.iter().map(|name| plain(name)), parameters.get("category")),
    ];
    let words = Outcome::ALL.iter().map(|outcome| outcome.as_str()).chain(["ungraded"]);
    let outcomes = words
        .map(|word| Choice {
            value: word.into(),
            words: word.replace('_', " "),
            chosen: parameters.all("outcome").any(|chosen| chosen == word),
        })
        .collect();
    let progress = app.index.text_progress().await?;
    let here = |name: &str, value: &str| {
        let first_page = Parameters(parameters.0.iter().filter(|(name, _)| name != "after").cloned().collect());
        first_page.with("/samples", name, value)
    };
    let data = Attempts {
        words: parameters.get("q").unwrap_or_default().to_string(),
        sample: parameters.get("sample").unwrap_or_default().to_string(),
        sort: if filter.words.is_some() { Sort::Plan.as_str() } else { filter.sort.as_str() },
        sorts: filter.words.is_none(),
        menus,
        outcomes,
        filtered: parameters.0.iter().any(|(name, value)| !value.is_empty() && name != "sort" && name != "after"),
        total: match (list.total, list.next) {
            (Some(total), _) => count(total.unsigned_abs()),
            (None, None) if filter.after.is_none() => count(list.lines.len() as u64),
            (None, _) => String::new(),
        },
        next: list.next.map(|(key, id)| parameters.with("/samples", "after", &format!("{key}.{id}"))).unwrap_or_default(),
        first: if filter.after.is_some() { here("after", "") } else { String::new() },
        by_plan: here("sort", ""),
        by_tokens: here("sort", Sort::Tokens.as_str()),
        by_time: here("sort", Sort::Time.as_str()),
        reading: match progress.read < progress.all && filter.words.is_some() {
            true => format!("{} of {}", count(progress.read.unsigned_abs()), count(progress.all.unsigned_abs())),
            false => String::new(),
        },
        lines: list.lines.iter().map(line).collect(),
    };
    layout::page(&app, "Samples", "view-samples", &data).await
}

/// The filter that the parameters of an address describe; what makes no sense is left out.
fn filter(parameters: &Parameters) -> Filter {
    let text = |name: &str| parameters.get(name).map(str::to_string);
    let after = parameters.get("after").and_then(|after| {
        let (key, id) = after.split_once('.')?;
        Some((key.parse().ok()?, id.parse().ok()?))
    });
    let mut outcomes: Vec<u8> = parameters.all("outcome").filter_map(outcome_place).collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    if outcomes.len() > usize::from(UNGRADED) {
        outcomes.clear();
    }
    Filter {
        run: text("run"),
        benchmark: text("benchmark"),
        model: text("model"),
        stratum: text("subset"),
        category: text("category"),
        outcomes,
        sample: text("sample"),
        words: text("q"),
        sort: Sort::parse(parameters.get("sort").unwrap_or_default()),
        after,
        limit: LINES,
    }
}

fn plain(text: &str) -> (String, String) {
    (text.to_string(), one_line(text))
}

fn menu(name: &'static str, title: &'static str, choices: impl Iterator<Item = (String, String)>, chosen: Option<&str>) -> Menu {
    let mut choices: Vec<Choice> =
        choices.map(|(value, words)| Choice { chosen: Some(value.as_str()) == chosen, value, words }).collect();
    // What the address names stays chosen even where nothing here is called so.
    if let Some(chosen) = chosen.filter(|_| choices.iter().all(|choice| !choice.chosen)) {
        choices.push(Choice { value: chosen.to_string(), words: one_line(chosen), chosen: true });
    }
    Menu { name, title, choices }
}

fn line(line: &AttemptLine) -> Line {
    let epoch = line.epoch.to_string();
    Line {
        href: address("/sample", &[("run", &line.run), ("sample", &line.sample), ("epoch", &epoch)]),
        sample: one_line(&line.sample),
        epoch: line.epoch,
        benchmark: one_line(&line.benchmark),
        model: one_line(&line.model),
        run: one_line(&line.run),
        run_href: address("/run", &[("id", &line.run)]),
        strata: one_line(&line.strata),
        outcome: line.outcome,
        category: one_line(&line.category),
        tokens: u64::try_from(line.tokens).map(count).unwrap_or_else(|_| "–".into()),
        time: if line.millis < 0 { "–".into() } else { seconds(line.millis as f64 / 1000.0) },
        explanation: one_line(&line.explanation),
    }
}
