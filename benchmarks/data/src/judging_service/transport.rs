use super::{ServiceAccess, ServiceError};
use futures::StreamExt;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use std::time::Duration;

/// How long and how often is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Most tries of one call.
    pub tries: u32,
    /// The wait between two tries where the service does not say how long.
    pub pause: Duration,
    /// The longest wait the service may ask for.
    pub longest_pause: Duration,
    /// What every call's time limit is cut to; `None` leaves the protocol's own.
    pub call: Option<Duration>,
    /// The first wait between two questions about one submission; it doubles up to `longest_poll`.
    pub first_poll: Duration,
    /// The longest wait between two questions about one submission.
    pub longest_poll: Duration,
    /// How long a verdict is waited for.
    pub judging: Duration,
}

impl Default for Patience {
    /// The protocol's four tries, 10 s apart; half an hour for a verdict.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            tries: 4,
            pause: seconds(10),
            longest_pause: seconds(120),
            call: None,
            first_poll: seconds(2),
            longest_poll: seconds(30),
            judging: seconds(1800),
        }
    }
}

/// One call.
pub(super) struct Call<'a> {
    /// What it is, for messages.
    pub(super) what: &'a str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Vec<u8>>,
    pub(super) authorised: bool,
    pub(super) limit: Duration,
    pub(super) most_bytes: usize,
}

/// Sends calls and repeats those that may be repeated.
pub(super) struct Transport {
    http: reqwest::Client,
    pub(super) access: ServiceAccess,
    pub(super) patience: Patience,
}

/// How a try failed.
enum Failure {
    /// The service cannot have acted on it.
    NotTaken(String),
    /// The same, and it says how long to wait.
    Asked(String, Duration),
    /// It may have acted on it.
    Unclear(String),
    Final(ServiceError),
}

impl Transport {
    pub(super) fn new(access: &ServiceAccess, patience: Patience) -> Result<Self, ServiceError> {
        // An error means that somebody installed a provider before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("proctor/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(20))
            // A token goes where the user said, and nowhere else.
            .redirect(reqwest::redirect::Policy::none());
        if access.base().scheme() == "http" {
            // Nothing is encrypted, so a machine without any root certificate must do.
            let roots = rustls::RootCertStore::empty();
            let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
            builder = builder.no_proxy().tls_backend_preconfigured(tls);
        }
        let http = builder.build();
        let http = http.map_err(|error| ServiceError::Unreachable(format!("no connection can be set up: {}", cause(&error))))?;
        Ok(Self { http, access: access.clone(), patience })
    }

    /// Sends a call until an answer comes, as often as patience allows. What changes something over there (POST) is sent
    /// again only where the service cannot have acted on it.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Vec<u8>, ServiceError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let failure = match self.once(call).await {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            let last = tries >= self.patience.tries.max(1);
            let what = call.what;
            let wait = match failure {
                Failure::Final(error) => return Err(error),
                Failure::Unclear(why) if call.method == Method::POST => {
                    return Err(ServiceError::Uncertain(format!(
                        "{what}: {why}; it may have been submitted, so it was not sent again: look on the platform first"
                    )));
                }
                Failure::Asked(why, asked) if last || asked > self.patience.longest_pause => {
                    let asked = asked.as_secs();
                    return Err(ServiceError::Busy(format!(
                        "{what}: {why} and asks to be left alone for {asked} s (tried {tries} times); try again after that"
                    )));
                }
                Failure::NotTaken(why) | Failure::Unclear(why) if last => {
                    return Err(ServiceError::Unreachable(format!("{what}: {why} (tried {tries} times); try again later")));
                }
                Failure::Asked(_, asked) => asked,
                Failure::NotTaken(_) | Failure::Unclear(_) => self.patience.pause,
            };
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(&self, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        let limit = self.patience.call.map_or(call.limit, |most| most.min(call.limit));
        let mut request = self.http.request(call.method.clone(), call.url.clone()).timeout(limit);
        if call.authorised {
            request = request.header(AUTHORIZATION, self.access.token().clone());
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = request.send().await.map_err(|error| match error.is_connect() {
            true => Failure::NotTaken(format!("the service cannot be reached: {}", self.access.shown(&cause(&error)))),
            false => Failure::Unclear(format!("no answer: {}", self.access.shown(&cause(&error)))),
        })?;
        let status = response.status();
        let asked = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok());
        let asked = asked.map(Duration::from_secs);
        let body = read(response, call.most_bytes).await;
        if status.is_success() {
            return match body {
                Ok(Some(body)) => Ok(body),
                Ok(None) => Err(Failure::Final(ServiceError::Malformed(format!(
                    "{}: the answer has more than {} bytes; is it the judging service?",
                    call.what, call.most_bytes
                )))),
                Err(error) => Err(Failure::Unclear(format!("the answer broke off: {}", self.access.shown(&cause(&error))))),
            };
        }
        let told = body.ok().flatten().map(|body| String::from_utf8_lossy(&body).into_owned()).unwrap_or_default();
        let told = self.access.shown(told.trim());
        let told = if told.is_empty() { String::new() } else { format!(" (`{told}`)") };
        Err(self.refused(call, status, asked, &told))
    }

    /// What a status other than success means.
    fn refused(&self, call: &Call<'_>, status: StatusCode, asked: Option<Duration>, told: &str) -> Failure {
        let what = call.what;
        let why = format!("the service answers {status}{told}");
        match (status, asked) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Failure::Final(ServiceError::Denied(format!(
                "{what}: {why}; the token is not allowed to: ask the service's keepers, or set another"
            ))),
            (StatusCode::TOO_MANY_REQUESTS, asked) => Failure::Asked(why, asked.unwrap_or(self.patience.pause)),
            (StatusCode::SERVICE_UNAVAILABLE, Some(asked)) => Failure::Asked(why, asked),
            (status, _) if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => Failure::Unclear(why),
            (status, _) if status.is_redirection() => Failure::Final(ServiceError::Malformed(format!(
                "{what}: {why}, which leads elsewhere and is not followed; set the service's own address"
            ))),
            _ => Failure::Final(ServiceError::Refused(format!("{what}: {why}, and nothing was done"))),
        }
    }
}

/// The body, or `None` where it is too long.
async fn read(response: Response, most_bytes: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut chunks = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() > most_bytes {
            return Ok(None);
        }
    }
    Ok(Some(body))
}

/// What lies behind a failed connection, without the address.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "nothing came in time".into();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
