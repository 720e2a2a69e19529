//! Compiled programs in memory, by their content.

use crate::SandboxError;
use crate::instance::Starter;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use wasmtime::Module;

/// Programs kept in memory.
const MOST: usize = 64;

/// What a program's text came to.
pub(crate) enum Built {
    /// A program that can be started, and the bytes of memory that it starts with.
    Program { starter: Starter, memory_bytes: u64 },
    /// It is no program: the compiler's diagnostics, and why it could not be judged where that is so.
    Refused { why: String, unsupported: Option<&'static str> },
}

impl Built {
    pub fn program(starter: Starter, module: &Module) -> Self {
        let pages = module.get_export("memory").and_then(|e| e.memory().map(|m| m.minimum())).unwrap_or(0);
        Built::Program { starter, memory_bytes: pages.saturating_mul(64 << 10) }
    }
}

type Slot = Arc<OnceLock<Result<Arc<Built>, SandboxError>>>;

/// The programs compiled last.
#[derive(Default)]
pub(crate) struct Builts {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    slots: HashMap<String, (u64, Slot)>,
    turn: u64,
}

impl Builts {
    /// The program with this key; who asks first builds it, who asks meanwhile waits.
    pub fn get(&self, key: &str, build: impl FnOnce() -> Result<Built, SandboxError>) -> Result<Arc<Built>, SandboxError> {
        let slot = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.turn += 1;
            let turn = inner.turn;
            let (last, slot) = inner.slots.entry(key.to_string()).or_default();
            *last = turn;
            let slot = slot.clone();
            while inner.slots.len() > MOST {
                let oldest = inner.slots.iter().min_by_key(|(_, (last, _))| *last).map(|(key, _)| key.clone());
                let Some(oldest) = oldest else { break };
                inner.slots.remove(&oldest);
            }
            slot
        };
        let built = slot.get_or_init(|| build().map(Arc::new)).clone();
        if built.is_err() {
            // The sandbox's own failure may pass.
            self.inner.lock().unwrap_or_else(PoisonError::into_inner).slots.remove(key);
        }
        built
    }
}
