//! Which function is where, by name.

use super::reader::*;
use crate::SandboxError;
use std::collections::HashMap;

/// In imports and exports: a function.
const FUNCTION: u8 = 0;
/// In the name section: names of functions follow.
const FUNCTION_NAMES: u8 = 1;
/// Begins a function's type.
const FUNCTION_TYPE: u8 = 0x60;

/// What a module calls its functions.
#[derive(Default)]
pub(crate) struct Symbols {
    functions: HashMap<String, u32>,
    imports: HashMap<String, u32>,
    types: Vec<(Vec<u8>, Vec<u8>)>,
    table: Vec<(u64, u32)>,
    /// Functions that are imported.
    pub imported: u32,
    /// Functions in all.
    pub count: u32,
}

impl Symbols {
    /// Reads the names of `module`.
    pub fn read(module: &[u8]) -> Result<Self, SandboxError> {
        let mut symbols = Symbols::default();
        for section in sections(module)? {
            let mut reader = Reader { bytes: &module[..section.end], at: section.content };
            match section.id {
                SECTION_TYPE => symbols.types(&mut reader)?,
                SECTION_IMPORT => symbols.imports(&mut reader)?,
                SECTION_FUNCTION => symbols.count = symbols.imported + reader.unsigned()? as u32,
                SECTION_ELEMENT => symbols.elements(&mut reader)?,
                SECTION_CUSTOM if reader.vector()? == b"name" => symbols.names(&mut reader, section.end)?,
                _ => {}
            }
        }
        Ok(symbols)
    }

    /// The index of the function `name`.
    pub fn function(&self, name: &str) -> Result<u32, SandboxError> {
        self.functions.get(name).copied().ok_or_else(|| malformed(&format!("it has no function named `{name}`")))
    }

    /// The index of the imported function `name`.
    pub fn import(&self, name: &str) -> Result<u32, SandboxError> {
        self.imports.get(name).copied().ok_or_else(|| malformed(&format!("it does not import `{name}`")))
    }

    /// The index of a function's type.
    pub fn signature(&self, parameters: &[u8], results: &[u8]) -> Result<u32, SandboxError> {
        let found = self.types.iter().position(|(p, r)| p == parameters && r == results);
        found.map(|i| i as u32).ok_or_else(|| malformed("it lacks the type of a function that is to be added"))
    }

    /// How many parameters a function of this type has.
    pub fn parameters(&self, kind: u32) -> Option<u32> {
        self.types.get(kind as usize).map(|(parameters, _)| parameters.len() as u32)
    }

    /// Where pointers to the function `name` point.
    pub fn pointer(&self, name: &str) -> Result<i32, SandboxError> {
        let index = self.function(name)?;
        let found = self.table.iter().find(|(_, function)| *function == index);
        found.map(|(at, _)| *at as i32).ok_or_else(|| malformed(&format!("nothing points to `{name}`")))
    }

    fn types(&mut self, reader: &mut Reader<'_>) -> Result<(), SandboxError> {
        for _ in 0..reader.unsigned()? {
            if reader.byte()? != FUNCTION_TYPE {
                return Err(malformed("it has types that are not of functions"));
            }
            self.types.push((reader.vector()?.to_vec(), reader.vector()?.to_vec()));
        }
        Ok(())
    }

    fn imports(&mut self, reader: &mut Reader<'_>) -> Result<(), SandboxError> {
        for _ in 0..reader.unsigned()? {
            reader.vector()?;
            let name = String::from_utf8_lossy(reader.vector()?).into_owned();
            if reader.byte()? != FUNCTION {
                return Err(malformed("it imports something that is no function"));
            }
            reader.unsigned()?;
            self.imports.insert(name, self.imported);
            self.imported += 1;
        }
        Ok(())
    }

    fn elements(&mut self, reader: &mut Reader<'_>) -> Result<(), SandboxError> {
        for _ in 0..reader.unsigned()? {
            if reader.unsigned()? != 0 || reader.byte()? != I32_CONST {
                return Err(malformed("its table is not filled from one list"));
            }
            let from = reader.address()?;
            if reader.byte()? != END {
                return Err(malformed("its table begins at no constant"));
            }
            for i in 0..reader.unsigned()? {
                self.table.push((from + i, reader.unsigned()? as u32));
            }
        }
        Ok(())
    }

    fn names(&mut self, reader: &mut Reader<'_>, end: usize) -> Result<(), SandboxError> {
        while reader.at < end {
            let kind = reader.byte()?;
            let length = reader.length()?;
            let next = reader.at + length;
            if kind == FUNCTION_NAMES {
                for _ in 0..reader.unsigned()? {
                    let index = reader.unsigned()? as u32;
                    let name = String::from_utf8_lossy(reader.vector()?).into_owned();
                    self.functions.entry(name).or_insert(index);
                }
            }
            reader.at = next;
        }
        Ok(())
    }
}
