use proctor_core::derive_seed;
use proctor_engine::pacing::{Answered, Bounds, Controller, Next, Ticket};
use std::collections::VecDeque;
use std::time::Duration;

/// A service that computes so many answers at once and lets the others wait; it refuses nothing.
const AT_ONCE: usize = 16;
const SECONDS: u64 = 60;

/// 150 ms and an exponential time of 150 ms on average.
fn takes(seed: u64, number: u32) -> Duration {
    let chance = derive_seed(seed, "takes", number, 0) as f64 / (1u64 << 53) as f64;
    Duration::from_secs_f64(0.15 - 0.15 * (1.0 - chance).ln())
}

/// Answers within a minute, and how long the last thousand took, in seconds on average.
fn answers(seed: u64) -> (usize, f64) {
    let mut controller = Controller::new(Bounds { first: 8, most: 128, ..Bounds::default() });
    let (mut now, end) = (Duration::ZERO, Duration::from_secs(SECONDS));
    let mut waiting: VecDeque<Ticket> = VecDeque::new();
    let mut computing: Vec<(Duration, Ticket)> = Vec::new();
    let (mut sent, mut latencies) = (0, Vec::new());
    while now < end {
        let wait = loop {
            match controller.next(now, 100.0, None) {
                Next::Go(ticket) => waiting.push_back(ticket),
                Next::Wait(until, _) => break Some(until),
                Next::Full => break None,
            }
        };
        while computing.len() < AT_ONCE {
            let Some(ticket) = waiting.pop_front() else { break };
            sent += 1;
            computing.push((now + takes(seed, sent), ticket));
        }
        let first = computing.iter().enumerate().min_by_key(|(_, (at, _))| *at).map(|(index, (at, _))| (index, *at));
        match (first, wait) {
            (Some((_, at)), Some(until)) if until < at => now = until,
            (None, Some(until)) => now = until,
            (Some((index, at)), _) => {
                now = at;
                let (_, ticket) = computing.swap_remove(index);
                latencies.push((now - ticket.sent).as_secs_f64());
                controller.answered(now, &ticket, &Answered::default());
            }
            (None, None) => panic!("nothing is out and nothing goes: {controller:?}"),
        }
    }
    let late = &latencies[latencies.len().saturating_sub(1000)..];
    (latencies.len(), late.iter().sum::<f64>() / late.len() as f64)
}

#[test]
fn a_service_that_lets_requests_wait_is_used_to_the_full_and_not_flooded() {
    let possible = AT_ONCE as f64 / 0.3 * SECONDS as f64;
    let shares: Vec<_> = (0..100).map(answers).map(|(answered, latency)| (answered as f64 / possible, latency)).collect();
    let mean = shares.iter().map(|(share, _)| share).sum::<f64>() / shares.len() as f64;
    let latency = shares.iter().map(|(_, latency)| latency).sum::<f64>() / shares.len() as f64;
    assert!(mean >= 0.96 && shares.iter().all(|(share, _)| *share >= 0.75), "{mean} of what is possible: {shares:?}");
    // With all 128 in flight it would be 2.4 s; 0.3 s is the least.
    assert!(latency <= 1.2, "answers take {latency} s: {shares:?}");
}
