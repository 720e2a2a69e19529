//! How much memory there is: for weights, for keys and values, and for the numbers of one step.
//!
//! What is large is asked for before it is used, so that a machine or a limit (`ulimit -v`, a control group) that has
//! not enough of it ends in a sentence, not in the end of the program.

use super::failure;
use proctor_core::ModelError;

/// Where the machine does not say how much memory it has left.
const UNKNOWN: usize = 2048 << 20;
/// Bounds of the default.
const LEAST: usize = 256 << 20;
const MOST: usize = 8192 << 20;

/// Bytes for keys and values where the user names no number: a third of what is left beside the weights, 256 MiB to
/// 8 GiB.
pub(super) fn default_cache_bytes(weight_bytes: u64) -> usize {
    available().map_or(UNKNOWN, |bytes| {
        let left = bytes.saturating_sub(usize::try_from(weight_bytes).unwrap_or(usize::MAX).saturating_mul(2));
        (left / 3).clamp(LEAST.min(left / 2), MOST)
    })
}

/// Refuses to go on where `bytes` bytes cannot be had at once. Nothing is kept of them: what is allocated next, by code
/// that cannot fail gracefully, finds them free.
pub(super) fn check_at_hand(bytes: usize, purpose: &str) -> Result<(), ModelError> {
    /// What threads that allocate at the same time, and small pieces in between, take beside.
    const MARGIN: usize = 8 << 20;
    let mut room: Vec<u8> = Vec::new();
    room.try_reserve_exact(bytes.saturating_add(MARGIN)).map_err(|_| {
        failure(format!(
            "there is no memory for {purpose} ({} MiB); give this process more, or set -M cache_mib or -M batch lower",
            bytes.div_ceil(1 << 20)
        ))
    })
}

/// An empty vector with room for `count` values.
pub(super) fn reserved<T>(count: usize) -> Result<Vec<T>, String> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| {
        format!("there is no memory for its {} MiB; use a smaller model", count.saturating_mul(size_of::<T>()).div_ceil(1 << 20))
    })?;
    Ok(values)
}

/// Refuses to read weights that the machine has no memory for, instead of being ended by the system half-way.
pub(super) fn check_room(weight_bytes: usize) -> Result<(), ModelError> {
    check_against(weight_bytes, available())
}

fn check_against(weight_bytes: usize, available: Option<usize>) -> Result<(), ModelError> {
    match available {
        Some(available) if weight_bytes > available => Err(failure(format!(
            "the local model's weights take {} MiB, and the machine has {} MiB of memory left; use a smaller model or a \
             file with smaller quants",
            weight_bytes >> 20,
            available >> 20
        ))),
        _ => Ok(()),
    }
}

/// Bytes this process may still take: what the system has left, or the control group, or the limit of this process
/// (`ulimit -v`), whichever is least.
fn available() -> Option<usize> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let own = address_space(&read("/proc/self/limits"), &read("/proc/self/status"));
    [shared(), own].into_iter().flatten().min()
}

/// What is left of the address space that this process may take; `None` where that is not limited.
fn address_space(limits: &str, status: &str) -> Option<usize> {
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let limit: usize = limit.split_whitespace().next()?.parse().ok()?;
    Some(limit.saturating_sub(field(status, "VmSize:")?))
}

/// What the system has left, or the control group where that is less.
fn shared() -> Option<usize> {
    let system = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| field(&text, "MemAvailable:"))?;
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<usize>().ok();
    let group =
        number("/sys/fs/cgroup/memory.max").map(|most| most.saturating_sub(number("/sys/fs/cgroup/memory.current").unwrap_or(0)));
    Some(group.map_or(system, |group| group.min(system)))
}

/// A field of `/proc/meminfo` or `/proc/self/status` in bytes.
fn field(text: &str, name: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_kibibytes() {
        let text = "MemTotal:       24601344 kB\nMemAvailable:   23068672 kB\nOdd: 7 pages\n";
        assert_eq!(field(text, "MemAvailable:"), Some(23_068_672 * 1024));
        assert_eq!(field(text, "Odd:"), None);
        assert_eq!(field(text, "Missing:"), None);
    }

    #[test]
    fn weights_beyond_the_memory_are_refused() {
        assert!(check_against(2 << 30, Some(2 << 30)).is_ok());
        assert!(check_against(usize::MAX, None).is_ok());
        let message = check_against(3 << 30, Some(2 << 30)).map_err(|e| e.message);
        assert!(message.is_err_and(|m| m.contains("3072 MiB") && m.contains("2048 MiB") && m.lines().count() == 1));
    }

    #[test]
    fn the_default_keeps_to_its_bounds() {
        for weights in [0, 1 << 20, u64::MAX] {
            assert!(default_cache_bytes(weights) <= MOST);
        }
    }

    #[test]
    fn a_limit_of_the_process_counts() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max processes             95968                95968                processes\n\
                      Max address space         1048576000           unlimited            bytes\n";
        let status = "Name:\tproctor\nVmPeak:\t  500000 kB\nVmSize:\t  400000 kB\n";
        assert_eq!(address_space(limits, status), Some(1_048_576_000 - 400_000 * 1024));
        assert_eq!(address_space(&limits.replace("1048576000", "unlimited "), status), None);
        assert_eq!(address_space(limits, &status.replace("400000", "4000000")), Some(0));
    }

    #[test]
    fn what_cannot_be_had_is_said() {
        assert!(check_at_hand(1 << 20, "one step").is_ok());
        let refused = check_at_hand(isize::MAX as usize / 2, "one step").map_err(|e| e.message);
        assert!(refused.is_err_and(|m| m.contains("no memory for one step") && m.lines().count() == 1));
        assert!(reserved::<u64>(1 << 10).is_ok_and(|v| v.capacity() >= 1 << 10));
        assert!(reserved::<u64>(usize::MAX / 64).is_err());
    }
}
