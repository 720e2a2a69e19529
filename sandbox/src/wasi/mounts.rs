//! Files the host lends to every guest, read-only: a fixed list, made when the sandbox opens. A guest can only name
//! what is on the list; no host path is looked up while a program runs.

use crate::SandboxError;
use memmap2::Mmap;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Most files and folders in all mounts together.
const MAX_ENTRIES: usize = 20_000;
/// Deepest nesting of folders.
const MAX_DEPTH: usize = 24;

/// Index of an entry in [`Mounts`].
pub(crate) type EntryId = u32;

/// One lent file or folder.
pub(crate) enum Entry {
    /// A file, mapped when it is first opened and shared by all threads from then on.
    File {
        /// Where it lies on the host.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// Its content, once asked for; `None` inside when it could not be mapped.
        content: OnceLock<Option<Mmap>>,
    },
    /// A folder.
    Folder(BTreeMap<String, EntryId>),
}

/// All lent files, and the guest paths they are preopened at.
#[derive(Default)]
pub(crate) struct Mounts {
    entries: Vec<Entry>,
    preopens: Vec<(String, EntryId)>,
}

impl Mounts {
    fn add(&mut self, entry: Entry) -> Result<EntryId, SandboxError> {
        if self.entries.len() >= MAX_ENTRIES {
            return Err(SandboxError::Engine(format!("more than {MAX_ENTRIES} files would be lent to the guest")));
        }
        self.entries.push(entry);
        Ok((self.entries.len() - 1) as EntryId)
    }

    /// Lends one file.
    pub fn file(&mut self, path: &Path) -> Result<EntryId, SandboxError> {
        let meta = fs::metadata(path).map_err(|e| SandboxError::file(path, e))?;
        self.add(Entry::File { path: path.to_path_buf(), size: meta.len(), content: OnceLock::new() })
    }

    /// Lends a folder made of entries.
    pub fn folder(&mut self, entries: BTreeMap<String, EntryId>) -> Result<EntryId, SandboxError> {
        self.add(Entry::Folder(entries))
    }

    /// Lends everything below a host folder; links and files whose names are not UTF-8 are left out.
    pub fn tree(&mut self, path: &Path) -> Result<EntryId, SandboxError> {
        self.subtree(path, 0)
    }

    fn subtree(&mut self, path: &Path, depth: usize) -> Result<EntryId, SandboxError> {
        if depth > MAX_DEPTH {
            return Err(SandboxError::file(path, "folders are nested too deeply here to be lent to the guest"));
        }
        let mut entries = BTreeMap::new();
        let mut items =
            fs::read_dir(path).and_then(|items| items.collect::<Result<Vec<_>, _>>()).map_err(|e| SandboxError::file(path, e))?;
        // In the same order on every machine, because identities are told from it.
        items.sort_by_key(|item| item.file_name());
        for item in items {
            let Ok(name) = item.file_name().into_string() else { continue };
            let kind = item.file_type().map_err(|e| SandboxError::file(path, e))?;
            let id = if kind.is_dir() {
                self.subtree(&item.path(), depth + 1)?
            } else if kind.is_file() {
                self.file(&item.path())?
            } else {
                continue;
            };
            entries.insert(name, id);
        }
        self.folder(entries)
    }

    /// Lets every guest open `entry` below `guest_path`.
    pub fn preopen(&mut self, guest_path: &str, entry: EntryId) {
        self.preopens.push((guest_path.to_string(), entry));
    }

    /// What is preopened, in order.
    pub fn preopens(&self) -> &[(String, EntryId)] {
        &self.preopens
    }

    /// Tells these files from others: names and sizes.
    pub fn identity(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            match entry {
                Entry::File { size, .. } => text += &format!("{size};"),
                Entry::Folder(entries) => {
                    for (name, id) in entries {
                        text += &format!("{name}={id};");
                    }
                }
            }
        }
        text
    }

    /// The entry `id`.
    pub fn get(&self, id: EntryId) -> Option<&Entry> {
        self.entries.get(id as usize)
    }

    /// The content of a lent file; empty for anything else or when the host cannot read it.
    pub fn content(&self, id: EntryId) -> &[u8] {
        let Some(Entry::File { path, content, .. }) = self.get(id) else { return &[] };
        let map = content.get_or_init(|| {
            let file = File::open(path).ok()?;
            // The cache belongs to the user alone; its files are replaced, never rewritten in place.
            unsafe { Mmap::map(&file) }.ok()
        });
        map.as_deref().unwrap_or(&[])
    }
}
