//! The client of the judging service against a local server that behaves like it: queue, verdicts, and every failure.

mod server;

use proctor_data::judging_service::*;
use serde_json::{Value, json};
use server::{Fault, Server, TOKEN};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const CPP: u32 = 91;

fn patience() -> Patience {
    let short = Duration::from_millis(3);
    Patience {
        tries: 3,
        pause: short,
        longest_pause: Duration::from_secs(2),
        call: Some(Duration::from_millis(300)),
        first_poll: short,
        longest_poll: short * 2,
        judging: Duration::from_millis(400),
    }
}

fn access(base: &str, token: &str) -> Result<ServiceAccess, ServiceError> {
    ServiceAccess::from_variables(|name| match name {
        "CODEELO_BASE_URL" => Some(base.to_owned()),
        "CODEELO_TOKEN" => Some(token.to_owned()),
        _ => None,
    })
}

fn service(server: &Server) -> JudgingService {
    JudgingService::new(&access(&server.url(), TOKEN).unwrap(), patience()).unwrap()
}

fn submission(code: &str) -> ServiceSubmission {
    ServiceSubmission { problem: "2000A".into(), language: CPP, code: code.into(), tag: "a model".into() }
}

fn program(code: &str) -> ServiceAttempt {
    ServiceAttempt::Program { language: CPP, code: code.into() }
}

fn status(status: u16, after: Option<&'static str>) -> Fault {
    Fault::Status(status, after, format!("trouble with {TOKEN}"))
}

#[tokio::test]
async fn calls_have_the_shapes_of_the_protocol() {
    let server = Server::start().await;
    let service = service(&server);
    assert_eq!(service.hello().await.unwrap(), "good morning");
    service.check_auth().await.unwrap();
    let problems = service.problems(2000, true).await.unwrap();
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].problem.as_str(), problems[0].title.as_str()), ("2000A", "Sum"));
    let shown: Vec<_> = problems[0].sections.iter().map(|section| (section.title.as_str(), section.html.as_str())).collect();
    assert_eq!(shown, [("", "<p>Add two numbers.</p>"), ("Input", "<p>Two numbers.</p>")]);
    assert_eq!(service.problems(7, false).await.unwrap(), []);
    assert_eq!(service.submit(&submission("int main() {}")).await.unwrap(), "0");
    let expected = json!({"prob": "2000A", "lang": 91, "code": "int main() {}", "tag": "a model"});
    server.with(|served| {
        assert_eq!(served.submitted, [expected]);
        let calls: Vec<_> = served.calls.iter().map(|(path, query, token)| (&**path, &**query, token.as_deref())).collect();
        // The token goes verbatim, and not with the greeting.
        let token = Some(TOKEN);
        let wanted = [
            ("/", "", None),
            ("/check_auth", "", token),
            ("/get_all_problems", "cid=2000 update=True", token),
            ("/get_all_problems", "cid=7 update=False", token),
            ("/submit_code", "", token),
        ];
        assert_eq!(calls, wanted);
    });
}

#[tokio::test]
async fn attempts_are_judged_in_their_order_and_verdicts_waited_for() {
    let server = Server::start().await;
    let verdicts: [(&str, &[Value]); 4] = [
        ("slow", &[json!(""), json!("IN_QUEUE"), json!(null), json!("Testing"), json!("news to us"), json!("AC")]),
        ("fast", &[json!("WA")]),
        ("long", &[json!("running"), json!("TIME_LIMIT_EXCEEDED")]),
        ("right", &[json!("AC")]),
    ];
    server.with(|served| {
        served.verdicts = verdicts.iter().map(|(code, said)| ((*code).to_owned(), said.to_vec())).collect();
        served.texts = true;
    });
    let attempts = BTreeMap::from([
        ("2000A".to_owned(), vec![program("fast"), ServiceAttempt::NoCode, ServiceAttempt::Error, program("slow")]),
        ("2000B".to_owned(), vec![program("long"), program("right")]),
    ]);
    let judged = judge_attempts(&service(&server), "m", &attempts, 4).await.unwrap();
    let numbered = judged.iter().map(|attempt| attempt.submission.is_some()).collect::<Vec<_>>();
    assert_eq!(numbered, [true, false, false, true, true, true]);
    let verdicts = verdicts_of(&judged).unwrap();
    assert_eq!(verdicts["2000A"], ["WA", "No code", "Error", "AC"]);
    assert_eq!(verdicts["2000B"], ["TLE", "AC"]);
    // Pseudo-verdicts are never sent nor asked about.
    assert_eq!(server.with(|served| served.submitted.len()), 4);
}

#[tokio::test]
async fn a_submission_that_stays_in_the_queue_is_no_failure() {
    let server = Server::start().await;
    for last in ["TESTING", "a new word", "ac"] {
        server.with(|served| served.verdicts = BTreeMap::from([("x".to_owned(), vec![json!(last)])]));
        let attempts = BTreeMap::from([("2000A".to_owned(), vec![program("x")])]);
        let started = Instant::now();
        let judged = judge_attempts(&service(&server), "m", &attempts, 1).await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(5));
        assert!(judged[0].submission.is_some(), "it can be asked for later");
        let error = verdicts_of(&judged).unwrap_err();
        assert!(matches!(&error, ServiceError::Unfinished { last: said, .. } if said == last), "{error}");
    }
}

#[tokio::test]
async fn questions_are_repeated_and_programs_are_not_sent_twice() {
    let server = Server::start().await;
    let service = service(&server);
    for fault in [status(500, None), status(502, None), status(429, Some("0")), status(503, Some("1")), Fault::Hangs] {
        server.fault("/check_auth", std::slice::from_ref(&fault));
        service.check_auth().await.unwrap();
    }
    // What the service has refused to take is sent again.
    server.fault("/submit_code", &[status(429, Some("0")), status(503, Some("0"))]);
    assert_eq!(service.submit(&submission("a")).await.unwrap(), "0");
    // What it may have taken is not.
    for fault in [status(500, None), status(504, None), Fault::Hangs] {
        let before = server.calls("/submit_code");
        server.fault("/submit_code", &[fault]);
        let error = service.submit(&submission("b")).await.unwrap_err();
        assert!(matches!(error, ServiceError::Uncertain(_)), "{error}");
        assert_eq!(server.calls("/submit_code"), before + 1);
    }
}

/// An error of the kind that `fits` comes in time, after `calls`, and shows no token.
async fn fails(path: &'static str, faults: &[Fault], calls: usize, fits: fn(&ServiceError) -> bool) {
    let server = Server::start().await;
    server.fault(path, faults);
    let (service, started) = (service(&server), Instant::now());
    let error = match path {
        "/" => service.hello().await.unwrap_err(),
        "/check_auth" => service.check_auth().await.unwrap_err(),
        "/get_all_problems" => service.problems(2000, false).await.unwrap_err(),
        "/submit_code" => service.submit(&submission("x")).await.unwrap_err(),
        _ => service.status("0").await.unwrap_err(),
    };
    assert!(fits(&error), "{path}: {error:?}");
    assert_eq!(server.calls(path), calls, "{path}: {error}");
    assert!(started.elapsed() < Duration::from_secs(10), "{path}: {:?}", started.elapsed());
    let told = format!("{error} {error:?}");
    assert!(!told.contains(TOKEN) && !told.contains('\n'), "{told}");
}

#[tokio::test]
async fn every_failure_ends_in_time_with_a_sentence() {
    let denied: fn(&ServiceError) -> bool = |error| matches!(error, ServiceError::Denied(_));
    let busy: fn(&ServiceError) -> bool = |error| matches!(error, ServiceError::Busy(_));
    let unreachable: fn(&ServiceError) -> bool = |error| matches!(error, ServiceError::Unreachable(_));
    let malformed: fn(&ServiceError) -> bool = |error| matches!(error, ServiceError::Malformed(_));
    let refused: fn(&ServiceError) -> bool = |error| matches!(error, ServiceError::Refused(_));
    fails("/check_auth", &[status(401, None)], 1, denied).await;
    fails("/submit_code", &[status(403, None)], 1, denied).await;
    fails("/check_status", &[status(429, Some("3600"))], 1, busy).await;
    fails("/submit_code", &[status(429, Some("0")), status(429, None), status(429, Some("Wed, 21 Oct"))], 3, busy).await;
    fails("/", &[Fault::Hangs, Fault::Hangs, Fault::Hangs], 3, unreachable).await;
    fails("/check_status", &[status(500, None), status(502, None), status(503, None)], 3, unreachable).await;
    fails("/check_status", &[status(404, None)], 1, refused).await;
    for body in
        ["", "nonsense", "[]", "\"failed after 3 retries\"", "{}", "{\"submission_id\": null}", "{\"submission_id\": [1]}"]
    {
        fails("/submit_code", &[Fault::Says(body)], 1, malformed).await;
    }
    for body in ["<html>", "null", "{}", "{\"status_canonical\": 7}"] {
        fails("/check_status", &[Fault::Says(body)], 1, malformed).await;
    }
    for body in ["{}", "{\"problems\": 1}", "{\"problems\": [{\"prob\": \"2000A\", \"json_str\": \"{\"}]}"] {
        fails("/get_all_problems", &[Fault::Says(body)], 1, malformed).await;
    }
    // Nobody listens.
    let nobody = JudgingService::new(&access("http://127.0.0.1:1", TOKEN).unwrap(), patience()).unwrap();
    assert!(unreachable(&nobody.submit(&submission("x")).await.unwrap_err()));
}

/// A listener that reads a request, sends `answer`, drips on byte by byte where `drips`, and hangs up.
async fn raw(answer: &'static [u8], drips: bool) -> JudgingService {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = line.read(&mut [0; 4096]).await;
                let _ = line.write_all(answer).await;
                while drips && line.write_all(b" ").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
        }
    });
    JudgingService::new(&access(&url, TOKEN).unwrap(), patience()).unwrap()
}

#[tokio::test]
async fn answers_that_break_off_or_never_end() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"submission_id\": 1";
    for (answer, drips) in [(&b""[..], false), (half, false), (half, true), (b"garbage\r\n\r\n", false)] {
        let (service, started) = (raw(answer, drips).await, Instant::now());
        let error = service.submit(&submission("x")).await.unwrap_err();
        assert!(matches!(error, ServiceError::Uncertain(_)), "{error}");
        let error = service.status("1").await.unwrap_err();
        assert!(matches!(error, ServiceError::Unreachable(_)), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
    // A large answer is given up by its size.
    let server = Server::start().await;
    server.fault("/check_status", &[Fault::Status(200, None, "x".repeat(2 << 20))]);
    let error = service(&server).status("1").await.unwrap_err();
    assert!(matches!(&error, ServiceError::Malformed(told) if told.contains("bytes")), "{error}");
}

#[tokio::test]
async fn the_token_goes_nowhere_else() {
    let (server, other) = (Server::start().await, Server::start().await);
    server.fault("/check_auth", &[Fault::Moved(format!("{}/check_auth", other.url()))]);
    let error = service(&server).check_auth().await.unwrap_err();
    assert!(matches!(error, ServiceError::Malformed(_)), "{error}");
    assert_eq!(other.calls("/check_auth"), 0);
    // A wrong token stops everything before a program is sent, and a service that repeats it does not make it shown.
    let wrong = JudgingService::new(&access(&server.url(), "wrong-token").unwrap(), patience()).unwrap();
    let attempts = BTreeMap::from([("2000A".to_owned(), vec![program("x")])]);
    let error = judge_attempts(&wrong, "m", &attempts, 2).await.unwrap_err();
    assert!(matches!(&error, ServiceError::Denied(told) if !told.contains("wrong-token")), "{error}");
    assert_eq!(server.calls("/submit_code"), 0);
    assert!(!format!("{:?}", access(&server.url(), TOKEN).unwrap()).contains(TOKEN));
}

#[test]
fn address_and_token_are_read_in_one_place() {
    let check = |variables: &[(&str, &str)], wanted: Result<&str, &str>| {
        let look_up = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        match (ServiceAccess::from_variables(look_up), wanted) {
            (Ok(access), Ok(base)) => assert!(format!("{access:?}").contains(base), "{access:?}"),
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{error}");
                assert!(!error.to_string().contains("hush"), "{error}");
            }
            (found, wanted) => panic!("{variables:?}: {found:?}, not {wanted:?}"),
        }
    };
    check(&[("CODEELO_BASE_URL", "https://judge.example/"), ("CODEELO_TOKEN", "hush")], Ok("https://judge.example/"));
    check(&[("BASE_URL", "http://judge.example/api"), ("TOKEN", "hush")], Ok("http://judge.example/api/"));
    check(&[], Err("CODEELO_BASE_URL is not set"));
    check(&[("CODEELO_BASE_URL", "https://a.example")], Err("CODEELO_TOKEN is not set"));
    // A token never goes to an address that was meant for another.
    check(
        &[("CODEELO_BASE_URL", "https://a.example"), ("BASE_URL", "https://b.example"), ("TOKEN", "hush")],
        Err("CODEELO_TOKEN"),
    );
    check(&[("CODEELO_BASE_URL", "ftp://a.example"), ("CODEELO_TOKEN", "hush")], Err("not a plain address"));
    check(&[("CODEELO_BASE_URL", "judge"), ("CODEELO_TOKEN", "hush")], Err("not a plain address"));
    check(&[("CODEELO_BASE_URL", "https://me:hush@a.example"), ("CODEELO_TOKEN", "t")], Err("not a plain address"));
    check(&[("CODEELO_BASE_URL", "https://a.example"), ("CODEELO_TOKEN", "hush\nX: y")], Err("no header can carry"));
}

#[test]
fn statuses_are_read_as_the_platform_writes_them() {
    let check = |status: &str, verdict: Option<&str>| assert_eq!(ServiceStatus::parse(status).verdict(), verdict, "{status}");
    for word in ["AC", "WA", "TLE", "MLE", "RE", "CE", "ILE", "OLE", "PE"] {
        check(word, Some(word));
    }
    check("Wrong answer", Some("WA"));
    check("compilation-error", Some("CE"));
    check("RUNTIME_ERROR", Some("RE"));
    for word in ["", "TESTING", "in queue", "Running", "ac", "OK", "Accepted", "?"] {
        check(word, None);
    }
}

#[test]
fn a_journal_knows_what_was_submitted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("below/submissions.jsonl");
    let numbered = Submitted { submission: Some("7".into()), ..Submitted::default() };
    let judged = Submitted { verdict: Some("AC".into()), ..numbered.clone() };
    {
        let mut journal = Journal::open(&path).unwrap();
        journal.note("a", "2000A", Submitted::default()).unwrap();
        journal.note("a", "2000A", numbered.clone()).unwrap();
        journal.note("b", "2000B", numbered).unwrap();
        journal.note("b", "2000B", judged.clone()).unwrap();
        // Another process must not write to it at the same time.
        let error = Journal::open(&path).unwrap_err();
        assert!(matches!(&error, ServiceError::Input(told) if told.contains("in use")), "{error}");
    }
    // A crash cut the last line.
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{whole}{{\"key\": \"c")).unwrap();
    {
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(journal.get("a").and_then(|known| known.submission.clone()), Some("7".into()));
        assert_eq!((journal.get("b"), journal.get("c")), (Some(&judged), None));
        journal.note("d", "2000D", Submitted { refused: true, ..Submitted::default() }).unwrap();
    }
    assert!(Journal::open(&path).unwrap().get("d").unwrap().refused);
    std::fs::write(&path, "{\"key\": 1}\n").unwrap();
    let error = Journal::open(&path).unwrap_err();
    assert!(matches!(&error, ServiceError::Input(told) if told.contains("line 1")), "{error}");
}

/// Judges without effects of their own: only submitting matters here.
struct Nobody;

#[async_trait::async_trait]
impl proctor_core::Judges for Nobody {
    async fn run(&self, _: proctor_core::Program) -> Result<proctor_core::Execution, proctor_core::JudgeError> {
        Err(proctor_core::JudgeError::Unavailable("nothing is run here".into()))
    }

    fn provenance(&self, _: proctor_core::Needs) -> Value {
        json!({})
    }
}

#[tokio::test]
async fn judges_that_submit_tell_errors_apart() {
    use proctor_core::{JudgeError, Judges, Needs, Submission};
    let server = Server::start().await;
    server.with(|served| served.verdicts = BTreeMap::from([("x".to_owned(), vec![json!("TESTING"), json!("AC")])]));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("submissions.jsonl");
    let submission =
        |problem: &str| Submission { problem: problem.into(), language: CPP, source: "x".into(), author: "m".into() };
    let open = || ServiceJudges::new(std::sync::Arc::new(Nobody), service(&server), &journal).unwrap();
    {
        let judges = open();
        // Many at once with one program, and again after a restart: it goes out once.
        let a = submission("2000A");
        let said = futures::future::join_all((0..5).map(|_| judges.submit(&a))).await;
        assert!(said.iter().all(|said| said.as_ref().unwrap().verdict == "AC"), "{said:?}");
        let needs = Needs { service: true, ..Needs::default() };
        assert_eq!(judges.provenance(needs)["judging_service"], json!(format!("{}/", server.url())));
        assert_eq!(judges.provenance(Needs::default()), json!({}));
    }
    let judges = open();
    assert_eq!(judges.submit(&submission("2000A")).await.unwrap().submission, "0");
    assert_eq!(server.calls("/submit_code"), 1);
    // One that was refused may be sent again.
    server.fault("/submit_code", &[status(400, None)]);
    assert!(matches!(judges.submit(&submission("2000B")).await, Err(JudgeError::Failed(_))));
    assert_eq!(judges.submit(&submission("2000B")).await.unwrap().verdict, "AC");
    // One that may have been taken is not.
    server.fault("/submit_code", &[status(500, None)]);
    for _ in 0..2 {
        let error = judges.submit(&submission("2000C")).await.unwrap_err();
        assert!(matches!(&error, JudgeError::Failed(told) if !told.contains(TOKEN)), "{error}");
    }
    assert_eq!(server.calls("/submit_code"), 4);
    // A token that is no longer known, and a service that is down for everything, stop a run.
    server.fault("/submit_code", &[status(401, None)]);
    assert!(matches!(judges.submit(&submission("2000D")).await, Err(JudgeError::Endpoint(_))));
    let mut ended = false;
    for turn in 0..6 {
        server.fault("/check_status", &vec![status(503, None); 3]);
        ended |= matches!(judges.submit(&submission(&format!("3000{turn}"))).await, Err(JudgeError::Endpoint(_)));
    }
    assert!(ended);
}
