use super::ServiceError;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Most bytes of a journal.
const MOST_BYTES: u64 = 256 << 20;

/// What is known of a program that was to be submitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// The service's number; `None` where it was sent and no answer is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<String>,
    /// The final verdict, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// The service says that it did not take the program, so that it may be sent again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

/// A line of the journal: the latest line of a key holds.
#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    /// For people who look into the file.
    #[serde(default)]
    problem: String,
    #[serde(flatten)]
    state: Submitted,
}

/// What was submitted, line by line in a file, so that nothing is submitted twice, whenever a run is stopped. A line is
/// on disk before what it announces is done. One process at a time writes to it.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    known: HashMap<String, Submitted>,
}

impl Journal {
    /// Opens the journal at `path`, and makes it where there is none.
    ///
    /// # Errors
    /// `Input`, where the file cannot be read or written, has a line that is none of a journal's, or another process
    /// uses it. A last line that a crash cut is dropped: what it announced was not done yet.
    pub fn open(path: &Path) -> Result<Self, ServiceError> {
        let wrong = |why: String| ServiceError::Input(format!("{}, where submissions are noted, {why}", path.display()));
        let told = |error: std::io::Error| wrong(format!("cannot be used: {error}"));
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(told)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(told)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(wrong("is in use by another process; wait until that has ended, or use another store".into()));
            }
            Err(TryLockError::Error(error)) => return Err(told(error)),
        }
        if file.metadata().map_err(told)?.len() > MOST_BYTES {
            return Err(wrong(format!("has more than {MOST_BYTES} bytes; put it away and begin with a new one")));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(told)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(told)?;
            file.seek(SeekFrom::End(0)).map_err(told)?;
        }
        let mut known = HashMap::new();
        for (i, line) in bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let line: Line = serde_json::from_slice(line)
                .map_err(|error| wrong(format!("has a line {} that cannot be read: {error}; mend or remove it", i + 1)))?;
            known.insert(line.key, line.state);
        }
        Ok(Self { path: path.to_owned(), file, known })
    }

    /// What is known of the program with this key.
    pub fn get(&self, key: &str) -> Option<&Submitted> {
        self.known.get(key)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes `state`; when this returns it is on disk.
    ///
    /// # Errors
    /// `Input`, where it cannot be written; nothing may be submitted then.
    pub fn note(&mut self, key: &str, problem: &str, state: Submitted) -> Result<(), ServiceError> {
        let line = Line { key: key.to_owned(), problem: problem.chars().take(40).collect(), state: state.clone() };
        let written = serde_json::to_vec(&line).map_err(std::io::Error::from).and_then(|mut bytes| {
            bytes.push(b'\n');
            self.file.write_all(&bytes)?;
            self.file.sync_data()
        });
        written.map_err(|error| {
            ServiceError::Input(format!("{}, where submissions are noted, cannot be written: {error}", self.path.display()))
        })?;
        self.known.insert(key.to_owned(), state);
        Ok(())
    }
}
