//! Splits a guest module into its code and its initial memory.
//!
//! A guest as shipped holds both. Taken apart, one compiled module serves every memory image made from it: the code
//! is compiled once, and a program starts from whichever image suits it, mapped copy-on-write. Only the data section
//! is removed, and functions the host wants to call are exported by their names; nothing else of the module changes. This is sound for modules whose only mutable global is the stack
//! pointer, which is back at its initial value whenever no guest code runs, and that use no passive segments.

use crate::SandboxError;

const PAGE: u64 = 64 << 10;
const SECTION_CUSTOM: u8 = 0;
const SECTION_MEMORY: u8 = 5;
const SECTION_EXPORT: u8 = 7;
const SECTION_DATA: u8 = 11;
const SECTION_DATA_COUNT: u8 = 12;
/// In exports: what follows is the index of a function.
const FUNCTION: u8 = 0;
/// In the name section: names of functions follow.
const FUNCTION_NAMES: u8 = 1;
const I32_CONST: u8 = 0x41;
const END: u8 = 0x0b;
const ACTIVE: u64 = 0;
const PASSIVE: u64 = 1;

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

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, SandboxError> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(|| malformed("it ends too early"))?;
        self.at += 1;
        Ok(byte)
    }

    /// Unsigned LEB128 of at most 10 bytes.
    fn unsigned(&mut self) -> Result<u64, SandboxError> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(malformed("a number in it is too long"))
    }

    /// Signed LEB128 of 32 bits, as the address it stands for.
    fn address(&mut self) -> Result<u64, SandboxError> {
        let mut value = 0i64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if byte & 0x40 != 0 {
                    value |= -1i64 << (shift + 7);
                }
                return Ok(u64::from(value as i32 as u32));
            }
        }
        Err(malformed("an address in it is too long"))
    }

    fn length(&mut self) -> Result<usize, SandboxError> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| malformed("a length in it is too large"))?;
        if length > self.bytes.len() - self.at {
            return Err(malformed("a section reaches past its end"));
        }
        Ok(length)
    }
}

fn malformed(what: &str) -> SandboxError {
    SandboxError::Engine(format!("the guest is not a WebAssembly module of the expected form: {what}"))
}

/// Takes `module` apart, exporting the functions named in `exports` beside what it exports itself.
pub(crate) fn split(module: &[u8], exports: &[&str]) -> Result<Split, SandboxError> {
    if module.get(..8) != Some(b"\0asm\x01\0\0\0") {
        return Err(malformed("it does not begin with the WebAssembly header"));
    }
    let wanted = if exports.is_empty() { Vec::new() } else { find_functions(module, exports)? };
    let mut reader = Reader { bytes: module, at: 8 };
    let mut split = Split { code: module[..8].to_vec(), memory_bytes: 0, data: Vec::new() };
    while reader.at < module.len() {
        let start = reader.at;
        let id = reader.byte()?;
        let length = reader.length()?;
        let end = reader.at + length;
        match id {
            SECTION_CUSTOM => {}
            SECTION_EXPORT if !wanted.is_empty() => {
                let mut old = Reader { bytes: module, at: reader.at };
                let count = old.unsigned()? + wanted.len() as u64;
                let mut body = encode(count);
                body.extend_from_slice(&module[old.at..end]);
                for (name, index) in &wanted {
                    body.extend(encode(name.len() as u64));
                    body.extend_from_slice(name.as_bytes());
                    body.push(FUNCTION);
                    body.extend(encode(*index));
                }
                split.code.push(id);
                split.code.extend(encode(body.len() as u64));
                split.code.extend(body);
            }
            SECTION_DATA => data(&mut reader, end, &mut split.data)?,
            SECTION_DATA_COUNT => return Err(malformed("it counts its data segments, so it may use passive ones")),
            SECTION_MEMORY => {
                let mut memory = Reader { bytes: module, at: reader.at };
                if memory.unsigned()? != 1 {
                    return Err(malformed("it has not exactly one memory"));
                }
                memory.byte()?;
                split.memory_bytes = memory.unsigned()?.saturating_mul(PAGE);
                split.code.extend_from_slice(&module[start..end]);
            }
            _ => split.code.extend_from_slice(&module[start..end]),
        }
        reader.at = end;
    }
    if split.memory_bytes == 0 || split.memory_bytes > 1 << 32 {
        return Err(malformed("it has no memory of its own"));
    }
    if split.data.iter().any(|s| s.at + s.len as u64 > split.memory_bytes) {
        return Err(malformed("a data segment lies outside its memory"));
    }
    Ok(split)
}

/// Unsigned LEB128.
fn encode(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

/// The indices of the functions called `names`, from the module's name section.
fn find_functions<'n>(module: &[u8], names: &[&'n str]) -> Result<Vec<(&'n str, u64)>, SandboxError> {
    let mut found = Vec::new();
    let mut reader = Reader { bytes: module, at: 8 };
    while reader.at < module.len() {
        let id = reader.byte()?;
        let length = reader.length()?;
        let end = reader.at + length;
        if id == SECTION_CUSTOM {
            let length = reader.length()?;
            let title = &module[reader.at..reader.at + length];
            reader.at += length;
            if title == b"name" {
                function_names(&mut reader, end, names, &mut found)?;
            }
        }
        reader.at = end;
    }
    match names.iter().find(|name| !found.iter().any(|(n, _)| n == *name)) {
        Some(name) => Err(malformed(&format!("it has no function named `{name}`"))),
        None => Ok(found),
    }
}

fn function_names<'n>(
    reader: &mut Reader<'_>,
    end: usize,
    names: &[&'n str],
    found: &mut Vec<(&'n str, u64)>,
) -> Result<(), SandboxError> {
    while reader.at < end {
        let kind = reader.byte()?;
        let length = reader.length()?;
        let next = reader.at + length;
        if kind == FUNCTION_NAMES {
            for _ in 0..reader.unsigned()? {
                let index = reader.unsigned()?;
                let length = reader.length()?;
                let name = &reader.bytes[reader.at..reader.at + length];
                reader.at += length;
                if let Some(name) = names.iter().find(|n| n.as_bytes() == name) {
                    found.push((name, index));
                }
            }
        }
        reader.at = next;
    }
    Ok(())
}

fn data(reader: &mut Reader<'_>, end: usize, out: &mut Vec<Segment>) -> Result<(), SandboxError> {
    let count = reader.unsigned()?;
    for _ in 0..count {
        if reader.at >= end {
            return Err(malformed("its data section is cut short"));
        }
        let kind = reader.unsigned()?;
        if kind == PASSIVE {
            // Nothing can use it: without a count of segments no instruction may name one.
            reader.at += reader.length()?;
            continue;
        }
        if kind != ACTIVE || reader.byte()? != I32_CONST {
            return Err(malformed("it has a data segment that is not at a constant address"));
        }
        let at = reader.address()?;
        if reader.byte()? != END {
            return Err(malformed("a data segment's address is not a constant"));
        }
        let len = reader.length()?;
        out.push(Segment { at, from: reader.at, len });
        reader.at += len;
    }
    Ok(())
}
