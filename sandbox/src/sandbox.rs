use crate::compile::{self, Compiled, Stage};
use crate::cpp::{self, CppCompiler};
use crate::engine::new_engine;
use crate::instance::{Guest, Starter, link_host};
use crate::memory::GuestMemories;
use crate::module::Modules;
use crate::python::{self, Images};
use crate::{GuestKind, SandboxConfig, SandboxError, probe, small, wasi};
use proctor_core::{Execution, Language, Program, Raised, Verdict};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use wasmtime::{Engine, Linker};

/// Memory reservations kept for later programs; two for each program that runs at the same time are enough.
const KEPT_RESERVATIONS: usize = 32;

/// Runs programs, from as many threads as call it.
pub struct Sandbox {
    engine: Engine,
    linker: Linker<Guest>,
    config: SandboxConfig,
    /// The Python guest; `None` where only the compiler is installed.
    python: Option<PythonGuest>,
    /// The compiler guest, opened when the first program in C or C++ comes.
    cpp: OnceLock<Result<CppCompiler, SandboxError>>,
    modules: OnceLock<Result<Modules, SandboxError>>,
}

struct PythonGuest {
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
    /// not done before (minutes, once). The compiler guest is opened when it is needed.
    ///
    /// Errors: no guest is installed, its files cannot be used, or the engine refuses them.
    pub fn open(config: SandboxConfig) -> Result<Self, SandboxError> {
        let engine = engine()?;
        let linker = linker(&engine)?;
        let only_compiler = !config.has_python() && config.has_clang();
        let python = if only_compiler { None } else { Some(PythonGuest::open(&engine, &linker, &config)?) };
        Ok(Self { engine, linker, config, python, cpp: OnceLock::new(), modules: OnceLock::new() })
    }

    /// Runs one program and says what it came to. Blocks until then; never longer than its wall-clock net by more than
    /// a moment.
    pub fn run(&self, program: &Program) -> Execution {
        let result = match program.language {
            Language::Python => self.python().and_then(|python| python.run(program)),
            Language::Cpp | Language::C => self.cpp().and_then(|compiler| cpp::run(program, compiler)),
        };
        result.unwrap_or_else(|error| failed(&error))
    }

    /// Runs a WebAssembly module, a command of WASI preview 1, with what `program` says beside its text.
    pub fn run_module(&self, module: &[u8], program: &Program) -> Execution {
        match self.modules.get_or_init(Modules::new) {
            Ok(modules) => modules.run(module, program),
            Err(error) => failed(error),
        }
    }

    /// Whether programs in `language` can be run; opens what they need.
    ///
    /// Errors: the guest for it is not installed or cannot be used.
    pub fn ready(&self, language: Language) -> Result<(), SandboxError> {
        match language {
            Language::Python => self.python().map(drop),
            Language::Cpp | Language::C => self.cpp().map(drop),
        }
    }

    /// Does what the first run of `program` would do before it starts.
    pub(crate) fn warm(&self, program: &Program) {
        // What goes wrong here goes wrong again when it is run, and is told then.
        match program.language {
            Language::Python => {
                if let Some(PythonGuest { starter, guest, images: Some(images) }) = &self.python {
                    drop(images.suiting(&program.source, starter, guest));
                }
            }
            Language::Cpp | Language::C => drop(self.cpp().and_then(|compiler| compiler.built(program))),
        }
    }

    fn python(&self) -> Result<&PythonGuest, SandboxError> {
        self.python.as_ref().ok_or_else(|| SandboxError::NotInstalled {
            what: "Python guest".to_string(),
            path: self.config.python_wasm(),
            hint: "type `proctor setup --only python`".to_string(),
        })
    }

    fn cpp(&self) -> Result<&CppCompiler, SandboxError> {
        let open = || CppCompiler::open(&self.engine, &self.linker, &self.config);
        self.cpp.get_or_init(open).as_ref().map_err(Clone::clone)
    }

    /// What decides verdicts beside the program: the guests, the engine, and the layers between. The compiler is among it
    /// once a program in C or C++ was run.
    pub fn provenance(&self) -> serde_json::Value {
        let mut provenance = json!({ "engine": format!("wasmtime {}", crate::ENGINE_VERSION) });
        if let (Some(python), Some(fields)) = (&self.python, provenance.as_object_mut()) {
            python.describe(fields);
        }
        if let (Some(Ok(compiler)), Some(fields)) = (self.cpp.get(), provenance.as_object_mut()) {
            fields.insert("cpp".to_string(), compiler.key().into());
        }
        provenance
    }
}

impl PythonGuest {
    fn open(engine: &Engine, linker: &Linker<Guest>, config: &SandboxConfig) -> Result<Self, SandboxError> {
        let small = !config.python_wasm().is_file() && config.python_small.is_file();
        let (kind, wasm) = match small {
            true => (GuestKind::PythonSmall, config.python_small.clone()),
            false => (GuestKind::Python, config.python_wasm()),
        };
        let guest = compile::compile_or_load(engine, kind, &wasm, &config.compiled, &|_: Stage| {})?;
        let starter = Starter::new(engine, linker, &guest)?;
        let images = match small {
            true => None,
            false => Some(Images::new(&config.compiled, &config.python, &guest.sha256)?),
        };
        Ok(Self { starter, guest, images })
    }

    fn run(&self, program: &Program) -> Result<Execution, SandboxError> {
        match &self.images {
            Some(images) => python::run(program, images, &self.starter, &self.guest),
            None => small::run(program, &self.starter, &self.guest),
        }
    }

    fn describe(&self, fields: &mut serde_json::Map<String, serde_json::Value>) {
        let (guest, layer) = match self.images {
            Some(_) => (GuestKind::Python, python::layer_sha256()),
            None => (GuestKind::PythonSmall, small::layer_sha256()),
        };
        fields.insert("guest".to_string(), guest.name().into());
        fields.insert("guest_sha256".to_string(), self.guest.sha256.clone().into());
        fields.insert("layer_sha256".to_string(), layer.into());
        fields.insert("images".to_string(), self.images.as_ref().map(Images::key).into());
    }
}

/// What a run comes to when the sandbox itself fails, in these words.
pub(crate) fn failed_with(why: &str) -> Execution {
    failed(&SandboxError::Engine(why.to_string()))
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
        (GuestKind::Clang, Some(folder)) => {
            let config =
                SandboxConfig { clang: folder.to_path_buf(), compiled: cache.to_path_buf(), ..SandboxConfig::below(cache) };
            CppCompiler::open(&engine, &linker(&engine)?, &config)?.prepare()?;
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
