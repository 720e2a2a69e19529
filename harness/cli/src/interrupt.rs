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
