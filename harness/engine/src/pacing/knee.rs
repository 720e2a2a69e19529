use std::time::Duration;

/// Finds out when more requests in flight only make each wait longer: latency grows and throughput does not. Then fewer
/// are in flight, as long as throughput stays; so a queue at the service is not ours.
#[derive(Debug, Clone, Default)]
pub(super) struct Knee {
    answers: u32,
    latency_s: f64,
    /// When the measurement began, and with which window.
    began: Option<(Duration, f64)>,
    /// The best point seen: most throughput, and among equals the shortest latency.
    best: Option<Point>,
    best_at: Duration,
    descending: bool,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    window: f64,
    throughput: f64,
    latency_s: f64,
}

/// Fewest answers in a measurement, and in one while the window doubles.
const FEWEST: u32 = 128;
const FEWEST_DOUBLING: u32 = 32;
/// A measurement is forgotten after that.
const OLD: Duration = Duration::from_secs(300);
/// Answers that take no longer than this do not wait for each other in any way that matters.
const SHORT_S: f64 = 0.06;

/// As much as this of the most throughput must come again at the same number.
const CONFIRMED: f64 = 0.85;
/// Measurements vary, so somewhat more are let in flight than served best; too few cost throughput, too many a short wait.
const ROOM: f64 = 1.15;

/// What a measurement says about the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Advice {
    /// Nothing.
    Carry,
    /// This many reach more than fewer did.
    Gained,
    /// Fewer serve as well.
    Shrink(f64),
    /// This many serve best; more only wait.
    Settle(f64),
    /// What was taken for the best was chance; nothing is known of how many serve best.
    Mistaken,
}

impl Knee {
    /// Begins a new measurement: what was seen belongs to another situation.
    pub fn restart(&mut self) {
        (self.answers, self.latency_s, self.began) = (0, 0.0, None);
    }

    /// Forgets everything.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes an answer that came while the window was full; while it is `doubling`, each round is a measurement.
    pub fn take(&mut self, now: Duration, window: f64, doubling: bool, latency: Duration) -> Advice {
        let Some((began, at_first)) = self.began else {
            self.began = Some((now, window));
            return Advice::Carry;
        };
        self.answers += 1;
        self.latency_s += latency.as_secs_f64();
        let enough = if doubling { at_first.max(f64::from(FEWEST_DOUBLING)) } else { (4.0 * window).max(f64::from(FEWEST)) };
        if f64::from(self.answers) < enough {
            return Advice::Carry;
        }
        let elapsed = now.saturating_sub(began).as_secs_f64().max(1e-9);
        let answers = f64::from(self.answers);
        let point = Point { window: at_first, throughput: answers / elapsed, latency_s: self.latency_s / answers };
        self.restart();
        self.judge(now, point)
    }

    fn judge(&mut self, now: Duration, point: Point) -> Advice {
        let Some(best) = self.best.filter(|_| now.saturating_sub(self.best_at) < OLD) else {
            (self.best, self.best_at, self.descending) = (Some(point), now, false);
            return Advice::Carry;
        };
        if self.descending {
            // The first answers come in waves, and a wave looks like more throughput than there is.
            let again = (point.window - best.window).abs() <= 0.01 * best.window;
            if again && point.throughput < CONFIRMED * best.throughput {
                (self.best, self.best_at, self.descending) = (Some(point), now, false);
                return Advice::Mistaken;
            }
            if point.latency_s > SHORT_S
                && point.throughput >= 0.96 * best.throughput
                && point.window <= 1.01 * best.window
                && point.window >= 2.0
            {
                (self.best, self.best_at) = (Some(Point { throughput: best.throughput.max(point.throughput), ..point }), now);
                return Advice::Shrink(point.window * 0.7);
            }
            self.descending = false;
            return Advice::Settle(ROOM * best.window);
        }
        let longer = point.latency_s > (1.4 * best.latency_s).max(SHORT_S);
        let gained = point.throughput > 1.1 * best.throughput;
        if longer && !gained && point.window > 1.25 * best.window {
            self.descending = true;
            return Advice::Shrink(best.window);
        }
        if point.throughput > best.throughput {
            (self.best, self.best_at) = (Some(point), now);
        }
        if gained { Advice::Gained } else { Advice::Carry }
    }
}
