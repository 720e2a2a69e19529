use crate::lock::one_line;
use crate::{DataError, Environment, Shelf};
use futures::StreamExt;
use proctor_core::Step;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, ETAG, HeaderMap, LOCATION, RANGE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Most tries of one request, and the longest wait between two of them.
const TRIES: u32 = 6;
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A body that brings nothing for so long is given up (and resumed).
const IDLE: Duration = Duration::from_secs(60);
/// Most bytes of a listing, and of a file.
const MOST_LISTING: usize = 64 << 20;
const MOST_FILE: u64 = 256 << 30;

/// Asks the Hub and repositories of code.
pub(crate) struct Client {
    http: reqwest::Client,
    /// The same, which goes nowhere by itself: what a redirect says of a file stands in its head.
    direct: reqwest::Client,
    environment: Environment,
    first_wait: Duration,
}

/// What a download came to.
pub(crate) struct Downloaded {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

/// What the head of a reply says of a file.
struct Head {
    etag: Option<String>,
    commit: Option<String>,
    size: Option<u64>,
}

impl Client {
    pub(crate) fn new(environment: &Environment, first_wait: Duration) -> Result<Self, DataError> {
        for (variable, base) in [("HF_ENDPOINT", &environment.hub), ("PROCTOR_REPOSITORIES", &environment.repositories)] {
            let address = reqwest::Url::parse(base).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if address.is_none() {
                let base = one_line(base);
                return Err(DataError::Input(format!("{variable} is `{base}`, which is not an address like https://host")));
            }
        }
        // An error means that somebody installed a provider before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Redirects to other hosts lose the token; the library sees to that.
        let http = Self::build(environment, reqwest::redirect::Policy::limited(8))?;
        let direct = Self::build(environment, reqwest::redirect::Policy::none())?;
        Ok(Self { http, direct, environment: environment.clone(), first_wait })
    }

    fn build(environment: &Environment, redirects: reqwest::redirect::Policy) -> Result<reqwest::Client, DataError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("proctor/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(20))
            .read_timeout(IDLE)
            .redirect(redirects);
        let plain = [&environment.hub, &environment.repositories].iter().all(|base| base.starts_with("http://"));
        if plain {
            // Nothing is encrypted, so a machine without any root certificate must do.
            let roots = rustls::RootCertStore::empty();
            let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
            builder = builder.no_proxy().tls_backend_preconfigured(tls);
        }
        builder.build().map_err(|error| DataError::Remote(format!("no connection can be set up: {}", cause(&error))))
    }

    /// The commit a revision of a repository stands at, and its files with sizes.
    pub(crate) async fn listing(
        &self,
        shelf: Shelf,
        repository: &str,
        revision: &str,
    ) -> Result<(String, Vec<(String, Option<u64>)>), DataError> {
        let (hub, word) = (&self.environment.hub, shelf.word());
        // A branch such as `refs/pr/1` is one part of the address.
        let url = format!("{hub}/api/{word}/{repository}/revision/{}?blobs=true", escaped(revision).replace('/', "%2F"));
        let what = format!("revision {revision} of {repository}");
        let body = self.small(&url, &what).await?;
        let value: Value = serde_json::from_slice(&body)
            .map_err(|error| DataError::Remote(format!("{} does not answer as the Hub does: {error}", self.environment.hub)))?;
        let odd = || DataError::Remote(format!("{} does not answer as the Hub does about {what}", self.environment.hub));
        let commit = value["sha"].as_str().filter(|sha| is_commit(sha)).ok_or_else(odd)?.to_owned();
        let siblings = value["siblings"].as_array().ok_or_else(odd)?;
        let file = |sibling: &Value| {
            let size = sibling["lfs"]["size"].as_u64().or_else(|| sibling["size"].as_u64());
            sibling["rfilename"].as_str().map(|name| (name.to_owned(), size))
        };
        Ok((commit, siblings.iter().filter_map(file).collect()))
    }

    /// Where a file of a repository is.
    pub(crate) fn hub_url(&self, shelf: Shelf, repository: &str, commit: &str, path: &str) -> String {
        format!("{}/{}{repository}/resolve/{commit}/{}", self.environment.hub, shelf.prefix(), escaped(path))
    }

    /// Where a file of a repository of code is.
    pub(crate) fn raw_url(&self, repository: &str, commit: &str, path: &str) -> String {
        format!("{}/{repository}/{commit}/{}", self.environment.repositories, escaped(path))
    }

    /// The name under which a file's content is kept, and its size, without fetching it.
    pub(crate) async fn inspect(&self, url: &str, what: &str, commit: &str) -> Result<(Option<String>, Option<u64>), DataError> {
        let mut url = url.to_owned();
        let mut steps = 0;
        let response = loop {
            let request = || self.authorised(self.direct.get(&url), &url).header(RANGE, "bytes=0-0");
            let response = self.send_any(request, what).await?;
            let location = response.headers().get(LOCATION).and_then(|v| v.to_str().ok());
            match location {
                // A path on the same host is a renamed repository; another host is where the content lies.
                Some(path) if response.status().is_redirection() && path.starts_with('/') && steps < 5 => {
                    url = format!("{}{path}", origin(&url));
                    steps += 1;
                }
                Some(_) if response.status().is_redirection() => break response,
                _ => break self.accept(response, what).await?,
            }
        };
        let head = head(response.headers(), response.status());
        if let Some(found) = head.commit.filter(|found| found != commit) {
            return Err(DataError::Changed(format!("{what}: asked for commit {commit}, and got {}", one_line(&found))));
        }
        Ok((head.etag, head.size))
    }

    /// Fetches `url` into `partial`, going on where an earlier try ended.
    pub(crate) async fn download(&self, url: &str, what: &str, partial: &Path, step: &dyn Step) -> Result<Downloaded, DataError> {
        let mut failures = 0;
        loop {
            let error = match self.download_once(url, what, partial, step).await {
                Ok(()) => break,
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Broken(why)) => why,
            };
            failures += 1;
            if failures >= TRIES {
                let hint = "what came is kept; the same command goes on from there";
                return Err(DataError::Remote(format!("{what}: the download broke off {failures} times ({error}); {hint}")));
            }
            tokio::time::sleep(self.first_wait * 2u32.pow(failures - 1)).await;
        }
        digest(partial)
    }

    async fn download_once(&self, url: &str, what: &str, partial: &Path, step: &dyn Step) -> Result<(), Failure> {
        let have = std::fs::metadata(partial).map_or(0, |metadata| metadata.len());
        let request = || match have {
            0 => self.request(url),
            have => self.request(url).header(RANGE, format!("bytes={have}-")),
        };
        let response = match self.send_any(request, what).await.map_err(Failure::Final)? {
            // Nothing is left to fetch, or the file has become shorter; a fresh start tells which.
            response if response.status() == StatusCode::RANGE_NOT_SATISFIABLE && have > 0 => {
                if range_total(response.headers()) == Some(have) {
                    return Ok(());
                }
                std::fs::remove_file(partial).map_err(|e| Failure::Final(DataError::disk("removing", partial, &e)))?;
                return Err(Failure::Broken("what was here is longer than the file".into()));
            }
            response => self.accept(response, what).await.map_err(Failure::Final)?,
        };
        let resumed = response.status() == StatusCode::PARTIAL_CONTENT;
        let start = if resumed { have } else { 0 };
        let length = response.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
        if length.is_some_and(|length| start.saturating_add(length) > MOST_FILE) {
            return Err(Failure::Final(DataError::Remote(format!("{what} has more than {} GiB", MOST_FILE >> 30))));
        }
        let disk = |error: std::io::Error| Failure::Final(DataError::disk("writing", partial, &error));
        let mut options = tokio::fs::OpenOptions::new();
        let mut file = options.create(true).write(true).truncate(!resumed).append(resumed).open(partial).await.map_err(disk)?;
        let mut written = start;
        let mut body = response.bytes_stream();
        while let Some(chunk) = body.next().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(error) => {
                    file.flush().await.map_err(disk)?;
                    return Err(Failure::Broken(cause(&error)));
                }
            };
            written += chunk.len() as u64;
            if written > MOST_FILE {
                return Err(Failure::Final(DataError::Remote(format!("{what} has more than {} GiB", MOST_FILE >> 30))));
            }
            file.write_all(&chunk).await.map_err(disk)?;
            step.reach(written);
        }
        file.sync_all().await.map_err(disk)?;
        match length {
            Some(length) if written != start + length => {
                Err(Failure::Broken(format!("{written} of {} bytes came", start + length)))
            }
            _ => Ok(()),
        }
    }

    /// A small body, whole.
    async fn small(&self, url: &str, what: &str) -> Result<Vec<u8>, DataError> {
        let mut failures = 0;
        loop {
            let response = self.send(|| self.request(url), what).await?;
            let mut body = response.bytes_stream();
            let mut bytes = Vec::new();
            let broken = loop {
                match body.next().await {
                    None => return Ok(bytes),
                    Some(Ok(chunk)) if bytes.len() + chunk.len() <= MOST_LISTING => bytes.extend_from_slice(&chunk),
                    Some(Ok(_)) => {
                        return Err(DataError::Remote(format!("{what}: the reply has more than {MOST_LISTING} bytes")));
                    }
                    Some(Err(error)) => break cause(&error),
                }
            };
            failures += 1;
            if failures >= TRIES {
                return Err(DataError::Remote(format!("{what}: the reply broke off {failures} times ({broken})")));
            }
            tokio::time::sleep(self.first_wait).await;
        }
    }

    fn request(&self, url: &str) -> reqwest::RequestBuilder {
        self.authorised(self.http.get(url), url)
    }

    fn authorised(&self, request: reqwest::RequestBuilder, url: &str) -> reqwest::RequestBuilder {
        // The token is the Hub's alone.
        match &self.environment.token {
            Some(token) if url.starts_with(&format!("{}/", self.environment.hub)) => {
                request.header(AUTHORIZATION, format!("Bearer {token}"))
            }
            _ => request,
        }
    }

    async fn send(&self, request: impl Fn() -> reqwest::RequestBuilder, what: &str) -> Result<Response, DataError> {
        let response = self.send_any(request, what).await?;
        self.accept(response, what).await
    }

    /// Sends until a reply comes that asking again would not better.
    async fn send_any(&self, request: impl Fn() -> reqwest::RequestBuilder, what: &str) -> Result<Response, DataError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (why, asked) = match request().send().await {
                Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS || response.status().is_server_error() => {
                    let seconds =
                        response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok());
                    (format!("it answers {}", response.status()), seconds.map(Duration::from_secs))
                }
                Ok(response) => return Ok(response),
                Err(error) => (cause(&error), None),
            };
            let wait = asked.unwrap_or(self.first_wait * 2u32.pow(tries - 1));
            if tries >= TRIES || wait > LONGEST_WAIT {
                let asks = asked.map_or(String::new(), |asked| format!(", and asks to be left alone for {} s", asked.as_secs()));
                return Err(DataError::Remote(format!("{what} cannot be had: {why}{asks} (tried {tries} times)")));
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// The reply, or what its status means.
    async fn accept(&self, response: Response, what: &str) -> Result<Response, DataError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let code = response.headers().get("x-error-code").and_then(|v| v.to_str().ok()).map(one_line);
        let known = self.environment.token.is_some();
        let hint = match (status, code.as_deref()) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) if known => {
                "the token is not allowed to read it: accept its terms on its page, or use another HF_TOKEN"
            }
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
                "it is not public, or not there: set HF_TOKEN to a token that may read it"
            }
            (StatusCode::NOT_FOUND, Some("RepoNotFound")) => "there is no such repository",
            (StatusCode::NOT_FOUND, Some("RevisionNotFound")) => "there is no such revision any more",
            (StatusCode::NOT_FOUND, Some("EntryNotFound")) => "there is no such file at this revision",
            (StatusCode::NOT_FOUND, _) => "it is not there (any more)",
            _ => "this was not foreseen",
        };
        Err(DataError::Remote(format!("{what} cannot be had: {status}; {hint}")))
    }
}

/// How one try of a download failed.
enum Failure {
    /// Trying again goes on from what came.
    Broken(String),
    /// Trying again would not help.
    Final(DataError),
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |at| &url[..host + at])
}

fn head(headers: &HeaderMap, status: StatusCode) -> Head {
    let text = |name: &str| {
        headers.get(name).and_then(|v| v.to_str().ok()).map(|v| v.trim_start_matches("W/").trim_matches('"').to_owned())
    };
    // The ETag of a redirect itself names no content.
    let own = (!status.is_redirection()).then(|| text(ETAG.as_str())).flatten();
    let etag = text("x-linked-etag").or(own);
    let safe =
        |etag: &String| etag.len() <= 128 && !etag.is_empty() && etag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let size = text("x-linked-size").and_then(|v| v.parse().ok()).or_else(|| range_total(headers));
    Head { etag: etag.filter(safe), commit: text("x-repo-commit"), size }
}

/// The whole size that a partial reply tells.
fn range_total(headers: &HeaderMap) -> Option<u64> {
    headers.get("content-range")?.to_str().ok()?.rsplit('/').next()?.parse().ok()
}

/// SHA-256 and size of a file.
pub(crate) fn digest(path: &Path) -> Result<Downloaded, DataError> {
    let failed = |error: std::io::Error| DataError::disk("reading", path, &error);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let n = std::io::Read::read(&mut file, &mut buffer).map_err(failed)?;
        if n == 0 {
            return Ok(Downloaded { sha256: hex::encode(hasher.finalize()), bytes });
        }
        hasher.update(&buffer[..n]);
        bytes += n as u64;
    }
}

pub(crate) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A path as it stands in an address.
fn escaped(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// What lies behind a failed connection, without the address.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if error.is_timeout() { "nothing came in time".into() } else { one_line(&innermost.to_string()) }
}
