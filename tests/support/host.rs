//! A host with moods, put before the program: the power goes, the clock jumps, the disk is full. See `host.c`.

use crate::support::root;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The library to put before the program; `None`, with the reason on standard error, where it cannot be built.
pub fn library() -> Option<PathBuf> {
    static LIBRARY: OnceLock<Option<(tempfile::TempDir, PathBuf)>> = OnceLock::new();
    let built = LIBRARY.get_or_init(|| {
        if !cfg!(target_os = "linux") {
            eprintln!("skipped: only Linux lets a library stand between the program and the host");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("host.so");
        let source = root().join("tests/support/host.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&path).arg(source).args(["-ldl", "-lpthread"]);
        match compiler.output() {
            Ok(built) if built.status.success() => Some((folder, path)),
            Ok(built) => panic!("host.c: {}", String::from_utf8_lossy(&built.stderr)),
            Err(error) => {
                eprintln!("skipped: there is no C compiler `cc` ({error})");
                None
            }
        }
    });
    built.as_ref().map(|(_, path)| path.clone())
}
