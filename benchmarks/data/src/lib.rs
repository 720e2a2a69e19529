//! Real data sets from the Hub and upstream's prompt files: fetched by revision, pinned by hash, checked, and laid out as
//! the adapters read them. And models from the Hub, into its cache.
//!
//! The cache of downloads has the layout that other tools of the Hub use, so that what they fetched is found here and the
//! other way round. What was fetched once is written down in a lock file, and from then on exactly that is fetched.

mod bring;
mod catalogue;
mod client;
mod convert;
mod environment;
mod error;
mod fetch;
mod hub_cache;
pub mod judging_service;
mod lock;
mod materialise;
mod model;
mod shelf;
mod verify;

pub use catalogue::{CATALOGUE, Kind, Place, Source, sources};
pub use convert::parquet_to_jsonl;
pub use environment::Environment;
pub use error::DataError;
pub use fetch::{FetchSettings, Fetched, fetch};
pub use lock::{Lock, LockedFile, LockedSource};
pub use materialise::folder;
pub use model::{Choose, FetchedModel, ModelSettings, RemoteFile, fetch_model};
pub(crate) use shelf::Shelf;
pub use verify::{Finding, verify};
