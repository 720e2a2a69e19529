//! Sanity checks on files the user brings.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// The number of WebAssembly's export section.
const EXPORTS: u8 = 7;
/// No export section of ours is larger, in bytes.
const LARGEST_SECTION: u64 = 16 << 20;

/// What a GGUF file says at its very beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GgufHeader {
    /// Version of the format.
    pub version: u32,
    /// Number of tensors.
    pub tensors: u64,
}

/// Reads the beginning of a GGUF file.
///
/// # Errors
/// The file cannot be read, is none, or is of a version other than 2 or 3.
pub fn gguf_header(path: &Path) -> io::Result<GgufHeader> {
    let mut head = [0; 16];
    File::open(path)?.read_exact(&mut head)?;
    let [m0, m1, m2, m3, v0, v1, v2, v3, tensors @ ..] = head;
    let version = u32::from_le_bytes([v0, v1, v2, v3]);
    if [m0, m1, m2, m3] != *b"GGUF" {
        return Err(wrong("it does not begin with GGUF"));
    }
    if !(2..=3).contains(&version) {
        return Err(wrong(&format!("it is GGUF version {version}; versions 2 and 3 are known")));
    }
    Ok(GgufHeader { version, tensors: u64::from_le_bytes(tensors) })
}

/// Names that a WebAssembly module exports.
///
/// # Errors
/// The file cannot be read or is not a WebAssembly module.
pub fn wasm_exports(path: &Path) -> io::Result<Vec<String>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut head = [0; 8];
    file.read_exact(&mut head)?;
    if head != *b"\0asm\x01\0\0\0" {
        return Err(wrong("it is not a WebAssembly module"));
    }
    loop {
        let mut section = [0];
        if file.read(&mut section)? == 0 {
            return Ok(Vec::new());
        }
        let length = number(&mut file)?;
        if section[0] != EXPORTS {
            file.seek(SeekFrom::Current(i64::try_from(length).map_err(|_| wrong("a section is too long"))?))?;
            continue;
        }
        let mut section = BufReader::new(file.take(length.min(LARGEST_SECTION)));
        let count = number(&mut section)?;
        let mut names = Vec::new();
        for _ in 0..count {
            let mut name = vec![0; usize::try_from(number(&mut section)?.min(LARGEST_SECTION)).unwrap_or(0)];
            section.read_exact(&mut name)?;
            names.push(String::from_utf8_lossy(&name).into_owned());
            section.read_exact(&mut [0])?;
            number(&mut section)?;
        }
        return Ok(names);
    }
}

/// An unsigned number in LEB128, as WebAssembly writes lengths.
fn number(reader: &mut impl Read) -> io::Result<u64> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let mut byte = [0];
        reader.read_exact(&mut byte)?;
        value |= u64::from(byte[0] & 0x7f) << shift;
        if byte[0] & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(wrong("a number in it is too long"))
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}
