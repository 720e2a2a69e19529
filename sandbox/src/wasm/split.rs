//! Splits a guest module into its code and its initial memory.
//!
//! A guest as shipped holds both. Taken apart, one compiled module serves every memory image made from it: the code
//! is compiled once, and a program starts from whichever image suits it, mapped copy-on-write. The data section is
//! removed, functions the host wants to call are exported by their names, and a few functions are replaced; nothing
//! else of the module changes. This is sound for modules whose only mutable global is the stack pointer, which is back
//! at its initial value whenever no guest code runs, and that use no passive segments.

use super::reader::*;
use super::rewrite::{self, Patch};
use super::symbols::Symbols;
use crate::SandboxError;

const PAGE: u64 = 64 << 10;
/// In exports: what follows is the index of a function.
const FUNCTION: u8 = 0;
const ACTIVE: u64 = 0;
const PASSIVE: u64 = 1;

/// What is changed in a module.
#[derive(Default)]
pub(crate) struct Changes {
    /// Functions to export, by name, beside those it exports itself.
    pub exports: &'static [&'static str],
    /// Functions written for it.
    pub patches: Vec<Patch>,
}

/// A module taken apart.
pub(crate) struct Split {
    /// The module without its data section and without custom sections.
    pub code: Vec<u8>,
    /// Bytes of memory at start.
    pub memory_bytes: u64,
    /// What stands where in that memory; the rest is zero. Ranges into the original module.
    pub data: Vec<Segment>,
}

/// One stretch of initial memory.
#[derive(Clone, Copy)]
pub(crate) struct Segment {
    /// Offset in the guest's memory.
    pub at: u64,
    /// Where its bytes lie in the module.
    pub from: usize,
    /// How many.
    pub len: usize,
}

/// Takes `module` apart, changing it as `changes` says.
pub(crate) fn split(module: &[u8], symbols: &Symbols, changes: &Changes) -> Result<Split, SandboxError> {
    let mut split = Split { code: module.get(..8).unwrap_or_default().to_vec(), memory_bytes: 0, data: Vec::new() };
    for section in sections(module)? {
        let mut reader = Reader { bytes: &module[..section.end], at: section.content };
        let content = match section.id {
            SECTION_CUSTOM => continue,
            SECTION_DATA => {
                data(&mut reader, &mut split.data)?;
                continue;
            }
            SECTION_DATA_COUNT => return Err(malformed("it counts its data segments, so it may use passive ones")),
            SECTION_MEMORY => {
                split.memory_bytes = memory(&mut reader)?;
                None
            }
            SECTION_EXPORT if !changes.exports.is_empty() => Some(exports(module, &section, symbols, changes.exports)?),
            SECTION_FUNCTION if !changes.patches.is_empty() => Some(rewrite::functions(module, &section, &changes.patches)?),
            SECTION_CODE if !changes.patches.is_empty() => {
                Some(rewrite::code(module, &section, symbols.imported, &changes.patches)?)
            }
            _ => None,
        };
        match content {
            None => split.code.extend_from_slice(&module[section.start..section.end]),
            Some(content) => {
                split.code.push(section.id);
                split.code.extend(unsigned(content.len() as u64));
                split.code.extend(content);
            }
        }
    }
    if split.memory_bytes == 0 || split.memory_bytes > 1 << 32 {
        return Err(malformed("it has no memory of its own"));
    }
    if split.data.iter().any(|s| s.at + s.len as u64 > split.memory_bytes) {
        return Err(malformed("a data segment lies outside its memory"));
    }
    Ok(split)
}

/// Bytes of the module's one memory.
fn memory(reader: &mut Reader<'_>) -> Result<u64, SandboxError> {
    if reader.unsigned()? != 1 {
        return Err(malformed("it has not exactly one memory"));
    }
    reader.byte()?;
    Ok(reader.unsigned()?.saturating_mul(PAGE))
}

/// The export section's content with further functions.
fn exports(module: &[u8], section: &Section, symbols: &Symbols, names: &[&str]) -> Result<Vec<u8>, SandboxError> {
    let mut reader = Reader { bytes: module, at: section.content };
    let mut out = unsigned(reader.unsigned()? + names.len() as u64);
    out.extend_from_slice(&module[reader.at..section.end]);
    for name in names {
        out.extend(unsigned(name.len() as u64));
        out.extend_from_slice(name.as_bytes());
        out.push(FUNCTION);
        out.extend(unsigned(symbols.function(name)?.into()));
    }
    Ok(out)
}

fn data(reader: &mut Reader<'_>, out: &mut Vec<Segment>) -> Result<(), SandboxError> {
    for _ in 0..reader.unsigned()? {
        let kind = reader.unsigned()?;
        if kind == PASSIVE {
            // Nothing can use it: without a count of segments no instruction may name one.
            reader.vector()?;
            continue;
        }
        if kind != ACTIVE || reader.byte()? != I32_CONST {
            return Err(malformed("it has a data segment that is not at a constant address"));
        }
        let at = reader.address()?;
        if reader.byte()? != END {
            return Err(malformed("a data segment's address is not a constant"));
        }
        let len = reader.vector()?.len();
        out.push(Segment { at, from: reader.at - len, len });
    }
    Ok(())
}
