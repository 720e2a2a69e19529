//! The pages. Each takes what it needs from the index, the store and the figures, and renders a template that it shares
//! with the report; what a model wrote reaches a page as escaped text, or as JSON that the script shows as text.

mod address;
mod answer;
mod assets;
mod attempt;
mod attempts;
mod board;
mod compare;
mod layout;
mod run;
mod runs;

pub(crate) use layout::templates;

use crate::server::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// Every address there is.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(runs::page))
        .route("/api/runs", get(runs::json))
        .route("/run", get(run::page))
        .route("/samples", get(attempts::page))
        .route("/sample", get(attempt::page))
        .route("/api/sample", get(attempt::json))
        .route("/leaderboard", get(board::page))
        .route("/compare", get(compare::page))
        .route("/style.css", get(assets::style))
        .route("/script.js", get(assets::script))
        .route("/view.js", get(assets::view))
        .route("/favicon.ico", get(assets::icon))
        .fallback(answer::nothing_here)
}
