use proctor_assets::{Compiler, Guest};
use std::path::{Path, PathBuf};

/// Compiles guests with the sandbox's own engine.
pub struct SandboxCompiler;

impl Compiler for SandboxCompiler {
    fn compiled(&self, guest: Guest, wasm: &Path, cache: &Path) -> Option<PathBuf> {
        proctor_sandbox::precompiled(kind(guest), wasm, cache)
    }

    fn compile(&self, guest: Guest, wasm: &Path, cache: &Path) -> Result<PathBuf, String> {
        proctor_sandbox::precompile(kind(guest), wasm, cache, &mut |_| {}).map_err(|e| e.to_string())
    }
}

fn kind(guest: Guest) -> proctor_sandbox::GuestKind {
    match guest {
        Guest::Python => proctor_sandbox::GuestKind::Python,
        Guest::PythonSmall => proctor_sandbox::GuestKind::PythonSmall,
        Guest::Clang => proctor_sandbox::GuestKind::Clang,
    }
}
