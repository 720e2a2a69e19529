//! Answers from a file.

mod support;

use flate2::Compression;
use flate2::write::GzEncoder;
use proctor_core::{Finish, Model, ModelError, ModelErrorKind, Request};
use proctor_models::{ModelOptions, open, request_sha256};
use std::io::Write;
use std::sync::Arc;
use support::{chat, labelled, raw};

fn replay(name: &str, content: &[u8]) -> Result<Arc<dyn Model>, ModelError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    open(&format!("replay/{}", path.display()), &ModelOptions::default())
}

async fn text(model: &Arc<dyn Model>, request: &Request) -> Result<String, ModelErrorKind> {
    model.complete(request).await.map(|c| c.text).map_err(|e| e.kind)
}

#[tokio::test]
async fn samples_are_looked_up_by_id_and_epoch() {
    let lines = concat!(
        "\u{feff}{\"task_id\": \"HumanEval/0\", \"solution\": \"first\"}\r\n\r\n",
        "{\"task_id\": \"HumanEval/0\", \"solution\": \"second\"}\r\n",
        "{\"id\": 7, \"completion\": [\"a\", \"b\"]}\n",
        "{\"sample_id\": \"x\", \"epoch\": 3, \"text\": \"late\", \"finish\": \"length\", \"reasoning\": \"r\"}\n",
    );
    let list = serde_json::json!(
        lines
            .trim_start_matches('\u{feff}')
            .lines()
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
            .collect::<Vec<_>>()
    );
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(lines.as_bytes()).unwrap();
    for (name, content) in [
        ("a.jsonl", lines.as_bytes().to_vec()),
        ("a.json", serde_json::to_vec_pretty(&list).unwrap()),
        ("a.jsonl.gz", packed.finish().unwrap()),
    ] {
        let model = replay(name, &content).unwrap();
        let ask = |id: &str, epoch| labelled(chat("?"), id, epoch);
        assert_eq!(text(&model, &ask("HumanEval/0", 0)).await, Ok("first".to_owned()), "{name}");
        assert_eq!(text(&model, &ask("HumanEval/0", 1)).await, Ok("second".to_owned()));
        assert_eq!(text(&model, &ask("7", 1)).await, Ok("b".to_owned()));
        let late = model.complete(&ask("x", 3)).await.unwrap();
        assert_eq!((late.text.as_str(), late.finish, late.reasoning.as_deref()), ("late", Finish::Length, Some("r")));
        assert_eq!(text(&model, &ask("x", 0)).await, Err(ModelErrorKind::NoAnswer));
        assert_eq!(text(&model, &chat("?")).await, Err(ModelErrorKind::NoAnswer));
        let missing = model.complete(&ask("y", 0)).await.unwrap_err();
        assert!(missing.message.contains(name) && missing.message.contains("`y`"), "{missing}");
        assert!(!missing.is_retryable());
    }
}

#[tokio::test]
async fn requests_are_looked_up_by_hash_and_by_what_they_contain() {
    let mut one = chat("one");
    let file = format!(
        "{{\"request_sha256\":\"{}\",\"text\":\"exact\"}}\n{{\"prompt_contains\":\"on\",\"text\":\"part<stop>x\"}}\n{{\"prompt_contains\":\"o\",\"text\":\"later\"}}",
        request_sha256(&one)
    );
    let model = replay("h.jsonl", file.as_bytes()).unwrap();
    one.sampling.seed = Some(99);
    assert_eq!(text(&model, &labelled(one.clone(), "any", 4)).await, Ok("exact".to_owned()));
    assert_eq!(text(&model, &raw("go on", &["<stop>"])).await, Ok("part".to_owned()));
    assert_eq!(text(&model, &chat("two")).await, Ok("later".to_owned()));
    assert_eq!(text(&model, &raw("xyz", &[])).await, Err(ModelErrorKind::NoAnswer));
    one.sampling.temperature = Some(0.5);
    assert_ne!(request_sha256(&chat("one")), request_sha256(&one));
}

#[test]
fn unfit_files_are_refused_with_the_place() {
    let cases: [(&[u8], &str); 10] = [
        (b"", "no answers"),
        (b"\n \n", "no answers"),
        (b"[]", "no answers"),
        (b"{\"id\":1,\"text\":\"a\"}\n{\"id\":", "line 2"),
        (b"{\"id\":1,\"text\":\"a\"}\n[1]", "line 2"),
        (b"[{\"id\":1,\"text\":\"a\"},{\"id\":1}]", "row 2"),
        (b"{\"text\":\"a\"}", "none of `sample_id`"),
        (b"{\"id\":1,\"epoch\":-1,\"text\":\"a\"}", "`epoch`"),
        (b"{\"id\":1,\"epoch\":0,\"text\":\"a\"}\n{\"id\":1,\"epoch\":0,\"text\":\"b\"}", "second answer"),
        (b"\xff\xfe", "UTF-8"),
    ];
    for (content, part) in cases {
        let error = replay("bad.jsonl", content).err().unwrap();
        assert!(error.message.contains(part) && error.message.contains("bad.jsonl"), "{error}");
        assert_eq!(error.message.lines().count(), 1);
    }
    let absent = open("replay/no/such/file.jsonl", &ModelOptions::default()).err().unwrap();
    assert!(absent.message.contains("no/such/file.jsonl"), "{absent}");
}

#[test]
fn provenance_is_the_content_not_the_place() {
    let a = replay("a.jsonl", b"{\"id\":1,\"text\":\"a\"}").unwrap().provenance();
    let b = replay("b.jsonl", b"{\"id\":1,\"text\":\"a\"}").unwrap().provenance();
    let c = replay("a.jsonl", b"{\"id\":1,\"text\":\"c\"}").unwrap().provenance();
    assert_eq!(a, b);
    assert_ne!(a, c);
}
