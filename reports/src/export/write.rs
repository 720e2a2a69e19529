use super::Format;
use crate::ReportError;
use crate::file::write_file;
use polars::prelude::{AnyValue, CsvWriter, DataFrame, ParquetCompression, ParquetWriter, QuoteStyle, SerWriter};
use serde_json::{Map, Value};
use std::io::Write;
use std::path::Path;

/// Writes a table. In CSV every text is quoted, an unknown value is an empty field without quotes, and a text that a
/// spreadsheet would take for a formula stays what it is: quoted data.
pub fn write(frame: &mut DataFrame, format: Format, out: &mut dyn Write) -> Result<(), ReportError> {
    out.write_all(&encoded(frame, format)?)?;
    Ok(out.flush()?)
}

/// Writes a table to a file, which is there whole or not at all.
pub fn to_file(frame: &mut DataFrame, format: Format, path: &Path) -> Result<(), ReportError> {
    write_file(path, &encoded(frame, format)?)
}

/// The table in memory, so that a full disk or a closed pipe is never taken for a fault of the table.
fn encoded(frame: &mut DataFrame, format: Format) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    match format {
        Format::Csv => CsvWriter::new(&mut bytes).with_quote_style(QuoteStyle::NonNumeric).n_threads(1).finish(frame)?,
        Format::Parquet => {
            ParquetWriter::new(&mut bytes).with_compression(ParquetCompression::Zstd(None)).finish(frame)?;
        }
        Format::Jsonl => json_lines(frame, &mut bytes)?,
    }
    Ok(bytes)
}

fn json_lines(frame: &DataFrame, out: &mut Vec<u8>) -> Result<(), ReportError> {
    for row in 0..frame.height() {
        let mut object = Map::new();
        for column in frame.columns() {
            object.insert(column.name().to_string(), json(column.get(row)?));
        }
        serde_json::to_writer(&mut *out, &Value::Object(object))?;
        out.push(b'\n');
    }
    Ok(())
}

/// A cell as JSON. Frames here hold texts, booleans, whole numbers and doubles only.
fn json(value: AnyValue<'_>) -> Value {
    match value {
        AnyValue::String(text) => Value::from(text),
        AnyValue::StringOwned(text) => Value::from(text.as_str()),
        AnyValue::Boolean(yes) => Value::from(yes),
        AnyValue::UInt32(n) => Value::from(n),
        AnyValue::UInt64(n) => Value::from(n),
        AnyValue::Int64(n) => Value::from(n),
        AnyValue::Float64(n) => Value::from(n),
        _ => Value::Null,
    }
}
