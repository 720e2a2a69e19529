//! What tells one family of networks from another, as data. The rest is in a file's metadata and in which tensors it
//! has: fused or separate projections, biases, gates, experts, norms of heads.

use super::feed_forward::Activation;
use super::lanes::RotaryPairs;
use super::norm::NormKind;

/// Where a layer has norms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NormPlaces {
    /// Before attention and before feed-forward.
    Before,
    /// Of what attention and feed-forward add to the hidden state.
    Behind,
    /// Both.
    Around,
}

/// What feed-forward reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Residual {
    /// The hidden state behind attention.
    Sequential,
    /// The hidden state before attention: both parts work side by side.
    Parallel,
    /// As `Parallel` where the layer has no norm for feed-forward, else as `Sequential`.
    ByNorm,
    /// As the metadata's `use_parallel_residual` says.
    Declared,
}

/// Which layers see a window only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Windows {
    /// Those that the metadata list one by one; none without a list, whatever the metadata's window.
    Listed,
    /// All, where the metadata have a window.
    Every,
    /// All but the last of every `period`; `size` where the metadata name none.
    Periodic { period: usize, size: Option<usize> },
}

/// Which layers turn queries and keys by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    All,
    /// None: positions are learned and added to the embeddings.
    Never,
    /// All but every fourth.
    ThreeOfFour,
    /// Those that see a window, where any does.
    Local,
}

/// When query and key heads are normed, where the file has norms for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadNorms {
    Never,
    Required,
    Optional,
    /// After they are turned, not before.
    AfterTurning,
}

/// What of the embeddings' scale the metadata do not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scales {
    /// Nothing is scaled.
    None,
    /// Embeddings by the root of the hidden state's width.
    Root,
    /// `embedding_scale`, `residual_scale`, `attention.scale`; logits are divided by `logit_scale`.
    Granite,
    /// The same with values for files that lack them.
    MiniCpm,
    /// Logits are multiplied by `logit_scale`.
    Logits,
}

/// A family of networks.
#[derive(Debug, PartialEq)]
pub(super) struct Family {
    /// Its name in files, `general.architecture`.
    pub name: &'static str,
    pub pairs: RotaryPairs,
    pub norm: NormKind,
    pub places: NormPlaces,
    /// The tensor with feed-forward's norm.
    pub feed_forward_norm: &'static str,
    pub residual: Residual,
    pub activation: Activation,
    /// Whether `ffn_up` without `ffn_gate` holds the gate, too.
    pub gate_in_up: bool,
    pub windows: Windows,
    pub turned: Turned,
    pub head_norms: HeadNorms,
    pub scales: Scales,
    /// Whether scores of the experts chosen are made to sum to 1; `None` for families without experts.
    pub normalised_experts: Option<bool>,
}

const LLAMA: Family = Family {
    name: "llama",
    pairs: RotaryPairs::Neighbours,
    norm: NormKind::MeanSquare,
    places: NormPlaces::Before,
    feed_forward_norm: "ffn_norm",
    residual: Residual::Sequential,
    activation: Activation::Silu,
    gate_in_up: false,
    windows: Windows::Listed,
    turned: Turned::All,
    head_norms: HeadNorms::Never,
    scales: Scales::None,
    normalised_experts: Some(true),
};

/// Llama with halves for pairs and no experts.
const HALVES: Family = Family { pairs: RotaryPairs::Halves, normalised_experts: None, ..LLAMA };

/// Networks with LayerNorm, biases and no gate.
const CLASSIC: Family = Family { norm: NormKind::Centred, activation: Activation::Gelu, ..HALVES };

const COHERE: Family = Family {
    norm: NormKind::Centred,
    residual: Residual::Parallel,
    head_norms: HeadNorms::Optional,
    scales: Scales::Logits,
    normalised_experts: None,
    ..LLAMA
};

const GEMMA: Family = Family { activation: Activation::Gelu, scales: Scales::Root, ..HALVES };

/// All families that are supported.
pub(super) const FAMILIES: &[Family] = &[
    LLAMA,
    Family { name: "arcee", activation: Activation::SquaredRelu, normalised_experts: None, ..LLAMA },
    Family { name: "cohere2", windows: Windows::Periodic { period: 4, size: None }, turned: Turned::Local, ..COHERE },
    Family { name: "command-r", ..COHERE },
    Family { name: "ernie4_5", normalised_experts: None, ..LLAMA },
    Family { name: "exaone", ..HALVES },
    Family {
        name: "exaone4",
        places: NormPlaces::Behind,
        head_norms: HeadNorms::Required,
        windows: Windows::Periodic { period: 4, size: None },
        turned: Turned::Local,
        ..HALVES
    },
    Family { name: "falcon", residual: Residual::Parallel, ..CLASSIC },
    Family { name: "gemma", ..GEMMA },
    Family { name: "gemma2", places: NormPlaces::Around, windows: Windows::Periodic { period: 2, size: Some(4096) }, ..GEMMA },
    Family {
        name: "gemma3",
        places: NormPlaces::Around,
        windows: Windows::Periodic { period: 6, size: None },
        head_norms: HeadNorms::Required,
        ..GEMMA
    },
    Family { name: "glm4", places: NormPlaces::Around, gate_in_up: true, normalised_experts: None, ..LLAMA },
    Family { name: "gpt2", turned: Turned::Never, ..CLASSIC },
    Family { name: "gptneox", residual: Residual::Declared, ..CLASSIC },
    Family { name: "granite", scales: Scales::Granite, ..LLAMA },
    Family { name: "granitemoe", scales: Scales::Granite, ..LLAMA },
    Family { name: "hunyuan-dense", head_norms: HeadNorms::AfterTurning, ..HALVES },
    Family { name: "internlm2", normalised_experts: None, ..LLAMA },
    Family { name: "minicpm", scales: Scales::MiniCpm, ..LLAMA },
    Family { name: "nemotron", activation: Activation::SquaredRelu, ..CLASSIC },
    Family {
        name: "olmo2",
        places: NormPlaces::Behind,
        head_norms: HeadNorms::Required,
        windows: Windows::Periodic { period: 4, size: None },
        ..HALVES
    },
    Family { name: "olmoe", head_norms: HeadNorms::Required, normalised_experts: Some(false), ..HALVES },
    Family { name: "phi2", residual: Residual::Parallel, ..CLASSIC },
    Family { name: "phi3", gate_in_up: true, windows: Windows::Every, ..HALVES },
    Family { name: "qwen2", ..HALVES },
    Family { name: "qwen2moe", normalised_experts: Some(false), ..HALVES },
    Family { name: "qwen3", head_norms: HeadNorms::Required, ..HALVES },
    Family { name: "qwen3moe", head_norms: HeadNorms::Required, normalised_experts: Some(true), ..HALVES },
    Family { name: "seed_oss", feed_forward_norm: "post_attention_norm", ..HALVES },
    Family { name: "smollm3", turned: Turned::ThreeOfFour, normalised_experts: None, ..LLAMA },
    Family { name: "stablelm", norm: NormKind::Centred, residual: Residual::ByNorm, head_norms: HeadNorms::Optional, ..HALVES },
    Family { name: "starcoder", turned: Turned::Never, ..CLASSIC },
    Family { name: "starcoder2", ..CLASSIC },
    Family { name: "xverse", normalised_experts: None, ..LLAMA },
];

impl Family {
    /// The family of that name in files.
    pub fn find(name: &str) -> Option<&'static Self> {
        FAMILIES.iter().find(|family| family.name == name)
    }
}
