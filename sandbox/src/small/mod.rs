//! Drives the small Python guest: a plain command, started anew for every program.
//!
//! It offers the host no way into its interpreter but its command line, so a guarded program is entered by a few lines
//! of Python (`guarded.py`), and its success is an exit status that only those lines know. A program that goes looking
//! through the frames and objects of its interpreter can find that number: with this guest a verdict on a program that
//! means to deceive is not safe. The large guest has no such hole.

use crate::SandboxError;
use crate::calibration::WORK_PER_SECOND;
use crate::compile::Compiled;
use crate::instance::{Ending, Starter};
use crate::python::{COMPATIBILITY, GUARDED_OS};
use crate::wasi::{Mounts, Settings, Wasi};
use proctor_core::{Entry, Execution, Program, Raised, Semantics, Verdict};
use sha2::Digest;
use std::sync::Arc;
use std::time::Instant;

const GUARDED: &str = include_str!("guarded.py");

/// SHA-256 over the Python sources that take part in a verdict, shortened to 16 digits.
pub(crate) fn layer_sha256() -> String {
    hex::encode(sha2::Sha256::digest([GUARDED, COMPATIBILITY].concat()))[..16].to_string()
}

/// Runs `program`; an error is the sandbox's own failure.
pub(crate) fn run(program: &Program, starter: &Starter, guest: &Compiled) -> Result<Execution, SandboxError> {
    let began = Instant::now();
    let limits = &program.limits;
    let deadline = began.checked_add(limits.wall).unwrap_or(began);
    let success = success_status(program);
    let mut wasi = Wasi::new(Arc::new(Mounts::default()), settings(program, success));
    let placed = match program.entry {
        Entry::Script => wasi.place("program/program.py", program.source.as_bytes()),
        Entry::Guarded => {
            wasi.place("tmp/candidate.py", program.source.as_bytes()) && wasi.place("tmp/compat.py", COMPATIBILITY.as_bytes())
        }
    };
    if !placed || !program.files.iter().all(|(name, bytes)| wasi.place_below(&format!("program/{name}"), bytes)) {
        return Err(SandboxError::Engine("the program is larger than the files it may have".to_string()));
    }
    let mut running = starter.start(&guest.image, wasi, limits.work, limits.memory_bytes, deadline)?;
    let ending = running.call::<(), ()>("_start", ())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let stdout = match &program.output_file {
        None => text(&running.wasi().stdout.bytes),
        Some(name) => text(&running.wasi().take(&format!("program/{name}")).unwrap_or_default()),
    };
    let mut execution = Execution {
        verdict: Verdict::RuntimeError,
        exit_status: None,
        raised: None,
        stdout,
        stderr: text(&running.wasi().stderr.bytes),
        work: running.work(),
        peak_memory_bytes: running.peak_memory_bytes(),
        wall_s: began.elapsed().as_secs_f64(),
        wall_net: ending == Ending::Wall,
    };
    judge(&mut execution, ending, program.entry, success, running.memory_refused());
    Ok(execution)
}

fn judge(execution: &mut Execution, ending: Ending<()>, entry: Entry, success: i32, memory_refused: bool) {
    let status = match ending {
        Ending::Returned(()) => 0,
        Ending::Exited(status) => status,
        Ending::Work | Ending::Wall => return execution.verdict = Verdict::TimeLimit,
        Ending::Output => return execution.verdict = Verdict::OutputLimit,
        Ending::Trapped(why) => {
            execution.verdict = if memory_refused { Verdict::MemoryLimit } else { Verdict::RuntimeError };
            let kind = if why.contains("stack") { "StackOverflow" } else { "Crash" };
            execution.raised = Some(Raised { kind: kind.to_string(), message: why });
            return;
        }
    };
    match entry {
        Entry::Guarded if status == success => return execution.verdict = Verdict::Ok,
        Entry::Script => {
            execution.exit_status = Some(status & 0xff);
            if status & 0xff == 0 {
                return execution.verdict = Verdict::Ok;
            }
        }
        Entry::Guarded => {}
    }
    let raised = last_error(&execution.stderr);
    execution.verdict = match raised.kind.as_str() {
        "MemoryError" if memory_refused => Verdict::MemoryLimit,
        _ if entry == Entry::Guarded && status == success + 1 => Verdict::CompileError,
        "SyntaxError" | "IndentationError" | "TabError" if !execution.stderr.contains("<module>") => Verdict::CompileError,
        _ => Verdict::RuntimeError,
    };
    execution.raised = Some(raised);
}

/// What the last line of a traceback says.
fn last_error(stderr: &str) -> Raised {
    let line = stderr.trim_end().lines().last().unwrap_or_default();
    let (kind, message) = line.split_once(": ").unwrap_or((line, ""));
    let name = kind.rsplit('.').next().unwrap_or(kind);
    if name.is_empty() || name.contains(' ') {
        return Raised { kind: "ProcessExit".to_string(), message: String::new() };
    }
    Raised { kind: name.to_string(), message: message.to_string() }
}

/// A status that the program does not know: from its seed and text, and never a usual one.
fn success_status(program: &Program) -> i32 {
    let mut hasher = sha2::Sha256::new();
    hasher.update(program.seed.to_le_bytes());
    hasher.update(&program.source);
    hasher.update(GUARDED);
    let digest = hasher.finalize();
    i32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]) & 0x3fff_ffff | 0x1000
}

fn settings(program: &Program, success: i32) -> Settings {
    let semantics = match program.semantics {
        Semantics::Official => "official",
        Semantics::Native => "native",
    };
    let guarded = format!("GUARDED_OS = {:?}.split()\n{GUARDED}", GUARDED_OS);
    let success = success.to_string();
    let arguments: Vec<&str> = match program.entry {
        Entry::Script => vec!["python", "-X", "utf8", "/program/program.py"],
        Entry::Guarded => vec!["python", "-X", "utf8", "-c", &guarded, "/tmp/candidate.py", &success, semantics],
    };
    let own_arguments = program.arguments.iter().filter(|a| !a.contains('\0')).map(String::as_bytes);
    let fixed = ["HOME=/program", "TMPDIR=/tmp", "PWD=/program", "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1"];
    let own = program.environment.iter().map(|(name, value)| format!("{name}={value}"));
    Settings {
        arguments: arguments.iter().map(|a| a.as_bytes()).chain(own_arguments).map(<[u8]>::to_vec).collect(),
        environment: fixed
            .iter()
            .map(ToString::to_string)
            .chain(own)
            .map(String::into_bytes)
            .filter(|v| !v.contains(&0))
            .collect(),
        stdin: program.stdin.clone().unwrap_or_default(),
        output_bytes: program.limits.output_bytes,
        file_bytes: program.limits.file_bytes,
        seed: program.seed,
        work_per_second: WORK_PER_SECOND,
    }
}
