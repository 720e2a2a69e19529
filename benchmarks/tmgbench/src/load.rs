//! Upstream's items from a folder: the classic texts, and stories as records (spec section 3).

use crate::cells::{Cell, Cells};
use crate::game::{Game, GameId};
use crate::items::{Item, classic_id, story_id};
use crate::setup::brief;
use crate::task::Shown;
use proctor_core::{BenchmarkError, sha256_hex};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// SHA-256 over the 144 released classic files: name, NUL, bytes, NUL of each, in the order of names (spec section 2.6).
const RELEASED_SHA256: &str = "53abf23320da1aa0a557a7aad3f2bfcffc817410f915912f6f7bd62b384c2345";
/// Most bytes of a file with stories.
const MOST_BYTES: u64 = 256 << 20;
/// Most stories of one game.
const MOST_STORIES: u64 = 100;

fn input(message: String) -> BenchmarkError {
    BenchmarkError::Input(message)
}

/// The classic texts `111.txt` to `466.txt` of a folder or its sub-folder `classic`. Each table must show the payoffs of
/// its number.
pub fn classic(folder: &Path) -> Result<Vec<Item>, BenchmarkError> {
    let folder = sub_folder(folder, "classic")?;
    let mut hashed = Vec::new();
    let mut items = Vec::new();
    for game in GameId::all() {
        let path = folder.join(format!("{game}.txt"));
        if !path.is_file() {
            continue;
        }
        let bytes = fs::read(&path).map_err(|error| input(format!("{} cannot be read: {error}", path.display())))?;
        hashed.extend_from_slice(format!("{game}.txt\0").as_bytes());
        hashed.extend_from_slice(&bytes);
        hashed.push(0);
        let text = String::from_utf8(bytes).map_err(|_| input(format!("{} is not UTF-8 text", path.display())))?;
        let Some(table) = read_table(&text) else {
            return Err(input(format!(
                "{} holds no table of payoffs with rows such as `| A1 | 1 \\ 4 | 3 \\ 3 |`",
                path.display()
            )));
        };
        if table != game.game() {
            let shows = GameId::of(&table).map_or_else(|| "no strictly ordinal game".to_owned(), |(id, ..)| format!("game {id}"));
            return Err(input(format!(
                "{} does not show the payoffs of game {game} in upstream's orientation; it shows {shows}",
                path.display()
            )));
        }
        let (id, shown) = (classic_id(game), Shown::plain(game));
        items.push(Item { id, shown, story: None, text: text.trim_end().to_owned(), metadata: Map::new() });
    }
    if items.is_empty() {
        return Err(input(format!("{} holds no classic game; it should hold the texts 111.txt to 466.txt", folder.display())));
    }
    let pinned = items.len() == 144 && sha256_hex(&hashed) == RELEASED_SHA256;
    for item in &mut items {
        item.metadata.insert("pinned".into(), pinned.into());
    }
    Ok(items)
}

/// The folder or its sub-folder `name`, where there is one.
fn sub_folder(folder: &Path, name: &str) -> Result<PathBuf, BenchmarkError> {
    if !folder.is_dir() {
        return Err(input(format!("{} is not a folder; --data takes the folder with TMGBench's files", folder.display())));
    }
    let inner = folder.join(name);
    Ok(if inner.is_dir() { inner } else { folder.to_owned() })
}

/// The payoffs of a table in upstream's form: the first row of A1 and the first of A2.
pub fn read_table(text: &str) -> Option<Game> {
    let row = |name: &str| text.lines().find_map(|line| read_row(line, name));
    let ([(a1, b1), (a2, b2)], [(a3, b3), (a4, b4)]) = (row("A1")?, row("A2")?);
    Some(Game { a: [a1, a2, a3, a4], b: [b1, b2, b3, b4] })
}

/// `| A1 | 1 \ 4 | 3 \ 3 |` as the two pairs of payoffs.
fn read_row(line: &str, name: &str) -> Option<[(u8, u8); 2]> {
    let mut parts = line.strip_prefix('|')?.split('|');
    if parts.next()?.trim() != name {
        return None;
    }
    let mut pair = || {
        let (left, right) = parts.next()?.split_once('\\')?;
        let payoff = |text: &str| match text.trim().as_bytes() {
            [digit @ b'1'..=b'4'] => Some(digit - b'0'),
            _ => None,
        };
        Some((payoff(left)?, payoff(right)?))
    };
    let pairs = [pair()?, pair()?];
    // The last cell must be closed.
    parts.next().map(|_| pairs)
}

/// The stories of a folder or its sub-folder `story`: every `.jsonl` and `.json` file there holds records
/// `{"id": "111_0", "type": "111", "text": …}`, one a line or in one list.
pub fn stories(folder: &Path) -> Result<Vec<Item>, BenchmarkError> {
    let folder = sub_folder(folder, "story")?;
    let listing = fs::read_dir(&folder).map_err(|error| input(format!("{} cannot be read: {error}", folder.display())))?;
    let is_data = |path: &PathBuf| path.extension().is_some_and(|end| end == "jsonl" || end == "json") && path.is_file();
    let mut files: Vec<PathBuf> = listing.filter_map(|entry| Some(entry.ok()?.path())).filter(is_data).collect();
    files.sort();
    let mut items: Vec<Item> = Vec::new();
    let mut seen: HashMap<String, String> = HashMap::new();
    for file in &files {
        for (place, record) in records(file)? {
            let item = story_of(&record).map_err(|what| input(format!("{place}: {what}")))?;
            if let Some(first) = seen.insert(item.id.clone(), place.clone()) {
                return Err(input(format!("{place}: story {} is already at {first}", item.id)));
            }
            items.push(item);
        }
    }
    if items.is_empty() {
        return Err(input(format!(
            "{} holds no stories; it should hold .jsonl files with one record {{\"id\": \"111_0\", \"type\": \"111\", \"text\": …}} a line",
            folder.display()
        )));
    }
    items.sort_by_key(|item| (item.story, item.shown.id));
    Ok(items)
}

/// The records of a file, each with the place it stands at.
fn records(file: &Path) -> Result<Vec<(String, Value)>, BenchmarkError> {
    let name = file.display();
    let failed = |error: &dyn std::fmt::Display| input(format!("{name} cannot be read: {error}"));
    let length = fs::metadata(file).map_err(|error| failed(&error))?.len();
    if length > MOST_BYTES {
        return Err(input(format!("{name} has {length} bytes; a file with stories may have {MOST_BYTES}")));
    }
    let text = fs::read_to_string(file).map_err(|error| failed(&error))?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[') {
        let values: Vec<Value> =
            serde_json::from_str(text).map_err(|error| input(format!("{name} is not a JSON list: {error}")))?;
        return Ok(values.into_iter().zip(1..).map(|(value, place)| (format!("{name}, item {place}"), value)).collect());
    }
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let record = |(line, number): (&str, usize)| {
        let place = format!("{name}, line {number}");
        match serde_json::from_str(line) {
            Ok(value) => Ok((place, value)),
            Err(error) => Err(input(format!("{place}: not a JSON object on one line (column {})", error.column()))),
        }
    };
    lines.map(record).collect()
}

fn story_of(record: &Value) -> Result<Item, String> {
    let text_of = |name: &str| match record.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.as_str()),
        Some(_) => Err(format!("`{name}` is not a text")),
        None => Err(format!("the record has no `{name}`")),
    };
    let id = text_of("id")?;
    let kind = text_of("type")?;
    let game = GameId::parse(kind).ok_or_else(|| format!("`type` is `{}`, which is no game from 111 to 466", brief(kind)))?;
    let story = id.strip_prefix(kind).and_then(|rest| rest.strip_prefix('_')).and_then(|k| k.parse::<u64>().ok());
    let story = story.filter(|k| *k < MOST_STORIES && id == story_id(game, *k as u8)).ok_or_else(|| {
        format!("`id` is `{}`; a story of game {kind} is called `{kind}_K` with its number K from 0", brief(id))
    })?;
    if let Some(gold) = record.get("gold") {
        let given: Option<Cells> = gold
            .as_array()
            .and_then(|codes| codes.iter().map(|code| Cell::of_code(code.as_str()?.parse().ok()?)).collect::<Option<Cells>>());
        if given != Some(game.gold()) {
            let right: Vec<String> = game.gold().iter().map(|cell| format!("\"{}\"", cell.code())).collect();
            return Err(format!("`gold` is not the answer of game {kind}, which is [{}]", right.join(", ")));
        }
    }
    let text = text_of("text")?.trim_end().to_owned();
    let kept = ["setting", "topic", "characters", "actions"].into_iter();
    let metadata = kept.filter_map(|name| Some((name.to_owned(), record.get(name)?.clone()))).collect();
    Ok(Item { id: id.to_owned(), shown: Shown::plain(game), story: Some(story as u8), text, metadata })
}
