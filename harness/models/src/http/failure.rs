use proctor_core::{ModelError, ModelErrorKind};
use std::error::Error;
use std::time::Duration;

/// At most 300 characters of what a server said, on one line, without control characters.
pub(crate) fn excerpt(text: &str) -> String {
    const MOST: usize = 300;
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(MOST + 1));
        if line.chars().count() > MOST {
            break;
        }
    }
    if line.chars().count() > MOST {
        line = line.chars().take(MOST - 1).collect();
        line.push('…');
    }
    line
}

/// What kept a request from being answered at all; `shown` is the address.
pub(super) fn transport_error(error: reqwest::Error, shown: &str, connect: Duration) -> ModelError {
    let error = error.without_url();
    if error.is_timeout() && error.is_connect() {
        let connect_s = connect.as_secs_f64();
        let message = format!("no connection to {shown} within {connect_s} s; check the address, the network and any proxy");
        return ModelError::new(ModelErrorKind::Timeout, message);
    }
    let cause = excerpt(&deepest_cause(&error));
    if cause.contains("Too many open files") {
        let message = format!(
            "no connection to {shown}: this process has as many files and connections open as it may; raise that \
             (`ulimit -n 4096`), or lower --concurrency"
        );
        return ModelError::new(ModelErrorKind::Connection, message);
    }
    if let Some(why) = distrust(&cause) {
        let message = format!("the certificate of {shown} is not trusted: {why}");
        return ModelError::new(ModelErrorKind::NotFound, message);
    }
    if cause.contains("proxy authorization required") {
        let message = format!(
            "the proxy on the way to {shown} wants a user name and a password: put them into its variable, as in \
             HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
        );
        return ModelError::new(ModelErrorKind::Auth, message);
    }
    if cause.contains("tunnel error") || cause.contains("unsuccessful tunnel") {
        let message = format!("the proxy on the way to {shown} opens no tunnel ({cause}); check HTTPS_PROXY and NO_PROXY");
        return ModelError::new(ModelErrorKind::Connection, message);
    }
    if error.is_connect() {
        let message = format!("no connection to {shown}: {cause}; check the address and that the server runs");
        return ModelError::new(ModelErrorKind::Connection, message);
    }
    if error.is_builder() {
        return ModelError::new(ModelErrorKind::BadRequest, format!("the request to {shown} cannot be built: {cause}"));
    }
    ModelError::new(ModelErrorKind::Connection, format!("the connection to {shown} broke: {cause}"))
}

/// Why a certificate was turned down, and what to do, where that is what `cause` says. It stays so, however often one asks.
fn distrust(cause: &str) -> Option<String> {
    let why = cause.split_once("invalid peer certificate: ")?.1;
    Some(match () {
        () if why.starts_with("certificate expired") => {
            "it has expired; renew it, or see whether this machine's clock is right".into()
        }
        () if why.starts_with("certificate not valid yet") => {
            "it is not valid yet; see whether this machine's clock is right".into()
        }
        () if why.starts_with("UnknownIssuer") || why.contains("SelfSigned") => {
            "no authority known here has signed it; name the file of your own authority's certificate in SSL_CERT_FILE".into()
        }
        () if why.starts_with("certificate not valid for name") => format!("{why}; check the address"),
        () => why.to_owned(),
    })
}

fn deepest_cause(error: &dyn Error) -> String {
    let mut cause = error;
    // Bounded, should an error ever be its own source.
    for _ in 0..16 {
        match cause.source() {
            Some(next) => cause = next,
            None => break,
        }
    }
    cause.to_string()
}
