use super::bucket::seconds;
use proctor_core::Allowance;
use std::time::Duration;

/// What the service says is left of one of its limits, kept up to date between its answers.
///
/// Services mean one of two things. With a *period*, the allowance is whole again at a fixed moment; with a *refill* it
/// grows all the time, and "when it is whole" moves away with every request. Only the second kind ever moves that moment
/// before it has come, which tells them apart. Until that is seen, the stricter reading holds: what is used up is used
/// up until the period ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Advertised {
    limit: Option<f64>,
    left: Option<f64>,
    whole_at: Option<Duration>,
    /// Per second, where the service refills.
    refill: Option<f64>,
    /// How often a refill was believed in and the service refused all the same.
    mistakes: u32,
    filled: Duration,
    /// What was taken in all.
    taken: f64,
    /// What had been taken when the request went whose answer is the latest believed.
    heard: f64,
    /// The longest time until it is whole that was ever named, and how often one was named.
    longest: Duration,
    named: u32,
    /// When it last became whole, and how often it turned out not to be.
    turned: Option<Duration>,
    early: u32,
    /// Whether nothing was said since then.
    unheard: bool,
}

/// Added to every moment a service names, because clocks and rounding differ: a hundredth of the period, within these.
const LEAST_MARGIN: Duration = Duration::from_millis(5);
const MOST_MARGIN: Duration = Duration::from_millis(50);
/// Where all of it is there again sooner than this, what is said is out of date when it arrives.
const SHORT: Duration = Duration::from_millis(900);
/// Answers after which that is believed.
const NAMED: u32 = 8;
const MOST_EARLY: u32 = 5;
/// So long an answer is waited for that tells of the new period.
const LONGEST_UNHEARD: Duration = Duration::from_secs(20);
/// Mistakes after which a service is taken to have periods.
const MOST_MISTAKES: u32 = 3;

impl Advertised {
    /// What was taken so far.
    pub fn taken(&self) -> f64 {
        self.taken
    }

    /// Takes what was said in answer to a request that went when `taken` had been taken, itself included; what was taken
    /// after that is perhaps not counted yet.
    pub fn observe(&mut self, now: Duration, said: &Allowance, taken: f64) {
        // Answers come out of order.
        if taken < self.heard {
            return;
        }
        self.heard = taken;
        self.fill(now);
        let Some(remaining) = said.remaining.map(|r| r as f64) else {
            self.limit = said.limit.map(|l| l as f64).or(self.limit);
            return;
        };
        self.limit = said.limit.map(|l| l as f64).or(self.limit).map(|l| l.max(remaining));
        let mut whole_at = said.resets_in.map(|reset| now + reset);
        if let Some(reset) = said.resets_in.filter(|reset| !reset.is_zero()) {
            self.longest = self.longest.max(reset);
            self.named = self.named.saturating_add(1);
            // Whole seconds are rounded up as a rule, so the earliest moment is the nearest to the truth.
            if let Some(before) =
                self.whole_at.filter(|before| reset.subsec_nanos() == 0 && self.refill.is_none() && *before > now)
            {
                whole_at =
                    whole_at.map(|at| if at.saturating_sub(before) < Duration::from_millis(1200) { at.min(before) } else { at });
            }
        }
        if let (Some(before), Some(after), Some(limit), Some(reset)) = (self.whole_at, whole_at, self.limit, said.resets_in) {
            let reset_s = reset.as_secs_f64();
            // Services that name whole seconds round; a moment that only jitters has not moved.
            let jitter = if reset.subsec_nanos() == 0 { 1.2 } else { 0.05 } + 0.02 * reset_s;
            let (used, moved) = (limit - remaining, after.saturating_sub(before).as_secs_f64() > jitter);
            // Counts are rounded down and times perhaps up: what is small says little.
            let (used, reset_s) = (used - 0.5, reset_s - if reset.subsec_nanos() == 0 { 0.5 } else { 0.0 });
            if self.mistakes < MOST_MISTAKES && now < before && moved && used >= 2.0 && reset_s > 0.0 {
                let seen = used / reset_s;
                self.refill = Some(self.refill.map_or(seen, |mean| 0.8 * mean + 0.2 * seen));
            }
        }
        if said.resets_in.is_some_and(|reset| reset.is_zero()) && self.limit.is_some_and(|limit| remaining < limit) {
            return; // Outlived by the time its answer took.
        }
        // What went since is counted or not; between these two, what was reckoned here holds.
        let (least, most) = (remaining - (self.taken - taken), remaining);
        self.unheard = false;
        self.left = Some(self.left.map_or(least, |left| left.clamp(least, most)));
        self.whole_at = whole_at;
    }

    fn margin(&self) -> Duration {
        (self.longest / 100).clamp(LEAST_MARGIN, MOST_MARGIN) * (1 << self.early)
    }

    /// Whether what it says is of use.
    fn tells(&self) -> bool {
        self.named < NAMED || self.longest > SHORT
    }

    fn fill(&mut self, now: Duration) {
        if let Some(at) = self.whole_at.filter(|at| now >= *at + self.margin()) {
            self.turned = Some(at);
            self.whole_at = None;
            self.left = self.limit;
            self.unheard = self.refill.is_none();
        }
        if let (Some(refill), Some(left)) = (self.refill, self.left) {
            let passed = now.saturating_sub(self.filled).as_secs_f64();
            let grown = left + passed * refill;
            // A request that costs more than the whole limit leaves no debt beyond it.
            self.left = Some(self.limit.map_or(grown, |limit| grown.min(limit).max(-limit)));
        }
        self.filled = self.filled.max(now);
    }

    /// When a request of this `cost` may go; `None` is now.
    pub fn opens(&mut self, now: Duration, cost: f64) -> Option<Duration> {
        self.fill(now);
        let left = self.left.filter(|_| self.tells())?;
        // What exceeds the whole limit is tried when all of it is there.
        let wanted = self.limit.map_or(cost, |limit| cost.min(limit));
        if left >= wanted {
            return None;
        }
        match (self.refill, self.whole_at) {
            (Some(refill), _) if refill > 0.0 => Some(now + seconds((wanted - left) / refill)),
            (_, Some(at)) => Some(at + self.margin()),
            // The first answers of the new period will tell.
            (_, None) if self.unheard => {
                self.turned.map(|at| at + self.longest.min(LONGEST_UNHEARD)).filter(|until| now < *until)
            }
            // Nobody knows when: a refusal would tell.
            _ => None,
        }
    }

    /// The service refused a request of this `cost`. Tells whether this limit explains it.
    pub fn refused(&mut self, sent: Duration, said: &Allowance, cost: f64) -> bool {
        let Some(remaining) = said.remaining.map(|r| r as f64) else { return false };
        // Costs are estimates, and the next may be as large.
        if remaining >= 2.0 * cost || said.resets_in.is_none() || !self.tells() {
            return false;
        }
        if self.turned.is_some_and(|at| sent.saturating_sub(at) <= 2 * self.margin()) {
            self.early = (self.early + 1).min(MOST_EARLY);
        }
        if self.refill.is_some() && self.mistakes < MOST_MISTAKES {
            self.mistakes += 1;
            if self.mistakes == MOST_MISTAKES {
                self.refill = None;
            }
        }
        self.left = self.left.map(|left| left.min(remaining - cost).min(0.5 * cost));
        true
    }

    pub fn take(&mut self, cost: f64) {
        self.taken += cost;
        if let Some(left) = &mut self.left {
            *left -= cost;
        }
    }
}
