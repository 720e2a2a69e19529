use serde::Serialize;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It works.
    Works,
    /// It does not, and proctor makes do.
    Lacks,
    /// Runs would fail.
    Fails,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was tried, in a word or two.
    pub name: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What proctor does about it, or what to type; `None` where nothing is to be said.
    pub then: Option<String>,
}

impl Finding {
    pub(super) fn works(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Works, found: found.into(), then: None }
    }

    pub(super) fn lacks(name: &'static str, found: impl Into<String>, then: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Lacks, found: found.into(), then: Some(then.into()) }
    }

    pub(super) fn fails(name: &'static str, found: impl Into<String>, then: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Fails, found: found.into(), then: Some(then.into()) }
    }

    pub(super) fn then(mut self, then: impl Into<String>) -> Self {
        self.then = Some(then.into());
        self
    }
}
