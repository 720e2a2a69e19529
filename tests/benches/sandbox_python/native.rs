//! The same programs on the machine's own CPython.

use super::usage::children_cpu;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Forks for each program of a list, as graders of function benchmarks do: the child enters it by `exec`, and reaching its
/// end is success. Prints how many succeeded.
const FORKING: &str = r#"
import io, json, os, sys
sources = json.load(open(sys.argv[1]))
passed = 0
for source in sources:
    child = os.fork()
    if child == 0:
        sys.stdout = sys.stderr = io.StringIO()
        try:
            exec(source, {"__name__": "__main__"})
        except BaseException:
            os._exit(1)
        os._exit(0)
    passed += os.waitpid(child, 0)[1] == 0
print(passed)
"#;

/// The machine's CPython.
pub struct Native {
    python: PathBuf,
    folder: tempfile::TempDir,
}

impl Native {
    /// `None` where `python3` is not found. A launcher that only looks for the interpreter is not measured.
    pub fn find() -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let asked = Command::new("python3").args(["-I", "-c", "import sys; print(sys.executable)"]).output();
        let Some(asked) = asked.ok().filter(|output| output.status.success()) else { return Ok(None) };
        let python = PathBuf::from(String::from_utf8(asked.stdout)?.trim());
        Ok(Some(Self { python, folder: tempfile::tempdir()? }))
    }

    /// CPU seconds of a process for this program.
    pub fn process(&self, source: &str, stdin: Option<&Path>) -> Result<f64, Box<dyn std::error::Error>> {
        let path = self.folder.path().join("program.py");
        fs::write(&path, source)?;
        let stdin = stdin.map_or(Ok(Stdio::null()), |path| fs::File::open(path).map(Stdio::from))?;
        let before = children_cpu();
        let mut command = Command::new(&self.python);
        command.arg("-I").arg(&path).stdin(stdin).stdout(Stdio::null()).stderr(Stdio::null());
        command.current_dir(self.folder.path()).status()?;
        Ok(children_cpu() - before)
    }

    /// CPU seconds of one forking grader for these programs, and how many passed.
    pub fn forking(&self, sources: &[&str]) -> Result<(f64, usize), Box<dyn std::error::Error>> {
        let (grader, list) = (self.folder.path().join("grader.py"), self.folder.path().join("list.json"));
        fs::write(&grader, FORKING)?;
        fs::write(&list, serde_json::to_vec(sources)?)?;
        let before = children_cpu();
        let output = Command::new(&self.python).arg("-I").args([&grader, &list]).stderr(Stdio::null()).output()?;
        let passed = String::from_utf8(output.stdout)?.trim().parse()?;
        Ok((children_cpu() - before, passed))
    }
}
