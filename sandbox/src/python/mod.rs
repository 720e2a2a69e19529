//! Drives the large Python guest: its images, and one program's way through it.

mod capi;
mod images;
mod run;

pub(crate) use capi::FUNCTIONS;
pub(crate) use images::Images;
pub(crate) use run::run;

/// The guest's side of a run, and the layer that restores upstream's interpreter.
const DRIVER: &str = include_str!("driver.py");
const COMPATIBILITY: &str = include_str!("compat.py");

/// SHA-256 over the Python sources that take part in a verdict, shortened to 16 digits.
pub(crate) fn layer_sha256() -> String {
    use sha2::Digest;
    let mut hasher = sha2::Sha256::new();
    hasher.update(DRIVER);
    hasher.update([0]);
    hasher.update(COMPATIBILITY);
    hex::encode(hasher.finalize())[..16].to_string()
}
