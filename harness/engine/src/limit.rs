use std::time::Duration;
use tokio::time::Instant;

/// How many requests may be in flight: halved when the service is overloaded, at most once a second, and raised by one
/// for every round of answers, up to what the user or the model allows.
#[derive(Debug)]
pub(crate) struct AdaptiveLimit {
    most: usize,
    now: usize,
    answers: usize,
    last_cut: Option<Instant>,
}

impl AdaptiveLimit {
    pub(crate) fn new(most: usize) -> Self {
        let most = most.max(1);
        Self { most, now: most, answers: 0, last_cut: None }
    }

    /// The limit at present.
    pub(crate) fn get(&self) -> usize {
        self.now
    }

    /// A request was answered.
    pub(crate) fn answered(&mut self) {
        self.answers += 1;
        if self.answers >= self.now {
            self.answers = 0;
            self.now = (self.now + 1).min(self.most);
        }
    }

    /// The service said it is overloaded.
    pub(crate) fn overloaded(&mut self, at: Instant) {
        if self.last_cut.is_some_and(|cut| at.duration_since(cut) < Duration::from_secs(1)) {
            return;
        }
        self.last_cut = Some(at);
        self.answers = 0;
        self.now = (self.now / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_on_overload_and_recovers_step_by_step() {
        let mut limit = AdaptiveLimit::new(16);
        let start = Instant::now();
        limit.overloaded(start);
        limit.overloaded(start + Duration::from_millis(500));
        assert_eq!(limit.get(), 8, "one burst of refusals counts once");
        for second in 2..10 {
            limit.overloaded(start + Duration::from_secs(second));
        }
        assert_eq!(limit.get(), 1);
        limit.answered();
        assert_eq!(limit.get(), 2);
        for _ in 0..1000 {
            limit.answered();
        }
        assert_eq!(limit.get(), 16);
    }
}
