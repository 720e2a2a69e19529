use super::bucket::seconds;
use std::collections::VecDeque;
use std::time::Duration;

/// The rate of requests that a service which says nothing of its limits was found to take.
///
/// A service refuses when its bucket is empty. Between two refusals, then, it took in no more than what flowed into the
/// bucket: what was accepted, divided by the time between, is at most its rate, and the rate at which it refused is at
/// least that. Requests are spaced between the two until they are close, then a little below; after a while the rate is
/// probed upwards, ever faster, until the next refusal.
#[derive(Debug, Clone, Default)]
pub(super) struct FoundRate {
    /// Per second; `None` while nothing is known.
    rate: Option<f64>,
    phase: Phase,
    /// It takes in at least so much a second, and less than that.
    low: f64,
    high: f64,
    level: f64,
    filled: Duration,
    anchors: VecDeque<Anchor>,
    /// Beginnings of periods, and whether it counts by periods.
    turns: VecDeque<Turn>,
    periodic: bool,
    /// How often in a row that seemed to be wrong.
    mistaken: u32,
    /// Accepted since the latest refusal, and the latest of them.
    since: u64,
    last: Duration,
    /// Until when the rate is kept as it was found, and since when it is probed.
    hold_until: Duration,
    probing: Option<(Duration, u64)>,
    /// The rate after the latest refusal.
    started: f64,
    /// How long a rate is tried before a higher one is.
    trial: Duration,
    /// Whether the rate at which a probe failed was believed in, and whether that was too much.
    hoped: bool,
    fooled: bool,
    /// Whether not even two may go at once.
    even: bool,
    /// How often probes have shown nothing new.
    vain: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Phase {
    /// Not even the order of magnitude is known.
    #[default]
    Rough,
    /// It is between `low` and `high`.
    Between,
    /// It is this, about.
    Settled(f64),
}

/// A refusal with some accepted before it.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    at: Duration,
    /// Accepted until then, in all.
    accepted: u64,
    /// The latest of the refusals that followed, and how many were accepted in between after all.
    closed: Duration,
    between: u64,
    /// When sending went on.
    opened: Duration,
}

/// The beginning of a period.
#[derive(Debug, Clone, Copy)]
struct Turn {
    at: Duration,
    /// By how much that may be wrong.
    unsure: Duration,
    accepted: u64,
}

/// Accepted requests that make an estimate.
const ENOUGH: u64 = 20;
/// Accepted requests between two refusals that are told apart.
const FEW: u64 = 5;
const MOST_ANCHORS: usize = 16;
/// Accepted requests after which the rate is probed upwards.
const CALM: u64 = 150;
/// How often that doubles where probes show nothing new, and after how many it is probed in any case.
const MOST_VAIN: u32 = 2;
const LONGEST_CALM: u64 = 1000;
/// Fewest requests per second that are tried.
const SLOWEST: f64 = 1.0 / 30.0;
/// A refusal is back after that many seconds, as a rule.
const FEEDBACK_S: f64 = 0.5;
/// Seconds' worth of requests that may go at once.
const BURST_S: f64 = 0.02;
/// What is believed of the rate at which a slow probe was refused.
const HOPE: f64 = 0.98;
/// `low` and `high` that are as good as one.
const CLOSE: f64 = 1.12;
/// `high` so far above `low` that something between is tried.
const ROOM: f64 = 3.0;
const LONGEST_TRIAL: Duration = Duration::from_secs(120);

impl FoundRate {
    /// Per second, where a rate is known.
    pub fn rate(&self) -> Option<f64> {
        self.rate
    }

    /// When the next may go; `None` is now.
    pub fn opens(&mut self, now: Duration) -> Option<Duration> {
        let rate = self.rate?;
        let passed = now.saturating_sub(self.filled).as_secs_f64();
        let most = if self.even || self.phase == Phase::Rough { 1.0 } else { (rate * BURST_S).max(1.0) };
        self.level = (self.level + passed * rate).min(most);
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
    /// Whether refusals are rare enough for a probe is `earned`.
    pub fn sent(&mut self, now: Duration, usable: Option<f64>, earned: bool) {
        self.since += 1;
        let passed_s = now.saturating_sub(self.last).as_secs_f64();
        self.last = now;
        if self.turns.is_empty() && self.anchors.is_empty() {
            // Services that count by periods begin the first with the first request, as a rule.
            self.turns.push_back(Turn { at: now, unsure: Duration::ZERO, accepted: 0 });
        }
        match (self.since, self.anchors.back_mut()) {
            (1, Some(last)) => last.opened = now,
            (4..=40, _) => self.reopened(now),
            _ => {}
        }
        let Some(rate) = self.rate else { return };
        let most = 2f64.powf((passed_s / FEEDBACK_S).min(1.0));
        let grown = match self.phase {
            Phase::Rough => (rate * most.min(1.15)).min(rate.max(2.0 * usable.unwrap_or(f64::INFINITY))),
            Phase::Between => {
                let (from, count) = *self.probing.get_or_insert((now, self.since));
                if now < from + self.trial || self.since < count + ENOUGH / 2 {
                    rate
                } else {
                    self.probing = None;
                    let tried = (self.since - count) as f64 / now.saturating_sub(from).as_secs_f64();
                    self.low = self.low.max(0.98 * tried.min(rate));
                    if self.high > CLOSE * self.low {
                        between(self.low, self.high)
                    } else {
                        self.phase = Phase::Settled(self.low);
                        rate
                    }
                }
            }
            Phase::Settled(base)
                if now < self.hold_until
                    || self.since < CALM << self.vain.min(MOST_VAIN)
                    || self.vain > 0 && !earned && self.since < LONGEST_CALM =>
            {
                rate.max(base * (0.95 + 0.04 * (self.since.min(100) as f64 / 100.0)))
            }
            Phase::Settled(_) => {
                let (from, count) = *self.probing.get_or_insert((now, self.since));
                let calm_s = now.saturating_sub(from).as_secs_f64();
                let steps = ((self.since - count) / 100)
                    .min((calm_s / FEEDBACK_S) as u64)
                    .min(if self.periodic && rate > 0.5 * self.high { 2 + self.since / 400 } else { 8 })
                    .min(8);
                rate * most.min(1.0 + 0.0001 * 2f64.powi(steps as i32))
            }
        };
        // What was not made use of was not tried.
        if passed_s <= 1.3 / rate || grown < rate {
            self.rate = Some(grown);
        }
    }

    /// Whether more was accepted since the latest refusals than a bucket takes in that was empty as long as those lasted.
    fn too_many_for_a_bucket(&self, now: Duration, accepted: u64) -> bool {
        self.anchors.back().is_some_and(|last| {
            let n = accepted.saturating_sub(last.accepted) as f64;
            let (empty, whole) = (last.closed.saturating_sub(last.at), now.saturating_sub(last.at));
            n * empty.as_secs_f64() > (3 + 2 * last.between) as f64 * whole.as_secs_f64()
        })
    }

    /// A few were taken in again after a refusal.
    fn reopened(&mut self, now: Duration) {
        let Some(last) = self.anchors.back().copied().filter(|last| last.closed > last.at && last.between == 0) else { return };
        let new = self.turns.back().is_none_or(|turn| turn.accepted != last.accepted);
        if new {
            if self.turns.len() == MOST_ANCHORS {
                self.turns.pop_front();
            }
            let unsure = last.opened.saturating_sub(last.closed) / 2;
            self.turns.push_back(Turn { at: last.closed + unsure, unsure, accepted: last.accepted });
        }
        if new
            && self.periodic
            && let Some(rate) = self.by_periods()
        {
            self.low = rate;
            self.narrow();
        } else if self.phase == Phase::Rough && self.too_many_for_a_bucket(now, last.accepted + self.since) {
            // It was closed for almost a period, perhaps, and took in so much in the one before.
            let before = self.anchors.iter().rev().nth(1).map_or(0, |anchor| anchor.accepted);
            let closed_s = last.closed.saturating_sub(last.at).as_secs_f64();
            self.rate = self.rate.map(|rate| rate.max((last.accepted - before) as f64 / closed_s));
        }
    }

    /// The rate of a service that counts by periods: what was accepted from the beginning of one to that of another. Less
    /// may have been sent than would have been taken, so the highest counts.
    fn by_periods(&self) -> Option<f64> {
        let last = self.turns.back()?;
        let rate = |first: &Turn| {
            let spent = last.at.saturating_sub(first.at) + (last.unsure + first.unsure) / 2;
            last.accepted.saturating_sub(first.accepted) as f64 / spent.as_secs_f64().max(1e-3)
        };
        self.turns.iter().rev().skip(1).map(rate).reduce(f64::max)
    }

    /// Whether so much a second was less than its periods are good for, several times in a row.
    fn is_mistaken(&mut self, low: f64) -> bool {
        self.mistaken = if low < 0.9 * self.low { self.mistaken + 1 } else { 0 };
        self.mistaken >= 3
    }

    /// It counts by periods and takes in at least `low`: that is its rate, or there is much room above.
    fn narrow(&mut self) {
        if self.high > ROOM * self.low {
            self.phase = Phase::Between;
            self.rate = Some(between(self.low, self.high));
        } else {
            self.phase = Phase::Settled(self.low);
            self.rate = Some(0.95 * self.low);
        }
        self.rate = self.rate.map(|rate| rate.max(SLOWEST));
        self.probing = None;
    }

    /// The shortest time between the beginnings of two periods.
    fn period(&self) -> Duration {
        let gaps = self.turns.iter().zip(self.turns.iter().skip(1)).map(|(a, b)| b.at.saturating_sub(a.at));
        gaps.min().unwrap_or_default().min(LONGEST_TRIAL)
    }

    /// The service says that it has room again after such a pause: a bucket, then, takes in no more than one in that time.
    /// Whole seconds are rounded up and say nothing, and long ones may be what is left of a period.
    pub fn told(&mut self, pause: Duration) {
        if self.phase == Phase::Rough && pause < Duration::from_secs(1) && !pause.is_zero() {
            self.rate = self.rate.map(|rate| rate.min(1.0 / pause.as_secs_f64()).max(SLOWEST));
            self.started = self.rate.unwrap_or(0.0);
        }
    }

    /// It is refused even after a pause, and is left alone for another. After a `long` one a few are sent fast, which tells
    /// whether it counts by periods.
    pub fn after_pause(&mut self, pause_s: f64, long: bool) {
        if self.phase == Phase::Rough {
            self.rate = self.rate.map(|now| if long { 12.0 / pause_s } else { now.min(1.0 / pause_s) }.max(SLOWEST));
            self.started = self.rate.unwrap_or(0.0);
        }
    }

    /// The service refused, not for want of places, a request sent at `sent`, when `accepted` had been accepted in all;
    /// `measured` is the rate of sending until now, and nothing is sent before a pause of `pause`.
    pub fn refused(
        &mut self,
        sent: Duration,
        accepted: u64,
        again: bool,
        (measured, local): (f64, f64),
        pause: Duration,
        took: Duration,
    ) {
        let fastest = self.rate.unwrap_or(measured.max(local.min(4.0 * measured)));
        // A bucket that stayed empty for so long does not fill so fast afterwards: it counts by periods.
        self.periodic |= accepted >= self.anchors.back().map_or(0, |last| last.accepted) + ENOUGH
            && self.too_many_for_a_bucket(sent, accepted);
        match self.latest(sent, accepted) {
            Some((n, low, _)) if n >= FEW && self.periodic && self.is_mistaken(low) => {
                // Again and again it takes in less than its periods seemed to be good for.
                self.periodic = false;
                self.mistaken = 0;
                self.turns.clear();
                self.anchors.clear();
                (self.low, self.high) = (0.3 * fastest, fastest);
                self.phase = Phase::Between;
                self.rate = Some(between(self.low, self.high));
            }
            Some((n, low, _)) if n >= FEW && self.periodic => {
                // A rate that was raised slowly was not much too high.
                let raised = if self.probing.is_some() { 0.9 * fastest } else { 0.0 };
                self.low = self.by_periods().unwrap_or(low).max(low).max(raised);
                self.high = fastest.max(self.low);
                self.vain = 0;
                self.narrow();
            }
            Some((n, low, without_pause)) if n >= FEW => {
                if fastest < 0.9 * self.low {
                    // It takes in less than it did.
                    self.anchors.clear();
                    self.low = 0.0;
                }
                self.low = low.max(self.estimate(sent, accepted).unwrap_or(0.0));
                self.high = fastest.max(self.low);
                // Where the pause hardly mattered, the bucket was empty at both ends.
                let exact = without_pause <= CLOSE * low && n >= ENOUGH / 2 && self.started >= low && fastest <= 2.0 * low
                    || self.high <= CLOSE * self.low && n >= ENOUGH;
                let probed = matches!(self.phase, Phase::Settled(_)) && self.probing.is_some();
                if !probed && self.hoped {
                    (self.hoped, self.fooled) = (false, true);
                }
                if probed && !self.fooled && n >= CALM && fastest > 1.02 * self.low {
                    // A small bucket ran over in the pause, so that too little was counted: it refused at about its rate.
                    let hope = HOPE * fastest;
                    self.vain = if matches!(self.phase, Phase::Settled(base) if hope < 1.03 * base) { self.vain + 1 } else { 0 };
                    self.hoped = true;
                    self.phase = Phase::Settled(hope);
                    self.rate = Some(0.95 * hope);
                } else if exact {
                    self.vain = if probed && fastest < 1.1 * self.low { self.vain + 1 } else { 0 };
                    self.low = self.low.max(low * (1.0 + 0.5 / n as f64));
                    self.phase = Phase::Settled(self.low);
                    self.rate = Some(0.95 * self.low);
                } else {
                    self.phase = Phase::Between;
                    self.rate = Some(between(self.low, self.high).min(0.9 * fastest));
                }
            }
            _ => {
                let was_even = self.even;
                self.even |= again && self.phase != Phase::Rough;
                match &mut self.phase {
                    Phase::Rough => self.rate = Some((0.6 * fastest).min(1.0 / took.as_secs_f64().max(1e-3))),
                    Phase::Between if was_even => {
                        self.high = fastest;
                        self.low = self.low.min(0.7 * self.high);
                        self.rate = Some(between(self.low, self.high).min(0.9 * fastest));
                    }
                    Phase::Between => self.rate = Some(0.9 * fastest),
                    // The same refusal, seen twice.
                    Phase::Settled(_) if !again => {}
                    Phase::Settled(base) => {
                        *base *= 0.97;
                        self.rate = Some(0.95 * *base);
                    }
                }
            }
        }
        self.rate = self.rate.map(|rate| rate.max(SLOWEST));
        // It takes in nothing until then; services round up to whole seconds.
        let closed = sent + if pause.subsec_nanos() == 0 { pause.saturating_sub(Duration::from_secs(1)) } else { pause };
        if self.anchors.len() == MOST_ANCHORS {
            self.anchors.pop_front();
        }
        match self.anchors.back_mut().filter(|last| accepted < last.accepted + FEW) {
            // Only where nothing at all was taken in between was it empty all the time.
            Some(last) if accepted == last.accepted => (last.closed, last.opened) = (closed, closed),
            Some(last) => (last.opened, last.between) = (closed, accepted - last.accepted),
            None => self.anchors.push_back(Anchor { at: sent, accepted, closed, opened: closed, between: 0 }),
        }
        self.started = self.rate.unwrap_or(0.0);
        self.since = 0;
        self.probing = None;
        self.level = 0.0;
        self.filled = sent;
        self.trial = if self.periodic { (4 * pause).max(self.period().mul_f64(1.5)) } else { 4 * pause };
        // Long pauses must be rare.
        self.hold_until = sent + (pause * 40).min(Duration::from_secs(900));
    }

    /// Accepted since the latest refusal, and the rate with and without the pause after it: a large bucket fills then,
    /// a small one runs over.
    fn latest(&self, now: Duration, accepted: u64) -> Option<(u64, f64, f64)> {
        let last = self.anchors.back()?;
        let n = accepted.saturating_sub(last.accepted);
        let whole_s = now.saturating_sub(last.at).as_secs_f64();
        let active_s = now.saturating_sub(last.opened).as_secs_f64();
        (whole_s > 0.0).then(|| (n, n as f64 / whole_s, n as f64 / active_s.max(1e-3)))
    }

    /// The rate since an earlier refusal. Time in which less was sent than would have been taken makes it look lower,
    /// never higher, so the highest counts.
    fn estimate(&self, now: Duration, accepted: u64) -> Option<f64> {
        let since = |a: &Anchor| (accepted.saturating_sub(a.accepted), now.saturating_sub(a.at).as_secs_f64());
        let spans = || self.anchors.iter().rev().map(since).filter(|(n, s)| *n >= ENOUGH && *s > 0.0);
        let rate = |(n, s): (u64, f64)| n as f64 / s;
        let sure = spans().filter(|(n, _)| *n >= 3 * ENOUGH).map(rate).reduce(f64::max);
        sure.or_else(|| spans().next().map(rate))
    }
}

/// A rate between two, nearer to the higher one.
fn between(low: f64, high: f64) -> f64 {
    low.powf(0.4) * high.powf(0.6)
}
