//! Upstream's reference programs, all of them, in the sandbox.
#![allow(clippy::print_stdout)]

mod support;

use proctor_core::{Entry, Program, Verdict};
use serde_json::Value;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::sandbox;

fn programs(file: &str, entry: Entry) -> Option<Vec<(String, Program)>> {
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../shared/data/humaneval_pro")
        .join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    let items: Vec<Value> = serde_json::from_str(&text).unwrap();
    let program = |item: &Value| {
        let part = |name: &str| item[name].as_str().unwrap();
        let mut source = ["raw_problem", "raw_solution", "new_problem", "new_solution"].map(part).concat();
        if entry == Entry::Script {
            source = source.replace('\t', "    ");
        }
        let mut program = Program::python(source + "\n" + part("test_code"), entry);
        if entry == Entry::Script {
            program.environment.insert("TZ".into(), "Asia/Shanghai".into());
        }
        (item["id"].to_string(), program)
    };
    Some(items.iter().map(program).collect())
}

fn check(file: &str, entry: Entry, count: usize, zone: Option<&str>, failing: &[&str]) {
    let Some(sandbox) = sandbox() else { return };
    let Some(mut programs) = programs(file, entry) else { return };
    assert_eq!(programs.len(), count);
    if let Some(zone) = zone {
        programs.iter_mut().for_each(|(_, p)| drop(p.environment.insert("TZ".into(), zone.into())));
    }
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((id, program)) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let execution = sandbox.run(program);
                    if execution.verdict != Verdict::Ok {
                        let last = execution.stderr.trim().lines().last().unwrap_or_default().to_string();
                        failed.lock().unwrap().push((id.clone(), format!("{} {last}", execution.verdict)));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    let ids: Vec<&str> = failed.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, failing, "{failed:?}");
}

#[test]
fn humaneval_pro_passes() {
    check("humaneval_pro.json", Entry::Guarded, 164, None, &[]);
}

#[test]
fn mbpp_pro_passes() {
    check("mbpp_pro.json", Entry::Guarded, 378, None, &[]);
}

#[test]
fn bigcodebench_lite_pro_passes_in_its_authors_time_zone() {
    check("bigcodebench_lite_pro.json", Entry::Script, 57, None, &[]);
}

#[test]
fn one_sample_of_bigcodebench_lite_pro_fails_in_another() {
    check("bigcodebench_lite_pro.json", Entry::Script, 57, Some("UTC"), &["\"BigCodeBench/551\""]);
}
