use crate::server::{Meter, RetryAfter, Server};
use crate::simulation::{Tally, permitted, simulate};
use proctor_engine::pacing::Bounds;

/// Requests in flight that the user allows.
const MOST: usize = 256;

fn bounds() -> Bounds {
    Bounds { first: 32, most: MOST, ..Bounds::default() }
}

/// Long enough for some thousand requests.
fn seconds_for(server: &Server) -> f64 {
    let minute = permitted(server.clone(), MOST, 60.0, 1).0.max(1) as f64;
    (60.0 * 6000.0 / minute).clamp(60.0, 7200.0)
}

/// A service without limits that answers in a tenth of a second.
fn plain() -> Server {
    Server {
        requests: None,
        tokens: None,
        places: None,
        knee: None,
        latency_s: 0.1,
        spread: 0.3,
        refusal_s: 0.02,
        headers: false,
        whole_seconds: false,
        late: false,
        retry_after: RetryAfter::Nothing,
        mean_tokens: 500.0,
        in_flight: 0,
        outage: None,
    }
}

fn bucket(per_s: f64, most: f64) -> Option<Meter> {
    Some(Meter::Bucket { per_s, most, level: most, filled: 0.0 })
}

fn period(most: f64, period_s: f64) -> Option<Meter> {
    Some(Meter::Period { most, period_s, used: 0.0, began: 0.0 })
}

fn refused_share(tally: &Tally) -> f64 {
    tally.refused as f64 / (tally.answered + tally.refused) as f64
}

/// Ten minutes, or as long as 10,000 permitted requests take: the beginning, in which limits are found out, counts.
fn long_for(server: &Server) -> f64 {
    let permitted = permitted(server.clone(), MOST, 600.0, 1).0.max(1) as f64;
    (600.0 * 10_000.0 / permitted).max(600.0)
}

#[test]
fn a_thousand_services_are_used_to_the_full_and_hardly_ever_refuse() {
    let one = |seed: u64| {
        let server = Server::random(seed);
        let seconds = long_for(&server);
        let (permitted, late) = permitted(server.clone(), MOST, seconds, seed);
        let tally = simulate(server.clone(), bounds(), seconds, seed);
        assert!(tally.late_answers > 0, "service {seed} was not asked any more: {server:?}");
        let share = |answered: u64, of: u64| (answered as f64 / of.max(1) as f64).min(1.0);
        (share(tally.answered, permitted), share(tally.late_answers, late), refused_share(&tally))
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get()) as u64;
    let tallies: Vec<(f64, f64, f64)> = std::thread::scope(|scope| {
        let part = |first: u64| scope.spawn(move || (first..1000).step_by(threads as usize).map(one).collect::<Vec<_>>());
        let parts: Vec<_> = (0..threads).map(part).collect();
        parts.into_iter().flat_map(|part| part.join().expect("it runs to its end")).collect()
    });
    let shares: Vec<f64> = tallies.iter().map(|t| t.0).collect();
    let steady: Vec<f64> = tallies.iter().map(|t| t.1).collect();
    let refusals: Vec<f64> = tallies.iter().map(|t| t.2).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let both = tallies.iter().filter(|t| t.0 >= 0.95 && t.2 <= 0.01).count();
    let within = |values: &[f64], good: &dyn Fn(f64) -> bool| values.iter().filter(|v| good(**v)).count();
    let summary = format!(
        "both at {both}; of the permitted: least {:.4}, mean {:.4}, in the second half {:.4}, 95 % at {}, in the second half at {}; refused: mean {:.4}, \
         1 % or less at {}, most {:.4}",
        shares.iter().copied().fold(1.0, f64::min),
        mean(&shares),
        mean(&steady),
        within(&shares, &|v| v >= 0.95),
        within(&steady, &|v| v >= 0.95),
        mean(&refusals),
        within(&refusals, &|v| v <= 0.01),
        refusals.iter().copied().fold(0.0, f64::max),
    );
    assert!(mean(&shares) >= 0.975 && mean(&steady) >= 0.97 && mean(&refusals) <= 0.005, "{summary}");
    assert!(both >= 915, "{summary}");
    // What the worst of them reach.
    assert!(shares.iter().all(|v| *v >= 0.45) && refusals.iter().all(|v| *v <= 0.08), "{summary}");
}

/// A service, what must be reached of what it permits, and how much it may refuse.
fn check(what: &str, server: Server, share: f64, refused: f64) {
    let seconds = seconds_for(&server);
    let (permitted, _) = permitted(server.clone(), MOST, seconds, 1);
    let tally = simulate(server, bounds(), seconds, 1);
    let reached = tally.answered as f64 / permitted as f64;
    assert!(reached >= share, "{what}: {reached:.3} of what is permitted");
    assert!(refused_share(&tally) <= refused, "{what}: {} of {} refused", tally.refused, tally.answered);
}

#[test]
fn well_known_kinds_of_services() {
    let headers = |server: Server| Server { headers: true, ..server };
    check("no limits", plain(), 0.95, 0.0);
    check("20 places", Server { places: Some(20), ..plain() }, 0.95, 0.01);
    check("500 a minute, refilled, told", headers(Server { requests: bucket(500.0 / 60.0, 500.0), ..plain() }), 0.95, 0.01);
    // Nothing tells that the bucket runs empty, and by then some hundred requests are on their way.
    check("500 a minute, refilled, not told", Server { requests: bucket(500.0 / 60.0, 500.0), ..plain() }, 0.95, 0.1);
    check("50 a minute, by the minute, told", headers(Server { requests: period(50.0, 60.0), ..plain() }), 0.95, 0.01);
    let tokens = Server { tokens: bucket(200_000.0 / 60.0, 200_000.0), ..plain() };
    check("200,000 tokens a minute, told", headers(tokens.clone()), 0.95, 0.01);
    check("200,000 tokens a minute, not told", tokens, 0.95, 0.1);
}

#[test]
fn more_in_flight_than_help_are_not_kept_waiting_at_the_service() {
    let server = Server { knee: Some(8.0), spread: 0.1, ..plain() };
    let (permitted, _) = permitted(server.clone(), MOST, 120.0, 1);
    let tally = simulate(server, bounds(), 120.0, 1);
    assert!(tally.answered as f64 >= 0.95 * permitted as f64, "{tally:?} of {permitted}");
    assert!(tally.late_latency_s < 0.5, "answers wait for each other: {tally:?}");
}

#[test]
fn a_breakdown_is_over_within_seconds() {
    for (places, latency_s, outage_s) in [(None, 0.1, 5.0), (Some(40), 0.5, 60.0), (None, 1.0, 300.0)] {
        let server = Server { places, latency_s, outage: Some((30.0, 30.0 + outage_s)), ..plain() };
        let whole = simulate(Server { outage: None, ..server.clone() }, bounds(), 60.0 + outage_s, 1);
        let tally = simulate(server, bounds(), 60.0 + outage_s, 1);
        let recovered = tally.recovered_s.expect("it is asked again");
        assert!(recovered <= 2.0 + 4.0 * latency_s, "the first answer after {recovered} s");
        // Ten seconds later all is as before: at least 80 % of what flows without any breakdown.
        let usual = whole.answered as f64 / (60.0 + outage_s) * 10.0;
        assert!(tally.after_outage as f64 >= 0.8 * usual, "{} answers, usually {usual}", tally.after_outage);
    }
}

#[test]
fn the_users_own_bounds_are_kept() {
    let minutes = 10.0;
    let own = Bounds { requests_per_minute: Some(120.0), ..bounds() };
    let tally = simulate(plain(), own, 60.0 * minutes, 1);
    assert!((1180..=1202).contains(&tally.answered), "{tally:?}");
    let own = Bounds { tokens_per_minute: Some(100_000.0), ..bounds() };
    let tally = simulate(plain(), own, 60.0 * minutes, 1);
    let a_minute = tally.tokens as f64 / minutes;
    assert!((95_000.0..=101_000.0).contains(&a_minute), "{a_minute} tokens a minute");
}
