use std::time::Duration;

/// A bound the user set: so much a minute, evenly spread. It may go into debt, because what a request costs is known
/// only afterwards; then the next waits until the debt is paid.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    per_second: f64,
    most: f64,
    level: f64,
    filled: Duration,
}

/// Seconds' worth that may go at once.
const BURST_S: f64 = 0.1;

impl Bucket {
    pub fn per_minute(per_minute: f64) -> Self {
        let per_second = (per_minute / 60.0).max(1e-6);
        let most = (per_second * BURST_S).max(1.0);
        Self { per_second, most, level: most, filled: Duration::ZERO }
    }

    /// So much a minute.
    pub fn rate_per_minute(&self) -> f64 {
        self.per_second * 60.0
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.filled).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(self.most);
        self.filled = self.filled.max(now);
    }

    /// When the next may go; `None` is now. What costs more than fits must only wait until the bucket is full.
    pub fn opens(&mut self, now: Duration, cost: f64) -> Option<Duration> {
        self.fill(now);
        let wanted = cost.min(self.most);
        (self.level < wanted).then(|| now + seconds((wanted - self.level) / self.per_second))
    }

    pub fn take(&mut self, cost: f64) {
        self.level -= cost;
    }

    /// What was taken turned out to be `more` too little, or, negative, too much.
    pub fn correct(&mut self, more: f64) {
        self.level = (self.level - more).min(self.most);
    }
}

/// So many seconds, a day at most; never a panic.
pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.clamp(0.0, 86_400.0)).unwrap_or(Duration::from_secs(86_400))
}
