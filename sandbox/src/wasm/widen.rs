//! Makes the variable that decides where a colliding element of a set goes 64 bits wide in functions of CPython's sets.
//!
//! C code of the kind `perturb >>= 5` on a hash: natively it has 64 bits, in the guest 32, so that for negative hashes
//! other bits come in from above. Beside the 32-bit variable a 64-bit one is kept, extended by its sign whenever the
//! variable is set, and the shift is done on that.

use super::reader::{malformed, unsigned};
use super::{Body, Symbols};
use crate::SandboxError;
use std::collections::BTreeMap;
use std::ops::Range;
use wasmparser::{BinaryReader, FunctionBody, Operator, Parser, Payload};

const I64: u8 = 0x7e;
const GET: u8 = 0x20;
const SET: u8 = 0x21;
const TEE: u8 = 0x22;
const LONG: u8 = 0x42;
const LONG_SHR_U: u8 = 0x88;
const WRAP: u8 = 0xa7;
const EXTEND_S: u8 = 0xac;
/// By how much the variable is shifted.
const SHIFT: u8 = 5;

/// The function `name` of `module`, widened.
pub(crate) fn widened(module: &[u8], symbols: &Symbols, name: &str) -> Result<Body, SandboxError> {
    let index = symbols.function(name)?;
    let (body, parameters) = function(module, symbols, index)?;
    let unread = |e: wasmparser::BinaryReaderError| malformed(&format!("its function `{name}` cannot be read: {e}"));
    let whole = FunctionBody::new(BinaryReader::new(body, 0));
    let (mut groups, mut locals) = (0, parameters);
    for group in whole.get_locals_reader().map_err(unread)? {
        locals += group.map_err(unread)?.0;
        groups += 1;
    }
    let mut operators = whole.get_operators_reader().map_err(unread)?;
    let begin = operators.original_position();
    let mut code: Vec<(Operator<'_>, Range<usize>)> = Vec::new();
    while !operators.eof() {
        let from = operators.original_position();
        let operator = operators.read().map_err(unread)?;
        code.push((operator, from..operators.original_position()));
    }
    // The 64-bit local of each variable that is shifted.
    let mut wide = BTreeMap::new();
    for at in 0..code.len() {
        if let Some(variable) = shifted(&code[at..]) {
            let next = locals + wide.len() as u32;
            wide.entry(variable).or_insert(next);
        }
    }
    if wide.is_empty() {
        return Err(malformed(&format!("its function `{name}` shifts nothing")));
    }
    let header = unsigned(groups).len();
    let mut out = unsigned(groups + 1);
    out.extend_from_slice(body.get(header..begin).unwrap_or_default());
    out.extend(unsigned(wide.len() as u64));
    out.push(I64);
    let local = |code: u8, index: u32| [vec![code], unsigned(index.into())].concat();
    let mut at = 0;
    while let Some((operator, range)) = code.get(at) {
        if let Some((variable, twin)) = shifted(&code[at..]).and_then(|v| Some((v, *wide.get(&v)?))) {
            out.extend(local(GET, twin));
            out.extend([LONG, SHIFT, LONG_SHR_U]);
            out.extend(local(TEE, twin));
            out.push(WRAP);
            out.extend(local(TEE, variable));
            at += 4;
            continue;
        }
        out.extend_from_slice(&body[range.clone()]);
        if let Operator::LocalSet { local_index } | Operator::LocalTee { local_index } = operator
            && let Some(twin) = wide.get(local_index)
        {
            out.extend(local(GET, *local_index));
            out.push(EXTEND_S);
            out.extend(local(SET, *twin));
        }
        at += 1;
    }
    Ok(Body::written(out))
}

/// The variable that the instructions at the beginning of `code` shift.
fn shifted(code: &[(Operator<'_>, Range<usize>)]) -> Option<u32> {
    match code {
        [
            (Operator::LocalGet { local_index: from }, _),
            (Operator::I32Const { value }, _),
            (Operator::I32ShrU, _),
            (Operator::LocalTee { local_index: to }, _),
            ..,
        ] if from == to && *value == i32::from(SHIFT) => Some(*from),
        _ => None,
    }
}

/// The body of the function `index` and the number of its parameters.
fn function<'a>(module: &'a [u8], symbols: &Symbols, index: u32) -> Result<(&'a [u8], u32), SandboxError> {
    let unread = |e: wasmparser::BinaryReaderError| malformed(&e.to_string());
    let own = index.checked_sub(symbols.imported).ok_or_else(|| malformed("an imported function has no body"))?;
    let (mut kind, mut seen) = (None, 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(unread)? {
            Payload::FunctionSection(functions) => {
                kind = functions.into_iter().nth(own as usize).transpose().map_err(unread)?;
            }
            Payload::CodeSectionEntry(body) => {
                if seen == own {
                    let parameters = kind.and_then(|kind| symbols.parameters(kind));
                    let parameters = parameters.ok_or_else(|| malformed("a function in it has no type"))?;
                    return Ok((module.get(body.range()).unwrap_or_default(), parameters));
                }
                seen += 1;
            }
            _ => {}
        }
    }
    Err(malformed("it lacks a function that is to be changed"))
}
