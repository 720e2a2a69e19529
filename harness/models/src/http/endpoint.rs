use crate::Secret;
use proctor_core::{ModelError, ModelErrorKind};
use reqwest::Url;
use std::fmt;
use std::net::IpAddr;

/// The base address of a service. It prints as host and path; a query, which may hold secrets, is sent but never shown.
#[derive(Clone)]
pub(crate) struct Endpoint {
    base: Url,
}

impl Endpoint {
    /// Reads a base address; `source` says in errors where it comes from.
    pub fn parse(text: &str, source: &str) -> Result<Self, ModelError> {
        let wrong = |why: &str| {
            let message = format!("the base address in {source} {why}; it looks like https://host/v1");
            Err(ModelError::new(ModelErrorKind::BadRequest, message))
        };
        let Ok(base) = Url::parse(text.trim()) else {
            return wrong("is not a URL");
        };
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return wrong("is neither http:// nor https://");
        }
        if !base.username().is_empty() || base.password().is_some() {
            return wrong("holds a user name or password; put the key into its own variable");
        }
        Ok(Self { base })
    }

    /// The address of `path` below the base, e.g. `chat/completions`, with its query, if any, after that of the base. A
    /// base that already names it is taken as it is.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_fragment(None);
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        if let Some(query) = query {
            let all = url.query().map_or_else(|| query.to_owned(), |before| format!("{before}&{query}"));
            url.set_query(Some(&all));
        }
        let base = url.path().trim_end_matches('/');
        let full = if base.ends_with(&format!("/{path}")) { base.to_owned() } else { format!("{base}/{path}") };
        url.set_path(&full);
        url
    }

    /// What in its query is a secret, by its name.
    pub fn secrets(&self) -> Vec<Secret> {
        let secret = |name: &str| {
            let name = name.to_ascii_lowercase();
            ["key", "token", "sig", "secret", "password", "auth", "code"].iter().any(|word| name.contains(word))
        };
        let pairs = self.base.query_pairs().filter(|(name, value)| !value.is_empty() && secret(name));
        pairs.map(|(_, value)| Secret::new(value.into_owned())).collect()
    }

    /// Whether it is on this machine, which needs neither key nor proxy.
    pub fn is_loopback(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Host and port, for looking at the connection itself.
    pub fn host_and_port(&self) -> (String, u16) {
        let host = self.base.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        (host, self.base.port_or_known_default().unwrap_or(443))
    }

    /// Whether the path looks as if the version was forgotten.
    pub fn has_no_path(&self) -> bool {
        self.base.path().trim_matches('/').is_empty()
    }

    /// A URL as errors show it: host, port and path.
    pub fn shown(url: &Url) -> String {
        let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
        format!("{}{port}{}", url.host_str().unwrap_or_default(), url.path())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Endpoint::shown(&self.base).trim_end_matches('/'))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}
