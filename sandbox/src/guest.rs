use crate::wasm::{Changes, Symbols};
use crate::{SandboxError, python};
use std::path::{Path, PathBuf};

/// A program image for the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuestKind {
    /// CPython 3.15 with the scientific packages.
    Python,
    /// CPython 3.12, standard library only; the small fallback.
    PythonSmall,
    /// The clang and lld compiler.
    Clang,
}

impl GuestKind {
    /// Short name, used in file names.
    pub fn name(self) -> &'static str {
        match self {
            GuestKind::Python => "python",
            GuestKind::PythonSmall => "python-small",
            GuestKind::Clang => "clang",
        }
    }

    /// What is changed in the guest before it is compiled.
    pub(crate) fn changes(self, module: &[u8], symbols: &Symbols) -> Result<Changes, SandboxError> {
        match self {
            GuestKind::Python => python::changes(module, symbols),
            GuestKind::PythonSmall | GuestKind::Clang => Ok(Changes::default()),
        }
    }

    /// Tells those changes from earlier ones.
    pub(crate) fn changes_version(self) -> u32 {
        match self {
            GuestKind::Python => python::CHANGES_VERSION,
            GuestKind::PythonSmall | GuestKind::Clang => 0,
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            GuestKind::Python => "Python guest",
            GuestKind::PythonSmall => "small Python guest",
            GuestKind::Clang => "C++ compiler guest",
        }
    }

    pub(crate) fn setup_name(self) -> &'static str {
        match self {
            GuestKind::Python | GuestKind::PythonSmall => "python",
            GuestKind::Clang => "clang",
        }
    }
}

/// Where the guests lie and where what is made from them is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxConfig {
    /// Folder of the Python guest: `python-snapshot.wasm`, `python-stdlib.zip`, `mpl-data/`, `site/`.
    pub python: PathBuf,
    /// The small Python guest, `python-3.12.0.wasm`.
    pub python_small: PathBuf,
    /// Folder of the compiler guest, `llvm.core.wasm` and its sysroot.
    pub clang: PathBuf,
    /// Where compiled code and images are kept; must belong to the user.
    pub compiled: PathBuf,
}

impl SandboxConfig {
    /// The layout below one cache folder.
    pub fn below(root: &Path) -> Self {
        Self {
            python: root.join("guests/python"),
            python_small: root.join("guests/python-small/python-3.12.0.wasm"),
            clang: root.join("guests/clang"),
            compiled: root.join("compiled"),
        }
    }

    /// The layout below the user's cache folder: `$PROCTOR_CACHE`, else `$XDG_CACHE_HOME/proctor`, else
    /// `~/.cache/proctor`. `None` where none of them is set.
    pub fn discover() -> Option<Self> {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let root = set("PROCTOR_CACHE")
            .or_else(|| set("XDG_CACHE_HOME").map(|d| d.join("proctor")))
            .or_else(|| set("HOME").map(|d| d.join(".cache/proctor")))?;
        Some(Self::below(&root))
    }

    /// The Python guest's module.
    pub fn python_wasm(&self) -> PathBuf {
        self.python.join("python-snapshot.wasm")
    }

    /// Whether the compiler guest is there.
    pub fn has_clang(&self) -> bool {
        self.clang.join("llvm.core.wasm").is_file()
    }

    /// Whether a Python guest is there, large or small.
    pub fn has_python(&self) -> bool {
        self.python_wasm().is_file() || self.python_small.is_file()
    }
}
