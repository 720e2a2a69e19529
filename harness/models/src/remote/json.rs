use serde_json::Value;
use std::fmt::Write;

/// JSON as servers write it: strictly, and where that fails with what is often wrong put right, since the answer is paid
/// for: a byte order mark, bytes that are no UTF-8 and halves of surrogate pairs (they become U+FFFD), bare control
/// characters in strings, and numbers JSON does not have (`NaN`, `Infinity`, `1e999` become `null`). The error is that of
/// the strict reading.
pub(crate) fn read_json(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let error = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(&mended(text)).map_err(|_| error)
}

/// `text` with what [`read_json`] names put right.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (part, after) = match first {
            '"' => rest.split_at(end_of_string(rest.as_bytes())),
            '-' | '+' | 'N' | 'I' | '0'..='9' => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
                rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()))
            }
            other => rest.split_at(other.len_utf8()),
        };
        match first {
            '"' => mend_string(part, &mut out),
            _ if part.parse::<f64>().is_ok_and(|number| !number.is_finite()) => out.push_str("null"),
            _ => out.push_str(part),
        }
        rest = after;
    }
    out
}

/// Where the string that `bytes` begin with is over. What ends it is ASCII, so this is a boundary of characters.
fn end_of_string(bytes: &[u8]) -> usize {
    let mut escaped = false;
    let end = bytes.iter().skip(1).position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(bytes.len(), |end| end + 2)
}

/// Appends a string of JSON, its quotes included.
fn mend_string(string: &str, out: &mut String) {
    let mut rest = string;
    while let Some(first) = rest.chars().next() {
        let length = match surrogate(rest) {
            Some(Half::High) if matches!(rest.get(6..).and_then(surrogate), Some(Half::Low)) => 12,
            Some(_) => {
                out.push_str("\\ufffd");
                rest = rest.get(6..).unwrap_or_default();
                continue;
            }
            // An escape is taken together with what it escapes.
            None if first == '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            None => first.len_utf8(),
        };
        let (part, after) = rest.split_at(length);
        match first.is_ascii_control() && first != '\u{7f}' {
            // Writing to a string cannot fail.
            true => drop(write!(out, "\\u{:04x}", u32::from(first))),
            false => out.push_str(part),
        }
        rest = after;
    }
}

enum Half {
    High,
    Low,
}

/// The half of a surrogate pair that `text` begins with, as an escape.
fn surrogate(text: &str) -> Option<Half> {
    let unit = u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()?;
    match unit {
        0xD800..=0xDBFF => Some(Half::High),
        0xDC00..=0xDFFF => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_often_wrong_is_put_right() {
        for (bytes, wanted) in [
            (&b"{\"a\": 1}"[..], r#"{"a":1}"#),
            (b"\xef\xbb\xbf{\"a\": 1}", r#"{"a":1}"#),
            (
                b"{\"a\": NaN, \"b\": [-Infinity, Infinity, 1e999, -2.5e-3], \"NaN\": \"NaN, \\\" -Infinity\"}",
                r#"{"a":null,"b":[null,null,null,-0.0025],"NaN":"NaN, \" -Infinity"}"#,
            ),
            (b"{\"a\": \"b\xc3\"}", "{\"a\":\"b\u{fffd}\"}"),
            (br#"{"a": "\ud83d\ude00 \ude00 \ud83d \\ud83d \"}"}"#, "{\"a\":\"\u{1f600} \u{fffd} \u{fffd} \\\\ud83d \\\"}\"}"),
            (b"{\"a\": \"x\ny\tz\x01\"}", r#"{"a":"x\ny\tz\u0001"}"#),
        ] {
            assert_eq!(read_json(bytes).map(|v| v.to_string()).unwrap_or_default(), wanted);
        }
        for bytes in [&b"{\"a\": 1"[..], b"", b"NaN NaN", b"{\"a\": nul}", b"\"", b"\"\\", b"{'a': 1}"] {
            assert!(read_json(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }
}
