//! CodeElo and REFUTE through the program: ratings known by hand, the judging service, counterexamples in several steps.

#![allow(clippy::print_stderr)]

#[path = "../benchmarks/data/tests/judging_service/server.rs"]
#[allow(dead_code, reason = "the tests of the client use the rest")]
mod server;
mod support;

use serde_json::{Value, json};
use server::{Fault, Server, TOKEN};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use support::dialogue::Dialogue;
use support::{Desk, Ran};

/// Whether both guests are installed; says so where they are not.
fn has_guests() -> bool {
    let there = proctor_sandbox::SandboxConfig::discover().is_some_and(|config| config.has_python() && config.has_clang());
    if !there {
        eprintln!("skipped: the guests are not installed (`proctor setup`)");
    }
    there
}

/// Two contests of 201 people who are all rated 1500. In the first, with points, the i-th person has 3010 − 10·i. In the
/// second, without, 50 people solved two problems, the next hundred one with i − 50 minutes of penalty, the others none.
fn data(folder: &Path) {
    let problem = |id: &str, word: &str| {
        json!({"problem_id": id, "title": word, "description": format!("Print the number after n, for {word}."), "input": "n", "output": "n + 1",
            "rating": 800, "tags": ["math"], "time_limit_ms": 1000, "memory_limit_mb": 256, "checker": "tokens",
            "examples": [["1\n", "2\n"]], "tests": [{"input": "1\n", "output": "2\n"}, {"input": "9\n", "output": "10\n"}]})
    };
    let problems =
        [("900A", "apples"), ("900B", "bricks"), ("901A", "cats"), ("901B", "dogs")].map(|(id, word)| problem(id, word));
    let lines: Vec<String> = problems.iter().map(Value::to_string).collect();
    std::fs::write(folder.join("problems.jsonl"), lines.join("\n")).expect("written");
    let changes: Vec<Value> = (0..201).map(|i| json!([format!("p{i}"), 1500])).collect();
    let with_points: Vec<Value> = (0..201).map(|i| json!([format!("p{i}"), 3010 - 10 * i, 0])).collect();
    let solved = |i: i64| {
        if i < 50 {
            json!([format!("p{i}"), 2, i])
        } else {
            json!([format!("p{i}"), i64::from(i < 150), (i - 50) * i64::from(i < 150)])
        }
    };
    let without: Vec<Value> = (0..201).map(solved).collect();
    let contest = |id: i64, name: &str, problems: Value, rows: Vec<Value>| {
        json!({"contest_id": id, "name": name, "standings": {"problems": problems, "rows": rows}, "rating_changes": changes.clone()}).to_string()
    };
    let first = json!([{"contestId": 900, "index": "A", "points": 500}, {"contestId": 900, "index": "B", "points": 1000}]);
    let second = json!([{"contestId": 901, "index": "A"}, {"contestId": 901, "index": "B"}]);
    let contests = [contest(900, "Round (Div. 2)", first, with_points), contest(901, "Round (Div. 3)", second, without)];
    std::fs::write(folder.join("contests.jsonl"), contests.join("\n")).expect("written");
    std::fs::write(folder.join("sorted_ratings.json"), "[1000, 1500, 1600, 2000]").expect("written");
}

const RIGHT: &str = "print(int(input()) + 1)";
const WRONG: &str = "print(2)";
const RIGHT_CPP: &str = "#include <bits/stdc++.h>\nint main() { long long n; std::cin >> n; std::cout << n + 1; }";

/// What the model answers to a problem the `turn`-th time, from 0: apples at the second attempt, bricks at the third, cats
/// at the fourth, dogs never.
fn answer(question: &str, turn: usize) -> String {
    let first = ["apples", "bricks", "cats"].iter().position(|word| question.contains(word)).map(|place| place + 1);
    let right = first.is_some_and(|first| turn >= first);
    match (right, turn % 2) {
        (true, 0) => format!("So it is.\n```cpp\n{RIGHT_CPP}\n```"),
        (true, _) => format!("```python\n{RIGHT}\n```"),
        (false, _) if question.contains("dogs") && turn == 5 => "I do not know.".into(),
        (false, _) => format!("```python\n{WRONG}\n```"),
    }
}

fn contestant() -> Dialogue {
    let turns: Mutex<HashMap<String, usize>> = Mutex::default();
    Dialogue::start(move |_, question| {
        let mut turns = turns.lock().expect("not poisoned");
        let turn = turns.entry(question.to_owned()).or_default();
        *turn += 1;
        Ok(answer(question, *turn - 1))
    })
}

fn arguments<'a>(url: &'a str, data: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["run", "codeelo", "-m", "openai-api/local/m", "--base-url", url, "--data", data];
    arguments.extend(["--concurrency", "1", "--format", "json"]);
    arguments.extend(more);
    arguments
}

fn metric(ran: &Ran, name: &str, stratum: Option<&str>) -> f64 {
    let summary = ran.json("proctor.summary/1");
    let metrics = summary["runs"][0]["metrics"].as_array().expect("metrics").clone();
    let is = |metric: &&Value| metric["name"] == name && metric["stratum"].as_str() == stratum;
    metrics
        .iter()
        .find(is)
        .and_then(|metric| metric["value"].as_f64())
        .unwrap_or_else(|| panic!("{name} {stratum:?} in {metrics:#?}"))
}

/// 900: 500 − 50 and 1000 − 100 make 1350 points; 167 people have as many. The expected place 1 + 201/(1 + 10^(d/400)) is at
/// least 167 up to d = −270.4. 901: one problem, 30 minutes; 50 people have two, 31 one with at most 30 minutes: 81; d = 71.9.
fn check_ratings(ran: &Ran) {
    assert_eq!(metric(ran, "rating", Some("contest 900")), 1229.0);
    assert_eq!(metric(ran, "rating", Some("contest 901")), 1571.0);
    assert_eq!(metric(ran, "rating", Some("Div. 3")), 1571.0);
    assert_eq!(metric(ran, "rating", None), 1400.0);
    assert_eq!(metric(ran, "percentile among people", None), 0.25);
}

#[test]
fn a_rating_known_by_hand() {
    if !has_guests() {
        return;
    }
    let (endpoint, desk, folder) = (contestant(), Desk::new(), tempfile::tempdir().expect("a folder"));
    data(folder.path());
    let place = folder.path().display().to_string();
    let mut command = desk.command(&arguments(&endpoint.url, &place, &[]));
    let ran = Ran::from(command.env("LOCAL_API_KEY", "any").output().expect("it starts")).expect(0);
    check_ratings(&ran);
    assert_eq!(endpoint.asked("m"), 32);
    // 7, 6, 5 and 0 of 8 attempts are accepted.
    assert_eq!(metric(&ran, "pass@1", None), 18.0 / 32.0);
    assert_eq!(metric(&ran, "pass@8", None), 0.75);
    // In random order apples are solved at once with probability 7/8: some ratings are better, some worse.
    assert!(metric(&ran, "expected rating", None) > 1400.0);
    // The stored run has its rating without being told where the contests lie.
    let report = desk.proctor(&["report", "-o", "-"]).expect(0).stdout;
    assert!(report.contains("rating") && report.contains("1,400") && report.contains("1,229"), "{report}");
}

fn service(runtime: &tokio::runtime::Runtime) -> Server {
    let server = runtime.block_on(Server::start());
    let said = [(RIGHT, "AC"), (RIGHT_CPP, "AC"), (WRONG, "WA")];
    server.with(|served| {
        served.verdicts = said.iter().map(|(code, word)| ((*code).to_owned(), vec![json!("TESTING"), json!(word)])).collect();
    });
    server
}

fn with_service(desk: &Desk, arguments: &[&str], server: &Server, token: &str) -> std::process::Command {
    let mut command = desk.command(arguments);
    command.env("LOCAL_API_KEY", "any").env("CODEELO_BASE_URL", server.url()).env("CODEELO_TOKEN", token);
    command
}

#[test]
fn the_judging_service_judges_and_nothing_is_submitted_twice() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let (server, endpoint) = (service(&runtime), contestant());
    let (desk, folder) = (Desk::new(), tempfile::tempdir().expect("a folder"));
    data(folder.path());
    let place = folder.path().display().to_string();
    let arguments = arguments(&endpoint.url, &place, &["-B", "judge=service", "--grade-concurrency", "16"]);

    // Without access nothing is asked.
    let ran = desk.proctor(&arguments).expect(2);
    assert!(ran.stderr.contains("CODEELO_BASE_URL is not set"), "{}", ran.stderr);
    let ran = Ran::from(with_service(&desk, &arguments, &server, "wrong").output().expect("it starts")).expect(7);
    assert!(ran.stderr.contains("401") && !ran.stderr.contains("wrong-"), "{}", ran.stderr);
    assert_eq!(endpoint.asked("m"), 0);

    let ran = Ran::from(with_service(&desk, &arguments, &server, TOKEN).output().expect("it starts")).expect(0);
    check_ratings(&ran);
    assert!(!ran.stdout.contains(TOKEN) && !ran.stderr.contains(TOKEN));
    check_submissions(&server);
    // The same again asks and submits nothing.
    let calls = server.calls("/submit_code");
    check_ratings(&Ran::from(with_service(&desk, &arguments, &server, TOKEN).output().expect("it starts")).expect(0));
    assert_eq!((endpoint.asked("m"), server.calls("/submit_code")), (32, calls));
}

/// Each program went out once for its problem, under the model's name.
fn check_submissions(server: &Server) {
    let submitted = server.with(|served| served.submitted.clone());
    let mut distinct: Vec<String> =
        submitted.iter().map(|sent| format!("{} {} {}", sent["prob"], sent["lang"], sent["code"])).collect();
    distinct.sort();
    let all = distinct.len();
    distinct.dedup();
    assert!(all > 0 && distinct.len() == all, "submitted twice: {distinct:?}");
    assert!(submitted.iter().all(|sent| sent["tag"] == "m"), "{submitted:?}");
}

#[test]
fn a_killed_run_goes_on_asking_for_its_verdicts() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let (server, endpoint) = (service(&runtime), contestant());
    let (desk, folder) = (Desk::new(), tempfile::tempdir().expect("a folder"));
    data(folder.path());
    let place = folder.path().display().to_string();
    let arguments = arguments(&endpoint.url, &place, &["-B", "judge=service", "--grade-concurrency", "16"]);
    // A run that is killed while its programs are being judged …
    server.with(|served| served.verdicts.values_mut().for_each(|said| said.truncate(1)));
    let mut child =
        with_service(&desk, &arguments, &server, TOKEN).stdout(std::process::Stdio::null()).spawn().expect("it starts");
    let started = Instant::now();
    while server.calls("/check_status") == 0 && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert!(server.calls("/check_status") > 0, "it was killed before it submitted anything");
    // … goes on asking for the verdicts it has not got.
    server.with(|served| {
        for (code, said) in &mut served.verdicts {
            *said = vec![json!(if code == WRONG { "WA" } else { "AC" })];
        }
    });
    let ran = Ran::from(with_service(&desk, &arguments, &server, TOKEN).output().expect("it starts"));
    check_submissions(&server);
    // A program that was on its way when the run was killed may have been taken: it is told, never sent again.
    assert!([0, 3].contains(&ran.code), "{}", ran.stderr);
}

#[test]
fn a_program_that_may_have_been_submitted_is_not_sent_again() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let (server, endpoint) = (service(&runtime), contestant());
    let (desk, folder) = (Desk::new(), tempfile::tempdir().expect("a folder"));
    data(folder.path());
    let place = folder.path().display().to_string();
    let arguments = arguments(&endpoint.url, &place, &["-B", "judge=service", "--sample", "900A", "-n", "1"]);
    server.fault("/submit_code", &[Fault::Status(502, None, "gone".into())]);
    for _ in 0..2 {
        let ran = Ran::from(with_service(&desk, &arguments, &server, TOKEN).output().expect("it starts")).expect(3);
        assert_eq!(server.calls("/submit_code"), 1, "{}", ran.stderr);
    }
    // Somebody looked on the platform: it is not there. The journal's line goes, and the program is sent.
    std::fs::write(desk.path(".proctor/submissions.jsonl"), "").expect("written");
    Ran::from(with_service(&desk, &arguments, &server, TOKEN).output().expect("it starts")).expect(0);
    assert_eq!(server.with(|served| served.submitted.len()), 1);
}

fn action(name: &str, code: &str) -> String {
    format!("<action>\n<name>{name}</name>\n<code>\n{code}\n</code>\n<lang>Python 3</lang>\n</action>")
}

/// Runs a program, answers with an invalid input, and then with one that breaks the wrong program.
#[test]
fn an_agent_runs_programs_and_is_told_what_is_wrong() {
    if !has_guests() {
        return;
    }
    let endpoint = Dialogue::start(|_, last| {
        Ok(match last {
            last if last.contains("It printed:\n5") => action("print_fail_case", "print('three', 4)"),
            last if last.contains("not valid") => action("print_fail_case", "print(2000000000, 2000000000)"),
            _ => format!(
                "{}\n{}",
                action("run_code", "print(sum(map(int, input().split())))"),
                action("input_print", "print(2, 3)")
            ),
        })
    });
    let desk = Desk::new();
    let arguments =
        ["run", "refute:agent", "-m", "openai-api/local/m", "--base-url", &endpoint.url, "--sample", "1A/1", "--format", "json"];
    let mut command = desk.command(&arguments);
    let ran = Ran::from(command.env("LOCAL_API_KEY", "any").output().expect("it starts")).expect(0);
    assert_eq!((endpoint.asked("m"), metric(&ran, "success (strict)", None)), (3, 1.0));
}

#[test]
fn inputs_as_they_stand_are_graded() {
    if !has_guests() {
        return;
    }
    let desk = Desk::new();
    let rows = [
        json!({"problem_id": "1A/1", "input": "2000000000 2000000000\n"}),
        json!({"problem_id": "1A/2", "input": "1 1\n"}),
        json!({"problem_id": "1B/1", "input": "not an input"}),
        json!({"problem_id": "1B/2", "answer": action("print_fail_case", "print(1 +")}),
    ];
    let text: Vec<String> = rows.iter().map(Value::to_string).collect();
    std::fs::write(desk.path("answers.jsonl"), text.join("\n")).expect("written");
    let ran = desk.proctor(&["grade", "answers.jsonl", "-b", "refute", "--format", "json"]).expect(0);
    assert_eq!(metric(&ran, "success (official)", None), 0.25);
    for category in ["outputs_agree", "invalid_input", "generator_error"] {
        assert_eq!(metric(&ran, category, None), 0.25, "{category}");
    }
}

#[test]
fn ratings_of_verdicts_from_elsewhere() {
    let (desk, folder) = (Desk::new(), tempfile::tempdir().expect("a folder"));
    data(folder.path());
    let verdicts =
        json!({"900A": ["WA", "AC"], "900B": ["RE", "WA", "AC"], "901A": ["WA", "WA", "No code", "AC", "WA"], "901B": ["WA"]});
    std::fs::write(desk.path("verdicts.json"), verdicts.to_string()).expect("written");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (contests, people) = (file("contests.jsonl"), file("sorted_ratings.json"));
    let arguments = ["rate", &contests, "--verdicts", "verdicts.json", "--people", &people, "--format", "json"];
    let rated = desk.proctor(&arguments).expect(0).json("proctor.ratings/1");
    assert_eq!((rated["rating"].as_f64(), rated["percentile"].as_f64()), (Some(1400.0), Some(25.0)));
    assert_eq!((rated["contests"][0]["rank"].as_u64(), rated["contests"][1]["penalty"].as_f64()), (Some(167), Some(30.0)));
    assert!(desk.proctor(&["rate", &contests]).expect(2).stderr.contains("--verdicts"));
    let vectors = support::root().join("../shared/data/codeelo/rating_vectors.json");
    if !vectors.is_file() {
        eprintln!("skipped: {} is not there", vectors.display());
        return;
    }
    let (vectors, people) =
        (vectors.display().to_string(), vectors.with_file_name("sorted_ratings.json.gz").display().to_string());
    desk.proctor(&["rate", &vectors, "--people", &people, "--check"]).expect(0);
}
