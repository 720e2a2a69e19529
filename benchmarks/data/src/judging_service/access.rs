use super::ServiceError;
use crate::lock::one_line;
use reqwest::Url;
use reqwest::header::HeaderValue;

/// Variables with address and token: proctor's names, then upstream's. A pair is taken whole, so that a token never goes
/// to an address that was meant for another.
const VARIABLES: [(&str, &str); 2] = [("CODEELO_BASE_URL", "CODEELO_TOKEN"), ("BASE_URL", "TOKEN")];

/// Where the judging service is and the token it knows the user by. The token cannot be printed.
#[derive(Clone)]
pub struct ServiceAccess {
    base: Url,
    token: HeaderValue,
}

impl std::fmt::Debug for ServiceAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceAccess").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl ServiceAccess {
    /// From `CODEELO_BASE_URL` and `CODEELO_TOKEN`, else from upstream's `BASE_URL` and `TOKEN`; `variable` looks one up.
    /// This is the only place that reads the token.
    ///
    /// # Errors
    /// `Input`, where either is missing or cannot be used.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ServiceError> {
        let given = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let pair = VARIABLES.iter().find(|(base, token)| given(base).is_some() || given(token).is_some());
        let (base_name, token_name) = pair.unwrap_or(&VARIABLES[0]);
        let missing = |name: &str| {
            ServiceError::Input(format!("{name} is not set; the judging service needs {base_name} and {token_name}"))
        };
        let base = given(base_name).ok_or_else(|| missing(base_name))?;
        let token = given(token_name).ok_or_else(|| missing(token_name))?;
        let address = Url::parse(&format!("{}/", base.trim_end_matches('/')))
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none())
            .filter(|url| url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
        let Some(base) = address else {
            // A name and password in the address are secrets, too.
            let shown = if base.contains('@') { String::new() } else { format!(" (`{}`)", one_line(&base)) };
            return Err(ServiceError::Input(format!("{base_name}{shown} is not a plain address like https://host")));
        };
        let token = HeaderValue::from_str(&token);
        let mut token =
            token.map_err(|_| ServiceError::Input(format!("{token_name} has characters that no header can carry")))?;
        token.set_sensitive(true);
        Ok(Self { base, token })
    }

    /// Where the service is.
    pub fn address(&self) -> String {
        self.base.to_string()
    }

    /// The address of a call, with its arguments.
    pub(super) fn url(&self, call: &str, arguments: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        let path = format!("{}{call}", url.path());
        url.set_path(&path);
        if !arguments.is_empty() {
            url.query_pairs_mut().extend_pairs(arguments);
        }
        url
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    pub(super) fn token(&self) -> &HeaderValue {
        &self.token
    }

    /// A text of the service's as it may be shown: one short line, without the token.
    pub(super) fn shown(&self, text: &str) -> String {
        let token = self.token.to_str().unwrap_or_default();
        let text = if token.is_empty() { text.to_owned() } else { text.replace(token, "…") };
        one_line(&text).chars().take(200).collect()
    }
}
