//! A client with endless work asks a simulated service, in virtual time.

use crate::server::{Dice, Reply, Server};
use proctor_engine::pacing::{Answered, Bounds, Controller, Next, Refusal, Refused, Ticket};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub answered: u64,
    pub refused: u64,
    /// Of all answers.
    pub tokens: u64,
    /// Of answers in the second half, on average.
    pub late_latency_s: f64,
    /// Answers in the second half of the time.
    pub late_answers: u64,
    /// First answer to a request sent after the outage: seconds after its end.
    pub recovered_s: Option<f64>,
    /// Answers in the ten seconds that follow the outage by ten seconds.
    pub after_outage: u64,
}

/// Something that comes back, and when; the number keeps the order among equals.
struct Due(f64, u64, Back);

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

/// What comes back to the client.
enum Back {
    Answer(Ticket, f64, Answered),
    Refusal(Ticket, Refused),
    Timer,
}

fn at(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Asks `server` for `seconds`, as fast as the controller lets.
pub fn simulate(mut server: Server, bounds: Bounds, seconds: f64, seed: u64) -> Tally {
    let mut controller = Controller::new(bounds);
    let mut dice = Dice::new(seed);
    let mut tally = Tally::default();
    let mut due = BinaryHeap::new();
    let mut number = 0;
    let mut now = 0.0;
    let mut timer: Option<f64> = None;
    let mut cost = server.cost(&mut dice);
    let outage_end = server.outage.map(|(_, end)| end);
    loop {
        loop {
            match controller.next(at(now), cost * 0.5, None) {
                Next::Go(ticket) => {
                    let reply = server.ask(now, cost, &mut dice);
                    cost = server.cost(&mut dice);
                    let (after, back) = match reply {
                        Reply::Answer { after_s, tokens, limits } => {
                            (after_s, Back::Answer(ticket, now, Answered { tokens: Some(tokens), limits }))
                        }
                        Reply::Refusal { after_s, retry_after, limits, outage } => {
                            let refusal = if outage { Refusal::Overloaded } else { Refusal::TooMany };
                            (after_s, Back::Refusal(ticket, Refused { refusal, retry_after, limits }))
                        }
                    };
                    number += 1;
                    due.push(Reverse(Due(now + after, number, back)));
                }
                Next::Wait(until, _) => {
                    let until = until.as_secs_f64().max(now + 1e-6);
                    if timer.is_none_or(|t| t <= now || until < t) {
                        timer = Some(until);
                        number += 1;
                        due.push(Reverse(Due(until, number, Back::Timer)));
                    }
                    break;
                }
                Next::Full => break,
            }
        }
        let Some(Reverse(Due(next, _, back))) = due.pop() else { panic!("deadlock at {now} s: {controller:?}") };
        now = next;
        if now > seconds {
            return tally;
        }
        match &back {
            Back::Timer => timer = timer.filter(|t| *t != now),
            Back::Answer(ticket, sent, answered) => {
                server.in_flight -= 1;
                tally.answered += 1;
                tally.tokens += answered.tokens.unwrap_or(0);
                if now > 0.5 * seconds {
                    tally.late_answers += 1;
                    tally.late_latency_s += (now - sent - tally.late_latency_s) / tally.late_answers as f64;
                }
                if let Some(end) = outage_end {
                    if *sent >= end {
                        tally.recovered_s.get_or_insert(now - end);
                    }
                    tally.after_outage += u64::from((end + 10.0..end + 20.0).contains(&now));
                }
                let limits = server.told_at_the_end(*sent, now, answered.limits);
                controller.answered(at(now), ticket, &Answered { limits, ..*answered });
            }
            Back::Refusal(ticket, refused) => {
                tally.refused += 1;
                controller.refused(at(now), ticket, refused);
            }
        }
    }
}

/// How many answers there would be if the service's limits were known exactly and no request was ever refused.
pub fn permitted(mut server: Server, most: usize, seconds: f64, seed: u64) -> (u64, u64) {
    let mut dice = Dice::new(seed);
    let mut due: BinaryHeap<Reverse<Due>> = BinaryHeap::new();
    let (mut now, mut answered, mut late) = (0.0, 0, 0);
    let mut cost = server.cost(&mut dice);
    loop {
        let mut wait = 0.0;
        while server.in_flight < most && server.has_place() {
            wait = server.wait(now, cost);
            if wait > 0.0 {
                break;
            }
            if let Reply::Answer { after_s, .. } = server.ask(now, cost, &mut dice) {
                due.push(Reverse(Due(now + after_s, 0, Back::Timer)));
            }
            cost = server.cost(&mut dice);
        }
        let first = due.peek().map(|Reverse(Due(at, ..))| *at);
        match first {
            Some(at) if wait == 0.0 || at <= now + wait => {
                due.pop();
                now = at;
                server.in_flight -= 1;
                answered += 1;
                late += u64::from(now > 0.5 * seconds);
            }
            _ => now += wait.max(1e-6),
        }
        if now > seconds {
            return (answered, late);
        }
    }
}
