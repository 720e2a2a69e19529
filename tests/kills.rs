//! `kill -9` at random moments: the resumed table is the undisturbed one, and nothing is paid for twice but what was in
//! flight. `PROCTOR_KILLS=200` kills 200 times; a few kills suffice for everyday.

mod support;

use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::faults::{Fault, Faulty, KEY};
use support::{Desk, Ran};

const IN_FLIGHT: usize = 8;
/// Answers that may be on their way to the disk.
const ON_THE_WAY: usize = 4;

fn kills() -> usize {
    std::env::var("PROCTOR_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10)
}

fn command(desk: &Desk, url: &str) -> Command {
    let in_flight = IN_FLIGHT.to_string();
    let mut command = desk.command(&["run", "tumlu:kazakh", "--epochs", "20", "-m", "openai-api/local/m", "--base-url", url]);
    command.args(["--concurrency", &in_flight, "--format", "json", "--quiet"]).env("LOCAL_API_KEY", KEY);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn to_the_end(desk: &Desk, url: &str) -> Ran {
    Ran::from(command(desk, url).output().expect("the program starts")).expect(0)
}

/// What a reader decides with, without times and ids.
fn table(ran: &Ran) -> Vec<Value> {
    let mut document = ran.json("proctor.summary/1");
    let runs = document["runs"].as_array_mut().expect("runs");
    for run in runs.iter_mut().filter_map(Value::as_object_mut) {
        for field in ["usage", "run", "created_at"] {
            run.remove(field);
        }
    }
    runs.clone()
}

/// Numbers in [0, 1), the same in every run of this test.
fn fraction(number: usize) -> f64 {
    (number as f64 * 0.618_033_988_749_895 + 0.11).fract()
}

#[test]
fn killed_again_and_again_a_run_loses_nothing_and_pays_for_nothing_twice() {
    let undisturbed = Faulty::start(Duration::from_millis(10), |_| Fault::None);
    let desk = Desk::new();
    let began = Instant::now();
    let wanted = table(&to_the_end(&desk, &undisturbed.url()));
    let takes = began.elapsed();
    let (attempts, most) = undisturbed.answers();
    assert!(attempts >= 100 && most == 20, "{attempts} answers, {most} to one question");

    let mut killed = 0;
    while killed < kills() {
        // One store, killed a few times, each time at another moment of its life, the making of the store included.
        let endpoint = Faulty::start(Duration::from_millis(10), |_| Fault::None);
        let desk = Desk::new();
        let mut here = 0;
        while here < 5 && killed < kills() {
            let mut child = command(&desk, &endpoint.url()).spawn().expect("the program starts");
            let share = if here == 0 { 0.2 * fraction(killed) } else { fraction(killed) };
            std::thread::sleep(takes.mul_f64(share));
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
            (here, killed) = (here + 1, killed + 1);
        }
        let resumed = to_the_end(&desk, &endpoint.url());
        assert_eq!(table(&resumed), wanted, "after {killed} kills");
        let (answers, _) = endpoint.answers();
        assert!(
            answers <= attempts + here * (IN_FLIGHT + ON_THE_WAY),
            "{answers} answers for {attempts} attempts and {here} kills"
        );
        let again = to_the_end(&desk, &endpoint.url());
        assert_eq!((table(&again), endpoint.answers().0), (wanted.clone(), answers), "a finished run asks nothing");
    }
}

#[test]
fn two_runs_killed_on_one_store_do_not_disturb_each_other() {
    let endpoint = Faulty::start(Duration::from_millis(5), |_| Fault::None);
    let desk = Desk::new();
    let other = |seed: &str| {
        let mut command = command(&desk, &endpoint.url());
        command.args(["--seed", seed]);
        command
    };
    for round in 0..kills().min(20) / 5 {
        let mut children = [other("1").spawn().expect("it starts"), other("2").spawn().expect("it starts")];
        std::thread::sleep(Duration::from_millis(80 + (400.0 * fraction(round)) as u64));
        for child in &mut children {
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
        }
    }
    let children = [other("1").spawn().expect("it starts"), other("2").spawn().expect("it starts")];
    let tables: Vec<_> =
        children.into_iter().map(|child| table(&Ran::from(child.wait_with_output().expect("it ends")).expect(0))).collect();
    assert_eq!(tables[0][0]["outcomes"], tables[1][0]["outcomes"]);
}
