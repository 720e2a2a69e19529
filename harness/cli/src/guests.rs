use proctor_assets::{Compiler, Guest};
use proctor_sandbox::GuestKind;
use std::path::{Path, PathBuf};

/// Compiles guests with the sandbox's own engine.
pub struct SandboxCompiler;

impl Compiler for SandboxCompiler {
    fn compiled(&self, guest: Guest, wasm: &Path, cache: &Path) -> Option<PathBuf> {
        proctor_sandbox::precompiled(kind(guest), wasm, cache)
    }

    fn compile(&self, guest: Guest, wasm: &Path, cache: &Path) -> Result<PathBuf, String> {
        proctor_sandbox::precompile(kind(guest), wasm, cache, &|_| {}).map_err(|e| e.to_string())
    }
}

fn kind(guest: Guest) -> GuestKind {
    match guest {
        Guest::Python => GuestKind::Python,
        Guest::PythonSmall => GuestKind::PythonSmall,
        Guest::Clang => GuestKind::Clang,
    }
}
