//! Flags that several verbs share, and the settings they resolve to.

mod benchmarks;
mod models;
mod sampling;

pub use benchmarks::SampleArguments;
pub use models::ModelArguments;
pub use sampling::{ProtocolArgument, SamplingArguments};
