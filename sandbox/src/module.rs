//! WebAssembly modules as programs: commands of WASI preview 1 that somebody else compiled.

use crate::calibration::WORK_PER_SECOND;
use crate::engine::new_program_engine;
use crate::instance::{Ending, Running, Starter};
use crate::memory::GuestMemories;
use crate::wasi::{self, Settings, Wasi};
use crate::{SandboxError, wasm};
use proctor_core::{Execution, Program, Raised, Verdict};
use std::sync::Arc;
use std::time::Instant;
use wasmtime::{Engine, Linker, Module};

/// Largest module, and largest function in it, in bytes: how long the compiler takes depends on them, and it cannot be
/// interrupted.
const MOST_BYTES: usize = 32 << 20;
const MOST_IN_FUNCTION: usize = 512 << 10;
/// Memory reservations kept for later programs.
const KEPT_RESERVATIONS: usize = 8;

/// Runs modules.
pub(crate) struct Modules {
    engine: Engine,
    linker: Linker<crate::instance::Guest>,
}

impl Modules {
    pub fn new() -> Result<Self, SandboxError> {
        let engine = new_program_engine(GuestMemories::new(KEPT_RESERVATIONS))?;
        let mut linker = Linker::new(&engine);
        wasi::link(&mut linker).map_err(|e| SandboxError::engine("the program's system cannot be put together", e))?;
        Ok(Self { engine, linker })
    }

    /// Runs `module` with the input, arguments, files, environment and limits of `program`, whose text is not looked at.
    pub fn run(&self, module: &[u8], program: &Program) -> Execution {
        let began = Instant::now();
        let mut execution = Execution {
            verdict: Verdict::CompileError,
            exit_status: None,
            raised: None,
            stdout: String::new(),
            stderr: String::new(),
            work: 0,
            peak_memory_bytes: 0,
            wall_s: 0.0,
            wall_net: false,
        };
        let starter = match self.starter(module) {
            Ok(starter) => starter,
            Err(error) => {
                execution.raised = Some(Raised { kind: "CompileError".to_string(), message: error.to_string() });
                return execution;
            }
        };
        let limits = &program.limits;
        let mut wasi = Wasi::new(Arc::default(), settings(program));
        if !program.files.iter().all(|(name, bytes)| wasi.place_below(name, bytes)) {
            execution.verdict = Verdict::SandboxError;
            let message = "the program's files do not fit into its file system".to_string();
            execution.raised = Some(Raised { kind: "SandboxError".to_string(), message });
            return execution;
        }
        let deadline = began.checked_add(limits.wall).unwrap_or(began);
        let mut running = match starter.start_module(wasi, limits.work, limits.memory_bytes, deadline) {
            Ok(running) => running,
            // What it begins with does not fit: a segment outside its memory, or more memory than it may have.
            Err(error) => {
                execution.verdict = Verdict::RuntimeError;
                let message = error.to_string();
                if message.contains("memory minimum size") || message.contains("exceeds memory limits") {
                    execution.verdict = Verdict::MemoryLimit;
                }
                execution.raised = Some(Raised { kind: "NotStarted".to_string(), message });
                return execution;
            }
        };
        match enter(&mut running) {
            Ok(ending) => judge(&mut execution, ending, running.memory_refused()),
            Err(error) => execution.raised = Some(Raised { kind: "CompileError".to_string(), message: error.to_string() }),
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        execution.stdout = text(&running.wasi().stdout.bytes);
        execution.stderr = text(&running.wasi().stderr.bytes);
        execution.work = running.work();
        execution.peak_memory_bytes = running.peak_memory_bytes();
        execution.wall_s = began.elapsed().as_secs_f64();
        execution
    }

    fn starter(&self, module: &[u8]) -> Result<Starter, SandboxError> {
        if module.len() > MOST_BYTES {
            let message = format!("the module has {} bytes; at most {MOST_BYTES} are compiled", module.len());
            return Err(SandboxError::Engine(message));
        }
        let largest = wasm::largest_function(module)?;
        if largest > MOST_IN_FUNCTION {
            let message = format!("a function of the module has {largest} bytes; at most {MOST_IN_FUNCTION} are compiled");
            return Err(SandboxError::Engine(message));
        }
        let metered = wasm::metered(&self.engine, module)?;
        let module = Module::new(&self.engine, &metered)
            .map_err(|e| SandboxError::engine("the module does not compile", format!("{e:#}")))?;
        Starter::of_module(&self.engine, &self.linker, &module)
    }
}

/// Its start function, where it has one, then the command.
fn enter(running: &mut Running) -> Result<Ending<()>, SandboxError> {
    match running.call_start()? {
        Ending::Returned(()) => running.call::<(), ()>("_start", ()),
        other => Ok(other),
    }
}

fn judge(execution: &mut Execution, ending: Ending<()>, memory_refused: bool) {
    let (verdict, raised) = match ending {
        Ending::Returned(()) => (Verdict::Ok, None),
        Ending::Exited(status) => {
            execution.exit_status = Some(status & 0xff);
            (if status == 0 { Verdict::Ok } else { Verdict::RuntimeError }, None)
        }
        Ending::Work => (Verdict::TimeLimit, None),
        Ending::Wall => {
            execution.wall_net = true;
            (Verdict::TimeLimit, None)
        }
        Ending::Output => (Verdict::OutputLimit, None),
        Ending::Trapped(_) if memory_refused => (Verdict::MemoryLimit, None),
        Ending::Trapped(why) => {
            let kind = if why.contains("stack") { "StackOverflow" } else { "Trap" };
            (Verdict::RuntimeError, Some(Raised { kind: kind.to_string(), message: why }))
        }
    };
    if verdict == Verdict::Ok {
        execution.exit_status = Some(0);
    }
    execution.verdict = verdict;
    execution.raised = raised;
}

fn settings(program: &Program) -> Settings {
    let name = ["program".to_string()];
    let environment = program.environment.iter().map(|(name, value)| format!("{name}={value}").into_bytes());
    Settings {
        arguments: name.iter().chain(&program.arguments).map(|argument| argument.clone().into_bytes()).collect(),
        environment: environment.filter(|pair| !pair.contains(&0)).collect(),
        stdin: program.stdin.clone().unwrap_or_default(),
        output_bytes: program.limits.output_bytes,
        file_bytes: program.limits.file_bytes,
        seed: program.seed,
        work_per_second: WORK_PER_SECOND,
    }
}
