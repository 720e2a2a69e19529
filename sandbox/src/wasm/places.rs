//! Where in a function work is counted, and how much.
//!
//! Counting stands where a function begins and where each turn of a loop begins, which no endless computation can avoid,
//! and after every [`SPACING`] instructions in between. Each place counts the instructions that follow up to the next.
//! Of a very long function usually a small part is executed at a time: the heart of an interpreter goes from one turn of
//! its loop to the next through a few of its many thousand instructions. So there only the beginning and the loops
//! count, and not more than [`MOST_IN_LONG`].

use super::reader::{malformed, signed};
use crate::SandboxError;
use wasmparser::{BinaryReader, FunctionBody, Operator};

/// Most instructions that one place counts.
const SPACING: usize = 128;
/// A function of so many instructions is long.
const LONG: usize = 16_384;
const MOST_IN_LONG: usize = 56;
/// What a call costs beside its instructions.
const CALL: usize = 6;
/// Units of work of an exception: the engine walks the stack.
const THROW: i64 = 50_000;

/// The functions that take the places of instructions whose work depends on their operands.
pub(super) struct Helpers {
    pub copy: u32,
    pub fill: u32,
    pub grow: u32,
}

/// Code that counts what `amount` leaves on the stack, 64 bits, and traps when more is used up than there is.
pub(super) fn count(amount: &[u8]) -> Vec<u8> {
    const LOAD: [u8; 6] = [0x41, 0, 0x29, 0x43, 1, 0];
    const STORE: [u8; 4] = [0x37, 0x43, 1, 0];
    // The counter's address for the store; what it was, less the amount; stored; where that is below zero, a trap.
    [&[0x41, 0], &LOAD[..], amount, &[0x7d], &STORE, &LOAD, &[0x42, 0, 0x53, 0x04, 0x40, 0x00, 0x0b]].concat()
}

/// Units of work that so many instructions count, of which usually some are passed over. Chosen so that a second of CPython
/// is as many units as when every executed instruction was one.
fn units(instructions: usize) -> i64 {
    (instructions as i64 * 5 / 8).max(1)
}

fn constant(units: i64) -> Vec<u8> {
    [vec![0x42], signed(units)].concat()
}

/// One change of a function's bytes.
struct Change {
    /// The bytes it takes the place of.
    from: usize,
    to: usize,
    new: New,
}

enum New {
    /// Counts so many instructions.
    Count(usize),
    Throw,
    Call(u32),
}

/// A function's body with its work counted.
pub(super) fn counted(body: &[u8], helpers: &Helpers) -> Result<Vec<u8>, SandboxError> {
    let mut spacing = SPACING;
    let mut changes = Vec::new();
    let instructions = changes_of(body, helpers, spacing, &mut changes)?;
    if instructions >= LONG {
        spacing = usize::MAX;
        changes.clear();
        changes_of(body, helpers, spacing, &mut changes)?;
    }
    let most = if spacing == SPACING { SPACING } else { MOST_IN_LONG };
    let mut out = Vec::with_capacity(body.len() + 32 * changes.len());
    let mut done = 0;
    for change in &changes {
        out.extend_from_slice(&body[done..change.from]);
        match change.new {
            New::Count(instructions) => out.extend(count(&constant(units(instructions.min(most))))),
            New::Throw => {
                out.extend(count(&constant(THROW)));
                out.extend_from_slice(&body[change.from..change.to]);
            }
            New::Call(function) => {
                out.push(0x10);
                out.extend(super::reader::unsigned(function.into()));
            }
        }
        done = change.to;
    }
    out.extend_from_slice(&body[done..]);
    Ok(out)
}

/// Finds the changes of a function, in their order; gives the number of its instructions.
fn changes_of(body: &[u8], helpers: &Helpers, spacing: usize, changes: &mut Vec<Change>) -> Result<usize, SandboxError> {
    let unread = |e: wasmparser::BinaryReaderError| malformed(&format!("a function in it cannot be read: {e}"));
    let mut operators = FunctionBody::new(BinaryReader::new(body, 0)).get_operators_reader().map_err(unread)?;
    let begin = operators.original_position();
    changes.push(Change { from: begin, to: begin, new: New::Count(CALL) });
    let mut total = 0;
    // For each loop that is open, and for the function, the change that counts its instructions now.
    let mut regions = vec![0];
    // For each open block whether it is a loop.
    let mut open = vec![false];
    while !operators.eof() {
        let from = operators.original_position();
        let operator = operators.read().map_err(unread)?;
        let to = operators.original_position();
        match operator {
            Operator::Loop { .. } => {
                open.push(true);
                regions.push(changes.len());
                changes.push(Change { from: to, to, new: New::Count(0) });
                continue;
            }
            Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                open.push(false);
                continue;
            }
            Operator::End => {
                if open.pop() == Some(true) {
                    regions.pop();
                }
                continue;
            }
            Operator::MemoryCopy { .. } => changes.push(Change { from, to, new: New::Call(helpers.copy) }),
            Operator::MemoryFill { .. } => changes.push(Change { from, to, new: New::Call(helpers.fill) }),
            Operator::MemoryGrow { .. } => changes.push(Change { from, to, new: New::Call(helpers.grow) }),
            Operator::Throw { .. } | Operator::ThrowRef => changes.push(Change { from, to, new: New::Throw }),
            _ if uncountable(&operator) => {
                return Err(malformed("it uses an instruction whose work is not counted"));
            }
            _ => {}
        }
        total += 1;
        let Some(region) = regions.last_mut() else { continue };
        if let Some(Change { new: New::Count(instructions), .. }) = changes.get_mut(*region) {
            *instructions += 1;
            if *instructions >= spacing {
                *region = changes.len();
                changes.push(Change { from: to, to, new: New::Count(0) });
            }
        }
    }
    Ok(total)
}

/// Instructions that do much at once and are not wanted by any guest, and those of older exceptions.
fn uncountable(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::MemoryInit { .. }
            | Operator::TableInit { .. }
            | Operator::TableCopy { .. }
            | Operator::TableFill { .. }
            | Operator::TableGrow { .. }
            | Operator::ArrayNew { .. }
            | Operator::ArrayNewDefault { .. }
            | Operator::ArrayNewData { .. }
            | Operator::ArrayNewElem { .. }
            | Operator::ArrayFill { .. }
            | Operator::ArrayCopy { .. }
            | Operator::ArrayInitData { .. }
            | Operator::ArrayInitElem { .. }
            | Operator::Try { .. }
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. }
            | Operator::Rethrow { .. }
    )
}
