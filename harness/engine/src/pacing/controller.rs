use super::advertised::Advertised;
use super::bucket::{Bucket, seconds};
use super::found_rate::FoundRate;
use super::places::{Places, Verdict};
use super::window::Window;
use proctor_core::{Pause, RateLimits, derive_seed};
use std::collections::VecDeque;
use std::time::Duration;

/// What the user allows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bounds {
    /// Requests in flight at first; fewer than the most where it is not known how many the endpoint takes.
    pub first: usize,
    /// Most requests in flight.
    pub most: usize,
    /// Most requests a minute.
    pub requests_per_minute: Option<f64>,
    /// Most tokens a minute, of prompts and answers together.
    pub tokens_per_minute: Option<f64>,
}

/// The right to send one request, to be handed back with what came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ticket {
    /// When it was sent.
    pub sent: Duration,
    /// How many were in flight then, itself included.
    pub in_flight: usize,
    /// Tokens it was taken to cost.
    pub tokens: f64,
    prompt_tokens: f64,
    /// Whether about as many were in flight as may be.
    full: bool,
    /// How many had been accepted before it, and how many refusals had come in.
    accepted: u64,
    refusals: u64,
    /// How many had been sent since the pace was last changed for a refusal.
    since: u32,
    /// Requests and tokens that had been taken with it.
    taken: (f64, f64),
    /// Its number among all that were sent, and the time since the one before.
    number: u64,
    gap: Duration,
}

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// It may.
    Go(Ticket),
    /// Not before then.
    Wait(Duration, Pause),
    /// Not before an answer comes.
    Full,
}

/// An answer, as far as pace is concerned.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Answered {
    /// Tokens of prompt and answer, where the service counts them.
    pub tokens: Option<u64>,
    /// What the service says of its limits.
    pub limits: Option<RateLimits>,
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too many requests (429).
    TooMany,
    /// The service is overloaded or failed on its side (5xx, 529).
    Overloaded,
    /// No connection, a broken one, or no answer in time.
    Unreachable,
}

/// A request without an answer, as far as pace is concerned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// The pause the service asked for.
    pub retry_after: Option<Duration>,
    /// What the service says of its limits.
    pub limits: Option<RateLimits>,
}

/// Decides when requests to one endpoint go. Pure: time is an argument, in any clock that only goes forward.
#[derive(Debug, Clone)]
pub struct Controller {
    window: Window,
    /// Whether the service takes only so many at a time.
    limit: Places,
    found: FoundRate,
    advertised_requests: Advertised,
    advertised_tokens: Advertised,
    own_requests: Option<Bucket>,
    own_tokens: Option<Bucket>,
    /// Whether the number of places is to be found out.
    spaced: bool,
    first: usize,
    in_flight: usize,
    /// Tokens of an answer, on average; `None` before the first.
    answer_tokens: Option<f64>,
    pause: Option<(Duration, Pause)>,
    /// Refusals in a row that were no echoes.
    strikes: u32,
    /// When the pace was last changed for a refusal; what was sent before says nothing new.
    reacted: Option<Duration>,
    /// How many were sent since.
    since: u32,
    /// When requests were sent lately.
    recent: VecDeque<Duration>,
    /// How many were sent in all, and the numbers of those refused lately.
    sent: u64,
    gone: VecDeque<u64>,
    /// Seconds until a refusal is back; the longest lately.
    refusal_s: f64,
    accepted: u64,
    refused: u64,
    /// How many had been accepted when a refusal was last explained.
    explained: u64,
    latency_s: f64,
    /// The shortest that `latency_s` ever was.
    shortest_s: f64,
    draws: u32,
}

/// Tokens of an answer where nothing is known of answers.
const ANSWER_TOKENS: f64 = 256.0;
/// Answers that take longer are asked for at even distances.
const SPACED_FROM_S: f64 = 0.3;
/// The same while it is found out how many may be in flight.
const SPACED_EARLY_S: f64 = 0.02;
/// So few are never sent together.
const FEW_PLACES: usize = 8;
/// How much longer than at first answers take where too many are in flight.
const CROWDED: f64 = 2.5;
const SHORTEST_PAUSE_S: f64 = 0.05;
/// Recovery after a breakdown is seen after that at the latest,
const LONGEST_PROBE_S: f64 = 0.5;
/// and after so long where the service only refuses.
const LONGEST_PAUSE_S: f64 = 4.0;
/// Accepted requests between two refusals that make the latter rare.
const RARE: u64 = 150;
/// Accepted requests for each refusal before the found rate is probed again.
const EARNED: u64 = 120;
/// Refusals in a row after which requests go one at a time.
const DOWN: u32 = 4;
const MOST_RECENT: usize = 64;

impl Controller {
    /// A controller for an endpoint nothing is known of.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            window: Window::new(bounds.first, bounds.most),
            limit: Places::default(),
            found: FoundRate::default(),
            advertised_requests: Advertised::default(),
            advertised_tokens: Advertised::default(),
            own_requests: bounds.requests_per_minute.map(Bucket::per_minute),
            own_tokens: bounds.tokens_per_minute.map(Bucket::per_minute),
            spaced: bounds.first < bounds.most,
            first: bounds.first,
            in_flight: 0,
            answer_tokens: None,
            pause: None,
            strikes: 0,
            reacted: None,
            since: 0,
            recent: VecDeque::with_capacity(MOST_RECENT),
            sent: 0,
            gone: VecDeque::new(),
            refusal_s: 0.0,
            accepted: 0,
            refused: 0,
            explained: 0,
            latency_s: 0.0,
            shortest_s: f64::INFINITY,
            draws: 0,
        }
    }

    /// What a further run allows: as many in flight as the more generous of the two, and the stricter rates.
    pub fn join(&mut self, bounds: Bounds) {
        self.window.raise_most(bounds.most);
        let stricter = |now: &mut Option<Bucket>, wanted: Option<f64>| {
            if let Some(wanted) = wanted.filter(|w| now.as_ref().is_none_or(|n| n.rate_per_minute() > *w)) {
                *now = Some(Bucket::per_minute(wanted));
            }
        };
        stricter(&mut self.own_requests, bounds.requests_per_minute);
        stricter(&mut self.own_tokens, bounds.tokens_per_minute);
    }

    /// Requests in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Requests that may be in flight now.
    pub fn places(&self) -> usize {
        if self.strikes >= DOWN { 1 } else { self.window.places().min(self.limit.ceiling().unwrap_or(usize::MAX)) }
    }

    /// Most that may ever be.
    pub fn most(&self) -> usize {
        self.window.most()
    }

    /// Requests a minute it is held to.
    pub fn requests_per_minute(&self) -> Option<f64> {
        let own = self.own_requests.as_ref().map(Bucket::rate_per_minute);
        match (own, self.found.rate().map(|r| r * 60.0)) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Tokens a minute it is held to.
    pub fn tokens_per_minute(&self) -> Option<f64> {
        self.own_tokens.as_ref().map(Bucket::rate_per_minute)
    }

    /// Requests answered, and refused with "too many" or "overloaded", so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.accepted, self.refused)
    }

    /// Whether a request may go now; `prompt_tokens` is what its prompt is taken to cost, `most_tokens` bounds its answer.
    pub fn next(&mut self, now: Duration, prompt_tokens: f64, most_tokens: Option<u32>) -> Next {
        let answer = self.answer_tokens.unwrap_or(ANSWER_TOKENS);
        let tokens = prompt_tokens + most_tokens.map_or(answer, |most| answer.min(f64::from(most)));
        if let Some((until, cause)) = self.pause {
            if now < until {
                return Next::Wait(until, cause);
            }
            self.pause = None;
        }
        // Refused before anything was answered: the first answer is waited for.
        let unknown = self.spaced && self.latency_s == 0.0 && self.refused > 0 && self.in_flight > 0;
        if unknown || self.strikes >= DOWN && self.in_flight > 0 {
            return Next::Full;
        }
        if let Some(full) = self.full(now) {
            return full;
        }
        let waits = [
            (self.own_requests.as_mut().and_then(|b| b.opens(now, 1.0)), Pause::RequestsPerMinute),
            // Debt is paid first; a request may make new debt.
            (self.own_tokens.as_mut().and_then(|b| b.opens(now, f64::EPSILON)), Pause::TokensPerMinute),
            (self.advertised_requests.opens(now, 1.0), Pause::RequestsUsedUp),
            (self.advertised_tokens.opens(now, tokens), Pause::TokensUsedUp),
            (self.found.opens(now), Pause::FoundRate),
            (self.spacing(now), Pause::FoundRate),
        ];
        let longest = waits.into_iter().filter_map(|(until, cause)| until.map(|until| (until, cause))).max_by_key(|w| w.0);
        if let Some((until, cause)) = longest {
            return Next::Wait(until.max(now + Duration::from_micros(100)), cause);
        }
        self.in_flight += 1;
        self.limit.sent(now.as_secs_f64(), self.in_flight);
        self.advertised_requests.take(1.0);
        self.advertised_tokens.take(tokens);
        self.found.take();
        if let Some(bucket) = &mut self.own_requests {
            bucket.take(1.0);
        }
        if let Some(bucket) = &mut self.own_tokens {
            bucket.take(tokens);
        }
        let gap = self.recent.back().map_or(now, |last| now.saturating_sub(*last));
        if self.recent.len() == MOST_RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        let full = self.in_flight as f64 >= 0.8 * self.places() as f64;
        let accepted = self.accepted;
        let taken = (self.advertised_requests.taken(), self.advertised_tokens.taken());
        self.accepted += 1; // Until it is refused.
        let usable = (self.latency_s > 0.0).then(|| self.places() as f64 / self.latency_s);
        self.found.sent(now, usable, self.accepted >= EARNED * self.refused);
        self.since = self.since.saturating_add(1);
        self.sent += 1;
        Next::Go(Ticket {
            sent: now,
            in_flight: self.in_flight,
            tokens,
            prompt_tokens,
            full,
            accepted,
            refusals: self.refused,
            since: self.since - 1,
            taken,
            number: self.sent,
            gap,
        })
    }

    /// How many of those in flight when this one was sent, itself included, were not refused since; `None` where that is
    /// not remembered.
    fn beside(&self, ticket: &Ticket) -> Option<usize> {
        let since = usize::try_from(self.refused - ticket.refusals.min(self.refused)).unwrap_or(usize::MAX);
        if since > self.gone.len() {
            return None;
        }
        let gone = self.gone.iter().rev().take(since).filter(|number| **number < ticket.number).count();
        Some(ticket.in_flight.saturating_sub(gone).max(1))
    }

    /// Requests that take long are not sent in bursts, which services with small buckets refuse: a round is spread over
    /// half the time an answer takes.
    fn spacing(&self, now: Duration) -> Option<Duration> {
        // Whether the number or the rate is bounded is not known: no bursts, which a rate refuses.
        if let Some(number) = self.limit.unsure().filter(|_| self.latency_s > 0.0) {
            let until = *self.recent.back()? + seconds(0.6 * self.latency_s / number.max(1) as f64);
            return (now < until).then_some(until);
        }
        let few = self.places() <= FEW_PLACES;
        let between = match self.latency_s {
            // Nothing is known yet.
            0.0 if self.spaced && self.recent.len() >= 4 => Duration::from_millis(2),
            latency_s
                if !self.spaced || latency_s < if few || self.window.is_doubling() { SPACED_EARLY_S } else { SPACED_FROM_S } =>
            {
                return None;
            }
            latency_s => seconds(0.5 * latency_s / self.places() as f64),
        };
        if few {
            let until = *self.recent.back()? + between;
            return (now < until).then_some(until);
        }
        let (last, burst) = (self.recent.back()?, self.recent.iter().rev().nth(3)?);
        (now < *last + between && now < *burst + 4 * between).then(|| (*burst + 4 * between).min(*last + between))
    }

    /// Whether all places are taken, and what is waited for then.
    fn full(&mut self, now: Duration) -> Option<Next> {
        let (now_s, patience) = (now.as_secs_f64(), 3.0 * self.lag() + 0.02);
        if self.limit.probe_passed(now_s, patience) {
            self.window.resume(now);
        }
        let top = self.limit.top(now_s);
        if self.in_flight >= top {
            let ends = self.limit.probe_ends(patience).filter(|at| *at > now_s);
            return Some(ends.map_or(Next::Full, |at| Next::Wait(seconds(at + 0.001), Pause::FoundRate)));
        }
        // One more than the ceiling is tried even where the window is no larger.
        if self.in_flight < self.window.places() || self.in_flight + 1 == top {
            return None;
        }
        let early = self.latency_s == 0.0 && self.spaced && self.in_flight < 4 * self.first;
        // Answers that take longer and longer wait for each other: more are tried only as answers come.
        let crowded = self.latency_s > CROWDED * self.shortest_s;
        if self.found.rate().is_some() || crowded || !(self.latency_s > 0.0 || early) {
            return Some(Next::Full);
        }
        match self.window.waits(now) {
            Some(_) if self.in_flight < self.window.places() => None,
            Some(at) => Some(Next::Wait(at, Pause::FoundRate)),
            None => Some(Next::Full),
        }
    }

    /// Seconds until a refusal is back, where that is not known a guess.
    fn lag(&self) -> f64 {
        if self.refusal_s > 0.0 { self.refusal_s } else { 0.1 }
    }

    fn land(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    fn observe(&mut self, now: Duration, ticket: &Ticket, limits: Option<RateLimits>) {
        let Some(limits) = limits else { return };
        if let Some(requests) = limits.requests {
            self.advertised_requests.observe(now, &requests, ticket.taken.0);
        }
        if let Some(tokens) = limits.tokens {
            self.advertised_tokens.observe(now, &tokens, ticket.taken.1);
        }
    }

    /// The request was answered.
    pub fn answered(&mut self, now: Duration, ticket: &Ticket, answered: &Answered) {
        self.land();
        let latency = now.saturating_sub(ticket.sent);
        if self.latency_s == 0.0 {
            self.window.resume(now);
        }
        self.latency_s =
            if self.latency_s > 0.0 { 0.9 * self.latency_s + 0.1 * latency.as_secs_f64() } else { latency.as_secs_f64() };
        self.shortest_s = self.shortest_s.min(self.latency_s);
        if let Some(tokens) = answered.tokens.map(|t| t as f64) {
            let answer = (tokens - ticket.prompt_tokens).max(1.0);
            self.answer_tokens = Some(self.answer_tokens.map_or(answer, |mean| 0.95 * mean + 0.05 * answer));
            if let Some(bucket) = &mut self.own_tokens {
                bucket.correct(tokens - ticket.tokens);
            }
        }
        self.observe(now, ticket, answered.limits);
        // What was sent before the service broke down says nothing about now.
        if self.strikes > 0 && self.reacted.is_none_or(|at| ticket.sent >= at) {
            if self.strikes >= DOWN {
                self.window.recovered();
            }
            self.strikes = 0;
        }
        // Refusals of those sent before it would be back by now.
        let sure = latency.as_secs_f64() > 2.0 * self.refusal_s && self.refusal_s > 0.0;
        let accepted = self.beside(ticket).filter(|_| sure || self.refused == ticket.refusals);
        let patience = (3.0 * self.lag()).max(0.3);
        if accepted.is_some_and(|accepted| self.limit.answered(now.as_secs_f64(), accepted, sure, patience)) {
            self.window.resume(now);
        }
        self.window.answered(now, ticket.in_flight, ticket.full, latency);
    }

    /// The request was refused, or nothing came back.
    pub fn refused(&mut self, now: Duration, ticket: &Ticket, refused: &Refused) {
        self.land();
        self.accepted = self.accepted.saturating_sub(1);
        let beside = self.beside(ticket);
        if refused.refusal != Refusal::Unreachable {
            self.refused += 1;
            if self.gone.len() == MOST_RECENT {
                self.gone.pop_front();
            }
            self.gone.push_back(ticket.number);
            self.refusal_s = now.saturating_sub(ticket.sent).as_secs_f64().max(0.9 * self.refusal_s);
        }
        self.observe(now, ticket, refused.limits);
        if let Some(bucket) = &mut self.own_tokens {
            bucket.correct(-ticket.tokens);
        }
        if let Some(asked) = refused.retry_after {
            // A little later than told, so that not everybody comes back at once.
            let until = now + asked + seconds(0.02 + 0.05 * asked.as_secs_f64().min(10.0) * self.draw());
            self.pause_until(until, Pause::AskedFor);
        }
        self.limit.doubt();
        let echo = self.reacted.is_some_and(|at| ticket.sent < at);
        if echo {
            if let (Refusal::TooMany, Some(asked)) = (refused.refusal, refused.retry_after) {
                self.found.told(asked);
            }
            return;
        }
        // What the service says of its limits explains the refusal, and tells until when. Where that happens often, it
        // does not say enough.
        let mut explained = false;
        if let (Refusal::TooMany, Some(limits)) = (refused.refusal, refused.limits) {
            let requests = limits.requests.is_some_and(|said| self.advertised_requests.refused(ticket.sent, &said, 1.0));
            let tokens = limits.tokens.is_some_and(|said| self.advertised_tokens.refused(ticket.sent, &said, ticket.tokens));
            let rare = self.accepted.saturating_sub(self.explained) >= RARE;
            explained = requests || tokens;
            if explained {
                self.explained = self.accepted;
                if rare && self.found.rate().is_none() {
                    return;
                }
            }
        }
        if refused.refusal == Refusal::TooMany && !explained && self.crowded(now, beside.unwrap_or(1), refused.retry_after) {
            self.reacted = Some(now);
            self.since = 0;
            self.strikes = 0;
            return;
        }
        // What was sent since the last one and not refused was accepted.
        if refused.refusal == Refusal::TooMany && ticket.since > 0 && self.strikes < DOWN {
            self.strikes = 0;
        }
        self.strikes += 1;
        // One broken connection among answers is no sign of anything.
        if refused.refusal == Refusal::Unreachable && self.strikes < 3 {
            return;
        }
        self.reacted = Some(now);
        let rate = self.measured(now);
        let (pause, growth, longest) = match refused.refusal {
            Refusal::TooMany => {
                let asked = refused.retry_after.unwrap_or_default();
                let (took, again) = (now.saturating_sub(ticket.sent), ticket.since > 0);
                self.found.refused(
                    ticket.sent,
                    ticket.accepted,
                    again,
                    (rate, self.fastest(ticket.sent, ticket.since)),
                    asked,
                    took,
                );
                self.found.told(asked);
                let pause = self.found.rate().map_or(1.0, |r| 1.0 / r).clamp(0.4 * SHORTEST_PAUSE_S, LONGEST_PAUSE_S);
                (pause, 3.0, LONGEST_PAUSE_S)
            }
            Refusal::Overloaded | Refusal::Unreachable => {
                let first = self.strikes == if refused.refusal == Refusal::Overloaded { 1 } else { 3 };
                self.window.overloaded(first);
                (4.0 * SHORTEST_PAUSE_S, 2.0, LONGEST_PROBE_S)
            }
        };
        self.since = 0;
        if refused.retry_after.is_none() {
            let grown = pause * f64::powi(growth, self.strikes.saturating_sub(1).min(16) as i32);
            let pause_s = grown.min(longest.max(pause)) * (0.75 + 0.5 * self.draw());
            if self.strikes > 1 {
                self.found.after_pause(pause_s, self.strikes >= DOWN);
            }
            self.pause_until(now + seconds(pause_s), Pause::Overload);
        }
    }

    /// Whether the number in flight is what the service refused.
    fn crowded(&mut self, now: Duration, in_flight: usize, asked: Option<Duration>) -> bool {
        let capacity = in_flight as f64 / self.latency_s.max(0.05);
        let loses_s = asked.map_or(0.0, |asked| asked.as_secs_f64());
        let first_hold_s = if capacity >= 50.0 { (40.0 * loses_s).max(1.0) } else { 1.0 + 2.0 * loses_s };
        if self.limit.refused(now.as_secs_f64(), in_flight, first_hold_s, loses_s.max(0.02)) == Verdict::Other {
            return false;
        }
        self.window.stop_doubling(in_flight);
        true
    }

    /// The request came to an end that says nothing about pace: it was wrong, or was given up here.
    pub fn ended(&mut self) {
        self.land();
    }

    fn pause_until(&mut self, until: Duration, cause: Pause) {
        if self.pause.is_none_or(|(before, _)| before < until) {
            self.pause = Some((until, cause));
        }
    }

    /// Requests a second that were sent lately.
    fn measured(&self, now: Duration) -> f64 {
        let Some(first) = self.recent.front() else { return 1.0 };
        self.recent.len() as f64 / now.saturating_sub(*first).as_secs_f64().max(0.05)
    }

    /// Requests a second in the fastest stretch of the latest `count` that ended then.
    fn fastest(&self, end: Duration, count: u32) -> f64 {
        let before = self.recent.iter().rev().skip_while(|at| **at >= end).take(count as usize);
        before.zip(1u32..).map(|(at, n)| f64::from(n) / end.saturating_sub(*at).as_secs_f64().max(1e-3)).fold(0.0, f64::max)
    }

    /// A number in [0, 1) that differs from time to time.
    fn draw(&mut self) -> f64 {
        self.draws = self.draws.wrapping_add(1);
        derive_seed(self.refused, "pace", self.draws, 0) as f64 / (1u64 << 53) as f64
    }
}
