use crate::args::{Format, GlobalArguments};
use crate::environment;
use crate::printer::Printer;
use std::path::PathBuf;

/// What every verb needs to know.
pub struct Context {
    /// Where output goes.
    pub printer: Printer,
    /// Folder for guests, models and compiled code.
    pub cache: PathBuf,
    /// Path of the store.
    pub store: PathBuf,
    /// How tables are printed.
    pub format: Format,
    /// Whether what is missing is installed without asking.
    pub yes: bool,
}

impl Context {
    /// Settings from flags, then environment variables, then defaults.
    pub fn resolve(global: &GlobalArguments, format: Format) -> Self {
        Self {
            printer: Printer::new(global.quiet, global.color),
            cache: global.cache.clone().unwrap_or_else(environment::cache_root),
            store: global.store.clone().unwrap_or_else(|| PathBuf::from(".proctor").join("proctor.db")),
            format,
            yes: global.yes,
        }
    }
}
