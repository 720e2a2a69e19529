//! Which vector instructions this processor has, decided once at run time.

/// Instruction set chosen for the arithmetic of the forward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Plain Rust; what the compiler makes of it for the build's target.
    Portable,
    /// AVX2 with FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 (F, BW, DQ, VL) with VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// Proof that the processor has an instruction set: values exist only for what was detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cpu(Level);

impl Cpu {
    /// The best instruction set of this processor.
    pub fn detect() -> Self {
        Self::supported().pop().unwrap_or(Self(Level::Portable))
    }

    /// Every instruction set of this processor, the plainest first.
    pub fn supported() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut))]
        let mut levels = vec![Self(Level::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c") {
                levels.push(Self(Level::Avx2));
            }
            let wide = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vnni");
            if wide && levels.len() == 2 {
                levels.push(Self(Level::Avx512));
            }
        }
        levels
    }

    /// The instruction set's name, as provenance records it.
    pub fn name(self) -> &'static str {
        match self.0 {
            Level::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "avx512-vnni",
        }
    }

    pub(super) fn level(self) -> Level {
        self.0
    }
}

/// Defines a function that runs `$body` compiled for the instruction set of its first argument.
///
/// The body is `#[inline(always)]`, takes `const FUSED: bool` (whether a multiply-add is one instruction) first among
/// its generics, and holds plain loops over arrays that the compiler turns into vector instructions.
macro_rules! for_each_cpu {
    ($(#[$doc:meta])* $name:ident => $body:ident $(<$($generic:ident: usize),+>)? ($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        pub(super) fn $name $(<$(const $generic: usize),+>)? (cpu: $crate::candle::cpu::Cpu, $($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn with_avx2 $(<$(const $generic: usize),+>)? ($($argument: $type),*) $(-> $result)? {
                $body::<true $($(, $generic)+)?>($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
            #[allow(clippy::too_many_arguments)]
            fn with_avx512 $(<$(const $generic: usize),+>)? ($($argument: $type),*) $(-> $result)? {
                $body::<true $($(, $generic)+)?>($($argument),*)
            }
            match cpu.level() {
                $crate::candle::cpu::Level::Portable => $body::<false $($(, $generic)+)?>($($argument),*),
                // SAFETY: a `Cpu` of this level exists only where these features were detected.
                #[cfg(target_arch = "x86_64")]
                $crate::candle::cpu::Level::Avx2 => unsafe { with_avx2 $(::<$($generic),+>)? ($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::candle::cpu::Level::Avx512 => unsafe { with_avx512 $(::<$($generic),+>)? ($($argument),*) },
            }
        }
    };
}
pub(super) use for_each_cpu;
