//! Time this thread has spent on a processor, so that a busy machine does not count.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The processor time of this thread where the system tells, else the time since the first call.
pub fn spent() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    match told.and_then(|text| text.split(' ').next().and_then(|first| first.parse().ok())) {
        Some(nanoseconds) => Duration::from_nanos(nanoseconds),
        None => START.get_or_init(Instant::now).elapsed(),
    }
}
