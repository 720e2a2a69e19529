use crate::sha256_hex;

/// The seed of one call: a hash of the run's seed, the sample, the epoch and the call, so that neither order nor
/// concurrency matters. Only 53 bits are used, because some providers read seeds as JSON numbers in doubles.
pub fn derive_seed(run_seed: u64, sample_id: &str, epoch: u32, call: u32) -> u64 {
    let hex = sha256_hex(format!("{run_seed}\u{0}{sample_id}\u{0}{epoch}\u{0}{call}").as_bytes());
    u64::from_str_radix(&hex[..16], 16).unwrap_or(0) >> 11
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_changes_the_seed() {
        let base = derive_seed(1, "a", 0, 0);
        assert_eq!(base, derive_seed(1, "a", 0, 0));
        for other in [derive_seed(2, "a", 0, 0), derive_seed(1, "b", 0, 0), derive_seed(1, "a", 1, 0), derive_seed(1, "a", 0, 1)]
        {
            assert_ne!(base, other);
        }
        assert!(base < 1 << 53);
    }
}
