use crate::DataError;
use polars::prelude::*;
use serde_json::{Map, Number, Value};
use std::io::Write;
use std::path::Path;

/// Rows turned at once.
const BATCH: usize = 4096;

/// Turns a Parquet file into lines of JSON, one object per row; lists and structs keep their shape, bytes that are text
/// become text, and what JSON lacks (NaN, infinities) becomes null.
pub fn parquet_to_jsonl(from: &Path, to: &Path) -> Result<(), DataError> {
    let wrong =
        |error: PolarsError| DataError::Input(format!("{} is not a Parquet file that can be read: {error}", from.display()));
    let file = std::fs::File::open(from).map_err(|error| DataError::disk("reading", from, &error))?;
    let frame = ParquetReader::new(file).finish().map_err(wrong)?;
    let out = std::fs::File::create(to).map_err(|error| DataError::disk("writing", to, &error))?;
    let mut out = std::io::BufWriter::new(out);
    let disk = |error: std::io::Error| DataError::disk("writing", to, &error);
    for start in (0..frame.height()).step_by(BATCH) {
        let part = frame.slice(start as i64, BATCH);
        for row in 0..part.height() {
            let mut object = Map::new();
            for column in part.columns() {
                let value = column.get(row).map_err(wrong)?;
                object.insert(column.name().to_string(), json(&value, 0));
            }
            serde_json::to_writer(&mut out, &Value::Object(object)).map_err(|error| disk(error.into()))?;
            out.write_all(b"\n").map_err(disk)?;
        }
    }
    out.flush().map_err(disk)
}

/// A cell as JSON; nesting beyond 64 levels is null.
fn json(value: &AnyValue<'_>, depth: usize) -> Value {
    if depth > 64 {
        return Value::Null;
    }
    let float = |value: f64| Number::from_f64(value).map_or(Value::Null, Value::Number);
    match value {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(value) => Value::Bool(*value),
        AnyValue::String(value) => Value::String((*value).to_owned()),
        AnyValue::StringOwned(value) => Value::String(value.to_string()),
        AnyValue::Binary(bytes) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        AnyValue::BinaryOwned(bytes) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        AnyValue::Int8(n) => (*n).into(),
        AnyValue::Int16(n) => (*n).into(),
        AnyValue::Int32(n) => (*n).into(),
        AnyValue::Int64(n) => (*n).into(),
        AnyValue::UInt8(n) => (*n).into(),
        AnyValue::UInt16(n) => (*n).into(),
        AnyValue::UInt32(n) => (*n).into(),
        AnyValue::UInt64(n) => (*n).into(),
        AnyValue::Float32(n) => float(f64::from(*n)),
        AnyValue::Float64(n) => float(*n),
        AnyValue::List(series) => Value::Array(series.iter().map(|value| json(&value, depth + 1)).collect()),
        AnyValue::Struct(..) | AnyValue::StructOwned(..) => structure(value, depth),
        other => Value::String(other.to_string()),
    }
}

fn structure(value: &AnyValue<'_>, depth: usize) -> Value {
    let AnyValue::StructOwned(parts) = value.clone().into_static() else { return Value::Null };
    let (values, fields) = *parts;
    fields.iter().zip(&values).map(|(field, value)| (field.name().to_string(), json(value, depth + 1))).collect()
}
