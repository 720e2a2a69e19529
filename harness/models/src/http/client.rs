use super::endpoint::Endpoint;
use super::failure::{excerpt, transport_error};
use super::limits::rate_limits;
use super::patience::Patience;
use super::retry_after::retry_after;
use crate::{Secret, Timeouts};
use proctor_core::{Activity, Completion, Finish, ModelError, ModelErrorKind, RateLimits};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{StatusCode, redirect};
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};

/// Most bytes of one answer; a 10 MB completion must pass even when every character is escaped.
const MOST_BODY_BYTES: usize = 64 << 20;
/// Most bytes of the results of a batch, which hold many answers.
const MOST_RESULT_BYTES: usize = 2 << 30;
/// Most bytes read of an answer that reports an error.
const MOST_ERROR_BYTES: usize = 1 << 20;

/// Where Gemini says at which tier of service it answered (ai.google.dev/gemini-api/docs/priority-inference).
const SERVICE_TIER: HeaderName = HeaderName::from_static("x-gemini-service-tier");

/// How a key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyHeader {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `NAME: KEY`.
    Plain(&'static str),
}

/// A key and how it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub header: KeyHeader,
    pub secret: Secret,
}

/// A connection to one endpoint. Its `Debug` shows no key.
#[derive(Debug)]
pub(crate) struct Client {
    endpoint: Endpoint,
    key: Option<Secret>,
    /// Everything that must not be shown: the key, and what the address holds.
    secrets: Vec<Secret>,
    timeouts: Timeouts,
    http: reqwest::Client,
}

/// What came back, its body not read yet.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The address asked, for messages: host and path.
    pub shown: String,
    /// HTTP status.
    pub status: StatusCode,
    /// The wait asked for.
    pub retry_after: Option<Duration>,
    /// What it says about its limits.
    pub limits: Option<RateLimits>,
    /// The `content-type`, in lower case.
    pub content_type: String,
    /// Where a redirect points: host and path.
    pub location: Option<String>,
    /// The tier of service, where its head names one.
    pub tier: Option<String>,
    /// The rest.
    pub body: Body,
}

/// A body being read, within its limits of size and time.
#[derive(Debug)]
pub(crate) struct Body {
    response: reqwest::Response,
    shown: String,
    patience: Patience,
    read: usize,
    most: usize,
    activity: Activity,
}

impl Client {
    /// Sets up, without connecting. `headers` are sent along with every request.
    pub fn new(
        endpoint: Endpoint,
        key: Option<Key>,
        headers: &[(&'static str, String)],
        timeouts: Timeouts,
    ) -> Result<Self, ModelError> {
        let mut all = HeaderMap::new();
        if let Some(Key { header, secret }) = &key {
            let (name, value) = match header {
                KeyHeader::Bearer => (AUTHORIZATION, format!("Bearer {}", secret.reveal())),
                KeyHeader::Plain(name) => (HeaderName::from_static(name), secret.reveal().to_owned()),
            };
            let Ok(mut value) = HeaderValue::from_str(&value) else {
                let message = format!("the key for {endpoint} holds characters no header can carry; check its variable");
                return Err(ModelError::new(ModelErrorKind::Auth, message));
            };
            value.set_sensitive(true);
            all.insert(name, value);
        }
        for (name, value) in headers {
            let Ok(value) = HeaderValue::from_str(value) else {
                let message = format!("the value for the header {name} of {endpoint} cannot be sent; check its variable");
                return Err(ModelError::new(ModelErrorKind::BadRequest, message));
            };
            all.insert(HeaderName::from_static(name), value);
        }
        // An error means that somebody installed a provider before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("proctor/", env!("CARGO_PKG_VERSION")))
            .default_headers(all)
            .connect_timeout(timeouts.connect)
            .redirect(redirect::Policy::none())
            // Over one connection, as HTTP/2 has it, a server lets about a hundred requests through at once.
            .http1_only();
        if endpoint.is_loopback() {
            builder = builder.no_proxy();
            if !endpoint.is_https() {
                // Nothing is encrypted, so a machine without any root certificate must do.
                let roots = rustls::RootCertStore::empty();
                let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
                builder = builder.tls_backend_preconfigured(tls);
            }
        }
        let http = builder.build().map_err(|e| {
            let cause = excerpt(&format!("{:?}", e.without_url()));
            let message = format!("cannot set up a connection to {endpoint} ({cause}); are root certificates installed?");
            ModelError::new(ModelErrorKind::Local, message)
        })?;
        let key = key.map(|key| key.secret);
        let secrets = key.iter().cloned().chain(endpoint.secrets()).collect();
        Ok(Self { endpoint, key, secrets, timeouts, http })
    }

    /// The endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The longest silence in a stream before it is given up.
    pub fn idle(&self) -> Duration {
        self.timeouts.idle
    }

    /// Whether a key is sent.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The endpoint and a digest of the key: whose limits are shared.
    pub fn quota(&self) -> String {
        let digest = self.key.as_ref().map(|key| Sha256::digest(key.reveal().as_bytes()));
        let digest = digest.map(|digest| hex::encode(&digest[..8])).unwrap_or_default();
        format!("{} {digest}", self.endpoint)
    }

    /// `text` without the key.
    pub fn redact(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| secret.redact(&text))
    }

    /// Takes the key out of an answer, should a server have put it there.
    pub fn mask(&self, completion: &mut Completion) {
        for secret in &self.secrets {
            secret.mask(&mut completion.text);
            secret.mask(&mut completion.model);
            completion.reasoning.iter_mut().chain(&mut completion.tiers).for_each(|text| secret.mask(text));
            if let Finish::Other(word) = &mut completion.finish {
                secret.mask(word);
            }
            for token in completion.logprobs.iter_mut().flatten() {
                secret.mask(&mut token.token);
                token.top.iter_mut().for_each(|(token, _)| secret.mask(token));
            }
        }
    }

    /// At most 300 characters of what a server said, without the key, be it cut off at the end.
    pub fn excerpt(&self, text: &str) -> String {
        excerpt(&self.redact(text))
    }

    /// Posts JSON to `path` and waits for the head of the reply: up to the idle time-out when a stream is expected,
    /// else up to the total one.
    pub async fn post(&self, path: &str, body: Vec<u8>, streaming: bool) -> Result<Reply, ModelError> {
        let url = self.endpoint.url(path);
        let accept = if streaming { "text/event-stream, application/json" } else { "application/json" };
        let request = self.http.post(url.clone()).header(ACCEPT, accept).header(CONTENT_TYPE, "application/json").body(body);
        self.send(request, &url, streaming.then_some(self.timeouts.idle)).await
    }

    /// Posts a body of another type.
    pub async fn post_as(&self, path: &str, content_type: &str, body: Vec<u8>) -> Result<Reply, ModelError> {
        let url = self.endpoint.url(path);
        self.send(self.http.post(url.clone()).header(CONTENT_TYPE, content_type).body(body), &url, None).await
    }

    /// Gets `path`, whose body may be as large as the results of a batch are.
    pub async fn get(&self, path: &str) -> Result<Reply, ModelError> {
        let url = self.endpoint.url(path);
        let mut reply = self.send(self.http.get(url.clone()), &url, None).await?;
        reply.body.most = MOST_RESULT_BYTES;
        Ok(reply)
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        url: &reqwest::Url,
        idle: Option<Duration>,
    ) -> Result<Reply, ModelError> {
        let shown = Endpoint::shown(url);
        let mut patience = Patience::new(&self.timeouts, idle);
        let sent = patience.wait(request.send()).await.map_err(|exhausted| exhausted.told(&shown))?;
        let response = sent.map_err(|e| transport_error(e, &shown, self.timeouts.connect))?;
        let headers = response.headers();
        let text = |name: HeaderName| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
        let location = text(LOCATION).map(|to| match response.url().join(to) {
            Ok(url) => Endpoint::shown(&url),
            Err(_) => excerpt(&self.redact(to)),
        });
        let now = SystemTime::now();
        Ok(Reply {
            status: response.status(),
            retry_after: retry_after(headers, now),
            limits: rate_limits(headers, now),
            content_type: text(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase(),
            location,
            tier: text(SERVICE_TIER).map(str::to_owned),
            body: Body {
                response,
                shown: shown.clone(),
                patience,
                read: 0,
                most: MOST_BODY_BYTES,
                activity: Activity::default(),
            },
            shown,
        })
    }
}

impl Body {
    /// From now on tells there when something comes.
    pub fn watched(&mut self, activity: &Activity) {
        activity.sign();
        self.activity = activity.clone();
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, ModelError> {
        let piece = self.patience.wait(self.response.chunk()).await.map_err(|exhausted| exhausted.told(&self.shown))?;
        let Some(piece) = piece.map_err(|e| transport_error(e, &self.shown, self.patience.connect))? else {
            return Ok(None);
        };
        self.activity.sign();
        self.read += piece.len();
        if self.read > self.most {
            let message = format!("the answer of {} is larger than {} MiB", self.shown, self.most >> 20);
            return Err(ModelError::new(ModelErrorKind::Protocol, message));
        }
        Ok(Some(piece))
    }

    /// All that is left.
    pub async fn whole(mut self) -> Result<Vec<u8>, ModelError> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await? {
            all.extend_from_slice(piece.as_ref());
        }
        Ok(all)
    }

    /// What is left of an error report; as much of it as came.
    pub async fn error_text(mut self) -> String {
        let mut all = Vec::new();
        while let Ok(Some(piece)) = self.next().await {
            all.extend_from_slice(piece.as_ref());
            if all.len() > MOST_ERROR_BYTES {
                break;
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_prints_no_key() -> Result<(), ModelError> {
        let endpoint = Endpoint::parse("http://localhost:1/v1?token=hidden", "a test")?;
        let key = Key { header: KeyHeader::Bearer, secret: Secret::new("sk-hidden") };
        let client = Client::new(endpoint, Some(key), &[], Timeouts::default())?;
        let printed = format!("{client:?}");
        assert!(printed.contains("localhost:1/v1") && !printed.contains("hidden"), "{printed}");
        Ok(())
    }
}
