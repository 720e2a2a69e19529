/// Where addresses and keys are looked up; apart from the process so that it can be told what to answer.
pub trait Environment {
    /// The value of a variable; `None` when it is unset or blank.
    fn get(&self, name: &str) -> Option<String>;
}

/// The environment of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
    }
}

impl<F: Fn(&str) -> Option<String>> Environment for F {
    fn get(&self, name: &str) -> Option<String> {
        self(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
    }
}
