//! Hostile programs in C and C++: each ends in the verdict it should, the host lives and goes on.
#![allow(clippy::print_stdout)]

#[path = "hostile_cpp/programs.rs"]
mod programs;

use proctor_core::{Execution, Language, Program, Verdict};
use proctor_sandbox::{Sandbox, SandboxConfig};
use programs::{Expected, GROUPS, HOSTILE};
use std::fs;
use std::time::{Duration, Instant};

/// Longest that any of them may take, compiling it with every way of trying included, on a busy machine.
const MOST_SECONDS: u64 = 120;

fn sandbox() -> Option<Sandbox> {
    let Some(config) = SandboxConfig::discover().filter(SandboxConfig::has_clang) else {
        println!("skipped: the compiler guest is not installed (`proctor setup` does it)");
        return None;
    };
    Some(Sandbox::open(config).expect("installed guests can be opened"))
}

fn limited(language: Language, source: String) -> Program {
    let mut program = Program::new(language, source);
    program.limits.work = 3_000_000_000;
    program.limits.memory_bytes = 64 << 20;
    program.limits.output_bytes = 64 << 10;
    program.limits.file_bytes = 1 << 20;
    program.limits.wall = Duration::from_secs(60);
    program.stdin = Some(b"1 2 3\n".to_vec());
    program
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

fn resident_mib() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().find_map(|word| word.parse::<u64>().ok()).unwrap_or(0) >> 10
}

fn fits(expected: Expected, execution: &Execution) -> bool {
    let verdict = execution.verdict;
    match expected {
        Expected::Is(wanted) => verdict == wanted,
        Expected::Prints(text) => verdict == Verdict::Ok && execution.stdout == text,
        Expected::Refused(words) => verdict == Verdict::CompileError && execution.stderr.contains(words),
        Expected::Raises(kind) => {
            verdict == Verdict::RuntimeError && execution.raised.as_ref().is_some_and(|raised| raised.kind == kind)
        }
        Expected::Unsupported => {
            verdict == Verdict::SandboxError && execution.raised.as_ref().is_some_and(|raised| raised.kind == "Unsupported")
        }
    }
}

#[test]
fn each_ends_as_it_should_and_the_host_goes_on() {
    let Some(sandbox) = sandbox() else { return };
    let honest = limited(Language::Cpp, "#include <cstdio>\nint main(){puts(\"fine\");}".to_string());
    assert_eq!(sandbox.run(&honest).stdout, "fine\n");
    let (open_before, mut wrong) = (descriptors(), Vec::new());
    for hostile in HOSTILE {
        let began = Instant::now();
        let execution = sandbox.run(&limited(hostile.language, (hostile.source)()));
        if !fits(hostile.expected, &execution) {
            wrong.push(format!(
                "{}/{}: {} {:?}\n{}{}",
                hostile.group,
                hostile.name,
                execution.verdict,
                execution.raised,
                execution.stdout.chars().take(200).collect::<String>(),
                execution.stderr.chars().take(400).collect::<String>()
            ));
        }
        let seconds = began.elapsed().as_secs();
        if seconds > MOST_SECONDS {
            wrong.push(format!("{}/{}: took {seconds} s", hostile.group, hostile.name));
        }
        if execution.stdout.len() > 256 << 10 || execution.stderr.len() > 256 << 10 {
            wrong.push(format!("{}/{}: {} bytes of output were kept", hostile.group, hostile.name, execution.stdout.len()));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), HOSTILE.len(), wrong.join("\n"));
    assert_eq!(sandbox.run(&honest).stdout, "fine\n");
    let (open, resident) = (descriptors(), resident_mib());
    // Compiled programs that are kept in memory keep no file open.
    assert!(open <= open_before + 8, "{open} descriptors are open, {open_before} were");
    assert!(resident < 1500, "{resident} MiB are resident");
}

#[test]
fn there_are_enough_of_every_kind() {
    assert!(HOSTILE.len() >= 50, "{}", HOSTILE.len());
    for group in GROUPS {
        assert!(HOSTILE.iter().filter(|h| h.group == *group).count() >= 3, "{group}");
    }
}
