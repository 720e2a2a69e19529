use crate::Retries;
use proctor_core::{ModelError, ModelErrorKind, derive_seed};
use std::time::Duration;

/// The waits between the tries of one request. Jitter comes from a seed, so a run's timing is reproducible in tests and
/// still spread over its requests.
#[derive(Debug)]
pub(crate) struct Backoff {
    retries: Retries,
    seed: u64,
    tries: u32,
    /// Tries that were refused for the number of requests; that is nobody's fault and costs no try.
    refusals: u32,
    /// Tries whose answer could not be read.
    unreadable: u32,
    /// Time spent on tries and on waits between them; time in line is none of it.
    spent: Duration,
    last_wait: Duration,
}

/// Most tries that end in "too many requests", for each try that is allowed.
const REFUSALS_PER_TRY: u32 = 10;

/// Most tries whose answer cannot be read: each may be paid for, and what is no endpoint never answers otherwise.
const UNREADABLE_TRIES: u32 = 3;

impl Backoff {
    pub(crate) fn new(retries: Retries, seed: u64) -> Self {
        Self { retries, seed, tries: 0, refusals: 0, unreadable: 0, spent: Duration::ZERO, last_wait: retries.first_wait }
    }

    /// Tries that have failed so far.
    pub(crate) fn tries(&self) -> u32 {
        self.tries
    }

    /// Counts a failed try that took `took` and says how long to wait before the next; `None` when there is to be none.
    pub(crate) fn next_wait(&mut self, error: &ModelError, took: Duration) -> Option<Duration> {
        self.tries += 1;
        self.spent = self.spent.saturating_add(took);
        self.refusals += u32::from(error.kind == ModelErrorKind::RateLimited);
        let most = self.retries.tries;
        let counted = self.tries - if most > 1 { self.refusals.min((most - 1) * REFUSALS_PER_TRY) } else { 0 };
        let unreadable = error.kind == ModelErrorKind::Protocol;
        self.unreadable += u32::from(unreadable);
        let helps = if unreadable { self.unreadable < UNREADABLE_TRIES } else { error.is_retryable() };
        if !helps || counted >= most {
            return None;
        }
        let shortest = self.retries.first_wait;
        let spread = (self.last_wait * 3).saturating_sub(shortest);
        let drawn = (shortest + spread.mul_f64(self.fraction())).min(self.retries.longest_wait.max(shortest));
        self.last_wait = drawn;
        // A service's own figure is a floor; a little is added so that those told the same do not come back together.
        let wait = match error.retry_after {
            Some(asked) => asked.saturating_add(shortest.mul_f64(self.fraction())).max(drawn),
            None => drawn,
        };
        self.spent = self.spent.saturating_add(wait);
        (self.spent <= self.retries.total).then_some(wait)
    }

    /// A number in [0, 1) that differs from try to try.
    fn fraction(&self) -> f64 {
        derive_seed(self.seed, "backoff", 0, self.tries) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(retries: Retries, seed: u64, retry_after: Option<Duration>) -> Vec<Duration> {
        let mut error = ModelError::new(ModelErrorKind::Unavailable, "slow down");
        error.retry_after = retry_after;
        let mut backoff = Backoff::new(retries, seed);
        let mut waits = Vec::new();
        while let Some(wait) = backoff.next_wait(&error, Duration::ZERO) {
            waits.push(wait);
        }
        waits
    }

    #[test]
    fn waits_stay_within_their_bounds() {
        let retries = Retries { tries: 20, longest_wait: Duration::from_secs(8), ..Retries::default() };
        for seed in 0..200 {
            let waits = waits(retries, seed, None);
            assert_eq!(waits.len(), 19);
            let mut last = retries.first_wait;
            for wait in waits {
                assert!(wait >= retries.first_wait && wait <= retries.longest_wait.min(last * 3), "{wait:?} after {last:?}");
                last = wait;
            }
        }
    }

    #[test]
    fn being_told_too_many_costs_no_try() {
        let mut backoff = Backoff::new(Retries { total: Duration::MAX, ..Retries::default() }, 1);
        let refused = ModelError::new(ModelErrorKind::RateLimited, "slow down");
        let broken = ModelError::new(ModelErrorKind::Connection, "broken");
        for _ in 0..20 {
            assert!(backoff.next_wait(&refused, Duration::ZERO).is_some());
        }
        for _ in 0..5 {
            assert!(backoff.next_wait(&broken, Duration::ZERO).is_some());
        }
        assert!(backoff.next_wait(&broken, Duration::ZERO).is_none());
        let mut once = Backoff::new(Retries { tries: 1, ..Retries::default() }, 1);
        assert!(once.next_wait(&refused, Duration::ZERO).is_none());
    }

    #[test]
    fn answers_that_cannot_be_read_are_asked_for_again_but_not_often() {
        let unreadable = ModelError::new(ModelErrorKind::Protocol, "half of JSON");
        let broken = ModelError::new(ModelErrorKind::Connection, "broken");
        let mut backoff = Backoff::new(Retries::default(), 1);
        let again = [&unreadable, &broken, &unreadable, &broken, &unreadable].map(|e| backoff.next_wait(e, Duration::ZERO));
        assert_eq!(again.map(|wait| wait.is_some()), [true, true, true, true, false]);
        let mut once = Backoff::new(Retries { tries: 1, ..Retries::default() }, 1);
        assert!(once.next_wait(&unreadable, Duration::ZERO).is_none());
    }

    #[test]
    fn requests_do_not_wait_in_step() {
        assert_ne!(waits(Retries::default(), 1, None), waits(Retries::default(), 2, None));
        assert_eq!(waits(Retries::default(), 1, None), waits(Retries::default(), 1, None));
    }

    #[test]
    fn the_total_time_is_never_passed() {
        let retries = Retries { tries: 1000, total: Duration::from_secs(100), ..Retries::default() };
        for seed in 0..50 {
            let total: Duration = waits(retries, seed, None).iter().sum();
            assert!(total <= retries.total && total > Duration::from_secs(30), "{total:?}");
        }
    }

    #[test]
    fn what_the_service_asks_for_is_a_floor() {
        let asked = Duration::from_secs(90);
        let waits = waits(Retries::default(), 3, Some(asked));
        assert!(!waits.is_empty() && waits.iter().all(|w| *w >= asked && *w <= asked + Duration::from_secs(1)));
        assert!(self::waits(Retries::default(), 3, Some(Duration::from_secs(3600))).is_empty());
    }
}
