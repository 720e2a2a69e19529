use crate::pacing::Pacer;
use proctor_core::{ModelError, ModelErrorKind, Wait};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A request that is out for longer may yet be answered, so others that are refused meanwhile say nothing.
const OUT_FOR_LONG_S: f64 = 60.0;

/// How long an endpoint has answered everything with "too many requests". Such refusals cost no try, so this bounds a run
/// whose quota is used up for good.
#[derive(Debug, Default)]
pub(crate) struct Drought(Mutex<Option<Instant>>);

impl Drought {
    /// Something was answered.
    pub(crate) fn answered(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A request that was sent at `sent` got `error`. The time since the first refusal after the last answer, once that is
    /// `patience` or longer and nothing is out that may be answered.
    pub(crate) fn refused(&self, sent: Instant, error: &ModelError, patience: Duration, pacer: &Pacer) -> Option<Duration> {
        if error.kind != ModelErrorKind::RateLimited {
            return None;
        }
        let began = *self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(sent);
        let lasted = began.elapsed();
        let hoping =
            || pacer.waits().iter().any(|wait| matches!(wait, Wait::Answers { oldest_s, .. } if *oldest_s > OUT_FOR_LONG_S));
        (lasted >= patience && !hoping()).then_some(lasted)
    }
}

/// What is said of a service that refused for so long.
pub(crate) fn dried_up(error: &ModelError, lasted: Duration) -> String {
    format!("{error}; for {} min it answered nothing but \"too many requests\", so asking was given up", lasted.as_secs() / 60)
}
