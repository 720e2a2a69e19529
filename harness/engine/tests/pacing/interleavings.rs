use proctor_core::{Allowance, RateLimits};
use proctor_engine::pacing::{Answered, Bounds, Controller, Next, Refusal, Refused, Ticket};
use proptest::prelude::*;
use std::time::Duration;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A request wants to go, with a prompt of so many tokens.
    Ask(u16),
    /// One that is out is answered, refused, or given up; the number picks which.
    Answer(u8, Option<RateLimits>),
    Refuse(u8, Refusal, Option<Duration>, Option<RateLimits>),
    End(u8),
    /// Time passes.
    Pass(Duration),
}

fn allowance() -> impl Strategy<Value = Allowance> {
    let number = || proptest::option::of(prop_oneof![0u64..5, 0u64..100_000]);
    (number(), number(), proptest::option::of((0u64..120_000).prop_map(Duration::from_millis)))
        .prop_map(|(limit, remaining, resets_in)| Allowance { limit, remaining, resets_in })
}

fn limits() -> impl Strategy<Value = Option<RateLimits>> {
    let one = || proptest::option::of(allowance());
    proptest::option::of((one(), one()).prop_map(|(requests, tokens)| RateLimits { requests, tokens }))
}

fn step() -> impl Strategy<Value = Step> {
    let refusal = prop_oneof![3 => Just(Refusal::TooMany), 1 => Just(Refusal::Overloaded), 1 => Just(Refusal::Unreachable)];
    let asked = proptest::option::of((0u64..90_000).prop_map(Duration::from_millis));
    prop_oneof![
        6 => any::<u16>().prop_map(Step::Ask),
        4 => (any::<u8>(), limits()).prop_map(|(which, limits)| Step::Answer(which, limits)),
        2 => (any::<u8>(), refusal, asked, limits()).prop_map(|(which, why, asked, said)| Step::Refuse(which, why, asked, said)),
        1 => any::<u8>().prop_map(Step::End),
        4 => prop_oneof![0u64..50, 0u64..5_000, 0u64..600_000].prop_map(|ms| Step::Pass(Duration::from_millis(ms))),
    ]
}

fn pick(out: &mut Vec<Ticket>, which: u8) -> Option<Ticket> {
    (!out.is_empty()).then(|| out.swap_remove(usize::from(which) % out.len()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Whatever came before: places are kept, nobody is told to wait for an answer that cannot come, and a request goes
    /// within a bounded time, as long as limits told of may last, once what is out has come back.
    #[test]
    fn no_order_of_events_ends_in_a_deadlock(
        first in 1usize..40,
        more in 0usize..200,
        steps in proptest::collection::vec(step(), 0..200),
    ) {
        let bounds = Bounds { first, most: first + more, ..Bounds::default() };
        let mut controller = Controller::new(bounds);
        let (mut now, mut out) = (Duration::ZERO, Vec::new());
        for step in steps {
            match step {
                Step::Ask(prompt) => match controller.next(now, f64::from(prompt), None) {
                    Next::Go(ticket) => out.push(ticket),
                    Next::Wait(until, _) => prop_assert!(until > now),
                    Next::Full => prop_assert!(!out.is_empty(), "full with nothing out: {controller:?}"),
                },
                Step::Answer(which, limits) => {
                    if let Some(ticket) = pick(&mut out, which) {
                        controller.answered(now, &ticket, &Answered { tokens: Some(u64::from(which)), limits });
                    }
                }
                Step::Refuse(which, refusal, retry_after, limits) => {
                    if let Some(ticket) = pick(&mut out, which) {
                        controller.refused(now, &ticket, &Refused { refusal, retry_after, limits });
                    }
                }
                Step::End(which) => {
                    if pick(&mut out, which).is_some() {
                        controller.ended();
                    }
                }
                Step::Pass(time) => now += time,
            }
            prop_assert_eq!(controller.in_flight(), out.len());
            prop_assert!(controller.places() >= 1 && controller.places() <= controller.most());
        }
        for ticket in out {
            controller.answered(now, &ticket, &Answered::default());
        }
        let latest = now + Duration::from_secs(3 * 86_400);
        let mut tries = 0;
        loop {
            tries += 1;
            prop_assert!(tries < 1000 && now <= latest, "nothing goes: {controller:?}");
            match controller.next(now, 100.0, None) {
                Next::Go(_) => break,
                Next::Wait(until, _) => now = until,
                Next::Full => prop_assert!(false, "full with nothing out: {controller:?}"),
            }
        }
    }
}
