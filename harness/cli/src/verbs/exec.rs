use crate::args::{Format, FormatArguments};
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::judging;
use crate::verbs::setup;
use clap::Args;
use proctor_assets::Part;
use proctor_core::{Entry, Execution, ExitCode, Language, Limits, Program, Semantics, Verdict};
use proctor_reports::text::visible;
use proctor_sandbox::Sandbox;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest program and input that are read.
const MOST_BYTES: u64 = 256 << 20;

/// What to run and what it may use.
#[derive(Debug, Args)]
pub struct ExecArguments {
    /// The program: Python, or C or C++ by its extension (.c, .cc, .cpp, .cxx), or a WebAssembly module
    /// (.wasm, a command of WASI preview 1); `-` is Python from standard input.
    #[arg(value_name = "FILE")]
    program: PathBuf,
    /// The standard of a C or C++ program, e.g. c++17; the default is c++20 (with GNU's extensions), c17 for C.
    #[arg(long = "std", value_name = "STANDARD")]
    standard: Option<String>,
    /// Its standard input; `-` is standard input; the default is an empty one.
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// What the program is called with, after `--`.
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
    /// An environment variable for it; may be repeated.
    #[arg(long = "env", value_name = "NAME=VALUE")]
    environment: Vec<String>,
    /// Seed for its clock, random numbers and hashes.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// The guest's own behaviour instead of that of 64-bit CPython 3.11.
    #[arg(long)]
    native: bool,
    /// Enter it as graders of function benchmarks do: guarded, and only reaching the end is success.
    #[arg(long)]
    guarded: bool,
    /// Most units of work: the time limit.
    #[arg(long, value_name = "UNITS", help_heading = "Limits", value_parser = clap::value_parser!(u64).range(1..))]
    work: Option<u64>,
    /// Most MiB of memory.
    #[arg(long, value_name = "MIB", help_heading = "Limits", value_parser = clap::value_parser!(u64).range(16..=4096))]
    memory: Option<u64>,
    /// Most KiB of standard output, and of standard error.
    #[arg(long = "output", value_name = "KIB", help_heading = "Limits", value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    output_kib: Option<u64>,
    /// Most seconds on the wall clock, a safety net that is no part of the verdict of honest programs.
    #[arg(long, value_name = "SECONDS", help_heading = "Limits", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wall: Option<u64>,
    #[command(flatten)]
    output: FormatArguments,
    /// The same as --format json.
    #[arg(long)]
    json: bool,
}

impl ExecArguments {
    /// How the execution is printed.
    pub fn format(&self) -> Format {
        if self.json { Format::Json } else { self.output.format }
    }

    fn program(&self) -> Result<Program, CliError> {
        let language = self.language();
        if language == Language::Python && self.standard.is_some() {
            return Err(CliError::usage("`--std` is for C and C++ programs"));
        }
        if language != Language::Python && (self.guarded || self.native) {
            return Err(CliError::usage("`--guarded` and `--native` are for Python programs"));
        }
        let standard = Path::new("-");
        if self.program == standard && self.stdin.as_deref() == Some(standard) {
            return Err(CliError::usage("program and input cannot both be read from standard input"));
        }
        let environment = self.environment()?;
        // A module is bytes; it is handed over beside the program.
        let bytes = if self.is_module() { Vec::new() } else { read(&self.program, "program")? };
        let source = String::from_utf8(bytes).map_err(|e| {
            CliError::usage(format!("{} is not UTF-8 text (byte {})", self.program.display(), e.utf8_error().valid_up_to()))
        })?;
        let stdin = self.stdin.as_deref().map(|path| read(path, "input")).transpose()?;
        let default = Limits::default();
        Ok(Program {
            stdin,
            environment,
            entry: if self.guarded { Entry::Guarded } else { Entry::Script },
            semantics: if self.native { Semantics::Native } else { Semantics::Official },
            limits: Limits {
                work: self.work.unwrap_or(default.work),
                memory_bytes: self.memory.map_or(default.memory_bytes, |mib| mib << 20),
                output_bytes: self.output_kib.map_or(default.output_bytes, |kib| kib << 10),
                wall: self.wall.map_or(default.wall, Duration::from_secs),
                ..default
            },
            seed: self.seed,
            standard: self.standard.clone(),
            arguments: self.arguments.clone(),
            ..Program::new(language, source)
        })
    }

    /// Whether it is a WebAssembly module.
    fn is_module(&self) -> bool {
        self.program.extension().is_some_and(|extension| extension == "wasm")
    }

    /// The language, by the file's extension.
    fn language(&self) -> Language {
        let extension = self.program.extension().and_then(|e| e.to_str()).unwrap_or_default();
        match extension {
            "c" => Language::C,
            "C" | "cc" | "cpp" | "cxx" | "c++" | "cp" | "CPP" => Language::Cpp,
            _ => Language::Python,
        }
    }

    fn environment(&self) -> Result<BTreeMap<String, String>, CliError> {
        let mut environment = BTreeMap::new();
        for pair in &self.environment {
            match pair.split_once('=') {
                Some((name, value)) if !name.is_empty() => environment.insert(name.to_string(), value.to_string()),
                _ => return Err(CliError::usage(format!("`--env {pair}` is not of the form NAME=VALUE"))),
            };
        }
        Ok(environment)
    }
}

/// Runs the program, prints what it printed, and says what it came to.
pub fn execute(arguments: ExecArguments, context: &Context) -> CliResult {
    let program = arguments.program()?;
    let module = if arguments.is_module() { Some(read(&arguments.program, "module")?) } else { None };
    let needs: &[Part] = match (&module, program.language) {
        (Some(_), _) => &[],
        (None, Language::Python) => &[Part::Python],
        (None, Language::C | Language::Cpp) => &[Part::Clang],
    };
    setup::ensure(context, needs)?;
    let sandbox =
        Sandbox::open(judging::sandbox_config(context)).map_err(|e| CliError::new(ExitCode::NotInstalled, e.to_string()))?;
    let execution = match &module {
        Some(module) => sandbox.run_module(module, &program),
        None => sandbox.run(&program),
    };
    if context.format == Format::Json {
        let mut document = json!({"schema": "proctor.execution/1"});
        if let (Some(map), Ok(serde_json::Value::Object(fields))) = (document.as_object_mut(), serde_json::to_value(&execution)) {
            map.extend(fields);
        }
        context.printer.out(document.to_string());
    } else {
        context.printer.out_bytes(execution.stdout.as_bytes());
        if !execution.stderr.is_empty() {
            context.printer.verdict(execution.stderr.trim_end());
        }
        context.printer.verdict(describe(&execution, &program.limits));
    }
    Ok(match execution.verdict {
        Verdict::Ok => ExitCode::Success,
        Verdict::SandboxError => ExitCode::Failure,
        _ => ExitCode::Verdict,
    })
}

/// The verdict and the figures, in one line.
fn describe(execution: &Execution, limits: &Limits) -> String {
    let mut line = format!("verdict: {}", execution.verdict);
    if let Some(raised) = &execution.raised {
        line += &format!(" ({}", visible(&raised.kind));
        if !raised.message.is_empty() {
            let message: String = raised.message.lines().next().unwrap_or_default().chars().take(160).collect();
            line += &format!(": {}", visible(&message));
        }
        line.push(')');
    } else if let Some(status) = execution.exit_status.filter(|s| *s != 0) {
        line += &format!(" (exit status {status})");
    }
    if execution.wall_net {
        line += " (caught by the wall-clock net, not by the work limit)";
    }
    line += &format!(
        "; work {} of {}; memory {:.1} MiB of {}; {:.3} s",
        execution.work,
        limits.work,
        execution.peak_memory_bytes as f64 / f64::from(1 << 20),
        limits.memory_bytes >> 20,
        execution.wall_s
    );
    line
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>, CliError> {
    let wrong = |e: std::io::Error| CliError::usage(format!("the {what} {} cannot be read: {e}", path.display()));
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).map_err(wrong)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)
    };
    read.map_err(wrong)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(CliError::usage(format!("the {what} {} has more than {} MiB", path.display(), MOST_BYTES >> 20)));
    }
    Ok(bytes)
}
