//! Which device computes, and what it says of itself.

use super::super::{failure, reason};
use candle_core::Device;
use proctor_core::ModelError;
use serde_json::{Value, json};

/// Where a local model computes, as `-M device=` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `cpu`: this processor, with this program's own kernels.
    Processor,
    /// `tensors`: this processor, with Candle's kernels, as a GPU would do it.
    Tensors,
    /// `cuda` or `cuda:N`: a GPU of NVIDIA's, by its number.
    Cuda(usize),
}

impl Place {
    /// Reads the option's text.
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "cpu" => Some(Self::Processor),
            "tensors" => Some(Self::Tensors),
            "cuda" => Some(Self::Cuda(0)),
            _ => text.strip_prefix("cuda:")?.parse().ok().filter(|number| *number < 1024).map(Self::Cuda),
        }
    }

    /// Opens the device; `None` where this program's own kernels do the work. Errors are one sentence: that this build
    /// knows no GPUs, that there is no driver, or no such GPU.
    pub fn open(self) -> Result<Option<OpenDevice>, ModelError> {
        match self {
            Self::Processor => Ok(None),
            Self::Tensors => Ok(Some(OpenDevice { device: Device::Cpu, place: self, name: "cpu".to_owned(), halves: false })),
            Self::Cuda(number) => gpu(number).map(Some),
        }
    }

    /// Sequences that are answered together where the user names no number.
    pub(in super::super) fn default_batch(self) -> Option<usize> {
        if let Self::Cuda(_) = self { Some(64) } else { None }
    }

    /// See `Decoder::prompt_tokens_per_step`.
    pub(super) fn prompt_tokens_per_step(self) -> usize {
        if let Self::Cuda(_) = self { 2048 } else { 256 }
    }
}

/// A device that is open.
#[derive(Clone)]
pub struct OpenDevice {
    pub(super) device: Device,
    pub(super) place: Place,
    /// The GPU's name.
    name: String,
    /// Whether it has kernels for products of both kinds of 16-bit floats.
    halves: bool,
}

impl OpenDevice {
    pub(super) fn multiplies_halves(&self) -> bool {
        self.halves
    }

    /// One sentence about what the device did not do.
    pub(super) fn refused(&self, what: &str, error: &candle_core::Error) -> ModelError {
        let (name, reason) = (&self.name, reason(error));
        let lower = reason.to_ascii_lowercase();
        if ["out_of_memory", "out of memory", "alloc_failed"].iter().any(|sign| lower.contains(sign)) {
            return failure(format!(
                "the device {name} is out of memory: it {what}; use a smaller model, or set -M batch or -M cache_mib lower"
            ));
        }
        failure(format!("the device {name} {what}: {reason}"))
    }

    /// The device in words.
    pub fn describe(&self) -> String {
        match self.place {
            Place::Cuda(number) => format!("{} (cuda:{number})", self.name),
            _ => "this processor, through tensors".to_owned(),
        }
    }

    /// What of the device can move a result, as provenance records it.
    pub(in super::super) fn provenance(&self) -> Value {
        let kind = if let Place::Cuda(_) = self.place { "cuda" } else { "tensors" };
        json!({"kind": kind, "name": self.name, "batch_invariant": false})
    }

    /// Bytes for keys and values where the user names no number: on a GPU, two thirds of what is free beside the
    /// weights; `None` where the processor's memory is used.
    pub(in super::super) fn default_cache_bytes(&self, weight_bytes: usize) -> Option<usize> {
        match self.place {
            Place::Cuda(_) => Some(free_bytes(&self.device)?.saturating_sub(weight_bytes) / 3 * 2),
            // Candle may write all of it when it is made, so it is kept small.
            _ => Some(256 << 20),
        }
    }
}

#[cfg(not(feature = "cuda"))]
fn gpu(_: usize) -> Result<OpenDevice, ModelError> {
    Err(failure(
        "this build of proctor knows no GPUs; build it with `--features cuda` as docs/models.md says, or leave `-M device` out",
    ))
}

#[cfg(not(feature = "cuda"))]
fn free_bytes(_: &Device) -> Option<usize> {
    None
}

#[cfg(feature = "cuda")]
fn gpu(number: usize) -> Result<OpenDevice, ModelError> {
    use candle_core::cuda_backend::cudarc::driver::CudaContext;
    use std::panic::catch_unwind;
    // Calls into a driver that is not there end in a panic, so it is looked for first.
    // SAFETY: the driver's library runs nothing of its own but its initialisation when it is loaded.
    if unsafe { libloading::Library::new(DRIVER) }.is_err() {
        return Err(failure(format!(
            "this machine has no driver for NVIDIA GPUs ({DRIVER} cannot be loaded); leave `-M device` out"
        )));
    }
    let broken = |_| failure("the driver for NVIDIA GPUs, or a library of CUDA's that belongs to it, cannot be used");
    let count = catch_unwind(CudaContext::device_count)
        .map_err(broken)?
        .map_err(|e| failure(format!("the driver for NVIDIA GPUs refuses to start: {e}")))?;
    if usize::try_from(count).map_or(true, |count| number >= count) {
        return Err(failure(format!("there is no GPU with the number {number}: the driver knows of {count}")));
    }
    let opened = catch_unwind(|| -> candle_core::Result<OpenDevice> {
        let device = Device::new_cuda(number)?;
        let stream = device.as_cuda_device()?.cuda_stream();
        let context = stream.context();
        let name = context.name().unwrap_or_else(|_| "cuda".to_owned());
        let halves = context.compute_capability().is_ok_and(|(major, _)| major >= 8);
        Ok(OpenDevice { device, place: Place::Cuda(number), name, halves })
    });
    opened.map_err(broken)?.map_err(|e| failure(format!("the GPU {number} cannot be used: {}", reason(&e))))
}

#[cfg(all(feature = "cuda", windows))]
const DRIVER: &str = "nvcuda.dll";
#[cfg(all(feature = "cuda", not(windows)))]
const DRIVER: &str = "libcuda.so.1";

#[cfg(feature = "cuda")]
fn free_bytes(device: &Device) -> Option<usize> {
    let stream = device.as_cuda_device().ok()?.cuda_stream();
    stream.context().mem_get_info().ok().map(|(free, _)| free)
}
