//! Flags that several verbs share, and the settings they resolve to.

mod benchmarks;
mod judges;
mod models;
mod opening;
mod sampling;
mod spending;

pub use benchmarks::{SampleArguments, source};
pub use judges::JudgeArguments;
pub use models::{Backend, ModelArguments, open_models};
pub use opening::{OpeningArguments, guests};
pub use sampling::{ProtocolArgument, SamplingArguments};
pub use spending::{PriceArguments, SpendingArguments, dollars, duration, is_free, no_price};
