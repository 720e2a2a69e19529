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
        let bare = given.strip_suffix(".txt").unwrap_or(&given);
        let bare = ["classic/", "story/"].iter().find_map(|head| bare.strip_prefix(head)).unwrap_or(bare);
        if let Some(game) = GameId::parse(bare) {
            *value = classic_id(game).into();
        } else if let Some((game, k)) = bare.split_once('_').and_then(|(game, k)| Some((GameId::parse(game)?, k.parse().ok()?))) {
            *value = story_id(game, k).into();
        }
    }
    row
}
