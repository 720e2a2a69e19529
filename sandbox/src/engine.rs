use crate::{SandboxError, memory::GuestMemories, stack::Stacks};
use std::sync::Arc;
use wasmtime::{Config, Engine, OptLevel};

/// Bytes of native stack a guest may use; deep recursion beyond it is a trap.
const WASM_STACK: usize = 64 << 20;
/// The same for compiled programs: return addresses and spilled registers, beside the stack in their own memory.
const PROGRAM_STACK: usize = 256 << 20;
/// Native stacks kept for later programs.
const KEPT_STACKS: usize = 16;
/// Bytes of native stack for the host functions that a guest calls.
const HOST_STACK: usize = 2 << 20;

/// The one engine configuration of the project. Compiled guests depend on it, so a change here recompiles them.
///
/// The engine itself meters nothing: modules count their own work ([`crate::wasm::metered`]), which costs a third of what
/// the engine's fuel does.
pub(crate) fn new_engine(memories: Arc<GuestMemories>) -> Result<Engine, SandboxError> {
    let config = config(memories, WASM_STACK);
    Engine::new(&config).map_err(|e| SandboxError::engine("the WebAssembly engine does not start", e))
}

/// The same for compiled C and C++ programs, which recurse as deeply as contest judges let them.
pub(crate) fn new_program_engine(memories: Arc<GuestMemories>) -> Result<Engine, SandboxError> {
    let mut config = config(memories, PROGRAM_STACK);
    // The engine can map only memories of its own making; what a program begins with is little and copied.
    config.memory_init_cow(false);
    Engine::new(&config).map_err(|e| SandboxError::engine("the WebAssembly engine does not start", e))
}

fn config(memories: Arc<GuestMemories>, stack: usize) -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_exceptions(true)
        .max_wasm_stack(stack)
        .async_stack_size(stack + HOST_STACK)
        .memory_reservation(1 << 32)
        .memory_guard_size(32 << 20)
        .memory_may_move(false)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false)
        .with_host_memory(memories)
        .with_host_stack(Stacks::new(KEPT_STACKS));
    config
}
