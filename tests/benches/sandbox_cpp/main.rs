//! What the sandbox costs for C++ programs, beside `g++ -O2` on the same machine in the same run.
//!
//! `cargo bench -p proctor-sandbox --bench sandbox_cpp` measures all of it; words after `--` choose parts: `contest` (the
//! sample of contest programs beside the project: compile time, and whether each verdict is the expected one),
//! `computing` (run time), `starting` (what a test of a compiled program costs). Times are CPU seconds.
#![allow(clippy::print_stdout)]

mod contest;
mod native;
mod programs;
#[path = "../sandbox_python/usage.rs"]
#[allow(dead_code)]
mod usage;

use native::Native;
use proctor_core::{Program, Verdict};
use proctor_sandbox::{CPP_WORK_PER_SECOND, Sandbox, SandboxConfig};
use programs::COMPUTING;
use usage::{median, process_cpu, thread_cpu};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let Some(config) = SandboxConfig::discover().filter(SandboxConfig::has_clang) else {
        println!("skipped: the compiler guest is not installed; run `proctor setup`");
        return Ok(());
    };
    let sandbox = Sandbox::open(config)?;
    let asked = |word: &str| arguments.is_empty() || arguments.iter().any(|a| a == word);
    if asked("contest") {
        contest::measure(&sandbox)?;
        contest::examples(&sandbox)?;
    }
    if asked("computing") {
        computing(&sandbox)?;
    }
    if asked("starting") {
        starting(&sandbox)?;
    }
    println!("resident memory at its most: {} MiB", usage::most_resident_mib());
    Ok(())
}

/// Programs of computation: CPU time here over CPU time there.
fn computing(sandbox: &Sandbox) -> Outcome {
    let native = Native::find()?;
    println!(
        "{:<24} {:>9} {:>10} {:>10} {:>7} {:>22}",
        "computing", "compile s", "native s", "sandbox s", "ratio", "10^9 units a native s"
    );
    let (mut ratios, mut units) = (Vec::new(), Vec::new());
    for (name, source) in COMPUTING {
        let mut program = Program::cpp(*source);
        program.limits.work = u64::MAX / 4;
        program.limits.output_bytes = 16 << 20;
        let before = process_cpu();
        sandbox.run(&Program { limits: proctor_core::Limits { work: 1, ..program.limits }, ..program.clone() });
        let compile = process_cpu() - before;
        let (mut ours, mut work, mut output) = (Vec::new(), 0, String::new());
        for _ in 0..3 {
            let before = thread_cpu();
            let execution = sandbox.run(&program);
            ours.push(thread_cpu() - before);
            (work, output) = (execution.work, execution.stdout);
            if execution.verdict != Verdict::Ok {
                return Err(format!("{name}: {:?} {}", execution.raised, execution.stderr).into());
            }
        }
        let ours = median(&ours);
        let Some(native) = &native else {
            println!("{name:<24} {compile:>9.2} {:>10} {ours:>10.3}", "-");
            continue;
        };
        let built = native.compile(source)?;
        let theirs = (0..3).map(|_| native.run(&built, b"")).collect::<Result<Vec<_>, _>>()?;
        if theirs[0].1 != output {
            println!("{name}: prints {output:?} here and {:?} natively", theirs[0].1);
        }
        let theirs = median(&theirs.iter().map(|(seconds, _)| *seconds).collect::<Vec<_>>());
        let (ratio, unit) = (ours / theirs, work as f64 / theirs / 1e9);
        println!("{name:<24} {compile:>9.2} {theirs:>10.3} {ours:>10.3} {ratio:>7.2} {unit:>22.2}");
        ratios.push(ratio);
        units.push(unit);
    }
    println!(
        "computing: ratio {:.2} (median), {:.2} (largest); units {:.1} (median), {:.1} (largest); CPP_WORK_PER_SECOND is {:.1}",
        median(&ratios),
        ratios.iter().copied().fold(0.0, f64::max),
        median(&units),
        units.iter().copied().fold(0.0, f64::max),
        CPP_WORK_PER_SECOND as f64 / 1e9
    );
    Ok(())
}

/// A compiled program that does next to nothing, again and again.
fn starting(sandbox: &Sandbox) -> Outcome {
    const TIMES: usize = 2000;
    let programs = [
        ("scanf and printf", "#include <cstdio>\nint main(){int a;scanf(\"%d\",&a);printf(\"%d\\n\",a);}"),
        ("cin and cout", "#include <bits/stdc++.h>\nusing namespace std;\nint main(){int a;cin>>a;cout<<a<<endl;}"),
    ];
    for (name, source) in programs {
        let mut program = Program::cpp(source);
        program.stdin = Some(b"7\n".to_vec());
        sandbox.run(&program);
        let before = thread_cpu();
        for _ in 0..TIMES {
            let execution = sandbox.run(&program);
            if execution.stdout != "7\n" {
                return Err(format!("{name}: {execution:?}").into());
            }
        }
        println!("starting, {name}: {:.3} ms a run", (thread_cpu() - before) * 1e3 / TIMES as f64);
    }
    Ok(())
}
