//! Runs clang and lld.

use crate::compile::{self, Compiled, Stage};
use crate::instance::{Ending, Guest, Starter};
use crate::wasi::{Mounts, Settings, Wasi};
use crate::{GuestKind, SandboxConfig, SandboxError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::{Engine, Linker};

/// What a tool may use: work, memory, seconds on the wall clock, bytes of output and of files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToolLimits {
    pub work: u64,
    pub memory_bytes: u64,
    pub wall: Duration,
}

/// Bytes of diagnostics that a tool may write.
const DIAGNOSTIC_BYTES: u64 = 64 << 10;
/// Bytes of files that a tool may make: its output, and what is put before it.
const FILE_BYTES: u64 = 512 << 20;

/// For programs: far more than a contest program needs, little enough that a compiler bomb is over in seconds.
pub(crate) const PROGRAM: ToolLimits = ToolLimits { work: 60_000_000_000, memory_bytes: 1 << 30, wall: Duration::from_secs(300) };
/// For the project's own headers and library.
pub(crate) const OWN: ToolLimits = ToolLimits { work: 400_000_000_000, memory_bytes: 2 << 30, wall: Duration::from_secs(900) };

/// What a tool came to.
pub(crate) enum Made {
    /// Its output.
    Output(Vec<u8>),
    /// It refused its input, with diagnostics.
    Refused(String),
    /// It passed a limit, which is named, after these diagnostics.
    Stopped(&'static str, String),
}

/// The compiler guest, open.
pub(crate) struct Toolchain {
    starter: Starter,
    guest: Compiled,
    sysroot: PathBuf,
}

impl Toolchain {
    pub fn open(engine: &Engine, linker: &Linker<Guest>, config: &SandboxConfig) -> Result<Self, SandboxError> {
        let wasm = config.clang.join("llvm.core.wasm");
        let sysroot = config.clang.join("sysroot");
        let guest = compile::compile_or_load(engine, GuestKind::Clang, &wasm, &config.compiled, &|_: Stage| {})?;
        if !sysroot.is_dir() {
            return Err(SandboxError::NotInstalled {
                what: "C++ standard library".to_string(),
                path: sysroot,
                hint: "type `proctor setup --only clang`".to_string(),
            });
        }
        let starter = Starter::new(engine, linker, &guest)?;
        Ok(Self { starter, guest, sysroot })
    }

    /// SHA-256 of the compiler.
    pub fn sha256(&self) -> &str {
        &self.guest.sha256
    }

    /// Lends the library that came with the compiler, and `made`, files of the cache, below `/made`.
    pub fn lend(&self, made: &[(String, PathBuf)]) -> Result<Arc<Mounts>, SandboxError> {
        let mut lent = Mounts::default();
        let usr = lent.tree(&self.sysroot)?;
        lent.preopen("/usr", usr);
        let mut files = std::collections::BTreeMap::new();
        for (name, path) in made {
            files.insert(name.clone(), lent.file(path)?);
        }
        let made = lent.folder(files)?;
        lent.preopen("/made", made);
        Ok(Arc::new(lent))
    }

    /// Runs the tool with these arguments and files; `output` is the path of what it shall make.
    pub fn run(
        &self,
        lent: &Arc<Mounts>,
        arguments: &[String],
        files: &[(&str, &[u8])],
        output: &str,
        limits: ToolLimits,
    ) -> Result<Made, SandboxError> {
        let settings = Settings {
            arguments: arguments.iter().map(|argument| argument.clone().into_bytes()).collect(),
            environment: Vec::new(),
            stdin: Vec::new(),
            output_bytes: DIAGNOSTIC_BYTES,
            file_bytes: FILE_BYTES,
            seed: 0,
            work_per_second: crate::WORK_PER_SECOND,
        };
        let mut wasi = Wasi::new(lent.clone(), settings);
        if !files.iter().all(|(path, bytes)| wasi.place_below(path, bytes)) {
            return Err(SandboxError::Engine("what is to be compiled does not fit into the compiler's files".to_string()));
        }
        let deadline = Instant::now() + limits.wall;
        let mut running = self.starter.start(&self.guest.image, wasi, limits.work, limits.memory_bytes, deadline)?;
        let ending = running.call::<(), ()>("_start", ())?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let diagnostics = said(&running.wasi().stderr.bytes);
        Ok(match ending {
            Ending::Returned(()) | Ending::Exited(0) => match running.wasi().take(output) {
                Some(bytes) => Made::Output(bytes),
                None => Made::Refused(diagnostics),
            },
            Ending::Work => Made::Stopped("work", diagnostics),
            Ending::Wall => Made::Stopped("time on the wall clock", diagnostics),
            Ending::Output => Made::Stopped("diagnostics", diagnostics),
            _ if running.memory_refused() => Made::Stopped("memory", diagnostics),
            Ending::Trapped(why) if why.contains("stack") => Made::Stopped("stack", diagnostics),
            Ending::Trapped(why) => Made::Refused(format!("{diagnostics}the compiler crashed: {why}")),
            Ending::Exited(_) => Made::Refused(diagnostics),
        })
    }
}
