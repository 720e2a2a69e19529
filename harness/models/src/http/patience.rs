//! Time-outs of one request, counted in time in which this program was running.

use crate::Timeouts;
use proctor_core::{ModelError, ModelErrorKind};
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;

/// A limit is waited for in so many steps, of at most [`LONGEST_STEP`].
const STEPS: u32 = 8;
const LONGEST_STEP: Duration = Duration::from_secs(5);

/// How long one request may still take.
///
/// A program that is stopped for a while (`SIGSTOP`, a debugger, a virtual machine that is moved) finds every time-out
/// passed when it goes on, and beside them the answers that came meanwhile, which are paid for. So waiting goes in steps,
/// and however long one of them took, it counts as what it was to take.
#[derive(Debug)]
pub(super) struct Patience {
    /// For a connection; who connects keeps it.
    pub(super) connect: Duration,
    idle: Option<Duration>,
    total: Duration,
    left: Duration,
}

/// Which limit was reached.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Exhausted {
    /// Nothing came for so long.
    Idle(Duration),
    /// All of it took so long.
    Total(Duration),
}

impl Patience {
    /// For one request; `idle` bounds the wait for each piece, where pieces are expected.
    pub(super) fn new(timeouts: &Timeouts, idle: Option<Duration>) -> Self {
        Self { connect: timeouts.connect, idle, total: timeouts.total, left: timeouts.total }
    }

    /// Waits for `future` as long as the limits allow.
    pub(super) async fn wait<T>(&mut self, future: impl Future<Output = T>) -> Result<T, Exhausted> {
        let mut future = pin!(future);
        let most = self.idle.unwrap_or(self.total).min(self.total);
        let step = (most / STEPS).min(LONGEST_STEP);
        let mut idle = self.idle;
        loop {
            let now = idle.unwrap_or(self.left).min(self.left).min(step);
            let began = Instant::now();
            if let Ok(output) = tokio::time::timeout(now, future.as_mut()).await {
                self.left = self.left.saturating_sub(began.elapsed().min(now));
                return Ok(output);
            }
            self.left = self.left.saturating_sub(now);
            idle = idle.map(|left| left.saturating_sub(now));
            if self.left.is_zero() {
                return Err(Exhausted::Total(self.total));
            }
            if let (Some(idle), Some(left)) = (self.idle, idle)
                && left.is_zero()
            {
                return Err(Exhausted::Idle(idle));
            }
        }
    }
}

impl Exhausted {
    /// The error; `shown` is the address.
    pub(super) fn told(self, shown: &str) -> ModelError {
        let message = match self {
            Exhausted::Idle(limit) => format!("{shown} sent nothing for {} s, the idle time-out", limit.as_secs_f64()),
            Exhausted::Total(limit) => {
                format!("{shown} did not finish its answer within {} s, the total time-out", limit.as_secs_f64())
            }
        };
        ModelError::new(ModelErrorKind::Timeout, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(160);

    fn patience(idle: Option<Duration>) -> Patience {
        Patience::new(&Timeouts { connect: SHORT, idle: SHORT, total: SHORT * 2 }, idle)
    }

    #[tokio::test]
    async fn limits_are_kept() {
        let never = std::future::pending::<()>;
        assert_eq!(patience(Some(SHORT)).wait(never()).await, Err(Exhausted::Idle(SHORT)));
        assert_eq!(patience(None).wait(never()).await, Err(Exhausted::Total(SHORT * 2)));
        // Pieces that come in time, but of which there are too many.
        let mut slow = patience(Some(SHORT));
        let mut pieces = 0;
        let ended = loop {
            match slow.wait(tokio::time::sleep(SHORT / 3)).await {
                Ok(()) => pieces += 1,
                Err(exhausted) => break exhausted,
            }
        };
        assert_eq!(ended, Exhausted::Total(SHORT * 2));
        assert!((3..=6).contains(&pieces), "{pieces}");
    }

    /// The whole program stands still for much longer than the limit; what came meanwhile needs a few more turns to arrive.
    #[tokio::test]
    async fn time_in_which_nothing_ran_is_not_counted() {
        let arriving = async {
            tokio::time::sleep(SHORT / 4).await;
            std::thread::sleep(SHORT * 4);
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            7
        };
        assert_eq!(patience(Some(SHORT)).wait(arriving).await, Ok(7));
    }
}
