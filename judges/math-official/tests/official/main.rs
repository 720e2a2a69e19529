//! The judge against its own small cases, and against recorded verdicts of upstream's judge where they are at hand.

#![allow(clippy::print_stderr, reason = "tests say why they skip")]

mod hostile;
mod mathematics;
mod text;
mod vectors;
