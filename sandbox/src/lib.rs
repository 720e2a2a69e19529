//! Runs programs that a model wrote in WebAssembly guests. Knows nothing of benchmarks.

mod calibration;
mod compile;
mod conversation;
mod counter;
mod cpp;
mod dirty;
mod engine;
mod error;
mod guest;
mod image;
mod instance;
mod interact;
mod memory;
mod module;
mod probe;
mod python;
mod sandbox;
mod small;
mod stack;
mod store_file;
mod wasi;
mod wasm;

pub use calibration::{CPP_WORK_PER_SECOND, WORK_PER_SECOND, cpp_work_for_seconds, work_for_seconds};
pub use compile::Stage;
pub use error::SandboxError;
pub use guest::{GuestKind, SandboxConfig};
pub use sandbox::{Sandbox, precompile, precompiled};

/// The version of the WebAssembly engine.
pub const ENGINE_VERSION: &str = "48.0.8";
