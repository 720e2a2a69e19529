//! Problems written for proctor: templates over all subjects and answer types, each drawn three times with fixed seeds, in
//! upstream's schema. They make the whole protocol run offline; scores on them cannot be compared with published ones.

mod algebra;
mod analysis;
mod bank;
mod calculus;
mod discrete;
mod draw;
mod finance;
mod geometry;
mod linear;
mod write;

pub use bank::{PROVENANCE, TEMPLATES, Template, problems};
