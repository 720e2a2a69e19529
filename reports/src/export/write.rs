use super::Format;
use crate::ReportError;
use crate::file::write_file;
use polars::prelude::{AnyValue, CsvWriter, DataFrame, ParquetCompression, ParquetWriter, QuoteStyle, SerWriter};
use serde_json::{Map, Value};
use std::io::Write;
use std::path::Path;

/// Writes a table. In CSV every text is quoted, an unknown value is an empty field without quotes, and a text that a
/// spreadsheet would take for a formula stays what it is: quoted data.
pub fn write(frame: &mut DataFrame, format: Format, mut out: &mut dyn Write) -> Result<(), ReportError> {
    match format {
        Format::Csv => CsvWriter::new(&mut out).with_quote_style(QuoteStyle::NonNumeric).n_threads(1).finish(frame)?,
        Format::Parquet => {
            ParquetWriter::new(&mut out).with_compression(ParquetCompression::Zstd(None)).finish(frame)?;
        }
        Format::Jsonl => json_lines(frame, out)?,
    }
    Ok(out.flush()?)
}

/// Writes a table to a file, which is there whole or not at all.
pub fn to_file(frame: &mut DataFrame, format: Format, path: &Path) -> Result<(), ReportError> {
    let mut bytes = Vec::new();
    write(frame, format, &mut bytes)?;
    write_file(path, &bytes)
}

fn json_lines(frame: &DataFrame, out: &mut dyn Write) -> Result<(), ReportError> {
    for row in 0..frame.height() {
        let mut object = Map::new();
        for column in frame.columns() {
            object.insert(column.name().to_string(), json(column.get(row)?));
        }
        serde_json::to_writer(&mut *out, &Value::Object(object))?;
        out.write_all(b"\n")?;
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
