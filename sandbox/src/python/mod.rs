//! Drives the large Python guest: its images, and one program's way through it.

mod capi;
mod images;
mod patches;
mod run;

pub(crate) use images::Images;
pub(crate) use patches::ZONE_CALL;
pub(crate) use run::run;

use crate::SandboxError;
use crate::wasm::{Changes, Symbols};

/// To be raised whenever the patches or the exported functions change: compiled guests are then made again.
pub(crate) const CHANGES_VERSION: u32 = 3;

/// What is changed in the guest before it is compiled.
pub(crate) fn changes(module: &[u8], symbols: &Symbols) -> Result<Changes, SandboxError> {
    Ok(Changes { exports: capi::FUNCTIONS, patches: patches::patches(module, symbols)? })
}

/// The guest's side of a run, and the layer that restores upstream's interpreter.
const DRIVER: &str = include_str!("driver.py");
pub(crate) const COMPATIBILITY: &str = include_str!("compat.py");
const LIBRARY: &str = include_str!("library.py");
const MAKE_IMAGE: &str = include_str!("image.py");

/// What of the module `os` a guarded program does not have.
pub(crate) const GUARDED_OS: &str = "kill system putenv remove removedirs rmdir fchdir setuid fork forkpty killpg rename renames \
truncate replace unlink fchmod fchown chmod chown chroot lchflags lchmod lchown getcwd chdir";

/// SHA-256 over the Python sources that take part in a verdict, shortened to 16 digits.
pub(crate) fn layer_sha256() -> String {
    use sha2::Digest;
    let mut hasher = sha2::Sha256::new();
    for part in [DRIVER, COMPATIBILITY, LIBRARY, MAKE_IMAGE] {
        hasher.update(part);
        hasher.update([0]);
    }
    hasher.update(CHANGES_VERSION.to_le_bytes());
    hex::encode(hasher.finalize())[..16].to_string()
}
