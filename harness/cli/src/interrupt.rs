use proctor_engine::Stop;
use tokio::signal::unix::{SignalKind, signal};

/// Turns Ctrl-C and SIGTERM into a drain, and a second one into an abort.
pub fn listen(stop: &Stop) {
    let stop = stop.clone();
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
            return;
        };
        let mut signals = 0;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
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

/// The number of SIGXFSZ on Linux and macOS.
const FILE_SIZE_LIMIT: i32 = 25;

/// Where the size of files is limited (`ulimit -f`), a write beyond it ends the program by a signal unless somebody listens
/// for that; it is an error like a full disk, which can be told.
pub fn survive_limits_of_size() {
    // Once installed, a handler stays; there is nothing to wait for. Without one, the signal does what it always did.
    drop(signal(SignalKind::from_raw(FILE_SIZE_LIMIT)));
}
