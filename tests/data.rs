//! `proctor data` through the binary, against a local server in the Hub's layout.

mod support;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use std::net::SocketAddr;
use support::{Desk, Ran};

const COMMIT: &str = "8ab16f0c131a9b3b52195e64175cb5a8f3881bbf";

/// Two problems in three versions each, in UGMathBench's schema.
fn problems() -> String {
    let row = |n: u32| {
        let mut row = json!({
            "id": format!("Algebra_{n:04}"), "subject": "Algebra", "topic": "Sums", "subtopic": "Small sums", "level": "1",
            "keywords": ["sum"],
        });
        for version in 1..=3 {
            row[format!("problem_v{version}")] = json!(format!("What is ${n} + {version}$? [ANS]"));
            row[format!("answer_v{version}")] = json!([(n + version).to_string()]);
            row[format!("answer_type_v{version}")] = json!(["NV"]);
            row[format!("options_v{version}")] = json!([[]]);
        }
        row
    };
    Value::Array(vec![row(1), row(2)]).to_string()
}

async fn resolve(Path((_, _, commit, _)): Path<(String, String, String, String)>, headers: HeaderMap) -> Response {
    if commit != COMMIT {
        return StatusCode::NOT_FOUND.into_response();
    }
    let body = problems();
    let etag = format!("\"{}\"", proctor_core::sha256_hex(body.as_bytes()));
    let head = [("etag", etag), ("x-repo-commit", COMMIT.to_owned())];
    match headers.get("range").and_then(|v| v.to_str().ok()) {
        Some("bytes=0-0") => {
            let range = [("content-range", format!("bytes 0-0/{}", body.len()))];
            (StatusCode::PARTIAL_CONTENT, head, range, body[..1].to_owned()).into_response()
        }
        _ => (head, body).into_response(),
    }
}

/// A server that is there while the runtime is.
fn serve(runtime: &tokio::runtime::Runtime) -> SocketAddr {
    let listing = || async {
        let file = json!({"rfilename": "data/Algebra.json", "size": problems().len()});
        json!({"sha": COMMIT, "siblings": [file, {"rfilename": "README.md", "size": 1}]}).to_string()
    };
    let app = Router::new()
        .route("/api/datasets/{owner}/{name}/revision/{revision}", get(listing))
        .route("/datasets/{owner}/{name}/resolve/{commit}/{*path}", get(resolve));
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    })
}

fn proctor(desk: &Desk, hub: &str, arguments: &[&str]) -> Ran {
    let mut command = desk.command(arguments);
    command.env("HF_ENDPOINT", hub).env("HF_HOME", "hf").env("PROCTOR_CACHE", "cache");
    command.env_remove("HF_TOKEN").env_remove("HF_HUB_OFFLINE").env_remove("HF_HUB_CACHE");
    command.output().expect("the program starts").into()
}

#[test]
fn data_is_fetched_pinned_verified_and_used() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let hub = format!("http://{}", serve(&runtime));
    let desk = Desk::new();

    let early = proctor(&desk, &hub, &["run", "ugmathbench", "--data", "hub", "-m", "mock/echo"]);
    assert_eq!(early.code, 2, "{early:?}");
    assert!(early.stderr.contains("pins no data of ugmathbench") && early.stderr.contains("proctor data fetch"), "{early:?}");

    let fetched = proctor(&desk, &hub, &["data", "fetch", "ugmathbench", "--only", "data"]);
    assert_eq!(fetched.code, 0, "{fetched:?}");
    assert!(fetched.stderr.contains("1 of 1 files downloaded"), "{fetched:?}");
    let lock = std::fs::read_to_string(desk.path("proctor.lock")).expect("the lock file is written");
    assert!(lock.contains(COMMIT) && lock.contains("data/Algebra.json"), "{lock}");

    let verified = proctor(&desk, &hub, &["data", "verify"]);
    assert_eq!((verified.code, verified.stdout.as_str()), (0, "ugmathbench data: intact\n"), "{verified:?}");
    let listed = proctor(&desk, &hub, &["data", "list", "ugmathbench", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).expect("it is JSON");
    assert_eq!(listed["items"][0]["state"], "here");

    let ran =
        proctor(&desk, &hub, &["run", "ugmathbench", "--data", "hub", "-m", "mock/constant?text=\\boxed{4}", "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    let outcomes = summary["runs"][0]["outcomes"].as_array().or_else(|| summary["summaries"][0]["outcomes"].as_array());
    assert!(outcomes.is_some_and(|o| o.iter().any(|c| c["outcome"] == "correct" && c["n"] == 2)), "{summary}");

    // What was changed by hand is told, and fetched anew.
    let copy = desk.path("cache/data/ugmathbench").join(&COMMIT[..12]).join("data/Algebra.json");
    std::fs::write(&copy, "[]").expect("the copy can be written");
    let verified = proctor(&desk, &hub, &["data", "verify"]);
    assert!(verified.code == 1 && verified.stdout.contains("damaged"), "{verified:?}");
    assert_eq!(proctor(&desk, &hub, &["data", "fetch", "ugmathbench", "--only", "data"]).code, 0);
    assert_eq!(proctor(&desk, &hub, &["data", "verify"]).code, 0);
}

#[test]
fn what_cannot_be_fetched_is_told_in_a_sentence() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let hub = format!("http://{}", serve(&runtime));
    let desk = Desk::new();
    for (arguments, code, words) in [
        (&["data", "fetch"][..], 2, "nothing says what to fetch"),
        (&["data", "fetch", "tmgbench"], 2, "it is made by proctor itself"),
        (&["data", "fetch", "nosuch"], 2, "There is no benchmark `nosuch`"),
        (&["data", "verify"], 2, "pins nothing"),
        (&["data", "fetch", "ugmathbench", "--only", "data", "--lock", "/proc/none/x.lock"], 1, "failed"),
    ] {
        let ran = proctor(&desk, &hub, arguments);
        assert!(ran.code == code && ran.stderr.contains(words), "{arguments:?}: {ran:?}");
    }
}
