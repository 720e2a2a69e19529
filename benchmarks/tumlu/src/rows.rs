//! Questions as lines of JSON, which are looked at once and read again when they are wanted, so that never all are in memory.

use crate::item::Item;
use proctor_core::BenchmarkError;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

/// Most bytes of a data file; upstream's largest has 0.1 MB.
const MOST_BYTES: u64 = 256 << 20;

/// Where lines come from.
#[derive(Debug, Clone)]
pub enum Lines {
    /// A text of the project's own, and its name.
    Own(&'static str, String),
    /// A file.
    File(PathBuf),
}

/// Some of the questions of a file, by their places.
#[derive(Debug, Clone)]
pub struct Rows {
    lines: Lines,
    places: Vec<Place>,
}

/// Where a question stands.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Its first byte.
    byte: u64,
    /// Its line, from 1.
    line: u32,
}

trait Source: BufRead + Seek + Send {}
impl<T: BufRead + Seek + Send> Source for T {}

impl Lines {
    /// Its name, for messages.
    pub fn name(&self) -> String {
        match self {
            Lines::Own(_, name) => name.clone(),
            Lines::File(path) => path.display().to_string(),
        }
    }

    fn open(&self) -> Result<Box<dyn Source>, BenchmarkError> {
        let path = match self {
            Lines::Own(text, _) => return Ok(Box::new(Cursor::new(text.as_bytes()))),
            Lines::File(path) => path,
        };
        let failed = |error| unreadable(path, &error);
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        if size > MOST_BYTES {
            let name = path.display();
            return Err(BenchmarkError::Input(format!(
                "{name} has {size} bytes, more than the {MOST_BYTES} a data file may have"
            )));
        }
        Ok(Box::new(BufReader::new(file)))
    }

    /// Goes through all questions; each is given away with its place. What is no question is an error.
    pub fn look(&self, mut take: impl FnMut(Item, Place)) -> Result<(), BenchmarkError> {
        let (mut source, name) = (self.open()?, self.name());
        let mut buffer = Vec::new();
        let mut place = Place { byte: 0, line: 1 };
        while let Some(bytes) = self.next_line(&mut source, &mut buffer)? {
            if let Some(item) = parse(&name, place, &buffer)? {
                take(item, place);
            }
            place = Place { byte: place.byte + bytes, line: place.line.saturating_add(1) };
        }
        Ok(())
    }

    /// The next line without its end, and how many bytes it has with it.
    fn next_line(&self, source: &mut dyn Source, buffer: &mut Vec<u8>) -> Result<Option<u64>, BenchmarkError> {
        buffer.clear();
        let read = source.take(MOST_BYTES).read_until(b'\n', buffer);
        let bytes = read.map_err(|error| unreadable(Path::new(&self.name()), &error))?;
        if buffer.last() == Some(&b'\n') {
            buffer.pop();
        }
        Ok((bytes > 0).then_some(bytes as u64))
    }

    /// All questions.
    pub fn all(&self) -> Result<Vec<Item>, BenchmarkError> {
        let mut items = Vec::new();
        self.look(|item, _| items.push(item))?;
        Ok(items)
    }
}

impl Rows {
    /// None yet of those in `lines`.
    pub fn of(lines: &Lines) -> Self {
        Self { lines: lines.clone(), places: Vec::new() }
    }

    /// All of those in `lines`, found by their lines alone: what is wrong with one is told when it is taken.
    pub fn all(lines: &Lines) -> Result<Self, BenchmarkError> {
        let mut rows = Self::of(lines);
        let mut source = lines.open()?;
        let mut buffer = Vec::new();
        let mut place = Place { byte: 0, line: 1 };
        while let Some(bytes) = lines.next_line(&mut source, &mut buffer)? {
            let mark = if place.line == 1 { "\u{feff}".as_bytes() } else { b"" };
            if !buffer.strip_prefix(mark).unwrap_or(&buffer).trim_ascii().is_empty() {
                rows.push(place);
            }
            place = Place { byte: place.byte + bytes, line: place.line.saturating_add(1) };
        }
        Ok(rows)
    }

    /// Takes one in.
    pub fn push(&mut self, place: Place) {
        self.places.push(place);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The questions one by one.
    pub fn items(self) -> impl Iterator<Item = Result<Item, BenchmarkError>> + Send {
        let (lines, name) = (self.lines.clone(), self.lines.name());
        let mut source = None;
        let (mut at, mut buffer) = (0, Vec::new());
        self.places.into_iter().map(move |place| {
            let source = match &mut source {
                Some(source) => source,
                none => none.insert(lines.open()?),
            };
            let ahead = place.byte as i64 - at as i64;
            source.seek_relative(ahead).map_err(|error| unreadable(Path::new(&name), &error))?;
            at = place.byte + lines.next_line(source, &mut buffer)?.unwrap_or(0);
            let changed = || BenchmarkError::Input(format!("{name} changed while it was read; repeat the command"));
            parse(&name, place, &buffer)?.ok_or_else(changed)
        })
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> BenchmarkError {
    BenchmarkError::Input(format!("{} cannot be read: {error}", path.display()))
}

/// The question on a line; `None` on an empty one.
fn parse(name: &str, place: Place, line: &[u8]) -> Result<Option<Item>, BenchmarkError> {
    let text = std::str::from_utf8(line).map_err(|error| {
        BenchmarkError::Input(format!("{name} is not UTF-8 text (byte {})", place.byte as usize + error.valid_up_to()))
    })?;
    let row = if place.line == 1 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
    if row.trim().is_empty() {
        return Ok(None);
    }
    let value: Value = serde_json::from_str(row).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        BenchmarkError::Input(format!("{name}, line {}: not a JSON object ({reason}); each line holds one question", place.line))
    })?;
    Item::parse(name, place.line as usize, &value).map(Some)
}
