//! Functions written by hand, and putting them into a module.

use super::reader::{Reader, Section, malformed, signed, unsigned};
use crate::SandboxError;

/// Where a written function goes.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// In the place of the function with this index.
    Replace(u32),
    /// Before the instructions of the function with this index, which has no local variables; the body has no end of
    /// its own.
    Before(u32),
    /// After all others, with the type of this index.
    Append(u32),
}

/// One written function.
pub(crate) struct Patch {
    pub place: Place,
    pub body: Body,
}

/// The instructions of a function. Each method appends one, or the one its name says with its operands.
pub(crate) struct Body(Vec<u8>);

/// 32-bit integer.
pub(crate) const I32: u8 = 0x7f;
/// 64-bit integer.
pub(crate) const I64: u8 = 0x7e;

#[allow(missing_docs)]
impl Body {
    /// Begins with local variables of these types, after the parameters.
    pub fn new(locals: &[u8]) -> Self {
        let mut bytes = unsigned(locals.len() as u64);
        for kind in locals {
            bytes.extend([1, *kind]);
        }
        Body(bytes)
    }

    /// A body that is there already, its local variables included.
    pub fn written(bytes: Vec<u8>) -> Self {
        Body(bytes)
    }

    pub fn op(mut self, code: u8) -> Self {
        self.0.push(code);
        self
    }

    fn with(mut self, code: u8, operand: u64) -> Self {
        self.0.push(code);
        self.0.extend(unsigned(operand));
        self
    }

    pub fn get(self, local: u32) -> Self {
        self.with(0x20, local.into())
    }

    pub fn set(self, local: u32) -> Self {
        self.with(0x21, local.into())
    }

    pub fn tee(self, local: u32) -> Self {
        self.with(0x22, local.into())
    }

    pub fn call(self, function: u32) -> Self {
        self.with(0x10, function.into())
    }

    pub fn int(mut self, value: i32) -> Self {
        self.0.push(0x41);
        self.0.extend(signed(value.into()));
        self
    }

    pub fn long(mut self, value: i64) -> Self {
        self.0.push(0x42);
        self.0.extend(signed(value));
        self
    }

    /// Loads an `i32` at this offset from the address on the stack.
    pub fn load(mut self, offset: u32) -> Self {
        self.0.extend([0x28, 2]);
        self.0.extend(unsigned(offset.into()));
        self
    }

    /// Loads an `f64`.
    pub fn load_double(mut self, offset: u32) -> Self {
        self.0.extend([0x2b, 3]);
        self.0.extend(unsigned(offset.into()));
        self
    }

    /// Stores an `i32`.
    pub fn store(mut self, offset: u32) -> Self {
        self.0.extend([0x36, 2]);
        self.0.extend(unsigned(offset.into()));
        self
    }

    pub fn when(self) -> Self {
        self.op(0x04).op(0x40)
    }

    pub fn block(self) -> Self {
        self.op(0x02).op(0x40)
    }

    pub fn repeat(self) -> Self {
        self.op(0x03).op(0x40)
    }

    pub fn end(self) -> Self {
        self.op(0x0b)
    }

    pub fn leave(self, depth: u32) -> Self {
        self.with(0x0c, depth.into())
    }

    pub fn leave_if(self, depth: u32) -> Self {
        self.with(0x0d, depth.into())
    }

    pub fn give(self) -> Self {
        self.op(0x0f)
    }
}

/// The function section's content with the types of appended functions.
pub(super) fn functions(module: &[u8], section: &Section, patches: &[Patch]) -> Result<Vec<u8>, SandboxError> {
    let mut reader = Reader { bytes: module, at: section.content };
    let added: Vec<u32> = patches
        .iter()
        .filter_map(|patch| match patch.place {
            Place::Append(kind) => Some(kind),
            Place::Replace(_) | Place::Before(_) => None,
        })
        .collect();
    let mut out = unsigned(reader.unsigned()? + added.len() as u64);
    out.extend_from_slice(&module[reader.at..section.end]);
    out.extend(added.into_iter().flat_map(|kind| unsigned(kind.into())));
    Ok(out)
}

/// The code section's content with the written functions in their places; `imported` functions have no code.
pub(super) fn code(module: &[u8], section: &Section, imported: u32, patches: &[Patch]) -> Result<Vec<u8>, SandboxError> {
    let mut reader = Reader { bytes: &module[..section.end], at: section.content };
    let count = reader.unsigned()?;
    let added = patches.iter().filter(|p| matches!(p.place, Place::Append(_)));
    let mut out = unsigned(count + added.clone().count() as u64);
    out.reserve(section.end - section.content + 4096);
    for index in 0..count {
        let body = reader.vector()?;
        let here = |i: u32| u64::from(i) == index + u64::from(imported);
        let written = patches.iter().find(|p| matches!(p.place, Place::Replace(i) | Place::Before(i) if here(i)));
        let (first, rest) = match written {
            None => (&[][..], body),
            Some(Patch { place: Place::Before(_), body: written }) => match body.split_first() {
                Some((0, instructions)) => (written.0.as_slice(), instructions),
                _ => return Err(malformed("a function that is to be changed has local variables")),
            },
            Some(patch) => (patch.body.0.as_slice(), &[][..]),
        };
        out.extend(unsigned((first.len() + rest.len()) as u64));
        out.extend_from_slice(first);
        out.extend_from_slice(rest);
    }
    for patch in added {
        out.extend(unsigned(patch.body.0.len() as u64));
        out.extend_from_slice(&patch.body.0);
    }
    Ok(out)
}
