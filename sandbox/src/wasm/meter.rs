//! Counting work: a module is given a counter, and code that counts down.
//!
//! The engine's own counting (fuel) makes CPython 1.4 times slower: it carries the count through every joint of the code
//! and calls back from every loop. Here the counter is eight bytes in a second memory of the module, which none of its
//! own instructions can name, and a place of code that counts is one subtraction there and one jump that is never taken
//! but at the end ([`super::places`] says where those places are). What is done to many bytes at once is counted by
//! three functions that are put in the place of `memory.copy`, `memory.fill` and `memory.grow`.

use super::places::{self, Helpers};
use super::reader::{malformed, signed, unsigned};
use crate::SandboxError;
use std::ops::Range;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};
use wasmtime::{Engine, Module};

/// What the memory with the counter is exported as.
pub(crate) const WORK_MEMORY: &str = "proctor:work";
/// What the function is exported as that the engine would call by itself when a module is started, uncounted.
pub(crate) const START: &str = "proctor:start";

/// Bytes that are copied or filled for a unit of work, as a power of two, and what the call itself costs.
const BYTES: u8 = 1;
const CALL: i64 = 64;
/// Units of work for a page of 64 KiB that is added to a memory, as a power of two, and for the call.
const PAGE: u8 = 14;
const GROW: i64 = 2_000;

const TYPES: u8 = 1;
const IMPORTS: u8 = 2;
const FUNCTIONS: u8 = 3;
const TABLES: u8 = 4;
const MEMORIES: u8 = 5;
const GLOBALS: u8 = 6;
const EXPORTS: u8 = 7;
const ELEMENTS: u8 = 9;
const CODE: u8 = 10;
const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;
const TAGS: u8 = 13;
/// The order in which sections stand.
const ORDER: [u8; 12] = [TYPES, IMPORTS, FUNCTIONS, TABLES, MEMORIES, TAGS, GLOBALS, EXPORTS, ELEMENTS, DATA_COUNT, CODE, DATA];

const FUNCTION: u8 = 0;
const MEMORY: u8 = 2;
const I32: u8 = 0x7f;

/// What there is in a module.
#[derive(Default)]
struct Shape {
    sections: Vec<(u8, Range<usize>)>,
    types: u32,
    functions: u32,
    memories: u32,
    start: Option<u32>,
    bodies: Vec<Range<usize>>,
}

/// `module` with its work counted. It must be one that the engine accepts; custom sections are left out, since offsets in
/// them would be wrong.
///
/// Errors: the module is malformed, has a memory that is not its own, or uses instructions whose work cannot be counted.
pub(crate) fn metered(engine: &Engine, module: &[u8]) -> Result<Vec<u8>, SandboxError> {
    // Only so it is certain that no instruction names the memory that is added.
    Module::validate(engine, module).map_err(|e| malformed(&format!("{e:#}")))?;
    let shape = shape(module)?;
    let helpers = Helpers { copy: shape.functions, fill: shape.functions + 1, grow: shape.functions + 2 };
    let mut out = module.get(..8).unwrap_or_default().to_vec();
    out.reserve(module.len() + module.len() / 4);
    for id in ORDER {
        let old = shape.sections.iter().find(|(section, _)| *section == id).map(|(_, range)| range.clone());
        let content = match id {
            TYPES => {
                let more = [vec![0x60, 3, I32, I32, I32, 0], vec![0x60, 1, I32, 1, I32]];
                Some(longer(module, old, &more)?)
            }
            FUNCTIONS => {
                let (three, one) = (unsigned(shape.types.into()), unsigned((shape.types + 1).into()));
                Some(longer(module, old, &[three.clone(), three, one])?)
            }
            MEMORIES => {
                // Without one of its own it gets an empty one, so that the counter's is always the second.
                let own = (shape.memories == 0).then(|| vec![1, 0, 0]);
                Some(longer(module, old, &[own.into_iter().collect::<Vec<_>>(), vec![vec![1, 1, 1]]].concat())?)
            }
            EXPORTS => {
                let start = shape.start.map(|index| export(START, FUNCTION, index));
                let more = std::iter::once(export(WORK_MEMORY, MEMORY, 1)).chain(start).collect::<Vec<_>>();
                Some(longer(module, old, &more)?)
            }
            CODE => Some(code(module, &shape, &helpers)?),
            _ => old.map(|range| module[range].to_vec()),
        };
        if let Some(content) = content {
            out.push(id);
            out.extend(unsigned(content.len() as u64));
            out.extend(content);
        }
    }
    Ok(out)
}

/// Bytes of the largest function of `module`.
pub(crate) fn largest_function(module: &[u8]) -> Result<usize, SandboxError> {
    let shape = shape(module)?;
    Ok(shape.bodies.iter().map(|body| body.len()).max().unwrap_or(0))
}

fn shape(module: &[u8]) -> Result<Shape, SandboxError> {
    let mut shape = Shape::default();
    let mut read = || -> wasmparser::Result<bool> {
        let mut foreign = false;
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            if let Some(section) = payload.as_section()
                && section.0 != CODE
            {
                shape.sections.push(section.clone());
            }
            match payload {
                Payload::TypeSection(types) => {
                    for group in types {
                        shape.types += group?.types().len() as u32;
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => shape.functions += 1,
                            TypeRef::Memory(_) => foreign = true,
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(functions) => shape.functions += functions.count(),
                Payload::MemorySection(memories) => shape.memories = memories.count(),
                Payload::StartSection { func, .. } => shape.start = Some(func),
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        foreign |= export.kind == ExternalKind::Memory && export.index > 0;
                    }
                }
                Payload::CodeSectionEntry(body) => shape.bodies.push(body.range()),
                _ => {}
            }
        }
        Ok(foreign || shape.memories > 1)
    };
    match read() {
        Ok(false) => Ok(shape),
        Ok(true) => Err(malformed("it has other memories than one of its own")),
        Err(error) => Err(malformed(&error.to_string())),
    }
}

/// A section's content with further entries.
fn longer(module: &[u8], old: Option<Range<usize>>, more: &[Vec<u8>]) -> Result<Vec<u8>, SandboxError> {
    let mut reader = super::reader::Reader { bytes: module, at: 0 };
    let (count, rest) = match old {
        None => (0, &[][..]),
        Some(range) => {
            reader.at = range.start;
            let count = reader.unsigned()?;
            (count, module.get(reader.at..range.end).unwrap_or_default())
        }
    };
    let mut out = unsigned(count + more.len() as u64);
    out.extend_from_slice(rest);
    out.extend(more.iter().flatten());
    Ok(out)
}

fn export(name: &str, kind: u8, index: u32) -> Vec<u8> {
    [&unsigned(name.len() as u64), name.as_bytes(), &[kind], &unsigned(index.into())].concat()
}

fn code(module: &[u8], shape: &Shape, helpers: &Helpers) -> Result<Vec<u8>, SandboxError> {
    let mut out = unsigned(shape.bodies.len() as u64 + 3);
    out.reserve(module.len());
    for body in &shape.bodies {
        let new = places::counted(&module[body.clone()], helpers)?;
        out.extend(unsigned(new.len() as u64));
        out.extend(new);
    }
    let (shift_left, shift_right) = (0x86, 0x88);
    for body in [
        many(2, (BYTES, shift_right), CALL, &[0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x0a, 0, 0]),
        many(2, (BYTES, shift_right), CALL, &[0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x0b, 0]),
        many(0, (PAGE, shift_left), GROW, &[0x20, 0, 0x40, 0]),
    ] {
        out.extend(unsigned(body.len() as u64));
        out.extend(body);
    }
    Ok(out)
}

/// A function that counts its parameter `how_many`, shifted by so many bits, and `once`, and does `what`.
fn many(how_many: u8, (bits, shift): (u8, u8), once: i64, what: &[u8]) -> Vec<u8> {
    // No locals; the parameter as 64 bits, shifted, plus `once`.
    let mut amount = vec![0x20, how_many, 0xad, 0x42, bits, shift, 0x42];
    amount.extend(signed(once));
    amount.push(0x7c);
    let mut out = vec![0];
    out.extend(places::count(&amount));
    out.extend_from_slice(what);
    out.push(0x0b);
    out
}
