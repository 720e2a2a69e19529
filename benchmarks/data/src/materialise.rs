use crate::client::digest;
use crate::convert::parquet_to_jsonl;
use crate::hub_cache::make_parent;
use crate::{DataError, Kind, LockedSource, Place, Source};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the adapter of `benchmark` reads what is pinned: upstream's layout, Parquet turned into lines of JSON.
pub fn folder(cache: &Path, pinned: &LockedSource) -> PathBuf {
    match pinned.kind == Kind::Prompts.as_str() {
        true => cache.join("prompts").join(&pinned.benchmark),
        false => cache.join("data").join(&pinned.benchmark).join(&pinned.revision[..pinned.revision.len().min(12)]),
    }
}

/// Lays out the files of a snapshot for the adapter: whole or not at all.
pub(crate) fn materialise(source: &Source, pinned: &LockedSource, snapshot: &Path, cache: &Path) -> Result<PathBuf, DataError> {
    let target = folder(cache, pinned);
    make_parent(&target)?;
    let fresh = target.with_file_name(format!(
        ".{}.{}",
        target.file_name().map_or_else(Default::default, |n| n.to_string_lossy()),
        std::process::id()
    ));
    let _ = std::fs::remove_dir_all(&fresh);
    let laid = lay_out(source, pinned, snapshot, &fresh);
    if let Err(error) = laid {
        let _ = std::fs::remove_dir_all(&fresh);
        return Err(error);
    }
    let _ = std::fs::remove_dir_all(&target);
    std::fs::rename(&fresh, &target).map_err(|error| DataError::disk("keeping", &target, &error))?;
    Ok(target)
}

fn lay_out(source: &Source, pinned: &LockedSource, snapshot: &Path, into: &Path) -> Result<(), DataError> {
    let table = match source.place {
        Place::Hub { table, .. } => table,
        Place::Repository { .. } => None,
    };
    let mut tables = Vec::new();
    for file in &pinned.files {
        let from = snapshot.join(&file.path);
        let to = match file.path.strip_suffix(".parquet") {
            Some(stem) => into.join(format!("{stem}.jsonl")),
            // Prompt files lie flat: their names tell them apart.
            None if source.kind == Kind::Prompts => into.join(file.path.rsplit('/').next().unwrap_or(&file.path)),
            None => into.join(&file.path),
        };
        make_parent(&to)?;
        if file.path.ends_with(".parquet") {
            parquet_to_jsonl(&from, &to)?;
        } else {
            std::fs::copy(&from, &to).map_err(|error| DataError::disk("copying to", &to, &error))?;
        }
        tables.push(to);
    }
    match (table, tables.as_slice()) {
        (Some(name), [one]) => as_table(one, &into.join(name)),
        // One table in several parts, as the Hub cuts large ones.
        (Some(name), _) if name.ends_with(".jsonl") && distinct_tables(pinned) == 1 => {
            tables.sort();
            join(&tables, &into.join(name))
        }
        _ => Ok(()),
    }
}

/// The name that the parts of a table in Parquet share, `NAME-00000-of-00003.parquet`; of anything else its own.
fn table_of(path: &str) -> (&str, &str) {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = path.strip_suffix(".parquet").and_then(|stem| stem.rsplit_once("-of-"));
    let parts = parts.and_then(|(before, count)| Some((before.rsplit_once('-')?, count)));
    match parts {
        Some(((name, at), count)) if digits(at) && digits(count) => (name, count),
        _ => (path, ""),
    }
}

/// How many tables the pinned files are.
fn distinct_tables(pinned: &LockedSource) -> usize {
    pinned.files.iter().map(|file| table_of(&file.path)).collect::<BTreeSet<_>>().len()
}

/// One file of lines from several, in their order.
fn join(parts: &[PathBuf], to: &Path) -> Result<(), DataError> {
    let writing = |error: std::io::Error| DataError::disk("writing", to, &error);
    let mut out = std::fs::File::create(to).map_err(writing)?;
    for part in parts {
        let mut from = std::fs::File::open(part).map_err(|error| DataError::disk("reading", part, &error))?;
        std::io::copy(&mut from, &mut out).map_err(writing)?;
        std::fs::remove_file(part).map_err(|error| DataError::disk("removing", part, &error))?;
    }
    Ok(())
}

/// Gives the only table of a repository the name the adapter knows: as lines, or as one array where the name says so.
fn as_table(from: &Path, to: &Path) -> Result<(), DataError> {
    if from == to {
        return Ok(());
    }
    let text = std::fs::read_to_string(from).map_err(|error| DataError::disk("reading", from, &error))?;
    let array = text.trim_start().starts_with('[');
    let wanted = to.extension().is_some_and(|extension| extension == "json");
    let text = match (array, wanted) {
        (false, true) => {
            let rows: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
            format!("[{}]\n", rows.join(",\n"))
        }
        _ => text,
    };
    std::fs::write(to, text).map_err(|error| DataError::disk("writing", to, &error))?;
    std::fs::remove_file(from).map_err(|error| DataError::disk("removing", from, &error))
}

/// Whether the folder of a pinned source is there and holds as many files as there are tables and other files pinned.
pub(crate) fn is_laid_out(cache: &Path, pinned: &LockedSource) -> bool {
    let mut count = 0;
    let mut folders = vec![folder(cache, pinned)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => count += 1,
            }
        }
    }
    count >= distinct_tables(pinned) && count > 0
}

/// SHA-256 of one laid-out file that is an unchanged copy; `None` where it was converted.
pub(crate) fn copy_sha256(cache: &Path, pinned: &LockedSource, path: &str) -> Option<Result<String, DataError>> {
    let root = folder(cache, pinned);
    let flat = pinned.kind == Kind::Prompts.as_str();
    let copy = root.join(if flat { path.rsplit('/').next().unwrap_or(path) } else { path });
    (copy.is_file() && !path.ends_with(".parquet")).then(|| digest(&copy).map(|found| found.sha256))
}
