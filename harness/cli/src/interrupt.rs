use proctor_engine::Stop;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Turns Ctrl-C, SIGTERM and the end of the terminal (SIGHUP) into a drain, and a second Ctrl-C or SIGTERM into an abort. A
/// program that was told to outlive its terminal (`nohup`) does.
pub fn listen(stop: &Stop) {
    let stop = stop.clone();
    let hangups = if is_ignored(libc::SIGHUP) { None } else { signal(SignalKind::hangup()).ok() };
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
            return;
        };
        let mut hangups = hangups;
        let mut signals = 0;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                // A shell and the system may both say so: that is no second one.
                () = hung_up(&mut hangups) => {
                    stop.drain();
                    signals = signals.max(1);
                    continue;
                }
            }
            signals += 1;
            match signals {
                1 => stop.drain(),
                2 => stop.abort(),
                _ => std::process::exit(proctor_core::ExitCode::Interrupted as i32),
            }
        }
    });
}

/// Waits for the end of the terminal; for ever where nobody listens for that.
async fn hung_up(hangups: &mut Option<Signal>) {
    match hangups {
        Some(hangups) => drop(hangups.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether whoever started this program wants it to ignore a signal.
fn is_ignored(number: libc::c_int) -> bool {
    // SAFETY: zeroes are a valid `sigaction`, and with no new one given it is only filled in with the present one.
    let (asked, present) = unsafe {
        let mut present: libc::sigaction = std::mem::zeroed();
        (libc::sigaction(number, std::ptr::null(), &mut present), present)
    };
    asked == 0 && present.sa_sigaction == libc::SIG_IGN
}

/// The number of SIGXFSZ on Linux and macOS.
const FILE_SIZE_LIMIT: i32 = 25;

/// Where the size of files is limited (`ulimit -f`), a write beyond it ends the program by a signal unless somebody listens
/// for that; it is an error like a full disk, which can be told.
pub fn survive_limits_of_size() {
    // Once installed, a handler stays; there is nothing to wait for. Without one, the signal does what it always did.
    drop(signal(SignalKind::from_raw(FILE_SIZE_LIMIT)));
}
