//! What processes and threads have used so far, as the system counts it.

use std::fs;

/// CPU seconds of this thread.
pub fn thread_cpu() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // The call writes into `time` and nowhere else.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// CPU seconds of this process, or of its children that have ended and been waited for, with theirs.
fn used(who: libc::c_int) -> f64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // The call writes into `usage`, which is valid when zero.
    let usage = unsafe {
        libc::getrusage(who, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// CPU seconds of this process, all threads.
pub fn process_cpu() -> f64 {
    used(libc::RUSAGE_SELF)
}

/// CPU seconds of the children that have ended.
pub fn children_cpu() -> f64 {
    used(libc::RUSAGE_CHILDREN)
}

fn status_mib(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().find_map(|word| word.parse::<u64>().ok()).unwrap_or(0) >> 10
}

/// MiB of resident memory now.
pub fn resident_mib() -> u64 {
    status_mib("VmRSS:")
}

/// MiB of resident memory at its most.
pub fn most_resident_mib() -> u64 {
    status_mib("VmHWM:")
}

/// Open file descriptors.
pub fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
