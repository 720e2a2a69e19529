//! The invariants of ARCHITECTURE.md that can be read off manifests and sources.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Dependencies on other crates of the workspace, from the `[dependencies]` table.
fn arrows(folder: &str) -> Vec<String> {
    let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("every crate has a manifest");
    let table = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let table = table.split("\n[").next().unwrap_or_default();
    table
        .lines()
        .filter_map(|line| line.split('.').next()?.strip_prefix("proctor-").map(str::to_string))
        .filter(|name| name != "workspace-hack")
        .collect()
}

#[test]
fn arrows_point_one_way() {
    let allowed: [(&str, &[&str]); 9] = [
        ("harness/core", &[]),
        ("harness/assets", &["core"]),
        ("harness/models", &["core"]),
        ("sandbox", &["core"]),
        ("judges", &["core", "sandbox"]),
        ("benchmarks", &["core", "judges"]),
        ("reports", &["core"]),
        ("harness/engine", &["core", "reports"]),
        ("harness/cli", &["core", "assets", "models", "engine", "benchmarks", "judges", "sandbox", "reports"]),
    ];
    for (folder, allowed) in allowed {
        for arrow in arrows(folder) {
            assert!(allowed.contains(&arrow.as_str()), "{folder} must not depend on {arrow}");
        }
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn check_absent(folders: &[&str], words: &[&str]) {
    for folder in folders {
        let mut found = Vec::new();
        sources(&root().join(folder).join("src"), &mut found);
        assert!(!found.is_empty(), "{folder} has sources");
        for path in found {
            let text = fs::read_to_string(&path).expect("sources can be read");
            for word in words {
                assert!(!text.contains(word), "{} holds `{word}`", path.display());
            }
        }
    }
}

#[test]
fn only_models_opens_connections() {
    let others =
        ["harness/core", "harness/engine", "harness/assets", "harness/cli", "benchmarks", "judges", "sandbox", "reports"];
    check_absent(&others, &["reqwest", "TcpStream::", "UdpSocket::", "TcpListener::"]);
}

#[test]
fn only_the_printer_writes_to_the_terminal() {
    let libraries =
        ["harness/core", "harness/engine", "harness/models", "harness/assets", "benchmarks", "judges", "sandbox", "reports"];
    check_absent(&libraries, &["println!", "eprintln!", "print!(", "eprint!(", "dbg!("]);
}

#[test]
fn core_is_light() {
    let manifest = fs::read_to_string(root().join("harness/core/Cargo.toml")).expect("core has a manifest");
    for heavy in ["tokio", "polars", "wasmtime", "candle", "sqlx", "reqwest"] {
        assert!(!manifest.contains(heavy), "core must not depend on {heavy}");
    }
}
