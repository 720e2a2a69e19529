//! In which ways a program's text is tried, in order, until the compiler takes it.

use super::arguments::{Dialect, Product};
use super::wide;
use proctor_core::Language;

/// One way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub dialect: Dialect,
    /// Begin with the precompiled header.
    pub header: bool,
    /// Work the compiler may put into one constant: little at first, since it would evaluate the constructors of large
    /// global arrays one by one.
    pub steps: u32,
    /// With `long` as a 64-bit integer.
    pub wide: bool,
}

const FEW_STEPS: u32 = 5_000;
const MANY_STEPS: u32 = 30_000_000;

/// The ways for a text in `language`. Without a standard C++17 is tried first and C++20 where it refuses, with one they
/// are all of that standard; an error is a sentence about the standard.
pub(crate) fn attempts(language: Language, standard: Option<&str>, text: &str) -> Result<Vec<Attempt>, String> {
    let first = Dialect::named(language, standard)?;
    let wide = wide::concerns(text, first.is_cpp());
    if !first.is_cpp() {
        let attempt = |wide| Attempt { dialect: first, header: false, steps: MANY_STEPS, wide };
        return Ok(if wide { vec![attempt(true), attempt(false)] } else { vec![attempt(false)] });
    }
    let mut ways = vec![Attempt { dialect: first, header: true, steps: FEW_STEPS, wide }];
    if text.contains("const") {
        ways.push(Attempt { dialect: first, header: true, steps: MANY_STEPS, wide });
    }
    if !text.contains("bits/stdc++.h") {
        // Names of headers that the program did not ask for may be in the way of its own.
        ways.push(Attempt { dialect: first, header: false, steps: MANY_STEPS, wide });
    }
    if standard.is_none()
        && let Ok(second) = Dialect::named(language, Some("c++20"))
    {
        ways.push(Attempt { dialect: second, header: true, steps: MANY_STEPS, wide });
    }
    if wide {
        ways.push(Attempt { dialect: first, header: true, steps: MANY_STEPS, wide: false });
    }
    Ok(ways)
}

impl Attempt {
    /// What the compiler is asked for, with the precompiled header at this path where there is one.
    pub fn product<'a>(&self, header: Option<&'a str>) -> Product<'a> {
        Product::Object { header: header.filter(|_| self.header), steps: self.steps }
    }
}

/// Why a text that was refused is none that could be judged, where that is so.
pub(crate) fn unsupported(text: &str, diagnostics: &str) -> Option<&'static str> {
    let vectors = ["immintrin.h", "x86intrin.h", "emmintrin.h", "xmmintrin.h", "avxintrin.h", "avx2intrin.h", "smmintrin.h"];
    if vectors.iter().any(|header| text.contains(header)) && (diagnostics.contains("__m") || diagnostics.contains("_mm")) {
        return Some("it uses vector instructions of x86 processors, which are not to be had in the sandbox");
    }
    if diagnostics.contains("in asm") || diagnostics.contains("inline assembly") || diagnostics.contains("<inline asm>") {
        return Some("it contains assembly for another processor");
    }
    None
}
