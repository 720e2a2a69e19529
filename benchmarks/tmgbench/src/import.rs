//! Answers that somebody else generated. Upstream has published no format; rows are matched by id.

use crate::game::GameId;
use crate::items::{classic_id, story_id};
use proctor_core::{AnswerRow, BenchmarkError, Imported, Sample, import_by_id};
use serde_json::Value;

/// As [`import_by_id`], where a classic game may also be called `111`, `111.txt` or by its number, a story `story/111_0`.
pub fn import(samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
    let rows: Vec<AnswerRow> = rows.iter().map(with_full_id).collect();
    import_by_id(samples, &rows)
}

fn with_full_id(row: &AnswerRow) -> AnswerRow {
    let mut row = row.clone();
    for name in ["sample_id", "id"] {
        let Some(value) = row.value.get_mut(name) else { continue };
        let given = match &*value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if let Some(full) = full_id(&given) {
            *value = full.into();
        }
    }
    row
}

/// The id that `111`, `111.txt`, `classic/111` or `story/111_0` means; `None` for anything else.
pub fn full_id(given: &str) -> Option<String> {
    let bare = given.strip_suffix(".txt").unwrap_or(given);
    let bare = ["classic/", "story/"].iter().find_map(|head| bare.strip_prefix(head)).unwrap_or(bare);
    if let Some(game) = GameId::parse(bare) {
        return Some(classic_id(game));
    }
    let (game, k) = bare.split_once('_')?;
    Some(story_id(GameId::parse(game)?, k.parse().ok()?))
}
