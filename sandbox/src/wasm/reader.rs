use crate::SandboxError;

pub(super) const SECTION_CUSTOM: u8 = 0;
pub(super) const SECTION_TYPE: u8 = 1;
pub(super) const SECTION_IMPORT: u8 = 2;
pub(super) const SECTION_FUNCTION: u8 = 3;
pub(super) const SECTION_MEMORY: u8 = 5;
pub(super) const SECTION_EXPORT: u8 = 7;
pub(super) const SECTION_ELEMENT: u8 = 9;
pub(super) const SECTION_CODE: u8 = 10;
pub(super) const SECTION_DATA: u8 = 11;
pub(super) const SECTION_DATA_COUNT: u8 = 12;
pub(super) const I32_CONST: u8 = 0x41;
pub(super) const END: u8 = 0x0b;

/// Reads a module's bytes.
pub(super) struct Reader<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

/// One section of a module.
pub(super) struct Section {
    pub id: u8,
    /// Where its header begins.
    pub start: usize,
    /// Where its content begins.
    pub content: usize,
    /// Where it ends.
    pub end: usize,
}

impl<'a> Reader<'a> {
    pub fn byte(&mut self) -> Result<u8, SandboxError> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(|| malformed("it ends too early"))?;
        self.at += 1;
        Ok(byte)
    }

    /// Unsigned LEB128 of at most 10 bytes.
    pub fn unsigned(&mut self) -> Result<u64, SandboxError> {
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
    pub fn address(&mut self) -> Result<u64, SandboxError> {
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

    /// A length that fits into what is left.
    pub fn length(&mut self) -> Result<usize, SandboxError> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| malformed("a length in it is too large"))?;
        if length > self.bytes.len().saturating_sub(self.at) {
            return Err(malformed("a section reaches past its end"));
        }
        Ok(length)
    }

    /// Bytes with their length before them.
    pub fn vector(&mut self) -> Result<&'a [u8], SandboxError> {
        let length = self.length()?;
        let bytes = &self.bytes[self.at..self.at + length];
        self.at += length;
        Ok(bytes)
    }
}

/// The sections of a module, in order.
pub(super) fn sections(module: &[u8]) -> Result<Vec<Section>, SandboxError> {
    if module.get(..8) != Some(b"\0asm\x01\0\0\0") {
        return Err(malformed("it does not begin with the WebAssembly header"));
    }
    let mut reader = Reader { bytes: module, at: 8 };
    let mut sections = Vec::new();
    while reader.at < module.len() {
        let start = reader.at;
        let id = reader.byte()?;
        let length = reader.length()?;
        sections.push(Section { id, start, content: reader.at, end: reader.at + length });
        reader.at += length;
    }
    Ok(sections)
}

/// Unsigned LEB128.
pub(super) fn unsigned(mut value: u64) -> Vec<u8> {
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

/// Signed LEB128.
pub(super) fn signed(mut value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

pub(super) fn malformed(what: &str) -> SandboxError {
    SandboxError::Engine(format!("the guest is not a WebAssembly module of the expected form: {what}"))
}
