//! What a process cost.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What a process cost, its own children included.
pub struct Measured {
    /// Whether it ended well.
    pub success: bool,
    /// What it said of errors.
    pub errors: String,
    /// Seconds on the clock, from its start to its end.
    pub wall_s: f64,
    /// CPU seconds, in the program and in the system for it.
    pub cpu_s: f64,
    /// The most MiB it had in memory at once (the largest process, where it has children).
    pub most_mib: f64,
}

/// Runs `command` to its end.
#[allow(clippy::zombie_processes)]
pub fn measured(command: &mut Command) -> Measured {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut errors = Vec::new();
    child.stderr.take().expect("its errors").read_to_end(&mut errors).expect("they can be read");
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    let id = libc::pid_t::try_from(child.id()).expect("a process id");
    // SAFETY: both places are valid for what is written there, and all-zero bits are a `rusage`. Nobody else waits for it.
    let (waited, usage) = unsafe { (libc::wait4(id, &mut status, 0, usage.as_mut_ptr()), usage.assume_init()) };
    let wall_s = began.elapsed().as_secs_f64();
    assert_eq!(waited, id);
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    Measured {
        success: libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
        errors: String::from_utf8_lossy(&errors).into_owned(),
        wall_s,
        cpu_s: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        most_mib: usage.ru_maxrss as f64 / 1024.0,
    }
}
