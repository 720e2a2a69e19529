use crate::remote::Remote;
use proctor_core::{ModelError, ModelErrorKind};
use serde_json::Value;

/// A request that was never worked on. Asking again helps, unless somebody cancelled the batch, who will not want that.
pub(super) fn unanswered(why: &str) -> ModelError {
    let cancelled = why.contains("cancel");
    let kind = if cancelled { ModelErrorKind::Cancelled } else { ModelErrorKind::Unavailable };
    ModelError::new(kind, format!("the batch gave no answer: {}", why.trim()))
}

/// Reads lines of JSON as they come, and hands each over; blank lines are passed over.
pub(super) async fn each_line(
    remote: &Remote,
    path: &str,
    mut take: impl FnMut(Value) -> Result<(), ModelError>,
) -> Result<(), ModelError> {
    let reply = remote.client.get(path).await?;
    if !reply.status.is_success() {
        return Err(remote.failed_plainly(reply).await);
    }
    let shown = reply.shown.clone();
    let mut body = reply.body;
    let mut line: Vec<u8> = Vec::new();
    let mut read = |line: &[u8]| -> Result<(), ModelError> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let value = serde_json::from_slice(line).map_err(|error| {
            remote.error(ModelErrorKind::Protocol, &format!("{shown} holds a line that is not JSON: {error}"))
        })?;
        take(value)
    };
    while let Some(piece) = body.next().await? {
        for part in piece.as_ref().split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                read(&line)?;
                line.clear();
            }
        }
    }
    read(&line)
}

/// A text of a JSON value; empty where it is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A count of a JSON value.
pub(super) fn count(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// The provider's name for a batch, as part of a path: names with anything but letters, digits, hyphens and underscores
/// are none of theirs.
pub(super) fn checked(batch: &str) -> Result<&str, ModelError> {
    let fits = !batch.is_empty() && batch.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let wrong = || ModelError::new(ModelErrorKind::Protocol, format!("`{batch}` is no name of a batch or file"));
    fits.then_some(batch).ok_or_else(wrong)
}
