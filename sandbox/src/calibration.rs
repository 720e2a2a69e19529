//! How much work a second is.

/// Units of work in the Python guest that stand for one second of native CPython 3.11 on a server core.
///
/// Measured with eleven programs of pure computation, run natively and in the guest (docs/sandbox.md has the figures):
/// from 19 to 56·10⁹ units for a second of native time. The guest's clock runs by it.
pub const WORK_PER_SECOND: u64 = 45_000_000_000;

/// Units of work in a compiled C or C++ program that stand for one second of the program that `g++ -O2` makes; its clock
/// runs by it. The median of twelve programs; they take from 1 to 46·10⁹, the less the more they wait for memory
/// (docs/sandbox-cpp.md has the figures).
pub const CPP_WORK_PER_SECOND: u64 = 17_000_000_000;

/// Work for C and C++ programs that are given `seconds` natively: so much that no kind of program gets less here.
pub const fn cpp_work_for_seconds(seconds: u64) -> u64 {
    seconds * 50_000_000_000
}

/// Work for programs that upstream gives `seconds` of wall-clock time. A third more than [`WORK_PER_SECOND`] says, so
/// that no kind of program gets less here than there; what comes within seconds of upstream's limit is settled by
/// chance there.
pub const fn work_for_seconds(seconds: u64) -> u64 {
    seconds * 60_000_000_000
}
