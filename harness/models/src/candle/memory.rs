//! How much memory keys and values may take on this machine.

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
        (left / 3).clamp(LEAST, MOST)
    })
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

/// Bytes this process may still take: what the system has left, or the control group where that is less.
fn available() -> Option<usize> {
    let system = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| field(&text, "MemAvailable:"))?;
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<usize>().ok();
    let group =
        number("/sys/fs/cgroup/memory.max").map(|most| most.saturating_sub(number("/sys/fs/cgroup/memory.current").unwrap_or(0)));
    Some(group.map_or(system, |group| group.min(system)))
}

/// A field of `/proc/meminfo` in bytes.
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
            assert!((LEAST..=MOST).contains(&default_cache_bytes(weights)));
        }
    }
}
