//! TLS with certificates good and bad, and proxies: everything is answered or told in one sentence, and neither the key
//! nor a proxy's password is ever shown.

#[path = "support/secure.rs"]
mod secure;
mod support;

use secure::{Authority, Flaw, Gate, Proxy, Secured};
use std::time::Duration;
use support::faults::{Fault, Faulty};
use support::watched::{command, finish, graded, no_secret};
use support::{Desk, Ran};

const QUESTIONS: usize = 4;
const PASSWORD: &str = "pr0xy-S3cret";
/// `me:pr0xy-S3cret` in base 64.
const ENCODED: &str = "bWU6cHIweHktUzNjcmV0";

/// An endpoint behind TLS for `host` on this machine, asked by a program that trusts the authority.
fn asked(host: &str, flaw: Flaw, trusted: bool, more: &[&str]) -> (Ran, Faulty) {
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    let authority = Authority::new();
    let secured = Secured::start(&authority, host, flaw, endpoint.port);
    let desk = Desk::new();
    authority.write(&desk.path("authority.pem"));
    let mut command = command(&desk, &format!("https://{host}:{}/v1", secured.port), QUESTIONS, more);
    if trusted {
        command.env("SSL_CERT_FILE", desk.path("authority.pem"));
    }
    (finish(&desk, command), endpoint)
}

#[test]
fn a_certificate_of_a_trusted_authority_is_taken() {
    for host in ["localhost", "127.0.0.1"] {
        let (ran, endpoint) = asked(host, Flaw::None, true, &[]);
        assert_eq!((graded(&ran.expect(0)), endpoint.answers()), (QUESTIONS as u64, (QUESTIONS, 1)));
    }
}

#[test]
fn bad_certificates_are_told_once_and_nothing_is_sent() {
    for (flaw, trusted, word) in [
        (Flaw::None, false, "SSL_CERT_FILE"),
        (Flaw::SelfSigned, true, "SSL_CERT_FILE"),
        (Flaw::Expired, true, "it has expired"),
        (Flaw::NotYetValid, true, "not valid yet"),
        (Flaw::OtherHost, true, "not valid for name \"localhost\""),
    ] {
        let (ran, endpoint) = asked("localhost", flaw, trusted, &[]);
        let ran = ran.expect(7);
        check_told_once(&ran, word);
        assert_eq!(endpoint.requests(), 0, "{flaw:?}");
    }
}

/// A model that is not on this machine, reached through a proxy that wants a password.
fn through(gate: Gate, password: &str, more: &[&str]) -> (Ran, Faulty, Proxy) {
    let endpoint = Faulty::start(Duration::ZERO, |_| Fault::None);
    let authority = Authority::new();
    let secured = Secured::start(&authority, "model.invalid", Flaw::None, endpoint.port);
    let proxy = Proxy::start(gate, secured.port);
    let desk = Desk::new();
    authority.write(&desk.path("authority.pem"));
    let mut command = command(&desk, "https://model.invalid/v1", QUESTIONS, more);
    let address = format!("http://me:{password}@127.0.0.1:{}", proxy.port);
    command.env("SSL_CERT_FILE", desk.path("authority.pem")).env("HTTPS_PROXY", &address).env("RUST_LOG", "trace");
    let ran = finish(&desk, command);
    for secret in [PASSWORD, ENCODED, password] {
        no_secret(&desk, &ran, secret);
    }
    (ran, endpoint, proxy)
}

#[test]
fn a_proxy_with_a_password_opens_a_tunnel() {
    let (ran, endpoint, proxy) = through(Gate::Password(ENCODED), PASSWORD, &[]);
    assert_eq!((graded(&ran.expect(0)), endpoint.answers()), (QUESTIONS as u64, (QUESTIONS, 1)));
    let heads = proxy.heads();
    assert!(!heads.is_empty() && heads.iter().all(|head| head.starts_with("CONNECT model.invalid:443 HTTP/1.1")), "{heads:?}");
    // The proxy carries what it cannot read: the key is inside the tunnel.
    assert!(heads.iter().all(|head| !head.contains(support::faults::KEY)), "{heads:?}");
}

#[test]
fn a_proxy_that_refuses_is_told_once() {
    for (gate, password, word) in [
        (Gate::Password(ENCODED), "wr0ng-S3cret", "wants a user name and a password"),
        (Gate::Refuses(403), PASSWORD, "opens no tunnel"),
        (Gate::Refuses(502), PASSWORD, "opens no tunnel"),
        (Gate::Silent, PASSWORD, "model.invalid"),
    ] {
        let (ran, endpoint, _) = through(gate, password, &["--tries", "1", "--timeout", "2"]);
        let ran = ran.expect(7);
        check_told_once(&ran, word);
        assert_eq!(endpoint.requests(), 0, "{gate:?}");
    }
    // Nobody is there.
    let desk = Desk::new();
    let mut command = command(&desk, "https://model.invalid/v1", QUESTIONS, &["--tries", "1"]);
    command.env("HTTPS_PROXY", format!("http://me:{PASSWORD}@127.0.0.1:9"));
    let ran = finish(&desk, command).expect(7);
    no_secret(&desk, &ran, PASSWORD);
    check_told_once(&ran, "model.invalid");
}

/// One error, in one line, that says `word`.
fn check_told_once(ran: &Ran, word: &str) {
    let errors: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("error:")).collect();
    assert!(matches!(errors[..], [one] if one.contains(word)), "no `{word}` in {}", ran.stderr);
}
