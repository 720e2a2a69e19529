//! One run of a compiled program.

use super::arguments::STACK_BYTES;
use super::built::Built;
use super::compiler::CppCompiler;
use crate::SandboxError;
use crate::calibration::CPP_WORK_PER_SECOND;
use crate::instance::{Ending, Running, THROWN};
use crate::wasi::{Mounts, Settings, Wasi};
use proctor_core::{Execution, Program, Raised, Verdict};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// The status of a program that a signal would have ended: `abort` and a failed `assert`.
const ABORTED: i32 = 134;
/// Bytes of a message that are kept.
const MOST_MESSAGE: usize = 1024;

/// Compiles `program` where that was not done before, and runs it; an error is the sandbox's own failure.
pub(crate) fn run(program: &Program, compiler: &CppCompiler) -> Result<Execution, SandboxError> {
    let built = compiler.built(program)?;
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
    let (starter, memory_bytes) = match &*built {
        Built::Refused { why, unsupported } => {
            if let Some(reason) = unsupported {
                execution.verdict = Verdict::SandboxError;
                execution.raised = Some(Raised { kind: "Unsupported".to_string(), message: (*reason).to_string() });
                execution.stderr = why.clone();
                return Ok(execution);
            }
            let first = why.lines().find(|line| line.contains("error")).or(why.lines().next()).unwrap_or_default();
            execution.raised = Some(Raised { kind: "CompileError".to_string(), message: first.to_string() });
            execution.stderr = why.clone();
            return Ok(execution);
        }
        Built::Program { starter, memory_bytes } => (starter, *memory_bytes),
    };
    let limits = &program.limits;
    let allowed = limits.memory_bytes.saturating_add(STACK_BYTES);
    if memory_bytes > allowed {
        execution.verdict = Verdict::MemoryLimit;
        execution.peak_memory_bytes = memory_bytes - STACK_BYTES;
        return Ok(execution);
    }
    let mut wasi = Wasi::new(no_mounts(), settings(program));
    if !program.files.iter().all(|(name, bytes)| wasi.place_below(name, bytes)) {
        return Err(SandboxError::Engine("the program's files do not fit into its file system".to_string()));
    }
    let deadline = began.checked_add(limits.wall).unwrap_or(began);
    let mut running = starter.start_bare(wasi, limits.work, allowed, deadline)?;
    let ending = running.call::<(), ()>("_start", ())?;
    execution.work = running.work();
    execution.wall_net = ending == Ending::Wall;
    judge(&mut execution, ending, &mut running);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    execution.stdout = match &program.output_file {
        None => text(&running.wasi().stdout.bytes),
        Some(name) => text(&running.wasi().take(name).unwrap_or_default()),
    };
    execution.stderr = text(&running.wasi().stderr.bytes);
    execution.peak_memory_bytes = running.peak_memory_bytes().saturating_sub(STACK_BYTES);
    execution.wall_s = began.elapsed().as_secs_f64();
    Ok(execution)
}

fn no_mounts() -> Arc<Mounts> {
    static NONE: OnceLock<Arc<Mounts>> = OnceLock::new();
    NONE.get_or_init(Arc::default).clone()
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
        work_per_second: CPP_WORK_PER_SECOND,
    }
}

fn judge(execution: &mut Execution, ending: Ending<()>, running: &mut Running) {
    let refused = running.memory_refused();
    let (kind, message) = match ending {
        Ending::Returned(()) | Ending::Exited(0) => {
            execution.exit_status = Some(0);
            return execution.verdict = Verdict::Ok;
        }
        Ending::Work | Ending::Wall => return execution.verdict = Verdict::TimeLimit,
        Ending::Output => return execution.verdict = Verdict::OutputLimit,
        Ending::Exited(status) => {
            execution.exit_status = Some(status & 0xff);
            if status == ABORTED { ("Abort", last_line(&running.wasi().stderr.bytes)) } else { ("", String::new()) }
        }
        Ending::Trapped(why) if why == THROWN => ("UncaughtException", running.thrown()),
        Ending::Trapped(why) => (kind(&why), why),
    };
    execution.verdict = if refused { Verdict::MemoryLimit } else { Verdict::RuntimeError };
    if !kind.is_empty() {
        let message = message.chars().take(MOST_MESSAGE).collect();
        execution.raised = Some(Raised { kind: kind.to_string(), message });
    }
}

/// A trap's name.
fn kind(why: &str) -> &'static str {
    const KINDS: &[(&str, &str)] = &[
        ("call stack exhausted", "StackOverflow"),
        ("out of bounds memory", "SegmentationFault"),
        ("divide by zero", "DivisionByZero"),
        ("integer overflow", "IntegerOverflow"),
        ("unreachable", "Trap"),
        ("indirect call", "BadFunctionPointer"),
        ("uninitialized element", "BadFunctionPointer"),
        ("undefined element", "BadFunctionPointer"),
    ];
    KINDS.iter().find(|(words, _)| why.contains(words)).map_or("Crash", |(_, kind)| kind)
}

fn last_line(stderr: &[u8]) -> String {
    String::from_utf8_lossy(stderr).trim_end().lines().last().unwrap_or_default().to_string()
}
