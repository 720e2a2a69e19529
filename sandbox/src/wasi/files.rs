//! The file system a program sees: its own files, in memory and gone with it, beside the lent ones.

use super::abi::{DIRECTORY, Errno, REGULAR_FILE, Stat};
use super::mounts::{Entry, EntryId, Mounts};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most files and folders a program may make.
const MAX_NODES: usize = 4096;
/// Longest name of a file.
const MAX_NAME: usize = 255;
/// Bytes one file or folder counts for, beside its content.
const NODE_COST: u64 = 512;

/// A file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    /// The program's own.
    Own(u32),
    /// A lent one.
    Lent(EntryId),
}

enum Own {
    File { bytes: Vec<u8>, modified_ns: u64, linked: bool },
    Folder { entries: BTreeMap<String, Node>, modified_ns: u64 },
}

/// The files of one program.
pub(crate) struct Files {
    lent: Arc<Mounts>,
    own: Vec<Own>,
    used: u64,
    limit: u64,
}

/// The root of the program's own files.
pub(crate) const ROOT: Node = Node::Own(0);

impl Files {
    /// An empty root, with at most `limit` bytes below it.
    pub fn new(lent: Arc<Mounts>, limit: u64) -> Self {
        let root = Own::Folder { entries: BTreeMap::new(), modified_ns: 0 };
        Self { lent, own: vec![root], used: 0, limit }
    }

    fn charge(&mut self, bytes: u64) -> Result<(), Errno> {
        let used = self.used.saturating_add(bytes);
        if used > self.limit {
            return Err(Errno::NOSPC);
        }
        self.used = used;
        Ok(())
    }

    /// Whether `node` is a folder.
    pub fn is_folder(&self, node: Node) -> bool {
        match node {
            Node::Own(id) => matches!(self.own.get(id as usize), Some(Own::Folder { .. })),
            Node::Lent(id) => matches!(self.lent.get(id), Some(Entry::Folder(_))),
        }
    }

    /// The entry `name` of the folder `node`.
    fn child(&self, node: Node, name: &str) -> Result<Node, Errno> {
        match node {
            Node::Own(id) => match self.own.get(id as usize) {
                Some(Own::Folder { entries, .. }) => entries.get(name).copied().ok_or(Errno::NOENT),
                _ => Err(Errno::NOTDIR),
            },
            Node::Lent(id) => match self.lent.get(id) {
                Some(Entry::Folder(entries)) => entries.get(name).map(|id| Node::Lent(*id)).ok_or(Errno::NOENT),
                _ => Err(Errno::NOTDIR),
            },
        }
    }

    /// Walks `path` from `start`, which nothing leaves: `..` at the top is refused. Gives the folder that holds the
    /// last part, and that part (empty when the path is the start itself).
    fn walk<'p>(&self, start: Node, path: &'p str) -> Result<(Node, &'p str), Errno> {
        let mut stack = vec![start];
        let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".").peekable();
        if path.starts_with('/') {
            return Err(Errno::PERM);
        }
        while let Some(part) = parts.next() {
            let here = stack.last().copied().unwrap_or(start);
            if part == ".." {
                if stack.len() < 2 {
                    return Err(Errno::PERM);
                }
                stack.pop();
                continue;
            }
            if part.len() > MAX_NAME {
                return Err(Errno::NAMETOOLONG);
            }
            if parts.peek().is_none() {
                return if self.is_folder(here) { Ok((here, part)) } else { Err(Errno::NOTDIR) };
            }
            stack.push(self.child(here, part)?);
        }
        Ok((stack.last().copied().unwrap_or(start), ""))
    }

    /// What stands at `path`.
    pub fn find(&self, start: Node, path: &str) -> Result<Node, Errno> {
        let (folder, name) = self.walk(start, path)?;
        let node = if name.is_empty() { folder } else { self.child(folder, name)? };
        if path.ends_with('/') && !self.is_folder(node) { Err(Errno::NOTDIR) } else { Ok(node) }
    }

    /// The own folder's entries for changing; lent folders are read-only.
    fn entries_mut(&mut self, folder: Node, now: u64) -> Result<&mut BTreeMap<String, Node>, Errno> {
        match folder {
            Node::Lent(_) => Err(Errno::ROFS),
            Node::Own(id) => match self.own.get_mut(id as usize) {
                Some(Own::Folder { entries, modified_ns }) => {
                    *modified_ns = now;
                    Ok(entries)
                }
                _ => Err(Errno::NOTDIR),
            },
        }
    }

    fn make(&mut self, start: Node, path: &str, now: u64, new: Own) -> Result<Node, Errno> {
        let (folder, name) = self.walk(start, path)?;
        if name.is_empty() || self.child(folder, name).is_ok() {
            return Err(Errno::EXIST);
        }
        if self.own.len() >= MAX_NODES {
            return Err(Errno::NOSPC);
        }
        let node = Node::Own(self.own.len() as u32);
        self.entries_mut(folder, now)?;
        self.charge(NODE_COST + name.len() as u64)?;
        self.own.push(new);
        self.entries_mut(folder, now)?.insert(name.to_string(), node);
        Ok(node)
    }

    /// Makes an empty file.
    pub fn make_file(&mut self, start: Node, path: &str, now: u64) -> Result<Node, Errno> {
        self.make(start, path, now, Own::File { bytes: Vec::new(), modified_ns: now, linked: true })
    }

    /// Makes an empty folder.
    pub fn make_folder(&mut self, start: Node, path: &str, now: u64) -> Result<Node, Errno> {
        let path = path.trim_end_matches('/');
        self.make(start, path, now, Own::Folder { entries: BTreeMap::new(), modified_ns: now })
    }

    /// Removes a file, or an empty folder. The content of a removed file lives on until [`Files::closed`] says that
    /// nobody has it open.
    pub fn remove(&mut self, start: Node, path: &str, folder_wanted: bool, now: u64) -> Result<Node, Errno> {
        let (folder, name) = self.walk(start, path)?;
        if name.is_empty() {
            return Err(Errno::INVAL);
        }
        let node = self.child(folder, name)?;
        match (self.is_folder(node), folder_wanted) {
            (true, false) => return Err(Errno::ISDIR),
            (false, true) => return Err(Errno::NOTDIR),
            (true, true) if !self.list(node)?.is_empty() => return Err(Errno::NOTEMPTY),
            _ => {}
        }
        self.entries_mut(folder, now)?.remove(name);
        self.unlink(node);
        Ok(node)
    }

    fn unlink(&mut self, node: Node) {
        if let Node::Own(id) = node
            && let Some(Own::File { linked, .. }) = self.own.get_mut(id as usize)
        {
            *linked = false;
        }
    }

    /// To be called when nobody has `node` open: gives back the bytes of a file that was removed.
    pub fn closed(&mut self, node: Node) {
        let Node::Own(id) = node else { return };
        if let Some(Own::File { bytes, linked: false, .. }) = self.own.get_mut(id as usize) {
            let freed = std::mem::take(bytes).len() as u64;
            self.used = self.used.saturating_sub(freed);
        }
    }

    /// Moves what stands at `from` to `to`, replacing a file or an empty folder there; gives what was replaced.
    pub fn rename(&mut self, start: Node, from: &str, to_start: Node, to: &str, now: u64) -> Result<Option<Node>, Errno> {
        let (from_folder, from_name) = self.walk(start, from)?;
        let (to_folder, to_name) = self.walk(to_start, to)?;
        if from_name.is_empty() || to_name.is_empty() {
            return Err(Errno::INVAL);
        }
        let node = self.child(from_folder, from_name)?;
        if self.is_folder(node) && self.contains(node, to_folder) {
            return Err(Errno::INVAL);
        }
        let replaced = self.child(to_folder, to_name).ok().filter(|there| *there != node);
        if let Some(there) = replaced {
            match (self.is_folder(node), self.is_folder(there)) {
                (false, true) => return Err(Errno::ISDIR),
                (true, false) => return Err(Errno::NOTDIR),
                (true, true) if !self.list(there)?.is_empty() => return Err(Errno::NOTEMPTY),
                _ => {}
            }
        }
        self.entries_mut(to_folder, now)?;
        self.entries_mut(from_folder, now)?.remove(from_name);
        self.entries_mut(to_folder, now)?.insert(to_name.to_string(), node);
        if let Some(there) = replaced {
            self.unlink(there);
        }
        Ok(replaced)
    }

    /// Whether `inner` is `outer` or lies in it; own folders form a tree, so this ends.
    fn contains(&self, outer: Node, inner: Node) -> bool {
        let mut pending = vec![outer];
        while let Some(node) = pending.pop() {
            if node == inner {
                return true;
            }
            if let Node::Own(id) = node
                && let Some(Own::Folder { entries, .. }) = self.own.get(id as usize)
            {
                pending.extend(entries.values().filter(|child| self.is_folder(**child)));
            }
        }
        false
    }

    /// Names and nodes of a folder, in order of name.
    pub fn list(&self, node: Node) -> Result<Vec<(&str, Node)>, Errno> {
        match node {
            Node::Own(id) => match self.own.get(id as usize) {
                Some(Own::Folder { entries, .. }) => Ok(entries.iter().map(|(n, c)| (n.as_str(), *c)).collect()),
                _ => Err(Errno::NOTDIR),
            },
            Node::Lent(id) => match self.lent.get(id) {
                Some(Entry::Folder(entries)) => Ok(entries.iter().map(|(n, c)| (n.as_str(), Node::Lent(*c))).collect()),
                _ => Err(Errno::NOTDIR),
            },
        }
    }

    /// The content of a file.
    pub fn bytes(&self, node: Node) -> Result<&[u8], Errno> {
        match node {
            Node::Own(id) => match self.own.get(id as usize) {
                Some(Own::File { bytes, .. }) => Ok(bytes),
                _ => Err(Errno::ISDIR),
            },
            Node::Lent(id) if self.is_folder(Node::Lent(id)) => Err(Errno::ISDIR),
            Node::Lent(id) => Ok(self.lent.content(id)),
        }
    }

    /// Sets the size of a file, filling with zeros.
    pub fn resize(&mut self, node: Node, size: u64, now: u64) -> Result<(), Errno> {
        let Node::Own(id) = node else { return Err(Errno::ROFS) };
        let Some(Own::File { bytes, .. }) = self.own.get(id as usize) else { return Err(Errno::ISDIR) };
        let before = bytes.len() as u64;
        if size > before {
            self.charge(size - before)?;
        } else {
            self.used = self.used.saturating_sub(before - size);
        }
        if let Some(Own::File { bytes, modified_ns, .. }) = self.own.get_mut(id as usize) {
            bytes.resize(size as usize, 0);
            *modified_ns = now;
        }
        Ok(())
    }

    /// Writes into a file, growing it.
    pub fn write(&mut self, node: Node, offset: u64, data: &[u8], now: u64) -> Result<(), Errno> {
        let end = offset.checked_add(data.len() as u64).ok_or(Errno::INVAL)?;
        let Node::Own(id) = node else { return Err(Errno::ROFS) };
        if end > self.bytes(node)?.len() as u64 {
            self.resize(node, end, now)?;
        }
        if let Some(Own::File { bytes, modified_ns, .. }) = self.own.get_mut(id as usize) {
            bytes[offset as usize..end as usize].copy_from_slice(data);
            *modified_ns = now;
        }
        Ok(())
    }

    /// What is known about `node`.
    pub fn stat(&self, node: Node) -> Stat {
        let kind = if self.is_folder(node) { DIRECTORY } else { REGULAR_FILE };
        match node {
            Node::Own(id) => {
                let (size, modified_ns) = match self.own.get(id as usize) {
                    Some(Own::File { bytes, modified_ns, .. }) => (bytes.len() as u64, *modified_ns),
                    Some(Own::Folder { modified_ns, .. }) => (4096, *modified_ns),
                    None => (0, 0),
                };
                Stat { inode: u64::from(id) + 1, kind, size, modified_ns }
            }
            Node::Lent(id) => {
                let size = match self.lent.get(id) {
                    Some(Entry::File { size, .. }) => *size,
                    _ => 4096,
                };
                Stat { inode: (1 << 32) + u64::from(id), kind, size, modified_ns: 0 }
            }
        }
    }
}
