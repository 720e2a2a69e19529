//! The judge against its own small cases, and against recorded verdicts of upstream's judge where they are at hand.

mod hostile;
mod mathematics;
mod text;
mod vectors;
