//! The parts of the measurement. Each prints its figures.

use super::native::Native;
use super::programs::{COMPUTING, Set};
use super::usage::{children_cpu, median, most_resident_mib, open_descriptors, process_cpu, resident_mib, thread_cpu};
use super::{FIRST_VERDICT, Outcome};
use proctor_core::{Entry, Program, Verdict};
use proctor_sandbox::{GuestKind, Sandbox, SandboxConfig, Stage, WORK_PER_SECOND, precompile};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Passes over the same programs; the first is not counted.
const PASSES: usize = 4;

/// Compiles the guest and makes its images in an empty folder.
pub fn preparation(config: &SandboxConfig) -> Outcome {
    let folder = tempfile::tempdir()?;
    let (began, cpu) = (Instant::now(), process_cpu());
    precompile(GuestKind::Python, &config.python_wasm(), &folder.path().join("compiled"), &|stage| {
        if stage == Stage::Imaging {
            println!("  compiled after {:.1} s", began.elapsed().as_secs_f64());
        }
    })?;
    println!("preparation of the Python guest: {:.1} s, {:.1} CPU-s", began.elapsed().as_secs_f64(), process_cpu() - cpu);
    Ok(())
}

/// From the start of a process to its first verdict.
pub fn first_verdict() -> Outcome {
    let program = std::env::current_exe()?;
    let (mut clock, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        let (began, before) = (Instant::now(), children_cpu());
        if !Command::new(&program).arg(FIRST_VERDICT).status()?.success() {
            return Err("a process that should come to one verdict failed".into());
        }
        clock.push(began.elapsed().as_secs_f64() * 1e3);
        cpu.push((children_cpu() - before) * 1e3);
    }
    println!("from process start to the first verdict: {:.0} ms, {:.0} ms of CPU (median of 11)", median(&clock), median(&cpu));
    Ok(())
}

/// CPU seconds of each program, the median over the passes.
fn times(sandbox: &Sandbox, programs: &[Program]) -> (Vec<f64>, usize) {
    let mut passes = vec![Vec::with_capacity(PASSES); programs.len()];
    let mut passed = 0;
    for pass in 0..PASSES {
        for (program, times) in programs.iter().zip(&mut passes) {
            let before = thread_cpu();
            let execution = sandbox.run(program);
            if pass > 0 {
                times.push(thread_cpu() - before);
            } else {
                passed += usize::from(execution.verdict == Verdict::Ok);
            }
        }
    }
    (passes.iter().map(|times| median(times)).collect(), passed)
}

/// One set of reference programs, here and natively.
pub fn set(sandbox: &Sandbox, set: &Set) -> Outcome {
    let (ours, passed) = times(sandbox, &set.programs);
    println!("{}: {passed} of {} pass", set.name, set.programs.len());
    let mut order: Vec<usize> = (0..ours.len()).collect();
    order.sort_by(|a, b| ours[*b].total_cmp(&ours[*a]));
    let heaviest: Vec<usize> = order.into_iter().take(2).collect();
    let without = |times: &[f64]| times.iter().enumerate().filter(|(i, _)| !heaviest.contains(i)).map(|(_, t)| t).sum::<f64>();
    let line = |name: &str, times: &[f64]| {
        let (all, rest, middle) = (times.iter().sum::<f64>(), without(times), median(times) * 1e3);
        println!("  {name:<28} {all:>8.3} s in all {rest:>8.3} s without the two heaviest {middle:>8.2} ms the median program");
    };
    line("sandbox", &ours);
    let Some(native) = Native::find()? else {
        println!("  python3 is not there: nothing to compare with");
        return Ok(());
    };
    let theirs = set.programs.iter().map(|program| native.process(&program.source, None)).collect::<Result<Vec<_>, _>>()?;
    line("a native process each", &theirs);
    let sources: Vec<&str> = set.programs.iter().map(|p| p.source.as_str()).collect();
    let (all, forked_passed) = native.forking(&sources)?;
    let light: Vec<&str> = sources.iter().enumerate().filter(|(i, _)| !heaviest.contains(i)).map(|(_, s)| *s).collect();
    let (rest, _) = native.forking(&light)?;
    println!("  {:<28} {all:>8.3} s in all {rest:>8.3} s without the two heaviest ({forked_passed} pass)", "a native fork each");
    let ratio = |theirs: f64, ours: f64| theirs / ours.max(1e-9);
    println!(
        "  without the two heaviest the sandbox is {:.1} times cheaper than processes, {:.1} times than forks",
        ratio(without(&theirs), without(&ours)),
        ratio(rest, without(&ours))
    );
    Ok(())
}

/// Programs of pure computation: CPU time here over CPU time there, starts taken off.
pub fn computing(sandbox: &Sandbox) -> Outcome {
    let Some(native) = Native::find()? else {
        println!("computing: python3 is not there, nothing to compare with");
        return Ok(());
    };
    let starts = (0..5).map(|_| native.process("pass", None)).collect::<Result<Vec<_>, _>>()?;
    let start = median(&starts);
    println!("{:<24} {:>10} {:>10} {:>7} {:>24}", "computing", "native s", "sandbox s", "ratio", "10^9 units a native s");
    let mut ratios = Vec::new();
    for (name, source) in COMPUTING {
        let program = Program::python(*source, Entry::Script);
        let theirs = (0..3).map(|_| native.process(source, None)).collect::<Result<Vec<_>, _>>()?;
        let theirs = median(&theirs) - start;
        let (mut ours, mut work) = (Vec::new(), 0);
        for _ in 0..3 {
            let before = thread_cpu();
            let execution = sandbox.run(&program);
            ours.push(thread_cpu() - before);
            work = execution.work;
            if execution.verdict != Verdict::Ok {
                return Err(format!("{name}: {}", execution.stderr).into());
            }
        }
        let (ours, units) = (median(&ours), work as f64 / theirs / 1e9);
        println!("{name:<24} {theirs:>10.3} {ours:>10.3} {:>7.2} {units:>24.1}", ours / theirs);
        ratios.push(ours / theirs);
    }
    let mean = (ratios.iter().map(|r| r.ln()).sum::<f64>() / ratios.len() as f64).exp();
    println!("{:<46} {mean:>7.2} geometric mean, {:.2} median", "", median(&ratios));
    println!("  the guest's clock counts {} units a second", WORK_PER_SECOND);
    Ok(())
}

/// Runs programs in turn until `count` have run, on so many threads; the clock's seconds and CPU seconds.
fn spread(sandbox: &Sandbox, programs: &[&Program], count: usize, threads: usize) -> (f64, f64) {
    let next = AtomicUsize::new(0);
    let (began, cpu) = (Instant::now(), process_cpu());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    match programs.get(at % programs.len().max(1)) {
                        Some(program) if at < count => drop(sandbox.run(program)),
                        _ => return,
                    }
                }
            });
        }
    });
    (began.elapsed().as_secs_f64(), process_cpu() - cpu)
}

/// How many times as fast two threads count as one does, on this machine at this moment.
fn counting() -> f64 {
    let count = |threads: u64| {
        let began = Instant::now();
        std::thread::scope(|scope| {
            for thread in 0..threads {
                scope.spawn(move || (0..400_000_000u64).fold(thread, |x, i| std::hint::black_box(x ^ i)));
            }
        });
        began.elapsed().as_secs_f64() / threads as f64
    };
    count(1) / count(2)
}

/// The same work on one thread and on two. What else the machine does is seen from two threads that only count.
pub fn scaling(sandbox: &Sandbox, sets: &[Set]) {
    for (name, programs) in kinds(sets) {
        let count = 3000;
        spread(sandbox, &programs, 200, 2);
        let (mut gains, mut most) = (Vec::new(), Vec::new());
        let mut shown = ((0.0, 0.0), (0.0, 0.0));
        for _ in 0..5 {
            let one = spread(sandbox, &programs, count, 1);
            let two = spread(sandbox, &programs, count, 2);
            gains.push(one.0 / two.0);
            most.push(counting());
            shown = (one, two);
        }
        let ((one, one_cpu), (two, two_cpu)) = shown;
        println!(
            "scaling, {count} of {name}: {:.2} times as fast on two threads (median of 5; the last: {one:.2} s and {one_cpu:.2} CPU-s, {two:.2} s and {two_cpu:.2} CPU-s); threads that only count: {:.2} times",
            median(&gains),
            median(&most)
        );
    }
}

fn kinds(sets: &[Set]) -> Vec<(String, Vec<&Program>)> {
    sets.iter().rev().take(1).map(|set| (set.name.clone(), set.programs.iter().collect())).collect()
}

/// Very many programs on two threads: what one costs and what stays of it.
pub fn flat(sandbox: &Sandbox, sets: &[Set], count: usize) {
    for (name, programs) in kinds(sets) {
        println!("flat over {count} of {name}");
        for step in 1..=10 {
            let (clock, cpu) = spread(sandbox, &programs, count / 10, 2);
            let each = cpu * 1e3 / (count / 10).max(1) as f64;
            println!(
                "  {:>8} programs {clock:>7.1} s {each:>6.3} ms of CPU each, {} MiB resident ({} at most), {} descriptors",
                step * count / 10,
                resident_mib(),
                most_resident_mib(),
                open_descriptors()
            );
        }
    }
}
