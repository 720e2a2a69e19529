use proctor_core::{ModelError, ModelErrorKind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An error of this backend: one sentence.
pub(super) fn failure(message: impl Into<String>) -> ModelError {
    ModelError::new(ModelErrorKind::Local, message)
}

/// Locks, also after another thread panicked: what is guarded stays whole between steps.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a library says went wrong, without the backtrace it may add in further lines.
pub(super) fn reason(error: &impl std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or("no reason given").trim().to_owned()
}
