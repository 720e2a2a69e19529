use crate::compile::{self, Compiled, Stage};
use crate::engine::new_engine;
use crate::instance::{Guest, Starter, link_host};
use crate::memory::GuestMemories;
use crate::python::{self, Images};
use crate::{GuestKind, SandboxConfig, SandboxError, probe, small, wasi};
use proctor_core::{Execution, Language, Program, Raised, Verdict};
use serde_json::json;
use std::path::{Path, PathBuf};
use wasmtime::{Engine, Linker};

/// Memory reservations kept for later programs; one for each program that runs at the same time is enough.
const KEPT_RESERVATIONS: usize = 16;

/// Runs programs, from as many threads as call it.
pub struct Sandbox {
    starter: Starter,
    guest: Compiled,
    /// The images of the large guest; `None` when the small one serves.
    images: Option<Images>,
}

fn engine() -> Result<Engine, SandboxError> {
    new_engine(GuestMemories::new(KEPT_RESERVATIONS))
}

fn linker(engine: &Engine) -> Result<Linker<Guest>, SandboxError> {
    let mut linker = Linker::new(engine);
    wasi::link(&mut linker)
        .and_then(|()| link_host(&mut linker))
        .map_err(|e| SandboxError::engine("the guest's system cannot be put together", e))?;
    Ok(linker)
}

impl Sandbox {
    /// Opens the Python guest, the large one where it is installed and else the small one, compiling it where that was
    /// not done before (minutes, once).
    ///
    /// Errors: no guest is installed, its files cannot be used, or the engine refuses them.
    pub fn open(config: SandboxConfig) -> Result<Self, SandboxError> {
        let engine = engine()?;
        let small = !config.python_wasm().is_file() && config.python_small.is_file();
        let (kind, wasm) = match small {
            true => (GuestKind::PythonSmall, config.python_small.clone()),
            false => (GuestKind::Python, config.python_wasm()),
        };
        let guest = compile::compile_or_load(&engine, kind, &wasm, &config.compiled, &|_: Stage| {})?;
        let starter = Starter::new(&engine, &linker(&engine)?, &guest)?;
        let images = match small {
            true => None,
            false => Some(Images::new(&config.compiled, &config.python, &guest.sha256)?),
        };
        Ok(Self { starter, guest, images })
    }

    /// Runs one program and says what it came to. Blocks until then; never longer than its wall-clock net by more than
    /// a moment.
    pub fn run(&self, program: &Program) -> Execution {
        let result = match (program.language, &self.images) {
            (Language::Python, Some(images)) => python::run(program, images, &self.starter, &self.guest),
            (Language::Python, None) => small::run(program, &self.starter, &self.guest),
            (Language::Cpp, _) => Err(SandboxError::Engine("C++ programs are not run by this version".to_string())),
        };
        result.unwrap_or_else(|error| failed(&error))
    }

    /// What decides verdicts beside the program: the guest, the engine, and the layer between.
    pub fn provenance(&self) -> serde_json::Value {
        let (guest, layer) = match self.images {
            Some(_) => (GuestKind::Python, python::layer_sha256()),
            None => (GuestKind::PythonSmall, small::layer_sha256()),
        };
        json!({
            "guest": guest.name(),
            "guest_sha256": self.guest.sha256,
            "engine": format!("wasmtime {}", crate::ENGINE_VERSION),
            "layer_sha256": layer,
            "images": self.images.as_ref().map(Images::key),
        })
    }
}

fn failed(error: &SandboxError) -> Execution {
    Execution {
        verdict: Verdict::SandboxError,
        exit_status: None,
        raised: Some(Raised { kind: "SandboxError".to_string(), message: error.to_string() }),
        stdout: String::new(),
        stderr: String::new(),
        work: 0,
        peak_memory_bytes: 0,
        wall_s: 0.0,
        wall_net: false,
    }
}

/// Compiles the guest at `wasm` into `cache`, makes the images programs start from, and checks that it starts; what is
/// already there is kept. Gives the path of the compiled code.
pub fn precompile(kind: GuestKind, wasm: &Path, cache: &Path, progress: &dyn Fn(Stage)) -> Result<PathBuf, SandboxError> {
    let engine = engine()?;
    let compiled = compile::compile_or_load(&engine, kind, wasm, cache, &|stage| {
        if stage != Stage::Done {
            progress(stage);
        }
    })?;
    progress(Stage::Imaging);
    let starter = Starter::new(&engine, &linker(&engine)?, &compiled)?;
    match (kind, wasm.parent()) {
        (GuestKind::Python, Some(folder)) => {
            let images = Images::new(cache, folder, &compiled.sha256)?;
            for source in ["", "numpy"] {
                images.suiting(source, &starter, &compiled)?;
            }
        }
        _ => drop(probe::version(kind, &starter, &compiled)?),
    }
    progress(Stage::Done);
    Ok(compiled.path)
}

/// The path of the compiled guest when [`precompile`] has nothing left to compile; cheap.
pub fn precompiled(kind: GuestKind, wasm: &Path, cache: &Path) -> Option<PathBuf> {
    compile::already(&engine().ok()?, kind, wasm, cache)
}
