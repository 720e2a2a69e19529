//! Tables for other programs: what is written can be read back, equal.

mod common;

use common::{mixed, pass_at_1, run, view};
use polars::prelude::{DataFrame, DataType, ParquetReader, SerReader};
use proctor_core::Outcome;
use proctor_reports::export::{Format, TableKind, to_file, write};
use proctor_reports::frames::{self, AttemptRow, RunRows};
use proctor_reports::{ReportError, SampleView, summarise_rows};
use serde_json::Value;
use std::io::Cursor;
use std::path::Path;

fn frame(views: &[SampleView]) -> DataFrame {
    let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
    frames::attempts(&[RunRows { run: &run(views.len()), rows: &rows }]).unwrap()
}

fn written(frame: &mut DataFrame, format: Format) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(frame, format, &mut bytes).unwrap();
    bytes
}

/// Views with everything that upsets formats: quotes, commas, newlines, formulas, NUL, no values, NaN.
fn awkward() -> Vec<SampleView> {
    let mut views = mixed();
    views.push(view("=cmd|'/c calc'!A0", Outcome::Correct, "quote \" comma , line\nend", "\0 naïve 你好 \u{202e}"));
    let grade = views[0].grade.as_mut().unwrap();
    grade.scores.insert("sanitised".into(), f64::NAN);
    grade.scores.insert("elo".into(), f64::INFINITY);
    grade.explanation = "+1+2, \"quoted\"\r\nsecond line".into();
    views
}

#[test]
fn parquet_reads_back_equal() {
    for mut frame in [frame(&awkward()), frame(&[])] {
        let bytes = written(&mut frame, Format::Parquet);
        let read = ParquetReader::new(Cursor::new(bytes)).finish().unwrap();
        assert!(read.equals_missing(&frame), "{read}\n{frame}");
        assert_eq!(read.schema(), frame.schema());
    }
}

#[test]
fn json_lines_hold_the_same_cells() {
    let views = awkward();
    let mut frame = frame(&views);
    let text = String::from_utf8(written(&mut frame, Format::Jsonl)).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), views.len());
    let names: Vec<String> = lines[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, frame.get_column_names().iter().map(|name| name.to_string()).collect::<Vec<_>>());
    assert_eq!(lines[0]["score_raw"], 1.0);
    assert_eq!(lines[0]["score_sanitised"], Value::Null);
    assert_eq!(lines[0]["score_elo"], Value::Null);
    assert_eq!(lines[0]["explanation"], "+1+2, \"quoted\"\r\nsecond line");
    assert_eq!(lines[18]["error"], "the endpoint gave no answer in 60 s");
    assert_eq!(lines[18]["answer"], Value::Null);
    assert_eq!(lines[20]["outcome"], Value::Null);
    assert_eq!(lines[21]["answer"], "\0 naïve 你好 \u{202e}");
    assert_eq!(lines[21]["prompt"], "[system]\nYou write programs.\n\n[user]\nquote \" comma , line\nend");
}

#[test]
fn csv_quotes_every_text_and_leaves_the_unknown_empty() {
    let mut frame = frame(&awkward());
    let text = String::from_utf8(written(&mut frame, Format::Csv)).unwrap();
    let rows = parse_csv(&text);
    assert_eq!(rows.len(), frame.height() + 1);
    let column = |name: &str| rows[0].iter().position(|cell| cell.0 == name).unwrap_or_else(|| panic!("no column {name}"));
    assert_eq!(rows[22][column("sample_id")], ("=cmd|'/c calc'!A0".to_string(), true));
    assert_eq!(rows[22][column("answer")], ("\0 naïve 你好 \u{202e}".to_string(), true));
    assert_eq!(rows[1][column("explanation")], ("+1+2, \"quoted\"\r\nsecond line".to_string(), true));
    assert_eq!(rows[1][column("score_sanitised")], (String::new(), false));
    assert_eq!(rows[1][column("prompt_tokens")], ("100".to_string(), false));
    assert_eq!(rows[19][column("answer")], (String::new(), false));
    assert_eq!(rows[1][column("strata")], (String::new(), true));
}

#[test]
fn columns_have_their_types_even_without_values() {
    for frame in [frame(&mixed()), frame(&[])] {
        let schema = frame.schema();
        for (name, dtype) in [
            ("epoch", DataType::UInt32),
            ("outcome", DataType::String),
            ("reasoning_tokens", DataType::UInt64),
            ("latency_s", DataType::Float64),
            ("reasoning", DataType::String),
        ] {
            assert_eq!(schema.get(name), Some(&dtype), "{name}");
        }
    }
}

#[test]
fn the_summary_table_has_one_row_per_figure() {
    let views = mixed();
    let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
    let whole = summarise_rows(&run(25), &rows, &pass_at_1(&views), None);
    let empty = summarise_rows(&run(3), &[], &[], None);
    let mut frame = frames::summary(&[whole, empty]).unwrap();
    let text = String::from_utf8(written(&mut frame, Format::Jsonl)).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["metric"], &lines[0]["successes"], &lines[0]["n"]), (&"pass@1".into(), &5.into(), &18.into()));
    assert_eq!((&lines[0]["infra_error"], &lines[0]["planned"]), (&1.into(), &25.into()));
    assert_eq!((&lines[1]["metric"], &lines[1]["value"], &lines[1]["planned"]), (&Value::Null, &Value::Null, &3.into()));
}

#[test]
fn every_column_is_documented() {
    let page = std::fs::read_to_string(
        Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../docs/results.md"),
    )
    .unwrap();
    let summary = summarise_rows(&run(0), &[], &[], None);
    for frame in [frame(&mixed()), frames::summary(&[summary]).unwrap()] {
        for name in frame.get_column_names() {
            let documented = name.starts_with("score_") || Outcome::parse(name).is_some() || page.contains(&format!("`{name}`"));
            assert!(documented, "docs/results.md does not say what `{name}` is");
        }
    }
}

#[test]
fn runs_with_different_scores_share_one_table() {
    let mut views = mixed();
    views.truncate(2);
    views[1].grade.as_mut().unwrap().scores = [("points".to_string(), 0.5)].into();
    let rows: Vec<AttemptRow> = views.iter().map(AttemptRow::from).collect();
    let record = run(1);
    let frame =
        frames::grades(&[RunRows { run: &record, rows: &rows[..1] }, RunRows { run: &record, rows: &rows[1..] }]).unwrap();
    assert_eq!(frame.height(), 2);
    assert_eq!(frame.column("score_points").unwrap().null_count(), 1);
    assert_eq!(frame.column("score_raw").unwrap().null_count(), 1);
}

#[test]
fn a_file_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grades.csv");
    std::fs::write(&path, "old").unwrap();
    let mut frame = frame(&mixed());
    to_file(&mut frame, Format::Csv, &path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), written(&mut frame, Format::Csv));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = folder.path().join("no/such/folder.csv");
    let message = to_file(&mut frame, Format::Csv, &nowhere).unwrap_err().to_string();
    assert!(message.contains("folder.csv could not be written"), "{message}");
    to_file(&mut frame, Format::Csv, Path::new("/dev/null")).unwrap();
}

#[test]
fn a_closed_pipe_is_said_to_be_one() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for format in Format::ALL {
        let error = write(&mut frame(&mixed()), format, &mut Closed).unwrap_err();
        assert!(matches!(&error, ReportError::Output(e) if e.kind() == std::io::ErrorKind::BrokenPipe), "{error}");
    }
}

#[test]
fn words_name_formats_and_tables() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse::<Format>().unwrap(), format);
        assert_eq!(Format::of_path(Path::new(&format!("a/b.{}", format.as_str().to_uppercase()))), Some(format));
    }
    for table in TableKind::ALL {
        assert_eq!(table.as_str().parse::<TableKind>().unwrap(), table);
    }
    assert_eq!(Format::of_path(Path::new("csv")), None);
    let message = "xlsx".parse::<Format>().unwrap_err().to_string();
    assert_eq!(message, "unknown export format `xlsx`; use csv, jsonl or parquet");
    assert!("rows".parse::<TableKind>().is_err());
}

/// RFC 4180: each cell with whether it was quoted.
fn parse_csv(text: &str) -> Vec<Vec<(String, bool)>> {
    let (mut rows, mut row, mut cell, mut quoted, mut inside) = (Vec::new(), Vec::new(), String::new(), false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if inside && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => {
                inside = !inside;
                quoted = true;
            }
            ',' | '\n' if !inside => {
                row.push((std::mem::take(&mut cell), std::mem::take(&mut quoted)));
                if c == '\n' {
                    rows.push(std::mem::take(&mut row));
                }
            }
            c => cell.push(c),
        }
    }
    rows
}
