//! Files with answers of others, in every shape they come in.

use flate2::{Compression, write::GzEncoder};
use proctor_benchmarks::read_answers_file;
use proctor_core::AnswerRow;
use proptest::prelude::*;
use serde_json::json;
use std::io::Write;

fn read(bytes: &[u8]) -> Result<Vec<AnswerRow>, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    read_answers_file(file.path()).map_err(|error| error.to_string())
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The bytes, packed or not, hold rows at these lines.
fn check(bytes: &[u8], lines: &[usize]) {
    for bytes in [bytes.to_vec(), pack(bytes)] {
        let rows = read(&bytes).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), lines);
        assert!(rows.iter().all(|row| row.value.is_object()));
    }
}

/// The bytes are refused with one sentence that holds all `parts`.
fn refuse(bytes: &[u8], parts: &[&str]) {
    let message = read(bytes).map(|rows| rows.len()).expect_err("the file was taken");
    for part in parts {
        assert!(message.contains(part), "{message:?} does not hold {part:?}");
    }
    assert!(!message.contains('\n') && message.len() < 500, "{message:?}");
}

#[test]
fn lines_and_arrays() {
    check(b"{\"a\":1}\n{\"a\":2}\n", &[1, 2]);
    check(b"{\"a\":1}", &[1]);
    check(b"\xef\xbb\xbf{\"a\":1}\r\n\r\n  \n{\"a\":2}\r\n", &[1, 4]);
    check(b"\n\n{\"a\":1}\n", &[3]);
    check(b"[{\"a\":1},\n{\"a\":2}]\n", &[1, 2]);
    check(b"\xef\xbb\xbf \n[\n{\"a\":1}\n]", &[1]);
    check(b"{}", &[1]);
}

#[test]
fn bad_files() {
    refuse(b"", &["holds no answers"]);
    refuse(b"\xef\xbb\xbf\r\n \n", &["holds no answers"]);
    refuse(b"[]", &["holds no answers"]);
    refuse(&pack(b""), &["holds no answers"]);
    refuse(b"{\"a\":1}\n{\"a\":\n{\"a\":2}\n", &["line 2", "not a complete JSON object"]);
    refuse(b"{\"a\":1}\n\nnonsense\n", &["line 3", "not a complete JSON object"]);
    refuse(b"{\"a\":1} {\"b\":2}\n", &["line 1", "trailing"]);
    refuse(b"{\"a\":1}\n{\"a\":\"\xff\"}\n", &["line 2", "not UTF-8 text (byte 6"]);
    refuse(b"{\"a\":1}\n3\n", &["line 2", "`3` is not a JSON object"]);
    refuse(b"[{\"a\":1}, 3]", &["item 2", "`3` is not a JSON object"]);
    refuse(b"[{\"a\":1}", &["not a JSON array of answers"]);
    refuse(b"[{\"a\":1}] x", &["not a JSON array of answers"]);
    refuse(&b"{\"a\":".repeat(100_000), &["line 1", "recursion limit"]);
    let packed = pack(b"{\"a\":1}\n{\"a\":2}\n");
    refuse(&packed[..packed.len() / 2], &["cannot be read"]);
    refuse(b"\x1f\x8bnonsense", &["cannot be read"]);
}

#[test]
fn missing_files_and_folders() {
    let folder = tempfile::tempdir().unwrap();
    let message = |path| read_answers_file(path).map(|rows| rows.len()).expect_err("the file was taken").to_string();
    assert!(message(folder.path()).contains("is a folder"));
    assert!(message(&folder.path().join("none.jsonl")).contains("cannot be read"));
}

#[test]
fn a_large_completion_is_one_row() {
    let text = "x = 1\n".repeat(10_000_000 / 6);
    let line = json!({"task_id": "HumanEval/0", "completion": text}).to_string() + "\n";
    assert!(line.len() > 10_000_000);
    for bytes in [line.clone().into_bytes(), pack(line.as_bytes())] {
        assert_eq!(read(&bytes).unwrap()[0].value["completion"].as_str().map(str::len), Some(text.len()));
    }
}

#[test]
fn several_gzip_members_are_one_file() {
    let bytes = [pack(b"{\"a\":1}\n"), pack(b"{\"a\":2}\n")].concat();
    assert_eq!(read(&bytes).unwrap().len(), 2);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), head in 0..5usize) {
        let head: &[u8] = [&b""[..], b"[", b"{\"a\":1}\n", b"\x1f\x8b\x08", b"\xef\xbb\xbf"][head];
        if let Ok(rows) = read(&[head, &bytes].concat()) {
            prop_assert!(!rows.is_empty());
        }
    }

    #[test]
    fn what_is_written_is_read(texts in prop::collection::vec(any::<String>(), 1..8), array in any::<bool>()) {
        let values: Vec<_> = texts.iter().map(|text| json!({"solution": text})).collect();
        let lines: Vec<String> = values.iter().map(ToString::to_string).collect();
        let bytes = if array { json!(values).to_string() } else { lines.join("\r\n") };
        let rows = read(bytes.as_bytes()).unwrap();
        prop_assert_eq!(rows.into_iter().map(|row| row.value).collect::<Vec<_>>(), values);
    }
}
