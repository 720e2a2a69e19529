//! The live view: its read index, and who may ask its server what.

mod index;
mod server;
mod support;
