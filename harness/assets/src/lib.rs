//! Guests and models: what there is to install, and what fetches, verifies, unpacks and finds it. It reports through
//! [`Progress`] and fails with [`AssetError`]; the verbs `setup` and `doctor` do the talking.

mod catalogue;
mod container;
mod disk;
mod error;
mod fetch;
mod install;
mod locate;
mod lock;
mod own;
mod sniff;
mod stamp;
mod tool_words;
mod unpack;

pub use catalogue::{Archive, Asset, CATALOGUE, Guest, Part, Source, Take};
pub use disk::{free_bytes, megabytes, trust, writable};
pub use error::{AssetError, Blame};
pub use fetch::{Fetcher, Tools, version};
pub use install::{Compiler, Outcome, Request, compile, install, prepare};
pub use locate::{Config, Layout};
pub use own::{OwnGuest, register_model_file, register_python_guest};
pub use proctor_core::{Progress, Step};
pub use sniff::gguf_header;
pub use stamp::{Depth, State, state};
