use crate::args::{Format, GlobalArguments};
use crate::environment;
use crate::printer::Printer;
use proctor_store::Location;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What every verb needs to know.
pub struct Context {
    /// Where output goes.
    pub printer: Printer,
    /// Folder for guests, models and compiled code.
    pub cache: PathBuf,
    /// Where the store is.
    pub store: Location,
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
            cache: given(&global.cache).map_or_else(environment::cache_root, PathBuf::from),
            store: given(&global.store).map_or_else(|| Path::new(".proctor").join("proctor.db").into(), Location::parse),
            format,
            yes: global.yes,
        }
    }

    /// The path of a file called `name` beside the store, or in `.proctor` where the store is no file.
    pub fn beside_store(&self, name: &str) -> PathBuf {
        let folder = match self.store.path() {
            Some(path) => path.parent().unwrap_or(Path::new(".")),
            None => Path::new(".proctor"),
        };
        folder.join(name)
    }
}

/// What a flag or an environment variable gives; an empty one gives nothing.
fn given(value: &Option<OsString>) -> Option<&OsString> {
    value.as_ref().filter(|value| !value.is_empty())
}
