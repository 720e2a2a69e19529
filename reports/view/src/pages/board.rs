use super::address::{Parameters, address};
use super::answer::PageResult;
use super::layout;
use crate::server::App;
use axum::extract::{Query, State};
use proctor_reports::html::MatrixView;
use proctor_reports::text::{count, one_line};
use serde::Serialize;
use std::sync::Arc;

/// Subsets offered.
const MOST_SUBSETS: i64 = 500;

#[derive(Serialize)]
struct Board {
    matrix: String,
    subsets: Vec<Choice>,
    chosen: Vec<String>,
    all: String,
    empty: bool,
}

/// A subset that can be added.
#[derive(Serialize)]
pub(super) struct Choice {
    pub value: String,
    pub words: String,
    pub chosen: bool,
}

/// Models by benchmarks, over all samples or over subsets.
pub(super) async fn page(State(app): State<Arc<App>>, Query(parameters): Query<Vec<(String, String)>>) -> PageResult {
    let parameters = Parameters(parameters);
    let slices: Vec<String> = parameters.all("subset").map(str::to_string).collect();
    let board = app.leaderboard(&slices).await?;
    let view = MatrixView::of(&board, |benchmark, run| match run {
        Some(run) => address("/run", &[("id", run)]),
        None => address("/samples", &[("benchmark", benchmark)]),
    });
    let empty = view.rows.is_empty();
    let matrix = app.templates.render("matrix", &view).map_err(layout::said)?;
    let data = Board {
        matrix,
        subsets: subsets(&app, &slices).await?,
        chosen: slices.iter().map(|slice| one_line(slice)).collect(),
        all: "/leaderboard".into(),
        empty,
    };
    layout::page(&app, "Leaderboard", "view-leaderboard", &data).await
}

/// The subsets of all samples.
pub(super) async fn subsets(app: &App, chosen: &[String]) -> Result<Vec<Choice>, crate::ViewError> {
    let runs: Vec<i64> = app.index.runs().await?.iter().map(|run| run.seq).collect();
    let strata = app.index.strata(&runs, MOST_SUBSETS).await?;
    Ok(strata
        .into_iter()
        .map(|(name, n)| Choice {
            words: format!("{} ({})", one_line(&name), count(n.unsigned_abs())),
            chosen: chosen.contains(&name),
            value: name,
        })
        .collect())
}
