use super::bucket::seconds;
use std::collections::VecDeque;
use std::time::Duration;

/// The rate of requests that a service which says nothing of its limits was found to take.
///
/// A service refuses when its bucket is empty. Between two refusals, then, it took in exactly what flowed into the
/// bucket: what was accepted, divided by the time between, is its rate. Requests are then spaced a little below that,
/// and after a while the rate is probed upwards, ever faster, until the next refusal.
#[derive(Debug, Clone, Default)]
pub(super) struct FoundRate {
    /// Per second; `None` while nothing is known.
    rate: Option<f64>,
    /// The rate last found.
    base: f64,
    /// Whether `base` is an estimate from enough requests.
    precise: bool,
    level: f64,
    filled: Duration,
    /// The latest refusals, each with some accepted in between: when, and how many had been accepted.
    anchors: VecDeque<(Duration, u64)>,
    /// Accepted since the latest refusal, and the latest of them.
    since: u64,
    last: Duration,
    /// Until when the rate is kept as it was found, and since when it is probed.
    hold_until: Duration,
    probing: Option<(Duration, u64)>,
}

/// Accepted requests that make an estimate.
const ENOUGH: u64 = 20;
/// Accepted requests between two refusals that are told apart.
const FEW: u64 = 5;
const MOST_ANCHORS: usize = 16;
/// Accepted requests after which the rate is probed upwards.
const CALM: u64 = 150;
/// Fewest requests per second that are tried.
const SLOWEST: f64 = 1.0 / 30.0;
/// A refusal is back after that many seconds, as a rule.
const FEEDBACK_S: f64 = 0.5;
/// Seconds' worth of requests that may go at once.
const BURST_S: f64 = 0.02;

impl FoundRate {
    /// Per second, where a rate is known.
    pub fn rate(&self) -> Option<f64> {
        self.rate
    }

    /// When the next may go; `None` is now.
    pub fn opens(&mut self, now: Duration) -> Option<Duration> {
        let rate = self.rate?;
        let passed = now.saturating_sub(self.filled).as_secs_f64();
        self.level = (self.level + passed * rate).min((rate * BURST_S).max(1.0));
        self.filled = self.filled.max(now);
        (self.level < 1.0).then(|| now + seconds((1.0 - self.level) / rate))
    }

    pub fn take(&mut self) {
        if self.rate.is_some() {
            self.level -= 1.0;
        }
    }

    /// A request was sent; the rate grows with each, but never so fast that a refusal could not come back in time.
    /// `usable` is what the places in flight amount to a second.
    pub fn sent(&mut self, now: Duration, usable: Option<f64>) {
        self.since += 1;
        let passed_s = now.saturating_sub(self.last).as_secs_f64();
        self.last = now;
        let Some(rate) = self.rate else { return };
        let most = 2f64.powf((passed_s / FEEDBACK_S).min(1.0));
        let (since, held) = (self.since, now < self.hold_until || self.since < CALM);
        self.rate = Some(if !self.precise {
            (rate * most.min(1.15)).min(rate.max(2.0 * usable.unwrap_or(f64::INFINITY)))
        } else if held {
            rate.max(self.base * (0.95 + 0.04 * (since.min(100) as f64 / 100.0)))
        } else {
            let (from, count) = *self.probing.get_or_insert((now, since));
            let steps = ((since - count) / 100).min((now.saturating_sub(from).as_secs_f64() / FEEDBACK_S) as u64).min(8);
            rate * most.min(1.0 + 0.0001 * 2f64.powi(steps as i32))
        });
        // Nothing stood in the way for long: the search is over.
        let enough = 4.0 * usable.map_or(self.base, |usable| usable.min(self.base));
        if self.precise && self.since > CALM && self.rate.is_some_and(|rate| rate > enough) {
            *self = Self { filled: self.filled, ..Self::default() };
        }
    }

    /// The service refused for the first time, nobody knows why: what follows is spaced until more is known.
    pub fn space_out(&mut self, measured: f64) {
        if self.rate.is_none() && self.anchors.is_empty() {
            self.rate = Some((0.5 * measured).max(SLOWEST));
            self.precise = false;
        }
    }

    /// The service refused, not for want of places, a request sent at `sent`, when `accepted` had been accepted in all;
    /// `measured` is the rate of sending until now, and the service wants a pause of `pause`.
    pub fn refused(&mut self, sent: Duration, accepted: u64, measured: f64, pause: Duration) {
        match self.estimate(sent, accepted) {
            Some(found) => {
                self.base = found.max(SLOWEST);
                self.rate = Some((0.95 * found).max(SLOWEST));
                self.precise = true;
            }
            None => {
                self.rate = Some((self.rate.unwrap_or(measured) * 0.6).max(SLOWEST));
                self.precise = false;
            }
        }
        if self.anchors.back().is_none_or(|(_, count)| accepted >= count + FEW) {
            if self.anchors.len() == MOST_ANCHORS {
                self.anchors.pop_front();
            }
            self.anchors.push_back((sent, accepted));
        }
        self.since = 0;
        self.probing = None;
        self.level = 0.0;
        self.filled = sent;
        // Long pauses must be rare.
        self.hold_until = sent + (pause * 40).min(Duration::from_secs(900));
    }

    /// The rate since an earlier refusal. Time in which less was sent than would have been taken makes it look lower,
    /// never higher, so the highest counts.
    fn estimate(&self, now: Duration, accepted: u64) -> Option<f64> {
        let since = |(at, count): &(Duration, u64)| (accepted.saturating_sub(*count), now.saturating_sub(*at).as_secs_f64());
        let spans = || self.anchors.iter().rev().map(since).filter(|(n, s)| *n >= ENOUGH && *s > 0.0);
        let rate = |(n, s): (u64, f64)| n as f64 / s;
        let sure = spans().filter(|(n, _)| *n >= 3 * ENOUGH).map(rate).reduce(f64::max);
        sure.or_else(|| spans().next().map(rate))
    }
}
