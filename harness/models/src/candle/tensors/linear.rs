//! A weight matrix on a device.

use super::super::half_floats::LARGEST;
use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{DType, Device, Module, Result, Tensor};

/// A matrix of `outputs` rows and `inputs` columns.
pub(super) enum Linear {
    /// The file's quants, for kernels that take them as they are.
    Quantized(QMatMul),
    /// Floats, `[output][input]`.
    Dense(Tensor),
}

impl Linear {
    /// Takes a tensor over. In `full`, everything becomes 32-bit floats; else quants stay what they are, and so do
    /// 16-bit floats where `halves` says that the device multiplies them well.
    pub fn new(tensor: &QTensor, device: &Device, full: bool, halves: bool) -> Result<Self> {
        use GgmlDType::{BF16, F16, F32, Q8_1, Q8K};
        let kind = tensor.dtype();
        match kind {
            F32 | F16 | BF16 | Q8_1 | Q8K => {}
            _ if full => {}
            _ => {
                let storage = QStorage::from_data(tensor.data()?, device, kind)?;
                return Ok(Self::Quantized(QMatMul::from_qtensor(QTensor::new(storage, tensor.shape())?)?));
            }
        }
        let values = tensor.dequantize(&Device::Cpu)?;
        let values = match kind {
            F16 if !full && halves => values.to_dtype(DType::F16)?,
            BF16 if !full && halves => values.to_dtype(DType::BF16)?,
            _ => values,
        };
        Ok(Self::Dense(values.to_device(device)?))
    }

    /// `output[r][o] = input[r] . row(o)`, in and out as 32-bit floats.
    pub fn apply(&self, input: &Tensor) -> Result<Tensor> {
        match self {
            Self::Quantized(matrix) => matrix.forward(&input.contiguous()?),
            Self::Dense(matrix) => {
                let input = match matrix.dtype() {
                    DType::F32 => input.contiguous()?,
                    DType::F16 => input.clamp(-LARGEST, LARGEST)?.to_dtype(DType::F16)?,
                    other => input.to_dtype(other)?,
                };
                input.matmul(&matrix.t()?)?.to_dtype(DType::F32)
            }
        }
    }

    /// Rows of the matrix as 32-bit floats.
    pub fn rows(&self, numbers: &Tensor) -> Result<Tensor> {
        match self {
            Self::Quantized(matrix) => matrix.embedding(numbers),
            Self::Dense(matrix) => matrix.index_select(numbers, 0)?.to_dtype(DType::F32),
        }
    }
}
