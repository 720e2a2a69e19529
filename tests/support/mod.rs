//! What end-to-end tests share: running the program, a folder of its own for each test, the scripted endpoint.

#![allow(dead_code, clippy::print_stderr)]

pub mod dialogue;
pub mod faults;
pub mod scripted;
pub mod watched;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_proctor");

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..")
}

/// A fixture by its path below `tests/fixtures`.
pub fn fixture(path: &str) -> PathBuf {
    root().join("tests/fixtures").join(path)
}

/// A folder with a store of its own, removed at the end of the test.
pub struct Desk {
    folder: tempfile::TempDir,
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Standard output as JSON, schema checked.
    pub fn json(&self, schema: &str) -> serde_json::Value {
        let value: serde_json::Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("no JSON ({e}):\n{}\nstderr:\n{}", self.stdout, self.stderr));
        assert_eq!(value["schema"], schema);
        value
    }

    /// Fails the test unless the program ended with `code`.
    pub fn expect(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "exit status\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Desk {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, with nothing of the developer's environment that could change what it does but the cache.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir(self.folder.path()).args(arguments);
        for (name, _) in std::env::vars() {
            if name.starts_with("OPENAI")
                || name.ends_with("_API_KEY")
                || name.ends_with("_BASE_URL")
                || name.to_lowercase().ends_with("_proxy")
            {
                command.env_remove(name);
            }
        }
        command.env_remove("PROCTOR_STORE").env("NO_COLOR", "1");
        command
    }

    pub fn proctor(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().expect("the program starts").into()
    }
}

/// Whether the Python guest is installed; says so where it is not.
pub fn has_guest() -> bool {
    let there = proctor_sandbox::SandboxConfig::discover().is_some_and(|c| c.has_python());
    if !there {
        eprintln!("skipped: the Python guest is not installed (`proctor setup`)");
    }
    there
}
