//! The same programs by the machine's own compiler.

use super::usage::children_cpu;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The machine's `g++`.
pub struct Native {
    folder: tempfile::TempDir,
}

impl Native {
    /// `None` where there is no `g++`.
    pub fn find() -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let found = Command::new("g++").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
        Ok(if found { Some(Self { folder: tempfile::tempdir()? }) } else { None })
    }

    /// The program, compiled.
    pub fn compile(&self, source: &str) -> Result<PathBuf, Box<dyn std::error::Error>> {
        let (path, built) = (self.folder.path().join("program.cpp"), self.folder.path().join("program"));
        fs::write(&path, source)?;
        let status = Command::new("g++").args(["-O2", "-std=gnu++17", "-w", "-o"]).arg(&built).arg(&path).status()?;
        if status.success() { Ok(built) } else { Err("g++ refuses a program".into()) }
    }

    /// CPU seconds of a run, and what it printed.
    pub fn run(&self, built: &Path, stdin: &[u8]) -> Result<(f64, String), Box<dyn std::error::Error>> {
        let before = children_cpu();
        // A stack without bounds, as judges give.
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -s unlimited; exec \"$0\""]).arg(built);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(stdin)?;
        }
        let output = child.wait_with_output()?;
        Ok((children_cpu() - before, String::from_utf8_lossy(&output.stdout).into_owned()))
    }
}
