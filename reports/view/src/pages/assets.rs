use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use proctor_reports::html::{SCRIPT, STYLE};

const VIEW_STYLE: &str = include_str!("../templates/view.css");
const VIEW_SCRIPT: &str = include_str!("../templates/view.js");

pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], format!("{STYLE}\n{VIEW_STYLE}")).into_response()
}

pub(super) async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

pub(super) async fn view() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], VIEW_SCRIPT).into_response()
}

/// Browsers ask for it; there is none.
pub(super) async fn icon() -> StatusCode {
    StatusCode::NO_CONTENT
}
