//! Limits as services keep them.

/// A limit on requests or tokens.
#[derive(Clone, Copy)]
pub enum Limit {
    /// A bucket of this size that is full at first and refills evenly, so much a second.
    Bucket { size: f64, per_s: f64 },
    /// So much in each period of so many seconds; periods follow each other from the first request on.
    Period { most: f64, seconds: f64 },
}

/// A limit and how much of it is used, in seconds since the service began.
pub struct Used {
    limit: Limit,
    left: f64,
    at: f64,
}

impl Limit {
    /// The seconds after which `amount` can have gone through at the earliest.
    pub fn least_seconds(self, amount: f64) -> f64 {
        match self {
            Limit::Bucket { size, per_s } => (amount - size).max(0.0) / per_s,
            Limit::Period { most, seconds } => ((amount / most).ceil() - 1.0).max(0.0) * seconds,
        }
    }

    /// The most that goes at once.
    pub fn whole(self) -> f64 {
        match self {
            Limit::Bucket { size, .. } => size,
            Limit::Period { most, .. } => most,
        }
    }
}

impl Used {
    pub fn new(limit: Limit) -> Self {
        Self { limit, left: limit.whole(), at: 0.0 }
    }

    fn fill(&mut self, now: f64) {
        match self.limit {
            Limit::Bucket { size, per_s } => self.left = (self.left + (now - self.at) * per_s).min(size),
            Limit::Period { most, seconds } if (now / seconds).floor() > (self.at / seconds).floor() => self.left = most,
            Limit::Period { .. } => {}
        }
        self.at = now;
    }

    /// The seconds until `cost` is there; 0 where it is.
    pub fn wait(&mut self, now: f64, cost: f64) -> f64 {
        self.fill(now);
        let missing = cost.min(self.limit.whole()) - self.left;
        match self.limit {
            _ if missing <= 0.0 => 0.0,
            Limit::Bucket { per_s, .. } => missing / per_s,
            Limit::Period { .. } => self.reset(now),
        }
    }

    pub fn take(&mut self, cost: f64) {
        self.left -= cost;
    }

    /// What is left, never less than nothing.
    pub fn left(&self) -> f64 {
        self.left.max(0.0)
    }

    /// The seconds until all of it is there.
    pub fn reset(&self, now: f64) -> f64 {
        match self.limit {
            Limit::Bucket { size, per_s } => (size - self.left) / per_s,
            Limit::Period { seconds, .. } => ((now / seconds).floor() + 1.0) * seconds - now,
        }
    }

    pub fn limit(&self) -> Limit {
        self.limit
    }
}
