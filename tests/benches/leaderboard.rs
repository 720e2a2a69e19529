//! One million grades become a leaderboard with intervals and places: time and memory, from a Parquet file and, where a
//! store is named, from that.
//!
//! `cargo bench -p proctor-reports --bench leaderboard [-- ROWS]`
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use polars::prelude::{Column, DataFrame};
use proctor_reports::export::{self, Format};
use proctor_reports::leaderboard::{entries_of_grades, leaderboard};
use std::error::Error;
use std::time::Instant;

const MODELS: usize = 10;
const BENCHMARKS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let rows = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let folder = std::env::temp_dir().join(format!("proctor-leaderboard-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("grades.parquet");
    // Written by a process of its own, so that the memory of making the table is not counted as that of reading it.
    if std::env::args().any(|argument| argument == "--write") {
        let target = std::env::args().next_back().ok_or("no path")?;
        export::to_file(&mut table(rows)?, Format::Parquet, target.as_ref())?;
        return Ok(());
    }
    let made = std::process::Command::new(std::env::current_exe()?).args(["--write", &rows.to_string()]).arg(&path).status()?;
    assert!(made.success(), "the table could not be made");
    let size = std::fs::metadata(&path)?.len() as f64 / 1e6;
    println!("{rows} grades, {MODELS} models at {BENCHMARKS} benchmarks, {size:.0} MB of Parquet");
    for turn in 1..=3 {
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let entries = entries_of_grades(export::scan(&path)?, &[])?;
        let read = start.elapsed().as_secs_f64();
        let board = leaderboard(entries, &[]);
        let whole = start.elapsed().as_secs_f64();
        let ranked = board.cells.iter().flatten().flatten().filter(|cell| cell.is_ranked() && cell.interval.is_some()).count();
        assert_eq!(ranked, MODELS * BENCHMARKS, "every cell has a score, an interval and a place");
        println!(
            "turn {turn}: {whole:.2} s (aggregation {read:.2} s, places from {} resamples {:.2} s), {:.2} CPU s, peak memory {:.0} MiB",
            board.resamples,
            whole - read,
            cpu_seconds() - cpu,
            peak_mebibytes()
        );
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Grades in the columns of `docs/frames.md`.
fn table(rows: usize) -> Result<DataFrame, Box<dyn Error>> {
    let per_run = rows / (MODELS * BENCHMARKS);
    let rows = per_run * MODELS * BENCHMARKS;
    let run = |i: usize| i / per_run.max(1);
    let draw = |i: usize, salt: usize| {
        let mut x = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (salt as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x ^= x >> 31;
        x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 29;
        (x >> 11) as f64 / (1u64 << 53) as f64
    };
    let text = |name: &str, of: &dyn Fn(usize) -> String| Column::new(name.into(), (0..rows).map(of).collect::<Vec<String>>());
    let outcome = |i: usize| {
        let (model, question) = (run(i) % MODELS, run(i) / MODELS * 1_000_000 + i % per_run.max(1));
        let right = 0.7 * draw(question, 1) + 0.3 * draw(i, 2) < 0.3 + 0.06 * model as f64;
        let word = match (right, draw(i, 3)) {
            (_, luck) if luck < 0.002 => "infra_error",
            (true, _) => "correct",
            (false, luck) if luck < 0.05 => "truncated",
            (false, _) => "incorrect",
        };
        word.to_owned()
    };
    let tokens = |salt: usize| (0..rows).map(|i| Some(50 + (draw(i, salt) * 900.0) as u64)).collect::<Vec<Option<u64>>>();
    let columns = vec![
        text("run_id", &|i| format!("run-{:02}", run(i))),
        text("benchmark", &|i| format!("benchmark-{}", run(i) / MODELS)),
        text("model", &|i| format!("vendor/model-{}", run(i) % MODELS)),
        text("fingerprint", &|i| format!("{:016x}", run(i))),
        text("conditions", &|i| format!("{:016x}", run(i) / MODELS)),
        text("sample_id", &|i| format!("sample/{}", i % per_run.max(1))),
        text("group", &|i| format!("group/{}", i % per_run.max(1))),
        text("strata", &|i| ["kazakh;History", "kazakh;Maths", "tatar;History"][i % 3].to_owned()),
        Column::new("epoch".into(), vec![0u32; rows]),
        text("outcome", &outcome),
        Column::new("prompt_tokens".into(), tokens(4)),
        Column::new("completion_tokens".into(), tokens(5)),
        Column::new("reasoning_tokens".into(), vec![None::<u64>; rows]),
        Column::new("cached_tokens".into(), vec![None::<u64>; rows]),
        Column::new("latency_s".into(), (0..rows).map(|i| draw(i, 6) * 9.0).collect::<Vec<f64>>()),
        Column::new("cost_usd".into(), (0..rows).map(|i| Some(draw(i, 7) / 100.0)).collect::<Vec<Option<f64>>>()),
    ];
    Ok(DataFrame::new(rows, columns)?)
}

/// The most memory that this process has held.
fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).map_or(f64::NAN, |kibibytes| kibibytes / 1024.0)
}

/// CPU seconds of this process, on all its threads.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    // Ticks are hundredths of a second on Linux.
    (ticks(11) + ticks(12)) / 100.0
}
