//! From a program's text to something that can be started.

use super::arguments::{self, Dialect};
use super::attempts::{self, Attempt};
use super::built::{Built, Builts};
use super::library::{Library, own_headers};
use super::toolchain::{Made, PROGRAM, Toolchain};
use super::{renamed, store, wide};
use crate::engine::new_program_engine;
use crate::instance::{Guest, Starter};
use crate::memory::GuestMemories;
use crate::{SandboxConfig, SandboxError, store_file, wasi, wasm};
use proctor_core::Program;
use sha2::Digest;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use wasmtime::{Engine, Linker, Module};

/// Memory reservations kept for later programs.
const KEPT_RESERVATIONS: usize = 8;
/// Longest program text, in bytes.
const MOST_SOURCE: usize = 8 << 20;
/// Bytes of diagnostics that are kept.
const MOST_DIAGNOSTICS: usize = 16 << 10;

/// Compiles programs, each once.
pub(crate) struct CppCompiler {
    toolchain: Toolchain,
    library: Library,
    engine: Engine,
    linker: Linker<Guest>,
    builts: Builts,
    cache: PathBuf,
    engine_key: String,
}

impl CppCompiler {
    /// Opens the compiler guest; `tools` is the engine that it was compiled for.
    pub fn open(tools: &Engine, tool_linker: &Linker<Guest>, config: &SandboxConfig) -> Result<Self, SandboxError> {
        let toolchain = Toolchain::open(tools, tool_linker, config)?;
        let library = Library::new(&config.compiled, &toolchain)?;
        let engine = new_program_engine(GuestMemories::new(KEPT_RESERVATIONS))?;
        let mut linker = Linker::new(&engine);
        wasi::link(&mut linker).map_err(|e| SandboxError::engine("the program's system cannot be put together", e))?;
        let engine_key = crate::compile::compatibility(&engine);
        let (builts, cache) = (Builts::default(), config.compiled.clone());
        Ok(Self { toolchain, library, engine, linker, builts, cache, engine_key })
    }

    /// Tells this compiler with its library and command lines from others.
    pub fn key(&self) -> &str {
        self.library.key()
    }

    /// Makes the library and the headers of the dialects that are tried without being asked for.
    pub fn prepare(&self) -> Result<(), SandboxError> {
        for standard in [None, Some("c++20")] {
            let dialect = Dialect::named(proctor_core::Language::Cpp, standard).map_err(SandboxError::Engine)?;
            self.library.suiting(dialect, &self.toolchain)?;
        }
        Ok(())
    }

    /// The program, compiled. One thread compiles, others that want the same wait for it.
    pub fn built(&self, program: &Program) -> Result<Arc<Built>, SandboxError> {
        let ways = match attempts::attempts(program.language, program.standard.as_deref(), &program.source) {
            Ok(ways) => ways,
            Err(why) => return Ok(Arc::new(Built::Refused { why, unsupported: None })),
        };
        let dialect = ways.first().map(|way| way.dialect.name()).unwrap_or_default();
        let standard = program.standard.as_deref().map_or("", |_| "asked for");
        let mut hasher = sha2::Sha256::new();
        for part in [self.library.key(), &self.engine_key, &dialect, standard, &program.source] {
            hasher.update(part);
            hasher.update([0]);
        }
        let key = hex::encode(hasher.finalize())[..32].to_string();
        self.builts.get(&key, || self.load(&key).map_or_else(|| self.build(&key, &ways, &program.source), Ok))
    }

    fn load(&self, key: &str) -> Option<Built> {
        let path = store::path(&self.cache, key);
        if !store_file::intact(&path) {
            return None;
        }
        let mut code = Vec::new();
        store_file::open_own(&path).ok()?.read_to_end(&mut code).ok()?;
        // As for the guests: written by this user's own proctor, checked, and made for this very engine. Read, not mapped:
        // a mapped file stays open for as long as the program is kept.
        let module = unsafe { Module::deserialize(&self.engine, &code) }.ok()?;
        self.program(&module).ok()
    }

    fn program(&self, module: &Module) -> Result<Built, SandboxError> {
        match Starter::of_module(&self.engine, &self.linker, module) {
            Ok(starter) => Ok(Built::program(starter, module)),
            Err(SandboxError::Engine(why)) => Ok(Built::Refused { why, unsupported: None }),
            Err(error) => Err(error),
        }
    }

    fn build(&self, key: &str, ways: &[Attempt], text: &str) -> Result<Built, SandboxError> {
        let refused = |why: String| Ok(Built::Refused { unsupported: attempts::unsupported(text, &why), why: shortened(&why) });
        if text.len() > MOST_SOURCE {
            return refused(format!("error: the program has {} bytes; at most {MOST_SOURCE} are compiled", text.len()));
        }
        let wasm = match self.wasm(ways, text)? {
            Made::Output(wasm) => wasm,
            Made::Refused(said) => return refused(said),
            Made::Stopped(limit, said) => {
                return refused(format!("error: compiling it takes more {limit} than a program may\n{said}"));
            }
        };
        let wasm = match wasm::replace_bulk(wasm) {
            Ok(wasm) => wasm,
            Err(why) => return refused(format!("error: {why}")),
        };
        let wasm = match wasm::metered(&self.engine, &wasm) {
            Ok(wasm) => wasm,
            Err(error) => return refused(format!("error: {error}")),
        };
        let code = match self.engine.precompile_module(&wasm) {
            Ok(code) => code,
            Err(error) => return refused(format!("error: the module does not compile: {error:#}")),
        };
        store::keep(&self.cache, key, &code);
        // The engine itself made these bytes a moment ago.
        let module = unsafe { Module::deserialize(&self.engine, &code) }
            .map_err(|e| SandboxError::engine("a compiled program cannot be loaded", format!("{e:#}")))?;
        self.program(&module)
    }

    /// Compiles and links, in the first way that the compiler takes.
    fn wasm(&self, ways: &[Attempt], text: &str) -> Result<Made, SandboxError> {
        let mut refusal: Option<String> = None;
        for way in ways {
            match self.attempt(way, text)? {
                Made::Refused(said) => {
                    let errors = |said: &str| said.matches("error:").count();
                    if refusal.as_ref().is_none_or(|before| errors(&said) < errors(before)) {
                        refusal = Some(said);
                    }
                }
                made => return Ok(made),
            }
        }
        let refusal = refusal.unwrap_or_default();
        let last = ways.iter().find(|way| !way.header).or(ways.first());
        for members in [false, true] {
            if let (Some(way), Some(text)) = (last, renamed::renamed(text, &refusal, members))
                && let made @ Made::Output(_) = self.attempt(way, &text)?
            {
                return Ok(made);
            }
        }
        Ok(Made::Refused(refusal))
    }

    fn attempt(&self, way: &Attempt, text: &str) -> Result<Made, SandboxError> {
        let lent = self.library.suiting(way.dialect, &self.toolchain)?;
        let name = if way.dialect.is_cpp() { "/program/program.cpp" } else { "/program/program.c" };
        let (object, output) = ("/tmp/program.o", "/tmp/program.wasm");
        let widened = if way.wide { wide::widened(text, way.dialect.is_cpp()) } else { None };
        let headers: Vec<(String, &[u8])> = own_headers().collect();
        let mut files: Vec<(&str, &[u8])> = headers.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        files.push((name, widened.as_deref().unwrap_or(text).as_bytes()));
        let line = arguments::compile(way.dialect, &way.product(lent.header.as_deref()), name, object);
        let bytes = match self.toolchain.run(&lent.mounts, &line, &files, object, PROGRAM)? {
            Made::Output(bytes) => bytes,
            made => return Ok(made),
        };
        if !["__main_void", "__main_argc_argv", "__original_main"].iter().any(|name| holds(&bytes, name)) {
            return Ok(Made::Refused("error: undefined reference to `main'\n".to_string()));
        }
        let line = arguments::link(object, &lent.objects, output);
        self.toolchain.run(&lent.mounts, &line, &[(object, &bytes)], output, PROGRAM)
    }
}

/// Whether an object file names a symbol.
fn holds(object: &[u8], name: &str) -> bool {
    object.windows(name.len()).any(|window| window == name.as_bytes())
}

fn shortened(said: &str) -> String {
    let said = said.trim();
    match said.char_indices().nth(MOST_DIAGNOSTICS) {
        Some((at, _)) => format!("{}\n…", &said[..at]),
        None => said.to_string(),
    }
}
