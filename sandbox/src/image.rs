//! Memory images: what a guest's memory holds when a program starts, as a file that is mapped copy-on-write.

use crate::{SandboxError, store_file, wasm::Split};
use memmap2::Mmap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes of one WebAssembly page; images are whole pages.
const PAGE: usize = 64 << 10;
/// Stretches of zeros of this size are left out of the file.
const HOLE: usize = 4 << 10;

/// An open image file.
pub(crate) struct Image {
    file: File,
    /// The same bytes, to copy from.
    bytes: Mmap,
    len: usize,
    minimum: usize,
}

impl Image {
    /// Opens the image at `path`, made for a module whose memory begins with `minimum` bytes.
    pub fn open(path: &Path, minimum: u64) -> Result<Self, SandboxError> {
        let file = store_file::open_own(path)?;
        let len = file.metadata().map_err(|e| SandboxError::file(path, e))?.len() as usize;
        let minimum = minimum as usize;
        if !len.is_multiple_of(PAGE) || len < minimum || len > 1 << 32 {
            return Err(SandboxError::file(path, "this is not a memory image; delete it and it is made again"));
        }
        // The cache belongs to the user alone; its files are replaced, never rewritten in place.
        let bytes = unsafe { Mmap::map(&file) }.map_err(|e| SandboxError::file(path, e))?;
        Ok(Self { file, bytes, len, minimum })
    }

    /// Bytes of memory at start.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Bytes the module declares for its memory.
    pub fn minimum(&self) -> usize {
        self.minimum
    }

    /// The bytes of memory at start.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The file to map.
    pub fn file(&self) -> &File {
        &self.file
    }
}

/// Writes the initial memory of a module that was taken apart.
pub(crate) fn write_initial(path: &Path, module: &[u8], split: &Split) -> Result<(), SandboxError> {
    store_file::write(path, |file| {
        file.set_len(split.memory_bytes)?;
        for segment in &split.data {
            let bytes = module.get(segment.from..segment.from + segment.len).unwrap_or_default();
            write_sparse(file, segment.at, bytes)?;
        }
        Ok(())
    })
}

/// Writes the memory of a guest at rest.
pub(crate) fn write_memory(path: &Path, memory: &[u8]) -> Result<(), SandboxError> {
    store_file::write(path, |file| {
        file.set_len(memory.len() as u64)?;
        write_sparse(file, 0, memory)
    })
}

fn write_sparse(file: &mut File, at: u64, bytes: &[u8]) -> std::io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        let zero = |chunk: &[u8]| chunk.iter().all(|b| *b == 0);
        let mut end = done;
        // The longest stretch without a whole hole in it.
        while end < bytes.len() && !zero(&bytes[end..(end + HOLE).min(bytes.len())]) {
            end = (end + HOLE).min(bytes.len());
        }
        if end > done {
            file.seek(SeekFrom::Start(at + done as u64))?;
            file.write_all(&bytes[done..end])?;
        }
        done = (end + HOLE).max(done + 1);
    }
    Ok(())
}
