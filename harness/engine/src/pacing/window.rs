use super::knee::{Advice, Knee};
use std::time::Duration;

/// How many requests may be in flight. It doubles with every round of answers at first (slow start), then grows by one a
/// round, is cut by a factor when the service refuses or breaks down, and remembers at how many it was refused: there it
/// stays, and tries more only now and then.
#[derive(Debug, Clone)]
pub(super) struct Window {
    most: f64,
    now: f64,
    /// Up to here it doubles.
    threshold: f64,
    /// Where it was refused; passed only after `probe_at`.
    ceiling: Option<f64>,
    probe_at: Duration,
    /// Whether it is there because more only wait, not because more were refused.
    waits_beyond: bool,
    hold: Duration,
    /// Places added a round beyond the ceiling.
    step: f64,
    /// The most in flight that was accepted lately, and since when that is remembered.
    proven: [(f64, Duration); 2],
    candidate: Option<(f64, Duration)>,
    /// Where refusals came that are not yet known to have been for the number, and how many.
    suspect: Option<(f64, u32)>,
    /// Refusals at no more than the ceiling, and how often a ceiling turned out to be none.
    against: u32,
    doubts: u32,
    knee: Knee,
}

/// What a refusal leaves of the window.
const CUT: f64 = 0.7;
const FIRST_HOLD: Duration = Duration::from_secs(20);
const LONGEST_HOLD: Duration = Duration::from_secs(600);
/// How long it is remembered that so many were accepted.
const MEMORY: Duration = Duration::from_secs(60);
const SETTLED: Duration = Duration::from_millis(500);
const MOST_DOUBTS: u32 = 4;

/// By how much numbers in flight may differ that are the same to the service.
fn slack(number: f64) -> f64 {
    if number < 5.0 { 0.0 } else { 0.5 + 0.1 * number }
}

impl Window {
    pub fn new(first: usize, most: usize) -> Self {
        let (first, most) = (first.max(1) as f64, most.max(1) as f64);
        Self {
            most,
            now: first.min(most),
            threshold: f64::INFINITY,
            ceiling: None,
            probe_at: Duration::ZERO,
            waits_beyond: false,
            hold: FIRST_HOLD,
            step: 1.0,
            proven: [(0.0, Duration::ZERO); 2],
            candidate: None,
            suspect: None,
            against: 0,
            doubts: 0,
            knee: Knee::default(),
        }
    }

    /// Places now.
    pub fn places(&self) -> usize {
        self.now as usize
    }

    /// Whether it doubles with every round.
    pub fn is_doubling(&self) -> bool {
        self.now < self.threshold.min(self.most) && self.ceiling.is_none()
    }

    pub fn most(&self) -> usize {
        self.most as usize
    }

    /// Allows more than before; a second run may want that.
    pub fn raise_most(&mut self, most: usize) {
        self.most = self.most.max(most as f64);
    }

    /// Whether one more than these would test whether the number or the rate is bounded: it must not come in a burst.
    /// The number that is perhaps the bound.
    pub fn is_careful(&self, in_flight: usize) -> Option<f64> {
        let ceiling = self.ceiling.filter(|ceiling| in_flight as f64 >= *ceiling && !self.waits_beyond);
        self.suspect.map(|(least, _)| least).or(ceiling)
    }

    fn top(&self, now: Duration) -> f64 {
        let Some(ceiling) = self.ceiling else { return self.most };
        match () {
            () if now < self.probe_at => ceiling.min(self.most),
            // A refusal ends a probe soon; latency tells only after a while, so half more is probed at a time.
            () if self.waits_beyond => (1.5 * ceiling + 1.0).min(self.most),
            () => self.most,
        }
    }

    /// So many were in flight and one of them was answered. Refusals of the others may still be on their way, so it
    /// counts only after a while without any.
    fn prove(&mut self, now: Duration, in_flight: f64, sure: bool) {
        let (most, since) = self.candidate.get_or_insert((0.0, now));
        *most = most.max(in_flight);
        if !sure && now.saturating_sub(*since) < SETTLED {
            return;
        }
        let most = if sure { in_flight } else { *most };
        if !sure {
            self.candidate = None;
        }
        if now.saturating_sub(self.proven[0].1) > MEMORY {
            self.proven = [(0.0, now), self.proven[0]];
        }
        self.proven[0].0 = self.proven[0].0.max(most);
    }

    /// Whether as many were accepted lately, so that a refusal has another reason than their number.
    fn is_proven(&self, now: Duration, in_flight: f64) -> bool {
        self.proven.iter().any(|(most, since)| *most >= in_flight && now.saturating_sub(*since) <= 2 * MEMORY)
    }

    /// An answer to a request that was one of `in_flight` when it was sent: about as many as may be if `full`; none of
    /// them was refused since if `clean`.
    pub fn answered(
        &mut self,
        now: Duration,
        in_flight: usize,
        beside: Option<usize>,
        sure: bool,
        full: bool,
        latency: Duration,
    ) {
        let in_flight = in_flight as f64;
        if let Some(accepted) = beside.map(|beside| beside as f64) {
            self.prove(now, accepted, sure);
            self.suspect = match self.suspect {
                Some((least, times)) if accepted > least + slack(least) => (times > 1).then(|| (least, times - 1)),
                suspect => suspect,
            };
        }
        if !full {
            self.knee.restart();
        } else {
            match self.knee.take(now, self.now, self.now < self.threshold, latency) {
                Advice::Carry => {}
                Advice::Gained => self.ceiling = self.ceiling.map(|ceiling| ceiling.max(self.now)),
                Advice::Shrink(window) => {
                    self.now = window.max(1.0);
                    self.threshold = self.now;
                    self.hold_at(now, self.now, self.hold.max(latency * 20), true);
                }
                Advice::Settle(window) => {
                    self.now = window.clamp(1.0, self.most);
                    self.threshold = self.now;
                    self.hold_at(now, self.now, (2 * self.hold).max(latency * 40), true);
                    self.hold = (2 * self.hold).min(LONGEST_HOLD);
                }
            }
        }
        // Unused places are no evidence that more could be used.
        if 2.0 * in_flight < self.now {
            return;
        }
        let top = self.top(now);
        if self.now >= top {
            return;
        }
        let slow_start = self.now < self.threshold;
        if self.ceiling.is_some_and(|ceiling| self.now >= ceiling) && now >= self.probe_at {
            // Beyond what was once refused: one more, then two more, then four more a round.
            self.step *= 1.0 + 1.0 / self.now;
        }
        let more = if slow_start { 1.0 } else { self.step / self.now };
        self.now = (self.now + more).min(top);
    }

    fn hold_at(&mut self, now: Duration, ceiling: f64, hold: Duration, waits_beyond: bool) {
        self.waits_beyond = waits_beyond;
        self.ceiling = Some(ceiling.max(1.0));
        self.probe_at = now + hold.min(LONGEST_HOLD);
        self.step = 1.0;
        self.knee.restart();
    }

    /// A refusal of a request that was one of `in_flight`; each costs `loses`; `paced` tells that a rate was kept. Tells whether their number is to blame.
    ///
    /// A number is blamed only when refusals keep coming at the same one and none at fewer: a burst is refused at some
    /// number as well, and so is a rate at about the number that it keeps in flight.
    pub fn refused(&mut self, now: Duration, in_flight: usize, again: bool, loses: Duration, paced: bool) -> bool {
        self.candidate = None;
        let taken = in_flight as f64 - 1.0;
        if let Some(ceiling) = self.ceiling {
            if taken >= ceiling || self.waits_beyond && taken >= 1.0 {
                // Refused again close to where it was refused before: look again later.
                let known = !self.waits_beyond && (taken - ceiling).abs() <= slack(ceiling);
                let ceiling = if known { ceiling } else { taken };
                self.hold = if known { (2 * self.hold).min(LONGEST_HOLD).max(loses * 40) } else { FIRST_HOLD };
                self.hold_at(now, ceiling, self.hold, false);
                self.now = ceiling;
                self.threshold = ceiling;
                return true;
            }
            // Answers that are on their way still count here and no longer there.
            self.against += 1;
            if taken >= ceiling - slack(ceiling) && taken >= 1.0 && self.against < 2 {
                self.hold_at(now, taken, self.hold, false);
                self.now = taken;
                return true;
            }
            self.ceiling = None;
            self.suspect = None;
            self.hold = FIRST_HOLD;
            self.doubts = (self.doubts + 1).min(MOST_DOUBTS);
            return false;
        }
        if taken < 1.0 || self.is_proven(now, taken + 1.0 + slack(taken)) {
            self.suspect = None;
            return false;
        }
        let (least, times) = match self.suspect {
            // The very same number twice is hardly chance where numbers are large.
            Some((least, times)) if taken == least && least >= 8.0 => (least, times + 2),
            Some((least, times)) if (taken - least).abs() <= slack(least) => (least.min(taken), times + 1),
            _ => (taken, 1),
        };
        // Where nothing was accepted since, it is no further evidence.
        if !again && self.suspect.is_some() {
            return false;
        }
        self.suspect = Some((least, times));
        // A known rate keeps the same number in flight.
        if times < 3 << (self.doubts + if paced && taken >= 8.0 { 2 } else { 0 }) {
            return false;
        }
        self.suspect = None;
        self.against = 0;
        self.hold = FIRST_HOLD.max(loses * 40);
        self.hold_at(now, least, self.hold, false);
        self.now = least;
        self.threshold = least;
        true
    }

    /// The service is overloaded or broke down: fewer, and back to as many soon after it answers again.
    /// `first` tells that it was well before.
    pub fn overloaded(&mut self, first: bool) {
        if first {
            self.threshold = self.now.max(1.0);
        }
        self.now = (self.now * CUT).max(1.0);
        self.knee.forget();
    }

    /// The service answers again after a breakdown.
    pub fn recovered(&mut self) {
        self.now = self.now.max((self.threshold / 2.0).min(self.most));
    }
}
