//! The same networks as tensors of Candle's, for devices that have their own kernels: GPUs of NVIDIA's, and, so that
//! everything here can be tested anywhere, this processor through Candle's kernels.
//!
//! Weights are read as for the processor and then taken over. Keys and values lie in pages of a pool on the device;
//! sequences hold pages as they hold blocks of memory, so that the queue, the shared beginnings and the limits are the
//! same.

mod attention;
mod device;
mod layer;
mod linear;
mod network;
mod operations;
mod plan;
mod pool;

pub use device::{OpenDevice, Place};
pub use network::TensorNetwork;
pub(super) use pool::Page;
