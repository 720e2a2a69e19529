use super::answer::PageResult;
use crate::ViewError;
use crate::server::App;
use axum::response::Html;
use proctor_reports::ReportError;
use proctor_reports::html::{Assets, Shell, Templates};
use proctor_reports::text::{count, one_line};
use serde::Serialize;
use std::sync::atomic::Ordering;

const TEMPLATES: [(&str, &str); 6] = [
    ("view-runs", include_str!("../templates/runs.html.j2")),
    ("view-run", include_str!("../templates/run.html.j2")),
    ("view-samples", include_str!("../templates/samples.html.j2")),
    ("view-sample", include_str!("../templates/sample.html.j2")),
    ("view-leaderboard", include_str!("../templates/leaderboard.html.j2")),
    ("view-compare", include_str!("../templates/compare.html.j2")),
];

/// The templates of the report and of the view.
pub(crate) fn templates() -> Result<Templates, ViewError> {
    let mut templates = Templates::new().map_err(said)?;
    for (name, source) in TEMPLATES {
        templates.add(name, source).map_err(said)?;
    }
    Ok(templates)
}

/// A page: `template` over `data` in the frame that all pages share.
pub(super) async fn page(app: &App, title: &str, template: &str, data: &impl Serialize) -> PageResult {
    let body = app.templates.render(template, data).map_err(said)?;
    let link = |href: &str, words: &str| (href.to_string(), words.to_string());
    let links =
        vec![link("/", "Runs"), link("/leaderboard", "Leaderboard"), link("/compare", "Compare"), link("/samples", "Samples")];
    let shell = Shell {
        title: one_line(title),
        subtitle: state(app).await,
        links,
        body,
        data: Vec::new(),
        assets: Some(Assets { style: "/style.css".into(), scripts: vec!["/script.js".into(), "/view.js".into()] }),
    };
    Ok(Html(app.templates.page(shell).map_err(said)?))
}

/// Where the index stands, in words; nothing where all is there.
async fn state(app: &App) -> String {
    if !app.filled.load(Ordering::Relaxed) {
        return "reading the store …".into();
    }
    match app.index.text_progress().await {
        Ok(progress) if progress.read < progress.all => {
            let (read, all) = (count(progress.read.unsigned_abs()), count(progress.all.unsigned_abs()));
            format!("search: {read} of {all} attempts read")
        }
        _ => one_line(&app.store.location().to_string()),
    }
}

pub(super) fn said(error: ReportError) -> ViewError {
    match error {
        ReportError::Template(error) => ViewError::Template(error),
        other => ViewError::Figures(other.to_string()),
    }
}
