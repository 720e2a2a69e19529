use crate::client::digest;
use crate::hub_cache::HubCache;
use crate::materialise::{copy_sha256, is_laid_out};
use crate::{DataError, Environment, LockedSource, Shelf};
use std::path::Path;

/// What is wrong with a pinned source on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// All is there as pinned.
    Intact,
    /// It was not fetched on this machine.
    NotFetched,
    /// One sentence about a file that is not what is pinned.
    Damaged(String),
}

/// Checks the files of a pinned source: what was downloaded, and what the adapter reads.
pub fn verify(pinned: &LockedSource, environment: &Environment, cache: &Path) -> Result<Finding, DataError> {
    if !is_laid_out(cache, pinned) {
        return Ok(Finding::NotFetched);
    }
    let name = match pinned.place.as_str() {
        "repository" => format!("proctor-repository/{}", pinned.repository),
        _ => pinned.repository.clone(),
    };
    let snapshot = HubCache::new(&environment.hub_cache, Shelf::Data, &name).snapshot(&pinned.revision);
    for file in &pinned.files {
        let original = snapshot.join(&file.path);
        let mut seen = Vec::new();
        if original.is_file() {
            seen.push((original.display().to_string(), digest(&original)?.sha256));
        }
        if let Some(copy) = copy_sha256(cache, pinned, &file.path) {
            seen.push((format!("the copy of {} for the adapter", file.path), copy?));
        }
        if let Some((what, found)) = seen.iter().find(|(_, sha256)| *sha256 != file.sha256) {
            return Ok(Finding::Damaged(format!(
                "{what} has sha256 {found}, pinned is {}; `proctor data fetch {}` mends it",
                file.sha256, pinned.benchmark
            )));
        }
    }
    Ok(Finding::Intact)
}
