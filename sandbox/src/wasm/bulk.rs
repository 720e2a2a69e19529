//! Replaces the instructions that move memory in bulk by calls of functions that the module itself exports.
//!
//! The engine carries those instructions out in its own code, for one unit of work however much they move, and would
//! end with the process at an address that has no rights. The module's own functions are metered and trap.

use std::ops::Range;
use wasmparser::{ExternalKind, Operator, Parser, Payload};

/// The module with those instructions replaced; an error is a sentence about the module.
pub(crate) fn replace_bulk(mut wasm: Vec<u8>) -> Result<Vec<u8>, String> {
    let (mut copy, mut fill) = (None, None);
    let mut found: Vec<(Range<usize>, bool)> = Vec::new();
    let unreadable = |e: wasmparser::BinaryReaderError| format!("the linked program is not a module: {e}");
    for payload in Parser::new(0).parse_all(&wasm) {
        match payload.map_err(unreadable)? {
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export.map_err(unreadable)?;
                    match (export.kind, export.name) {
                        (ExternalKind::Func, "__proctor_copy") => copy = Some(export.index),
                        (ExternalKind::Func, "__proctor_fill") => fill = Some(export.index),
                        _ => {}
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let mut reader = body.get_operators_reader().map_err(unreadable)?;
                while !reader.eof() {
                    let start = reader.original_position();
                    let operator = reader.read().map_err(unreadable)?;
                    let range = start..reader.original_position();
                    match operator {
                        Operator::MemoryCopy { .. } => found.push((range, true)),
                        Operator::MemoryFill { .. } => found.push((range, false)),
                        Operator::MemoryInit { .. } => return Err("it uses the instruction memory.init".to_string()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    for (range, copies) in found {
        let function = if copies { copy } else { fill };
        let function = function.ok_or("it lacks the functions that move memory")?;
        let call = call(function, range.len()).ok_or("it has too many functions")?;
        if let Some(place) = wasm.get_mut(range) {
            place.copy_from_slice(&call);
        }
    }
    Ok(wasm)
}

/// A call of `function` in exactly `length` bytes.
fn call(function: u32, length: usize) -> Option<Vec<u8>> {
    const CALL: u8 = 0x10;
    let mut bytes = vec![CALL];
    let mut rest = function;
    for left in (0..length.checked_sub(1)?).rev() {
        let more = if left > 0 { 0x80 } else { 0 };
        bytes.push((rest & 0x7f) as u8 | more);
        rest >>= 7;
    }
    (rest == 0).then_some(bytes)
}
