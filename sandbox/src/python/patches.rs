#![cfg_attr(rustfmt, rustfmt_skip)]
//! Functions of the Python guest that are written anew, so that it behaves as a 64-bit build does.
//!
//! *Hashes.* The guest's hashes have 32 bits. The order of a set follows the low bits of its elements' hashes, so here
//! the hashes of integers, floats and tuples are computed as a 64-bit CPython computes them (pyhash.c, tupleobject.c:
//! modulo 2^61 - 1, and xxHash with 64-bit constants) and their low 32 bits are given. Sets of numbers and of tuples of
//! numbers are then iterated in the order of a 64-bit build. Text has a random order there anyhow.
//!
//! *Sets.* Where two elements of a set collide, the rest of the hash decides where the second goes; see `wasm/widen.rs`.
//!
//! *Time zones.* The C library knows only UTC. Its one function that would look up a zone asks the host instead,
//! through an import that is otherwise refused (`path_link`), marked by a number no other caller can give.

use crate::SandboxError;
use crate::wasm::{Body, I32, I64, Patch, Place, Symbols, widened};

/// Stands where the flags of a link would; the lowest bit says that the time is local.
pub(crate) const ZONE_CALL: u32 = 0x7a6f_6e00;

/// Offsets in CPython's objects with 32-bit pointers.
const TYPE: u32 = 4;
const SIZE: u32 = 8;
const TUPLE_HASH: u32 = 12;
const TUPLE_ITEMS: i32 = 16;
const LONG_TAG: u32 = 8;
const LONG_DIGITS: i32 = 12;
const FLOAT_VALUE: u32 = 8;
const TYPE_HASH: u32 = 60;

const MODULUS: i64 = (1 << 61) - 1;
const PRIME_1: i64 = 11_400_714_785_074_694_791_u64 as i64;
const PRIME_2: i64 = 14_029_467_366_897_019_727_u64 as i64;
const PRIME_5: i64 = 2_870_177_450_012_600_261;

/// Operations without operands.
mod op {
    pub const SELECT: u8 = 0x1b;
    pub const EQZ: u8 = 0x45;
    pub const EQ: u8 = 0x46;
    pub const NE: u8 = 0x47;
    pub const LT_U: u8 = 0x49;
    pub const LONG_EQZ: u8 = 0x50;
    pub const LONG_EQ: u8 = 0x51;
    pub const LONG_NE: u8 = 0x52;
    pub const LONG_LT_S: u8 = 0x53;
    pub const LONG_GE_U: u8 = 0x5a;
    pub const ADD: u8 = 0x6a;
    pub const SUB: u8 = 0x6b;
    pub const MUL: u8 = 0x6c;
    pub const REM_U: u8 = 0x70;
    pub const AND: u8 = 0x71;
    pub const OR: u8 = 0x72;
    pub const SHL: u8 = 0x74;
    pub const SHR_U: u8 = 0x76;
    pub const ROTL: u8 = 0x77;
    pub const LONG_ADD: u8 = 0x7c;
    pub const LONG_SUB: u8 = 0x7d;
    pub const LONG_MUL: u8 = 0x7e;
    pub const LONG_AND: u8 = 0x83;
    pub const LONG_OR: u8 = 0x84;
    pub const LONG_XOR: u8 = 0x85;
    pub const LONG_SHL: u8 = 0x86;
    pub const LONG_SHR_U: u8 = 0x88;
    pub const LONG_ROTL: u8 = 0x89;
    pub const WRAP: u8 = 0xa7;
    pub const EXTEND_S: u8 = 0xac;
    pub const EXTEND_U: u8 = 0xad;
    pub const REINTERPRET: u8 = 0xbd;
}

trait Steps {
    /// From the 64 bits on the stack their low 32, with -1, which stands for an error, made -2.
    fn folded(self, scratch: u32) -> Self;
    /// -1 in the 64-bit local made -2, and given.
    fn never_minus_one(self, local: u32) -> Self;
}

impl Steps for Body {
    fn folded(self, scratch: u32) -> Self {
        self.op(op::WRAP).set(scratch).get(scratch).int(-2).get(scratch).int(-1).op(op::NE).op(op::SELECT)
    }

    fn never_minus_one(self, local: u32) -> Self {
        self.get(local).long(-2).get(local).long(-1).op(op::LONG_NE).op(op::SELECT)
    }
}

/// All functions to write.
pub(crate) fn patches(module: &[u8], symbols: &Symbols) -> Result<Vec<Patch>, SandboxError> {
    let one = symbols.signature(&[I32], &[I64])?;
    let bits = symbols.signature(&[I64], &[I64])?;
    let (any64, long64, tuple64, double64) = (symbols.count, symbols.count + 1, symbols.count + 2, symbols.count + 3);
    let append = |kind, body| Patch { place: Place::Append(kind), body };
    let replace = |name: &str, body| Ok::<_, SandboxError>(Patch { place: Place::Replace(symbols.function(name)?), body });
    let sets = ["set_lookkey", "set_add_entry_takeref", "set_table_resize", "set_merge_lock_held"];
    let sets = sets.iter().map(|name| replace(name, widened(module, symbols, name)?)).collect::<Result<Vec<_>, _>>()?;
    let mut all = vec![
        append(one, hash_of_any(symbols, long64, tuple64, double64)?),
        append(one, hash_of_long()),
        append(one, hash_of_tuple(any64)),
        append(bits, hash_of_bits()),
        replace("long_hash", fast_long(long64))?,
        replace("tuple_hash", cached_tuple(tuple64))?,
        // The truth of `NotImplemented` is an error since 3.14; before, it was true.
        replace("notimplemented_bool", Body::new(&[]).int(1).end())?,
        replace("_Py_HashDouble", hash_of_double(double64))?,
        Patch { place: Place::Before(symbols.function("__secs_to_zone")?), body: zone(symbols.import("path_link")?) },
    ];
    all.extend(sets);
    Ok(all)
}

/// `any64(object) -> i64`
fn hash_of_any(symbols: &Symbols, long64: u32, tuple64: u32, double64: u32) -> Result<Body, SandboxError> {
    let (slot, hash) = (1, 2);
    let mut body = Body::new(&[I32, I64]).get(0).load(TYPE).load(TYPE_HASH).set(slot);
    for (name, function) in [("long_hash", long64), ("tuple_hash", tuple64)] {
        body = body.get(slot).int(symbols.pointer(name)?).op(op::EQ).when().get(0).call(function).give().end();
    }
    let body = body
        .get(slot).int(symbols.pointer("float_hash")?).op(op::EQ).when()
        .get(0).load_double(FLOAT_VALUE).op(op::REINTERPRET).call(double64)
        .tee(hash).long(-1).op(op::LONG_NE).when().get(hash).give().end()
        .end();
    Ok(body.get(0).call(symbols.function("PyObject_Hash")?).op(op::EXTEND_S).end())
}

/// `long64(object) -> i64`: digits of 30 bits, highest first, modulo 2^61 - 1.
fn hash_of_long() -> Body {
    let (tag, left, at, x) = (1, 2, 3, 4);
    Body::new(&[I32, I32, I32, I64])
        .get(0).load(LONG_TAG).tee(tag).int(3).op(op::SHR_U).set(left)
        .get(0).int(LONG_DIGITS).op(op::ADD).get(left).int(2).op(op::SHL).op(op::ADD).set(at)
        .block().repeat()
        .get(left).op(op::EQZ).leave_if(1)
        .get(left).int(1).op(op::SUB).set(left)
        .get(at).int(4).op(op::SUB).set(at)
        .get(x).long(30).op(op::LONG_SHL).long(MODULUS).op(op::LONG_AND)
        .get(x).long(31).op(op::LONG_SHR_U).op(op::LONG_OR)
        .get(at).load(0).op(op::EXTEND_U).op(op::LONG_ADD).set(x)
        .get(x).long(MODULUS).op(op::LONG_GE_U).when().get(x).long(MODULUS).op(op::LONG_SUB).set(x).end()
        .leave(0).end().end()
        .get(tag).int(3).op(op::AND).int(2).op(op::EQ).when().long(0).get(x).op(op::LONG_SUB).set(x).end()
        .never_minus_one(x)
        .end()
}

/// `long_hash(object) -> i32`, with the usual case of one digit first.
fn fast_long(long64: u32) -> Body {
    let (tag, value) = (1, 2);
    Body::new(&[I32, I32])
        .get(0).load(LONG_TAG).tee(tag).int(16).op(op::LT_U).when()
        .get(0).load(LONG_DIGITS as u32).int(1).get(tag).int(3).op(op::AND).op(op::SUB).op(op::MUL).set(value)
        .get(value).int(-2).get(value).int(-1).op(op::NE).op(op::SELECT).give()
        .end()
        .get(0).call(long64).folded(value)
        .end()
}

/// `tuple64(object) -> i64`: xxHash over the elements' hashes; -1 when one of them cannot be hashed.
fn hash_of_tuple(any64: u32) -> Body {
    let (left, at, sum, lane) = (1, 2, 3, 4);
    Body::new(&[I32, I32, I64, I64])
        .get(0).load(SIZE).set(left)
        .get(0).int(TUPLE_ITEMS).op(op::ADD).set(at)
        .long(PRIME_5).set(sum)
        .block().repeat()
        .get(left).op(op::EQZ).leave_if(1)
        .get(at).load(0).call(any64).tee(lane).long(-1).op(op::LONG_EQ).when().long(-1).give().end()
        .get(sum).get(lane).long(PRIME_2).op(op::LONG_MUL).op(op::LONG_ADD)
        .long(31).op(op::LONG_ROTL).long(PRIME_1).op(op::LONG_MUL).set(sum)
        .get(at).int(4).op(op::ADD).set(at)
        .get(left).int(1).op(op::SUB).set(left)
        .leave(0).end().end()
        .get(sum).get(0).load(SIZE).op(op::EXTEND_U).long(PRIME_5 ^ 3_527_539).op(op::LONG_XOR).op(op::LONG_ADD).set(sum)
        .get(sum).long(1_546_275_796).get(sum).long(-1).op(op::LONG_NE).op(op::SELECT)
        .end()
}

/// `tuple_hash(object) -> i32`, which keeps its result in the object.
fn cached_tuple(tuple64: u32) -> Body {
    let (hash, full) = (1, 2);
    Body::new(&[I32, I64])
        .get(0).load(TUPLE_HASH).tee(hash).int(-1).op(op::NE).when().get(hash).give().end()
        .get(0).call(tuple64).tee(full).long(-1).op(op::LONG_EQ).when().int(-1).give().end()
        .get(full).folded(hash).set(hash)
        .get(0).get(hash).store(TUPLE_HASH)
        .get(hash)
        .end()
}

/// `double64(bits) -> i64` of a float: its mantissa turned by its exponent, modulo 2^61 - 1; -1 for what is no number.
fn hash_of_bits() -> Body {
    let (bits, exponent, x) = (0, 1, 2);
    Body::new(&[I32, I64])
        .get(bits).long(52).op(op::LONG_SHR_U).op(op::WRAP).int(0x7ff).op(op::AND).set(exponent)
        .get(bits).long((1 << 52) - 1).op(op::LONG_AND).set(x)
        .get(exponent).int(0x7ff).op(op::EQ).when()
        .get(x).op(op::LONG_EQZ).when()
        .long(-314_159).long(314_159).get(bits).long(0).op(op::LONG_LT_S).op(op::SELECT).give()
        .end()
        .long(-1).give()
        .end()
        .get(exponent).when()
        .get(x).long(1 << 52).op(op::LONG_OR).set(x)
        .get(exponent).int(1).op(op::SUB).set(exponent)
        .end()
        // The value is x * 2^(exponent - 1074), and 2^61 is 1: turn by (exponent - 1074 + 18 * 61) modulo 61.
        .get(exponent).int(24).op(op::ADD).int(61).op(op::REM_U).set(exponent)
        .get(x).get(exponent).op(op::EXTEND_U).op(op::LONG_SHL).long(MODULUS).op(op::LONG_AND)
        .get(x).long(61).get(exponent).op(op::EXTEND_U).op(op::LONG_SUB).op(op::LONG_SHR_U)
        .op(op::LONG_OR).set(x)
        .get(bits).long(0).op(op::LONG_LT_S).when().long(0).get(x).op(op::LONG_SUB).set(x).end()
        .never_minus_one(x)
        .end()
}

/// `_Py_HashDouble(object, value) -> i32`; what is no number is hashed by the object's address, as since 3.10.
fn hash_of_double(double64: u32) -> Body {
    let (short, hash) = (2, 3);
    Body::new(&[I32, I64])
        .get(1).op(op::REINTERPRET).call(double64).tee(hash).long(-1).op(op::LONG_EQ).when()
        .get(0).int(28).op(op::ROTL).set(short)
        .get(short).int(-2).get(short).int(-1).op(op::NE).op(op::SELECT).give()
        .end()
        .get(hash).folded(short)
        .end()
}

/// `__secs_to_zone(time, local, isdst, offset, opposite, name)`: asks the host first; when it has no answer, goes on as before, with UTC.
fn zone(path_link: u32) -> Body {
    Body::new(&[])
        .get(0).op(op::WRAP)
        .get(1).op(op::EQZ).op(op::EQZ).int(ZONE_CALL as i32).op(op::OR)
        .get(0).long(32).op(op::LONG_SHR_U).op(op::WRAP)
        .get(2).get(3).get(4).get(5)
        .call(path_link).op(op::EQZ).when().give().end()
}
