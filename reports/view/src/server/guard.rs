//! Who may ask, and what every answer says.

use super::state::App;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Nothing from elsewhere, nothing inline, nothing that a text could turn into markup.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Lets a request through that comes from this machine's browser with the token, and refuses every other.
pub(super) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = match admitted(&app, &request) {
        Ok(Admitted::Yes) => next.run(request).await,
        Ok(Admitted::WithToken) => enter(&app, &request),
        Err((status, words)) => (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], words).into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

enum Admitted {
    Yes,
    WithToken,
}

fn admitted(app: &App, request: &Request) -> Result<Admitted, (StatusCode, &'static str)> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "This server only shows; it takes nothing.\n"));
    }
    // Another site's name that was made to resolve to this machine (DNS rebinding) stands in the Host header.
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let names = ["127.0.0.1", "localhost", "[::1]"];
    if !names.iter().any(|name| host == format!("{name}:{}", app.port)) {
        return Err((StatusCode::MISDIRECTED_REQUEST, "This server answers to its own address only.\n"));
    }
    if request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site")
        && request.headers().get("sec-fetch-mode").is_some_and(|mode| mode != "navigate")
    {
        return Err((StatusCode::FORBIDDEN, "Other sites may not ask this server.\n"));
    }
    if token_in_query(request).is_some_and(|token| app.token.is(token)) {
        return Ok(Admitted::WithToken);
    }
    if cookies(request.headers(), &cookie_name(app.port)).any(|token| app.token.is(token)) {
        return Ok(Admitted::Yes);
    }
    Err((StatusCode::FORBIDDEN, "Open the address that `proctor view` printed: it holds the key to these pages.\n"))
}

/// Moves the token from the address, where a history would keep it, into a cookie.
fn enter(app: &App, request: &Request) -> Response {
    let path = request.uri().path();
    // Only a path of this server's own: `//host` would be another one's.
    let path = if path.starts_with("//") || path.contains('\\') { "/" } else { path };
    let query: Vec<&str> =
        request.uri().query().unwrap_or_default().split('&').filter(|p| !p.is_empty() && !p.starts_with("token=")).collect();
    let target = if query.is_empty() { path.to_string() } else { format!("{path}?{}", query.join("&")) };
    let cookie = format!("{}={}; HttpOnly; SameSite=Lax; Path=/", cookie_name(app.port), app.token.reveal());
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    for (name, value) in [(header::LOCATION, target), (header::SET_COOKIE, cookie)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Cookies know no ports, so two views need two names.
fn cookie_name(port: u16) -> String {
    format!("proctor_{port}")
}

fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(known, _)| *known == name).map(|(_, value)| value)
}

fn token_in_query(request: &Request) -> Option<&str> {
    request.uri().query()?.split('&').find_map(|part| part.strip_prefix("token="))
}
