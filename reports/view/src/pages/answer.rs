use crate::ViewError;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use proctor_reports::text::visible;

/// What a page gives back.
pub(super) type PageResult = Result<Html<String>, ViewError>;

impl IntoResponse for ViewError {
    fn into_response(self) -> Response {
        let status = match &self {
            ViewError::NotFound(_) => StatusCode::NOT_FOUND,
            ViewError::Request(_) => StatusCode::BAD_REQUEST,
            ViewError::Store(error) if error.exit_code() == proctor_core::ExitCode::Usage => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        // As plain text: nothing in it can be markup.
        let words = format!("{}\n", visible(&self.to_string()));
        (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], words).into_response()
    }
}

/// The answer to any other address.
pub(super) async fn nothing_here() -> Response {
    ViewError::NotFound("There is no such page; the list of runs is at /".into()).into_response()
}
