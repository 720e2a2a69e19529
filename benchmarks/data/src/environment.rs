use std::path::PathBuf;

/// Where the Hub and repositories of code are, and what is known of the user there. The token cannot be printed.
#[derive(Clone)]
pub struct Environment {
    /// Base address of the Hub.
    pub hub: String,
    /// Base address of raw files in repositories of code.
    pub repositories: String,
    /// The Hub's cache folder.
    pub hub_cache: PathBuf,
    /// Whether only what lies in that cache may be used.
    pub offline: bool,
    pub(crate) token: Option<String>,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("hub", &self.hub).field("hub_cache", &self.hub_cache).finish_non_exhaustive()
    }
}

impl Environment {
    /// From the variables that the Hub's own tools read: `HF_ENDPOINT`, `HF_TOKEN` (or the file `HF_TOKEN_PATH`, or
    /// `token` in `HF_HOME`), `HF_HUB_CACHE` (or `hub` in `HF_HOME`, or in the user's cache folder), `HF_HUB_OFFLINE`; and
    /// `PROCTOR_REPOSITORIES` for the base address of raw repository files. `variable` looks one up; `home` is the user's
    /// home folder.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>, home: PathBuf) -> Self {
        let given = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let cache = given("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
        let hf_home = given("HF_HOME").map_or_else(|| cache.join("huggingface"), PathBuf::from);
        let token_file = given("HF_TOKEN_PATH").map_or_else(|| hf_home.join("token"), PathBuf::from);
        let stored = || std::fs::read_to_string(token_file).ok().map(|text| text.trim().to_owned()).filter(|t| !t.is_empty());
        let base = |name: &str, default: &str| {
            given(name).map_or_else(|| default.to_owned(), |url| url.trim_end_matches('/').to_owned())
        };
        Self {
            hub: base("HF_ENDPOINT", "https://huggingface.co"),
            repositories: base("PROCTOR_REPOSITORIES", "https://raw.githubusercontent.com"),
            hub_cache: given("HF_HUB_CACHE")
                .or_else(|| given("HUGGINGFACE_HUB_CACHE"))
                .map_or_else(|| hf_home.join("hub"), PathBuf::from),
            offline: given("HF_HUB_OFFLINE").is_some_and(|v| matches!(v.to_lowercase().as_str(), "1" | "true" | "yes" | "on")),
            token: given("HF_TOKEN").or_else(stored),
        }
    }
}
