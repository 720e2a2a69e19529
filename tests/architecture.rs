//! The invariants of ARCHITECTURE.md that can be read off manifests and sources.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..")
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

/// The folders of all crates, from the workspace's manifest.
fn members() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace has a manifest");
    let list = manifest.split("members = [").nth(1).and_then(|rest| rest.split(']').next()).expect("members are listed");
    let folder = |part: &str| part.trim().trim_matches('"').to_string();
    list.split(',').map(folder).filter(|folder| !folder.is_empty()).collect()
}

/// What a crate may use beside the vocabulary of `core`.
fn allowed(folder: &str) -> &'static [&'static str] {
    const JUDGES: &[&str] = &["math", "math-official", "rubric", "contest", "judges", "statistics"];
    match folder {
        "harness/core" => &[],
        "reports" => &["statistics", "store"],
        "reports/view" => &["reports", "store"],
        "judges" => &["sandbox"],
        "harness/engine" => &["store"],
        "benchmarks" => {
            &["statistics", "judges", "data", "ugmathbench", "tumlu", "tmgbench", "failsafeqa", "codeelo", "refute", "contests"]
        }
        "benchmarks/codeelo" | "benchmarks/refute" => {
            &["math", "math-official", "rubric", "contest", "judges", "statistics", "contests"]
        }
        "harness/cli" => &[
            "assets",
            "models",
            "engine",
            "benchmarks",
            "judges",
            "sandbox",
            "reports",
            "statistics",
            "store",
            "view",
            "math",
            "math-official",
            "contest",
            "data",
            "tmgbench",
        ],
        folder if folder.starts_with("benchmarks/") => JUDGES,
        // harness/assets, harness/models, sandbox, reports/statistics, reports/store and the pure judges.
        _ => &[],
    }
}

#[test]
fn arrows_point_one_way() {
    for folder in members() {
        for arrow in arrows(&folder).iter().filter(|arrow| *arrow != "core") {
            assert!(allowed(&folder).contains(&arrow.as_str()), "{folder} must not depend on {arrow}");
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

/// No crate but `free` may hold one of `words`.
fn check_absent(free: &[&str], words: &[&str]) {
    for folder in members().iter().filter(|folder| !free.contains(&folder.as_str())) {
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
fn only_models_and_data_open_connections() {
    // The live view listens on the loopback address; it connects to nothing.
    let free = ["harness/models", "benchmarks/data", "reports/view"];
    check_absent(&free, &["reqwest", "TcpStream::", "UdpSocket::", "TcpListener::"]);
}

#[test]
fn only_the_printer_writes_to_the_terminal() {
    check_absent(&["harness/cli"], &["println!", "eprintln!", "print!(", "eprint!(", "dbg!("]);
}

#[test]
fn core_is_light() {
    let manifest = fs::read_to_string(root().join("harness/core/Cargo.toml")).expect("core has a manifest");
    for heavy in ["tokio", "polars", "wasmtime", "candle", "sqlx", "reqwest"] {
        assert!(!manifest.contains(heavy), "core must not depend on {heavy}");
    }
}
