//! A server that restarts, fails over or is out of reach for a while is waited for.

use sqlx::Error;
use std::time::Duration;
use tokio::time::Instant;

/// How long a server that was there may be out of reach before the work is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The pauses between tries begin so and double up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What is left of the patience with a server. It begins with the first failure.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    deadline: Option<Instant>,
    pause: Duration,
}

impl Patience {
    /// Whether to try again after `error`; waits before it says so.
    pub(crate) async fn allows(&mut self, error: &Error) -> bool {
        is_lost(error) && self.lasts().await
    }

    /// Whether any is left; waits before it says so.
    pub(crate) async fn lasts(&mut self) -> bool {
        match self.next_pause(Instant::now()) {
            Some(pause) => {
                tokio::time::sleep(pause).await;
                true
            }
            None => false,
        }
    }

    /// How long to wait before the next try; `None` when there is to be none.
    fn next_pause(&mut self, now: Instant) -> Option<Duration> {
        let deadline = *self.deadline.get_or_insert(now + PATIENCE);
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        (now + self.pause <= deadline).then_some(self.pause)
    }
}

/// Whether the way to a server failed, and not what was asked of it. SQLite's file is never lost in this sense: its errors
/// have other kinds. States: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
pub(crate) fn is_lost(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::PoolTimedOut => true,
        // Class 08: connection exceptions; 57P01 to 57P03: shut down, crashed, starting up; 53300: too many connections.
        Error::Database(error) => error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some_and(|error| {
            let code = error.code();
            code.starts_with("08") || ["57P01", "57P02", "57P03", "53300"].contains(&code)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends() {
        let mut patience = Patience::default();
        let began = Instant::now();
        let (mut now, mut tries) = (began, 0);
        while let Some(pause) = patience.next_pause(now) {
            now += pause;
            tries += 1;
        }
        assert!((50..100).contains(&tries), "{tries}");
        assert!(now - began <= PATIENCE && now - began > PATIENCE / 2);
    }

    #[test]
    fn only_a_lost_way_is_waited_for() {
        assert!(is_lost(&Error::Io(std::io::ErrorKind::ConnectionRefused.into())));
        assert!(!is_lost(&Error::RowNotFound) && !is_lost(&Error::Tls("a certificate".into())));
    }
}
