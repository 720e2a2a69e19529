//! From a problem's limits to the sandbox's.

use proctor_core::{Language, Limits};
use std::time::Duration;

/// Units of work that stand for one second of a compiled program. Programs do 1 to 45·10⁹ units in a native second (17
/// the median), so that no program gets less than its limit.
pub const CPP_SECOND: f64 = 50e9;
/// Units of work that stand for one second of a Python program: what programs do in a native second, and a third more.
pub const PYTHON_SECOND: f64 = 60e9;
/// Bytes a program may always have, whatever the problem's memory limit: the guest and its stack are among them.
const LEAST_MEMORY: u64 = 512 << 20;
/// Bytes of linear memory that a guest can have at most.
const MOST_MEMORY: u64 = 4 << 30;

/// What a problem allows and how much of it each language gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// The problem's time limit in seconds, before any factor.
    pub seconds: f64,
    /// The problem's memory limit in bytes.
    pub memory_bytes: u64,
    /// What the time limit is multiplied with for compiled programs.
    pub cpp_factor: f64,
    /// The same for Python, whose people use a faster interpreter on the platform.
    pub python_factor: f64,
}

impl Allowance {
    /// Units of work for a program in `language`; never more than an hour's.
    pub fn work(&self, language: Language) -> u64 {
        let (factor, second) = match language {
            Language::Python => (self.python_factor, PYTHON_SECOND),
            Language::C | Language::Cpp => (self.cpp_factor, CPP_SECOND),
        };
        ((self.seconds * factor).clamp(0.01, 3600.0) * second) as u64
    }

    /// The sandbox's limits for a program in `language` that should print `expected_bytes`.
    pub fn limits(&self, language: Language, expected_bytes: usize) -> Limits {
        let output_bytes = (expected_bytes as u64).saturating_mul(2).saturating_add(1 << 20).min(64 << 20);
        let memory_bytes = self.memory_bytes.saturating_add(256 << 20).clamp(LEAST_MEMORY, MOST_MEMORY);
        let wall = Duration::from_secs(300);
        Limits { work: self.work(language), memory_bytes, output_bytes, wall, ..Limits::default() }
    }
}
