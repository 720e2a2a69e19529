use serde_json::Value;

/// Reads `key=value` as given to `-M`. The value is JSON where it parses as JSON (`5`, `true`, `null`, `{"a":1}`),
/// else text. The error is one sentence.
pub fn parse_argument(argument: &str) -> Result<(String, Value), String> {
    let Some((key, value)) = argument.split_once('=') else {
        return Err(format!("`-M {argument}` is not of the form key=value"));
    };
    let key = key.trim();
    if key.is_empty() {
        return Err(format!("`-M {argument}` has no key before the `=`"));
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((key.to_owned(), value))
}
