use super::knee::{Advice, Knee};
use std::time::Duration;

/// How many requests are in flight as long as no limit of the service says otherwise. It doubles with every round of
/// answers at first (slow start), and earlier where answers take long and nothing is refused; where more only wait, it
/// shrinks; a breakdown cuts it.
#[derive(Debug, Clone)]
pub(super) struct Window {
    most: f64,
    now: f64,
    /// Up to here it doubles.
    threshold: f64,
    /// More only wait at the service; passed only after `probe_at`.
    ceiling: Option<f64>,
    probe_at: Duration,
    hold: Duration,
    step: f64,
    knee: Knee,
    /// When it grew without an answer.
    grown: Duration,
    /// When, and from how many, it began to double.
    since: Option<(Duration, f64)>,
}

const CUT: f64 = 0.7;
const FIRST_HOLD: Duration = Duration::from_secs(20);
const LONGEST_HOLD: Duration = Duration::from_secs(600);
/// It doubles no faster than in so many seconds, however fast the answers come,
const FASTEST_DOUBLING_S: f64 = 0.05;
/// and in so many where nothing is refused, without waiting for answers.
const DOUBLING_S: f64 = 0.7;

impl Window {
    pub fn new(first: usize, most: usize) -> Self {
        let (first, most) = (first.max(1) as f64, most.max(1) as f64);
        Self {
            most,
            now: first.min(most),
            threshold: f64::INFINITY,
            ceiling: None,
            probe_at: Duration::ZERO,
            hold: FIRST_HOLD,
            step: 1.0,
            knee: Knee::default(),
            grown: Duration::ZERO,
            since: None,
        }
    }

    pub fn places(&self) -> usize {
        self.now as usize
    }

    pub fn most(&self) -> usize {
        self.most as usize
    }

    pub fn raise_most(&mut self, most: usize) {
        self.most = self.most.max(most as f64);
    }

    /// Whether it doubles with every round.
    pub fn is_doubling(&self) -> bool {
        self.is_starting() && self.ceiling.is_none()
    }

    fn is_starting(&self) -> bool {
        self.now < self.threshold && self.now < self.most
    }

    /// All places are taken and nothing is refused: grows with time. Tells when it will have grown by one.
    pub fn waits(&mut self, now: Duration) -> Option<Duration> {
        if !self.is_starting() || self.ceiling.is_some() {
            return None;
        }
        let passed = now.saturating_sub(self.grown).as_secs_f64().min(0.1);
        self.grown = now;
        self.now = (self.now * 2f64.powf(passed / DOUBLING_S)).min(self.most);
        let wanted = (self.now.floor() + 1.0) / self.now;
        Some(now + Duration::from_secs_f64((wanted.log2() * DOUBLING_S).clamp(0.001, 1.0)))
    }

    fn top(&self, now: Duration) -> f64 {
        let Some(ceiling) = self.ceiling else { return self.most };
        if now < self.probe_at { ceiling.min(self.most) } else { (1.5 * ceiling + 1.0).min(self.most) }
    }

    /// An answer to a request that was one of `in_flight` when it was sent, about as many as may be if `full`.
    pub fn answered(&mut self, now: Duration, in_flight: usize, full: bool, latency: Duration) {
        let in_flight = in_flight as f64;
        if !full {
            self.knee.restart();
        } else {
            match self.knee.take(now, self.now, self.now < self.threshold, latency) {
                Advice::Carry => {}
                Advice::Gained => self.ceiling = self.ceiling.map(|ceiling| ceiling.max(self.now)),
                Advice::Mistaken => {
                    self.ceiling = None;
                    self.resume(now);
                }
                Advice::Shrink(window) => {
                    self.now = window.max(1.0);
                    self.threshold = self.now;
                    self.hold_at(now, self.now, self.hold.max(latency * 20));
                }
                Advice::Settle(window) => {
                    self.now = window.clamp(1.0, self.most);
                    self.threshold = self.now;
                    self.hold_at(now, self.now, (2 * self.hold).max(latency * 40));
                    self.hold = (2 * self.hold).min(LONGEST_HOLD);
                }
            }
        }
        if 2.0 * in_flight < self.now {
            return;
        }
        let top = self.top(now);
        if self.now >= top {
            return;
        }
        let slow_start = self.now < self.threshold;
        if self.ceiling.is_some_and(|ceiling| self.now >= ceiling) && now >= self.probe_at {
            self.step *= 1.0 + 1.0 / self.now;
        }
        let more = if slow_start { 1.0 } else { self.step / self.now };
        if slow_start && self.since.is_none() {
            self.since = Some((now, self.now));
        }
        // However fast the answers come, a refusal must have time to come back.
        let most = self.since.filter(|_| slow_start).map_or(top, |(since, from)| {
            let passed = now.saturating_sub(since).as_secs_f64();
            from * 2f64.powf((passed / FASTEST_DOUBLING_S).min(40.0))
        });
        self.now = (self.now + more).min(top).min(most.max(self.now));
        if slow_start {
            self.grown = now;
        }
    }

    fn hold_at(&mut self, now: Duration, ceiling: f64, hold: Duration) {
        self.ceiling = Some(ceiling.max(1.0));
        self.probe_at = now + hold.min(LONGEST_HOLD);
        self.step = 1.0;
        self.knee.restart();
    }

    /// A request was refused when so many were in flight: that many are not to be exceeded by doubling.
    pub fn stop_doubling(&mut self, in_flight: usize) {
        let in_flight = (in_flight as f64).max(1.0);
        self.now = self.now.min(in_flight);
        self.threshold = self.threshold.min(self.now);
        self.knee.restart();
    }

    /// There is no limit at so many after all.
    pub fn resume(&mut self, now: Duration) {
        self.threshold = f64::INFINITY;
        self.grown = now;
        self.since = None;
    }

    pub fn overloaded(&mut self, first: bool) {
        if first {
            self.threshold = self.now.max(1.0);
        }
        self.now = (self.now * CUT).max(1.0);
        self.knee.forget();
    }

    pub fn recovered(&mut self) {
        self.now = self.now.max((self.threshold / 2.0).min(self.most));
    }
}
