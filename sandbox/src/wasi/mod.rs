//! WASI preview 1 over memory: the whole operating system a guest sees. Nothing in here touches the host but the
//! lent files, and every pointer and length that comes from a guest is checked.

mod abi;
mod descriptors;
mod exchange;
mod files;
mod functions;
mod link;
mod mounts;
mod zone;

pub(crate) use descriptors::{Settings, Wasi};
pub(crate) use link::link;
pub(crate) use mounts::Mounts;

/// The words for two guests that wait for each other.
pub(crate) const DEADLOCK: &str = "it waits for input that does not come";

/// Why a host function ends the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    /// It asked to exit with this status.
    #[error("the guest exited with status {0}")]
    Exit(i32),
    /// It waits for what will not come: the guest that it talks to waits for it.
    #[error("{DEADLOCK}")]
    Deadlock,
    /// It wrote more than it may.
    #[error("the guest wrote more than it may")]
    Output,
    /// Its work is used up.
    #[error("the guest's work is used up")]
    Work,
}

/// What a host function comes to when it does not succeed.
pub(crate) enum Fault {
    /// The guest is told.
    Errno(abi::Errno),
    /// The guest ends.
    Stop(Stop),
}

impl From<abi::Errno> for Fault {
    fn from(errno: abi::Errno) -> Self {
        Fault::Errno(errno)
    }
}
