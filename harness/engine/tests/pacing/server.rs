//! A simulated service with limits of its own, in virtual time.

use proctor_core::{Allowance, RateLimits, derive_seed};
use std::time::Duration;

/// Numbers from a seed.
pub struct Dice {
    seed: u64,
    drawn: u32,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.drawn += 1;
        // One multiplication and shifts (splitmix64) suffice here and are quick.
        let mut z = self.seed.wrapping_add(u64::from(self.drawn).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Evenly spread over orders of magnitude.
    pub fn scale(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.unit())
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Normal with mean 0 and deviation 1.
    fn normal(&mut self) -> f64 {
        let (u, v) = (self.unit().max(1e-12), self.unit());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

/// A limit of so much a second.
#[derive(Debug, Clone)]
pub enum Meter {
    /// Grows all the time, up to `most`.
    Bucket { per_s: f64, most: f64, level: f64, filled: f64 },
    /// Is whole again at the end of every period.
    Period { most: f64, period_s: f64, used: f64, began: f64 },
}

impl Meter {
    fn turn(&mut self, now: f64) {
        match self {
            Meter::Bucket { per_s, most, level, filled } => {
                *level = (*level + (now - *filled) * *per_s).min(*most);
                *filled = now;
            }
            Meter::Period { period_s, used, began, .. } => {
                if now >= *began + *period_s {
                    *began += ((now - *began) / *period_s).floor().max(1.0) * *period_s;
                    *used = 0.0;
                }
            }
        }
    }

    /// Seconds in which it grows from nothing to the whole.
    fn span_s(&self) -> f64 {
        match self {
            Meter::Bucket { per_s, most, .. } => most / per_s,
            Meter::Period { period_s, .. } => *period_s,
        }
    }

    /// Seconds until `cost` fits; 0 is now.
    pub fn wait(&mut self, now: f64, cost: f64) -> f64 {
        self.turn(now);
        match self {
            Meter::Bucket { per_s, most, level, .. } => ((cost.min(*most) - *level) / *per_s).max(0.0),
            Meter::Period { most, period_s, used, began } if *used + cost.min(*most) > *most => *began + *period_s - now,
            Meter::Period { .. } => 0.0,
        }
    }

    fn take(&mut self, cost: f64) {
        match self {
            Meter::Bucket { level, .. } => *level -= cost,
            Meter::Period { used, .. } => *used += cost,
        }
    }

    fn told(&self, now: f64, whole_seconds: bool) -> Allowance {
        let (limit, left, resets) = match self {
            Meter::Bucket { per_s, most, level, .. } => (*most, *level, (*most - *level) / *per_s),
            Meter::Period { most, period_s, used, began } => (*most, *most - *used, *began + *period_s - now),
        };
        let resets = if whole_seconds { resets.ceil() } else { resets };
        Allowance {
            limit: Some(limit as u64),
            remaining: Some(left.max(0.0) as u64),
            resets_in: Some(Duration::from_secs_f64(resets.max(0.0))),
        }
    }
}

/// What a service tells when it refuses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RetryAfter {
    Nothing,
    Exact,
    WholeSeconds,
}

/// A service.
#[derive(Debug, Clone)]
pub struct Server {
    pub requests: Option<Meter>,
    pub tokens: Option<Meter>,
    /// Most in flight.
    pub places: Option<usize>,
    /// Answers longer in proportion beyond so many in flight.
    pub knee: Option<f64>,
    pub latency_s: f64,
    /// How much latencies differ: the deviation of their logarithm.
    pub spread: f64,
    pub refusal_s: f64,
    pub headers: bool,
    pub whole_seconds: bool,
    /// Whether limits are told as they are when the answer is complete, not when the request came.
    pub late: bool,
    pub retry_after: RetryAfter,
    pub mean_tokens: f64,
    pub in_flight: usize,
    /// Out of order in this span of seconds: everything is refused.
    pub outage: Option<(f64, f64)>,
}

pub enum Reply {
    Answer { after_s: f64, tokens: u64, limits: Option<RateLimits> },
    Refusal { after_s: f64, retry_after: Option<Duration>, limits: Option<RateLimits>, outage: bool },
}

impl Server {
    /// One of many different services; all take at least some twenty requests a minute.
    pub fn random(seed: u64) -> Self {
        let mut dice = Dice::new(derive_seed(seed, "server", 0, 0));
        let per_s = dice.scale(0.5, 200.0);
        let latency_s = dice.scale(0.05, 8.0);
        let mean_tokens = dice.scale(100.0, 4000.0);
        let meter = |dice: &mut Dice, per_s: f64| match dice.chance(0.7) {
            true => {
                let most = per_s * dice.scale(0.5, 60.0);
                (per_s, most)
            }
            false => (per_s, -dice.scale(1.0, 60.0)),
        };
        let build = |(per_s, most): (f64, f64), unit: f64| match most > 0.0 {
            true => {
                let most = most.max(2.0 * unit);
                Meter::Bucket { per_s, most, level: most, filled: 0.0 }
            }
            false => {
                let most = (per_s * -most).max(4.0 * unit);
                Meter::Period { most, period_s: most / per_s, used: 0.0, began: 0.0 }
            }
        };
        let kind = dice.unit();
        let (with_requests, with_tokens) = (kind < 0.45, (0.25..0.6).contains(&kind));
        let requests = with_requests.then(|| build(meter(&mut dice, per_s), 1.0));
        let token_rate = per_s * mean_tokens * dice.scale(0.5, 3.0);
        let tokens = with_tokens.then(|| build(meter(&mut dice, token_rate), 3.0 * mean_tokens));
        let places = ((0.5..0.8).contains(&kind) || dice.chance(0.15)).then(|| dice.scale(1.0, 200.0) as usize + 1);
        let knee = (kind >= 0.8).then(|| dice.scale(2.0, 60.0));
        // Who speaks in whole seconds has periods far longer than one.
        let long = |m: &Option<Meter>| m.as_ref().is_none_or(|m| m.span_s() >= 10.0);
        let whole_seconds = dice.chance(0.5) && long(&requests) && long(&tokens);
        let retry_after = match dice.unit() {
            x if x < 0.34 => RetryAfter::Nothing,
            x if x < 0.67 => RetryAfter::Exact,
            _ => RetryAfter::WholeSeconds,
        };
        Self {
            requests,
            tokens,
            places,
            knee,
            latency_s,
            spread: dice.between(0.0, 0.7),
            refusal_s: dice.scale(0.005, 0.1),
            headers: dice.chance(0.5),
            whole_seconds,
            late: dice.chance(0.3),
            retry_after,
            mean_tokens,
            in_flight: 0,
            outage: None,
        }
    }

    /// Tokens a request will turn out to cost.
    pub fn cost(&self, dice: &mut Dice) -> f64 {
        (self.mean_tokens * dice.between(0.4, 1.6)).floor().max(1.0)
    }

    /// Seconds until a request of this cost would be taken, as far as that depends on time.
    pub fn wait(&mut self, now: f64, cost: f64) -> f64 {
        let requests = self.requests.as_mut().map_or(0.0, |m| m.wait(now, 1.0));
        let tokens = self.tokens.as_mut().map_or(0.0, |m| m.wait(now, cost));
        requests.max(tokens)
    }

    pub fn has_place(&self) -> bool {
        self.places.is_none_or(|places| self.in_flight < places)
    }

    pub fn ask(&mut self, now: f64, cost: f64, dice: &mut Dice) -> Reply {
        if self.outage.is_some_and(|(from, to)| (from..to).contains(&now)) {
            return Reply::Refusal { after_s: self.refusal_s, retry_after: None, limits: None, outage: true };
        }
        let wait = self.wait(now, cost);
        if wait > 1e-9 || !self.has_place() {
            let wait = if wait > 0.0 { wait } else { 1.0 };
            let retry_after = match self.retry_after {
                RetryAfter::Nothing => None,
                RetryAfter::Exact => Some(wait),
                RetryAfter::WholeSeconds => Some(wait.ceil()),
            };
            let retry_after = retry_after.map(Duration::from_secs_f64);
            return Reply::Refusal { after_s: self.refusal_s, retry_after, limits: self.told(now), outage: false };
        }
        if let Some(meter) = &mut self.requests {
            meter.take(1.0);
        }
        if let Some(meter) = &mut self.tokens {
            meter.take(cost);
        }
        self.in_flight += 1;
        let load = self.knee.map_or(1.0, |knee| (self.in_flight as f64 / knee).max(1.0));
        let noise = (self.spread * dice.normal() - self.spread * self.spread / 2.0).exp();
        Reply::Answer { after_s: self.latency_s * load * noise, tokens: cost as u64, limits: self.told(now) }
    }

    /// What is told of the limits with the answer to a request that was taken in at `came`, given `said` then.
    pub fn told_at_the_end(&mut self, came: f64, now: f64, said: Option<RateLimits>) -> Option<RateLimits> {
        if self.late {
            self.wait(now, 0.0);
            return self.told(now);
        }
        let earlier = |allowance: Allowance| {
            let resets_in = allowance.resets_in.map(|r| r.saturating_sub(Duration::from_secs_f64(now - came)));
            Allowance { resets_in, ..allowance }
        };
        said.map(|s| RateLimits { requests: s.requests.map(earlier), tokens: s.tokens.map(earlier) })
    }

    fn told(&self, now: f64) -> Option<RateLimits> {
        self.headers.then(|| RateLimits {
            requests: self.requests.as_ref().map(|m| m.told(now, self.whole_seconds)),
            tokens: self.tokens.as_ref().map(|m| m.told(now, self.whole_seconds)),
        })
    }
}
