//! Starts a freshly compiled guest once, so that a broken one is found when it is set up and not when it is needed.

use crate::compile::Compiled;
use crate::instance::{Ending, Starter};
use crate::wasi::{Mounts, Settings, Wasi};
use crate::{GuestKind, SandboxError};
use std::sync::Arc;
use std::time::{Duration, Instant};

const WORK: u64 = 100_000_000_000;
const MEMORY: u64 = 1 << 30;
const SECONDS: u64 = 300;

/// Runs a command guest with arguments that let it say its version; what it says.
pub(crate) fn version(kind: GuestKind, starter: &Starter, guest: &Compiled) -> Result<String, SandboxError> {
    let arguments: &[&str] = match kind {
        GuestKind::Clang => &["clang", "--version"],
        GuestKind::Python | GuestKind::PythonSmall => &["python", "-V"],
    };
    let settings = Settings {
        arguments: arguments.iter().map(|a| a.as_bytes().to_vec()).collect(),
        environment: Vec::new(),
        stdin: Vec::new(),
        output_bytes: 64 << 10,
        file_bytes: 1 << 20,
        seed: 0,
        work_per_second: crate::WORK_PER_SECOND,
    };
    let wasi = Wasi::new(Arc::new(Mounts::default()), settings);
    let deadline = Instant::now() + Duration::from_secs(SECONDS);
    let mut running = starter.start(&guest.image, wasi, WORK, MEMORY, deadline)?;
    let ending = running.call::<(), ()>("_start", ())?;
    let said = String::from_utf8_lossy(&running.wasi().stdout.bytes).trim().to_string();
    match ending {
        Ending::Returned(()) | Ending::Exited(0) if !said.is_empty() => Ok(said),
        ending => Err(SandboxError::Engine(format!("the {} does not start: {ending:?}", kind.title()))),
    }
}
