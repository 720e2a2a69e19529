//! The id of an attempt: run, position in the plan and epoch in one number, so that rows lie in the order of the plan and a
//! run is one range of keys.

/// Bits of the epoch and of the position.
const EPOCH_BITS: u32 = 14;
const POSITION_BITS: u32 = 26;

/// The id of the `epoch`-th attempt at the sample at `position` of the run `run`; `None` where a part is too large.
pub(super) fn attempt_id(run: i64, position: i64, epoch: u32) -> Option<i64> {
    let fits = (0..1 << (63 - EPOCH_BITS - POSITION_BITS)).contains(&run)
        && (0..1 << POSITION_BITS).contains(&position)
        && epoch < 1 << EPOCH_BITS;
    fits.then_some((run << (POSITION_BITS + EPOCH_BITS)) | (position << EPOCH_BITS) | i64::from(epoch))
}

/// The ids of a run: the first, and the first of the next run.
pub(super) fn run_range(run: i64) -> (i64, i64) {
    (run << (POSITION_BITS + EPOCH_BITS), (run + 1) << (POSITION_BITS + EPOCH_BITS))
}

/// Position and epoch of an attempt's id.
pub(super) fn position_and_epoch(id: i64) -> (u32, u32) {
    let position = (id >> EPOCH_BITS) & ((1 << POSITION_BITS) - 1);
    let epoch = id & ((1 << EPOCH_BITS) - 1);
    // Both are masked to fewer than 32 bits.
    (position as u32, epoch as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lie_in_the_order_of_the_plan_and_come_apart_again() {
        let mut last = -1;
        for (run, position, epoch) in [(0, 0, 0), (1, 0, 0), (1, 0, 9_999), (1, 1, 0), (1, 67_108_863, 16_383), (2, 0, 0)] {
            let id = attempt_id(run, position, epoch).unwrap_or(-2);
            assert!(id > last);
            last = id;
            assert_eq!(position_and_epoch(id), (position as u32, epoch));
            let (from, to) = run_range(run);
            assert!(from <= id && id < to);
        }
        assert_eq!(attempt_id(1, 1 << 26, 0), None);
        assert_eq!(attempt_id(1, 0, 1 << 14), None);
        assert_eq!(attempt_id(-1, 0, 0), None);
    }
}
