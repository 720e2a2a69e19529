use crate::{SandboxError, memory::GuestMemories};
use std::sync::Arc;
use wasmtime::{Config, Engine, OptLevel};

/// Bytes of native stack a guest may use; deep recursion beyond it is a trap.
const WASM_STACK: usize = 64 << 20;
/// Bytes of native stack for a guest and the host functions it calls.
const FIBER_STACK: usize = WASM_STACK + (2 << 20);

/// The one engine configuration of the project. Compiled guests depend on it, so a change here recompiles them.
///
/// Fuel is the only metering: it is the work limit, and through its yield interval it also carries the wall-clock net,
/// which spares the second counter that epochs would cost.
pub(crate) fn new_engine(memories: Arc<GuestMemories>) -> Result<Engine, SandboxError> {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .consume_fuel(true)
        .wasm_exceptions(true)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(FIBER_STACK)
        .memory_reservation(1 << 32)
        .memory_guard_size(32 << 20)
        .memory_may_move(false)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false)
        .with_host_memory(memories);
    Engine::new(&config).map_err(|e| SandboxError::engine("the WebAssembly engine does not start", e))
}
