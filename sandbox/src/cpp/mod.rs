//! C and C++: the clang guest, the library it links with, and what becomes of its output.
//!
//! A program is compiled and linked by clang and lld, which run as guests themselves and so can reach nothing; the module
//! they give is compiled by the engine and kept by its content. Running is the same as for any guest.

mod arguments;
mod attempts;
mod built;
mod compiler;
mod headers;
mod library;
mod renamed;
mod run;
mod store;
mod tokens;
mod toolchain;
mod wide;

pub(crate) use compiler::CppCompiler;
pub(crate) use run::run;
