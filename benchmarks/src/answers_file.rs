//! Files with answers that somebody else generated: JSONL or one JSON array, gzip of either.

use flate2::read::MultiGzDecoder;
use proctor_core::{AnswerRow, BenchmarkError};
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// Most bytes a file may have after unpacking.
pub const MOST_BYTES: u64 = 4 << 30;
/// Most bytes of one line; a gzip bomb without line ends stops here.
const MOST_LINE_BYTES: u64 = 512 << 20;

/// Most files of a folder of answers.
const MOST_FILES: usize = 100_000;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Reads all rows of an answers file, or of every such file below a folder. A byte order mark, CRLF and blank lines are tolerated; gzip is told by content,
/// not by name. Errors name the file, the line, the reason and what to do.
pub fn read(path: &Path) -> Result<Vec<AnswerRow>, BenchmarkError> {
    let name = path.display().to_string();
    let failed = |error: io::Error| BenchmarkError::Input(format!("{name} cannot be read: {error}"));
    if path.is_dir() {
        return read_folder(path);
    }
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let packed = file.fill_buf().map_err(failed)?.starts_with(&GZIP_MAGIC);
    let reader: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    read_rows(&name, BufReader::with_capacity(1 << 16, reader.take(MOST_BYTES + 1)))
}

/// Reads every .json and .jsonl file below a folder (.gz too), in the order of their paths. Lines are counted through.
fn read_folder(folder: &Path) -> Result<Vec<AnswerRow>, BenchmarkError> {
    let name = folder.display();
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let failed = |error: io::Error| BenchmarkError::Input(format!("{} cannot be read: {error}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let file = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if [".json", ".jsonl", ".json.gz", ".jsonl.gz"].iter().any(|end| file.ends_with(end)) {
                files.push(path);
            }
            if files.len() + folders.len() > MOST_FILES {
                return Err(BenchmarkError::Input(format!(
                    "{name} holds more than {MOST_FILES} files; give a folder of answers"
                )));
            }
        }
    }
    files.sort();
    let mut rows: Vec<AnswerRow> = Vec::new();
    for file in &files {
        let before = rows.len();
        rows.extend(read(file)?.into_iter().map(|row| AnswerRow { line: before + row.line, ..row }));
    }
    match rows.is_empty() {
        true => Err(BenchmarkError::Input(format!("{name} is a folder without a JSONL or JSON file with answers"))),
        false => Ok(rows),
    }
}

fn read_rows(name: &str, mut reader: impl BufRead) -> Result<Vec<AnswerRow>, BenchmarkError> {
    let failed = |error: io::Error| BenchmarkError::Input(format!("{name} cannot be read: {error}"));
    let mut start = Vec::new();
    reader.by_ref().take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut start).map_err(failed)?;
    if start == BYTE_ORDER_MARK {
        start.clear();
    }
    let mut reader = io::Cursor::new(start).chain(reader);
    let blank_lines = skip_blank(&mut reader).map_err(failed)?;
    let rows = match reader.fill_buf().map_err(failed)?.first() {
        None => Vec::new(),
        Some(b'[') => array(name, reader)?,
        Some(_) => lines(name, reader, blank_lines)?,
    };
    if rows.is_empty() {
        return Err(BenchmarkError::Input(format!("{name} holds no answers; it should hold one JSON object per line")));
    }
    Ok(rows)
}

/// Skips white space and returns how many lines it ended.
fn skip_blank(reader: &mut impl BufRead) -> io::Result<usize> {
    let mut lines = 0;
    loop {
        let buffer = reader.fill_buf()?;
        let blank = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        lines += buffer[..blank].iter().filter(|byte| **byte == b'\n').count();
        let more = blank == buffer.len() && blank > 0;
        reader.consume(blank);
        if !more {
            return Ok(lines);
        }
    }
}

fn array(name: &str, reader: impl Read) -> Result<Vec<AnswerRow>, BenchmarkError> {
    let values: Vec<Value> = serde_json::from_reader(reader)
        .map_err(|error| BenchmarkError::Input(format!("{name} is not a JSON array of answers: {error}")))?;
    values.into_iter().zip(1..).map(|(value, line)| row(name, "item", line, value)).collect()
}

fn lines(name: &str, mut reader: impl BufRead, blank_lines: usize) -> Result<Vec<AnswerRow>, BenchmarkError> {
    let mut rows = Vec::new();
    let mut buffer = Vec::new();
    let mut total = 0u64;
    for line in blank_lines + 1.. {
        let bad = |what: String| BenchmarkError::Input(format!("{name}, line {line}: {what}"));
        buffer.clear();
        let length = reader.by_ref().take(MOST_LINE_BYTES + 1).read_until(b'\n', &mut buffer);
        let length = length.map_err(|error| bad(format!("cannot be read: {error}")))? as u64;
        total += length;
        if length > MOST_LINE_BYTES || total > MOST_BYTES {
            return Err(bad(format!("too large: a line may have {MOST_LINE_BYTES} bytes and a file {MOST_BYTES}, unpacked")));
        }
        if length == 0 {
            break;
        }
        let text = buffer.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let value = serde_json::from_slice(text).map_err(|error| bad(reason(text, &error)))?;
        rows.push(row(name, "line", line, value)?);
    }
    Ok(rows)
}

fn row(name: &str, unit: &str, line: usize, value: Value) -> Result<AnswerRow, BenchmarkError> {
    if value.is_object() {
        return Ok(AnswerRow { line, value });
    }
    let text: String = value.to_string().chars().take(40).collect();
    Err(BenchmarkError::Input(format!("{name}, {unit} {line}: `{text}` is not a JSON object with an answer")))
}

/// Why a line is not JSON, without serde's own line number, which always is 1 here.
fn reason(text: &[u8], error: &serde_json::Error) -> String {
    if text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]) || text.get(1) == Some(&0) {
        return "UTF-16, not UTF-8; `iconv -f UTF-16 -t UTF-8` converts it".to_string();
    }
    if let Err(error) = std::str::from_utf8(text) {
        return format!("not UTF-8 text (byte {} of the line)", error.valid_up_to());
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    format!("not a complete JSON object ({message}, column {}); each line holds one", error.column())
}
