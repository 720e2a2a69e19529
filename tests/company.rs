//! Several programs on one store at once: runs that begin together, resumes of one run, runs that are killed beside others,
//! readers beside a run that is killed. On a file and on a PostgreSQL server. `PROCTOR_KILLS=200` kills so often.

#![allow(clippy::print_stderr)]

#[path = "support/killing.rs"]
mod killing;
#[path = "support/postgres.rs"]
mod postgres;
mod support;

use killing::{IN_FLIGHT, Kept, PLACES, TAKES, fraction, kill, kills, settled, table};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use support::faults::{Fault, Faulty};
use support::{Desk, Ran};

fn start(mut command: Command) -> Child {
    command.spawn().expect("the program starts")
}

fn ended(child: Child) -> Ran {
    child.wait_with_output().expect("it ends").into()
}

/// The table of an undisturbed run, and how many attempts it has.
fn undisturbed(store: &Kept) -> (Vec<Value>, usize) {
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    let table = table(&store.to_the_end(&Desk::new(), &endpoint.url()));
    (table, endpoint.answers().0)
}

/// Starts the same run several times at once: one of them does it, the others say who does.
fn one_of_several(store: &Kept, desk: &Desk, endpoint: &Faulty, wanted: &[Value]) {
    let children: Vec<Child> = (0..4).map(|_| start(store.command(desk, &endpoint.url()))).collect();
    let mut done = 0;
    for ran in children.into_iter().map(ended) {
        if ran.code == 0 {
            assert_eq!(table(&ran), wanted);
            done += 1;
            continue;
        }
        let errors: Vec<&str> = ran.stderr.lines().collect();
        let refused =
            matches!(errors[..], [one] if one.starts_with("error: run ") && one.contains("is being worked on by process "));
        assert!(refused && ran.code == 6, "{}: {}", ran.code, ran.stderr);
    }
    assert!(done >= 1, "nobody did it");
}

#[test]
fn runs_that_begin_at_once_on_a_new_store_are_one_run() {
    for (name, place) in PLACES {
        let Some(first) = place() else { continue };
        let (wanted, attempts) = undisturbed(&first);
        for _ in 0..3 {
            let Some(store) = place() else { continue };
            let endpoint = Faulty::start(TAKES, |_| Fault::None);
            one_of_several(&store, &Desk::new(), &endpoint, &wanted);
            assert_eq!(endpoint.answers().0, attempts, "in {name}: nothing is asked twice");
        }
    }
}

#[test]
fn resumes_that_begin_at_once_are_one_resume() {
    for (name, place) in PLACES {
        let (Some(first), Some(store)) = (place(), place()) else { continue };
        let (wanted, attempts) = undisturbed(&first);
        let endpoint = Faulty::start(TAKES, |_| Fault::None);
        let desk = Desk::new();
        let child = start(store.command(&desk, &endpoint.url()));
        while endpoint.answers().0 < attempts / 5 {
            std::thread::sleep(Duration::from_millis(2));
        }
        kill(child);
        settled(&endpoint);
        let lost = endpoint.answers().0 - store.answers(&desk);
        assert!(lost <= IN_FLIGHT, "in {name}: {lost} answers lost by one kill");
        one_of_several(&store, &desk, &endpoint, &wanted);
        assert_eq!(endpoint.answers().0, attempts + lost, "in {name}: nothing is asked twice but what was in flight");
    }
}

/// Four runs work on one store, and each of them is killed now and then.
#[test]
fn runs_that_are_killed_beside_others_disturb_nobody() {
    const SEEDS: [&str; 4] = ["1", "2", "3", "4"];
    for (name, place) in PLACES {
        let Some(first) = place() else { continue };
        let (wanted, attempts) = undisturbed(&first);
        let all = SEEDS.len() * attempts;
        let (mut number, mut in_the_middle, mut twice) = (0, 0, 0);
        while number < kills() {
            let Some(store) = place() else { continue };
            let endpoint = Faulty::start(TAKES, |_| Fault::None);
            let desk = Desk::new();
            let begin = |seed: &str| {
                let mut command = store.command(&desk, &endpoint.url());
                command.args(["--seed", seed]);
                start(command)
            };
            let mut running: Vec<Child> = SEEDS.map(begin).into();
            let mut here = 0;
            for _ in 0..10 {
                std::thread::sleep(TAKES.mul_f64(20.0 * fraction(number)));
                let seed = (fraction(number + 1000) * SEEDS.len() as f64) as usize;
                let mut child = running.remove(seed);
                here += usize::from(child.try_wait().expect("it can be asked").is_none());
                kill(child);
                running.insert(seed, begin(SEEDS[seed]));
                number += 1;
            }
            for (child, seed) in running.into_iter().zip(SEEDS) {
                assert_eq!(table(&ended(child).expect(0)), wanted, "in {name}, seed {seed}, after {number} kills");
            }
            let (answers, most) = (endpoint.answers().0, all + here * IN_FLIGHT);
            assert!((all..=most).contains(&answers), "in {name}: {answers} answers for {all} attempts and {here} kills");
            (in_the_middle, twice) = (in_the_middle + here, twice + answers - all);
        }
        eprintln!("in {name}: {in_the_middle} of {number} kills met a run beside others, {twice} answers paid for twice");
    }
}

/// Tables, exports, pages and a view are made all the while.
#[test]
fn readers_beside_a_run_that_is_killed_are_never_refused() {
    for (name, place) in PLACES {
        let (Some(first), Some(store)) = (place(), place()) else { continue };
        let (wanted, attempts) = undisturbed(&first);
        let endpoint = Faulty::start(TAKES, |_| Fault::None);
        let desk = Desk::new();
        let with = |arguments: &[&str]| {
            let mut command = desk.command(arguments);
            command.args(store.arguments()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        };
        let few = Ran::from(with(&["run", "tumlu:kazakh", "--limit", "1", "-m", "mock/echo", "-q"]).output().expect("it starts"));
        few.expect(0);
        let mut view = start(with(&["view", "--no-open", "--port", "0"]));
        let mut address = String::new();
        BufReader::new(view.stdout.take().expect("piped")).read_line(&mut address).expect("an address");
        assert!(address.starts_with("http://"), "{address}");

        let (over, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let verbs: [&[&str]; 4] = [
                    &["list", "runs", "--format", "json"],
                    &["export", "--format", "csv"],
                    &["report", "-o", "page.html"],
                    &["leaderboard", "--format", "json"],
                ];
                for verb in verbs.iter().cycle() {
                    if over.load(Ordering::SeqCst) {
                        break;
                    }
                    Ran::from(with(verb).output().expect("the program starts")).expect(0);
                    reads.fetch_add(1, Ordering::SeqCst);
                }
            });
            for number in 0..kills().min(20) {
                let child = start(store.command(&desk, &endpoint.url()));
                let before = endpoint.answers().0;
                // Some are read beside it, and some answers come, until there are none left.
                let (read, mut rounds) = (reads.load(Ordering::SeqCst), 0);
                while reads.load(Ordering::SeqCst) == read || endpoint.answers().0 == before && rounds < 200 {
                    std::thread::sleep(Duration::from_millis(5));
                    rounds += 1;
                }
                std::thread::sleep(TAKES.mul_f64(fraction(number)));
                kill(child);
            }
            over.store(true, Ordering::SeqCst);
        });
        settled(&endpoint);
        assert!(view.try_wait().expect("it can be asked").is_none(), "the view has ended");
        kill(view);
        let lost = endpoint.answers().0 - store.answers(&desk);
        assert!(lost <= kills().min(20) * IN_FLIGHT, "in {name}: {lost} answers lost");
        assert_eq!(table(&store.to_the_end(&desk, &endpoint.url())), wanted, "in {name}");
        assert_eq!(endpoint.answers().0, attempts + lost, "in {name}");
        eprintln!("in {name}: {} readings beside runs that were killed", reads.load(Ordering::SeqCst));
    }
}
