use crate::bring::Wanted;
use crate::client::{Client, digest, is_commit};
use crate::fetch::exclusive;
use crate::hub_cache::HubCache;
use crate::lock::{one_line, plain};
use crate::{DataError, Environment, Shelf};
use proctor_core::Progress;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most files of one model.
const MOST_FILES: usize = 10_000;

/// A file of a repository, and its size where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its path in the repository.
    pub path: String,
    /// Bytes.
    pub size: Option<u64>,
}

/// How to fetch a model.
#[derive(Debug, Clone)]
pub struct ModelSettings {
    /// Where the Hub is and what is known of the user there.
    pub environment: Environment,
    /// The first wait before a request is repeated; it doubles from try to try.
    pub first_wait: Duration,
}

/// What a fetch came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedModel {
    /// The folder with the files, in the Hub's cache.
    pub snapshot: PathBuf,
    /// The commit.
    pub commit: String,
    /// Files of the model, by path.
    pub files: Vec<String>,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Files that had to be downloaded.
    pub downloaded: usize,
}

/// Which of a repository's files make up the model; an error is one sentence.
pub type Choose<'a> = &'a (dyn Fn(&[RemoteFile]) -> Result<Vec<String>, String> + Sync);

/// Fetches files of a model into the Hub's cache, where its own tools find them, too. `revision` is a branch, tag or
/// commit; `None` is the newest. What is there already is checked and kept.
///
/// # Errors
/// `Input` for a revision that is not in the cache while the Hub may not be asked, and for what `choose` refuses;
/// `Remote` for what the Hub refuses or lacks, and for content that is not what its hash says; `Disk` for a full or
/// unfit disk.
pub async fn fetch_model(
    repository: &str,
    revision: Option<&str>,
    choose: Choose<'_>,
    settings: &ModelSettings,
    progress: &dyn Progress,
) -> Result<FetchedModel, DataError> {
    let environment = &settings.environment;
    let revision = revision.unwrap_or("main");
    let cache = HubCache::new(&environment.hub_cache, Shelf::Models, repository);
    if environment.offline {
        return present(repository, revision, choose, &cache, environment);
    }
    let client = Client::new(environment, settings.first_wait)?;
    let (commit, listed) = client.listing(Shelf::Models, repository, revision).await?;
    if is_commit(revision) && commit != revision {
        let got = one_line(&commit);
        return Err(DataError::Changed(format!("{repository}: asked for commit {revision}, and got {got}")));
    }
    let listed: Vec<RemoteFile> = listed.into_iter().map(|(path, size)| RemoteFile { path, size }).collect();
    let chosen = choose(&listed).map_err(DataError::Input)?;
    if chosen.len() > MOST_FILES {
        return Err(DataError::Remote(format!("{repository} has {} files, more than {MOST_FILES}", chosen.len())));
    }
    if let Some(odd) = chosen.iter().find(|path| !plain(path)) {
        return Err(DataError::Remote(format!("{repository} has a file called `{}`, which is no path", one_line(odd))));
    }
    let guard = exclusive(&cache.blob("x").with_file_name(".proctor.lock"), progress).await?;
    let size_of = |path: &String| listed.iter().find(|file| file.path == *path).and_then(|file| file.size);
    let here = |path: &String| {
        std::fs::metadata(cache.snapshot(&commit).join(path)).is_ok_and(|found| Some(found.len()) == size_of(path))
    };
    let missing: u64 = chosen.iter().filter(|path| !here(path)).filter_map(size_of).sum();
    room(repository, chosen.len(), missing, &cache, progress)?;
    let (mut bytes, mut downloaded) = (0, 0);
    for path in &chosen {
        let what = format!("{path} of {repository}");
        let url = client.hub_url(Shelf::Models, repository, &commit, path);
        let (etag, told) = client.inspect(&url, &what, &commit).await?;
        let wanted = Wanted { commit: &commit, path, what: &what, url: &url, etag, size: size_of(path).or(told) };
        let seen = cache.snapshot(&commit).join(path);
        if seen.is_file() {
            let found = digest(&seen)?;
            if wanted.fault(&found).is_none() {
                bytes += found.bytes;
                continue;
            }
        }
        let (file, fresh) = wanted.bring(&client, &cache, |_| Ok(()), progress).await?;
        bytes += file.bytes;
        downloaded += usize::from(fresh);
    }
    cache.remember(revision, &commit)?;
    drop(guard);
    Ok(FetchedModel { snapshot: cache.snapshot(&commit), commit, files: chosen, bytes, downloaded })
}

/// The model as it lies in the cache, without asking the Hub.
fn present(
    repository: &str,
    revision: &str,
    choose: Choose<'_>,
    cache: &HubCache,
    environment: &Environment,
) -> Result<FetchedModel, DataError> {
    let Some(commit) = cache.resolve(revision) else {
        return Err(DataError::Input(format!(
            "nothing may be fetched (HF_HUB_OFFLINE or --offline), and revision {revision} of {repository} is not in {}",
            environment.hub_cache.display()
        )));
    };
    let snapshot = cache.snapshot(&commit);
    let size = |path: &str| std::fs::metadata(snapshot.join(path)).ok().map(|found| found.len());
    let listed = cache.files(&commit).into_iter().map(|path| RemoteFile { size: size(&path), path });
    let listed: Vec<RemoteFile> = listed.filter(|file| file.size.is_some()).collect();
    let files = choose(&listed).map_err(DataError::Input)?;
    let bytes = files.iter().filter_map(|path| size(path)).sum();
    Ok(FetchedModel { snapshot, commit, files, bytes, downloaded: 0 })
}

/// Says what will come, and refuses what would not fit.
fn room(repository: &str, files: usize, bytes: u64, cache: &HubCache, progress: &dyn Progress) -> Result<(), DataError> {
    if bytes == 0 {
        return Ok(());
    }
    let folder = cache.blob("");
    let folder = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    // A file system that does not tell its room is let through.
    let free = rustix::fs::statvfs(folder).map(|room| room.f_bavail.saturating_mul(room.f_frsize)).unwrap_or(u64::MAX);
    if free < bytes {
        return Err(DataError::Disk(format!(
            "{} has {} free, and {repository} needs {}; make room, or set HF_HOME to a folder elsewhere",
            folder.display(),
            megabytes(free),
            megabytes(bytes)
        )));
    }
    progress.note(&format!("{repository}: {files} files, {} to download into {}", megabytes(bytes), folder.display()));
    Ok(())
}
