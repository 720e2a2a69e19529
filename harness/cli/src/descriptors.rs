//! How many files and connections this process may have open at once.

/// Descriptors that are not requests: the store, the terminal, files of events and pages, name look-ups.
const OTHERS: u64 = 40;

/// Makes room for `wanted` requests in flight, as far as this process may raise its own limit, and says how many there is
/// room for, `wanted` at most.
pub fn room_for(wanted: usize) -> usize {
    let needed = (wanted as u64).saturating_add(OTHERS);
    let Some((now, most)) = limits() else { return wanted };
    let now = if now < needed && raise(needed.min(most), most) { needed.min(most) } else { now };
    usize::try_from(now.saturating_sub(OTHERS)).unwrap_or(usize::MAX).clamp(1, wanted.max(1))
}

/// The limit in force, and the one up to which a process may raise it.
fn limits() -> Option<(u64, u64)> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: it fills in the structure it is given.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    (asked == 0).then_some((limit.rlim_cur, limit.rlim_max))
}

fn raise(limit: u64, most: u64) -> bool {
    let limit = libc::rlimit { rlim_cur: limit, rlim_max: most };
    // SAFETY: it reads the structure it is given; a higher limit takes nothing from anybody.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) == 0 }
}
