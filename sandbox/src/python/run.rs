//! One program's way through the guest.

use super::capi::{self, Object};
use super::images::{Images, settings};
use crate::SandboxError;
use crate::calibration::WORK_PER_SECOND;
use crate::compile::Compiled;
use crate::instance::{Ending, Running, Starter};
use proctor_core::{Entry, Execution, Program, Raised, Semantics, Verdict};
use std::time::Instant;

/// Separates fields, and header from source, in what the driver is given and gives back.
const FIELD: char = '\u{1f}';
const END: char = '\u{1e}';
/// Work given to what happens after a program ended: its last words, and for scripts what it left to be run at exit.
const FINISH_WORK: u64 = 4_000_000_000;
/// Memory given to it beyond the program's own.
const FINISH_MEMORY: u64 = 64 << 20;

/// Runs `program`; an error is the sandbox's own failure.
pub(crate) fn run(program: &Program, images: &Images, starter: &Starter, guest: &Compiled) -> Result<Execution, SandboxError> {
    let began = Instant::now();
    let limits = &program.limits;
    let deadline = began.checked_add(limits.wall).unwrap_or(began);
    let warm = images.suiting(&program.source, starter, guest)?;
    let stdin = program.stdin.clone().unwrap_or_default();
    let settings = settings(stdin, limits.output_bytes, limits.file_bytes, program.seed, WORK_PER_SECOND);
    let mut wasi = crate::wasi::Wasi::new(images.lent().clone(), settings);
    wasi.zone_cell = Some(warm.zone_cell);
    if !program.files.iter().all(|(name, bytes)| wasi.place_below(&format!("program/{name}"), bytes)) {
        return Err(SandboxError::Engine("the program's files do not fit into its file system".to_string()));
    }
    let mut guest = starter.start(&warm.image, wasi, limits.work, limits.memory_bytes, deadline)?;
    let mut trial = Trial { guest: &mut guest, program, raised: None, exit_status: None, wall_net: false, cut_short: None };
    let verdict = trial.verdict(&warm)?;
    let Trial { raised, exit_status, wall_net, .. } = trial;
    let work = guest.program_work.unwrap_or_else(|| guest.work());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let stdout = match &program.output_file {
        None => text(&guest.wasi().stdout.bytes),
        Some(name) => text(&guest.wasi().take(&format!("program/{name}")).unwrap_or_default()),
    };
    Ok(Execution {
        verdict,
        exit_status,
        raised,
        stdout,
        stderr: text(&guest.wasi().stderr.bytes),
        work,
        peak_memory_bytes: guest.peak_memory_bytes(),
        wall_s: began.elapsed().as_secs_f64(),
        wall_net,
    })
}

struct Trial<'a> {
    guest: &'a mut Running,
    program: &'a Program,
    raised: Option<Raised>,
    exit_status: Option<i32>,
    wall_net: bool,
    /// The verdict when a script did not come to its exit status after it had ended.
    cut_short: Option<Verdict>,
}

impl Trial<'_> {
    fn verdict(&mut self, warm: &super::images::Warm) -> Result<Verdict, SandboxError> {
        let guarded = self.program.entry == Entry::Guarded;
        let request = match capi::new_text(self.guest, &self.request())? {
            Ending::Returned(0) => return Ok(self.no_memory()),
            Ending::Returned(request) => request,
            other => return Ok(self.stopped(other)),
        };
        let prepared = match capi::call(self.guest, warm.prepare, request)? {
            Ending::Returned(0) => return self.not_prepared(),
            Ending::Returned(prepared) => prepared,
            other => return Ok(self.stopped(other)),
        };
        let prepared = capi::text(self.guest, prepared)?.unwrap_or_default();
        let Some((code, space)) = addresses(&prepared) else { return self.not_a_program(warm) };
        self.guest.wasi().stdout.discard = guarded;
        self.guest.wasi().stderr.discard = guarded;
        let ending = self.guest.call::<(u32, u32, u32), Object>("PyEval_EvalCode", (code, space, space))?;
        self.guest.program_work = Some(self.guest.work());
        let error = match ending {
            // The one way to success: C's own word that the last statement was passed. A program gives None; anything else
            // comes from an interpreter whose own memory or bytecode was tampered with.
            Ending::Returned(value) if value == warm.none => None,
            Ending::Returned(value) if value != 0 => {
                return Ok(self.trapped("the program gave a value, which none does".to_string()));
            }
            Ending::Returned(_) => match self.guest.call::<(), Object>("PyErr_GetRaisedException", ())? {
                Ending::Returned(error) if error != 0 => Some(error),
                other => return Ok(self.trapped(format!("an error without an exception: {other:?}"))),
            },
            other => return Ok(self.stopped(other)),
        };
        let refused = self.guest.memory_refused();
        let kind = error.map(|e| capi::type_name(self.guest, e).unwrap_or_else(|| "Exception".to_string()));
        if guarded && error.is_none() {
            return Ok(Verdict::Ok);
        }
        self.last_words(warm, error, kind.as_deref())?;
        if refused && kind.as_deref().is_some_and(|kind| kind.ends_with("MemoryError")) {
            return Ok(Verdict::MemoryLimit);
        }
        Ok(match (guarded, self.exit_status) {
            (true, _) => Verdict::RuntimeError,
            (false, Some(0)) => Verdict::Ok,
            (false, Some(_)) => Verdict::RuntimeError,
            (false, None) => self.cut_short.unwrap_or(Verdict::RuntimeError),
        })
    }

    /// What the driver is told.
    fn request(&self) -> String {
        let entry = match self.program.entry {
            Entry::Script => "script",
            Entry::Guarded => "guarded",
        };
        let semantics = match self.program.semantics {
            Semantics::Official => "official",
            Semantics::Native => "native",
        };
        let mut request = format!("{entry}{FIELD}{semantics}");
        for (name, value) in &self.program.environment {
            if !name.contains([FIELD, END, '\0', '=']) && !value.contains([FIELD, END, '\0']) {
                request += &format!("{FIELD}{name}={value}");
            }
        }
        // A variable has a name; an argument has none.
        for argument in &self.program.arguments {
            request += &format!("{FIELD}={}", argument.replace([FIELD, END, '\0'], "?"));
        }
        request.push(END);
        request + &self.program.source
    }

    /// Lets the driver print what went wrong and, for a script, do what a program does at its exit. Nothing it says can
    /// make a guarded program succeed; a script's exit status is the script's own affair, as it is natively.
    fn last_words(&mut self, warm: &super::images::Warm, error: Option<Object>, kind: Option<&str>) -> Result<(), SandboxError> {
        self.guest.wasi().stdout.discard = false;
        self.guest.wasi().stderr.discard = false;
        self.guest.refill(FINISH_WORK);
        self.guest.allow_more_memory(FINISH_MEMORY);
        let ending = capi::call(self.guest, warm.finish, error.unwrap_or(warm.none))?;
        let said = match ending {
            Ending::Returned(said) if said != 0 => capi::text(self.guest, said)?,
            Ending::Exited(status) => {
                self.exit_status = Some(status & 0xff);
                None
            }
            Ending::Returned(_) => {
                self.exit_status = Some(1);
                None
            }
            other => {
                self.cut_short = Some(self.stopped(other));
                None
            }
        };
        if let Some((status, _)) = said.as_deref().and_then(|s| s.split_once(FIELD)) {
            self.exit_status = status.parse().ok();
        }
        if let Some(kind) = kind {
            let message = said.as_deref().and_then(|s| s.split_once(FIELD)).map_or(String::new(), |(_, m)| m.to_string());
            self.raised = Some(Raised { kind: kind.to_string(), message });
        }
        if self.program.entry == Entry::Guarded {
            self.exit_status = None;
        } else if self.exit_status == Some(0) {
            self.raised = None;
        }
        Ok(())
    }

    fn not_a_program(&mut self, warm: &super::images::Warm) -> Result<Verdict, SandboxError> {
        let said = match self.guest.call::<u32, Object>("PyObject_CallNoArgs", warm.failed_to_compile)? {
            Ending::Returned(said) => capi::text(self.guest, said)?.unwrap_or_default(),
            _ => String::new(),
        };
        let (kind, message) = said.split_once(FIELD).unwrap_or(("SyntaxError", ""));
        self.raised = Some(Raised { kind: kind.to_string(), message: message.to_string() });
        self.exit_status = (self.program.entry == Entry::Script).then_some(1);
        if kind == "MemoryError" && self.guest.memory_refused() {
            return Ok(Verdict::MemoryLimit);
        }
        Ok(Verdict::CompileError)
    }

    fn not_prepared(&mut self) -> Result<Verdict, SandboxError> {
        if self.guest.memory_refused() {
            return Ok(self.no_memory());
        }
        let kind = match self.guest.call::<(), Object>("PyErr_GetRaisedException", ())? {
            Ending::Returned(error) if error != 0 => capi::type_name(self.guest, error),
            _ => None,
        };
        let said = String::from_utf8_lossy(&self.guest.wasi().stderr.bytes).into_owned();
        Err(SandboxError::Engine(format!("the driver failed to prepare a program: {} {said}", kind.unwrap_or_default())))
    }

    fn no_memory(&mut self) -> Verdict {
        self.raised = Some(Raised { kind: "MemoryError".to_string(), message: String::new() });
        Verdict::MemoryLimit
    }

    /// The verdict on a program that did not return.
    fn stopped(&mut self, ending: Ending<Object>) -> Verdict {
        match ending {
            Ending::Work => Verdict::TimeLimit,
            Ending::Wall => {
                self.wall_net = true;
                Verdict::TimeLimit
            }
            Ending::Output => Verdict::OutputLimit,
            Ending::Exited(status) => {
                let status = status & 0xff;
                if self.program.entry == Entry::Script {
                    self.exit_status = Some(status);
                    if status == 0 {
                        return Verdict::Ok;
                    }
                }
                let message = format!("the process ended with status {status} before the program did");
                self.raised = Some(Raised { kind: "ProcessExit".to_string(), message });
                Verdict::RuntimeError
            }
            Ending::Trapped(why) => self.trapped(why),
            Ending::Returned(_) => Verdict::SandboxError,
        }
    }

    fn trapped(&mut self, why: String) -> Verdict {
        let (kind, message) = if why.contains("stack") {
            ("StackOverflow", "the interpreter's stack is used up".to_string())
        } else {
            ("Crash", format!("the interpreter crashed: {why}"))
        };
        self.raised = Some(Raised { kind: kind.to_string(), message });
        if self.guest.memory_refused() { Verdict::MemoryLimit } else { Verdict::RuntimeError }
    }
}

/// Of the program's code and of its globals.
fn addresses(prepared: &str) -> Option<(Object, Object)> {
    let (code, space) = prepared.split_once(' ')?;
    Some((code.parse().ok()?, space.parse().ok()?))
}
