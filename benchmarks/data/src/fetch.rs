use crate::bring::Wanted;
use crate::client::{Client, Downloaded, digest, is_commit};
use crate::hub_cache::{HubCache, make_parent};
use crate::lock::{one_line, plain};
use crate::{DataError, Environment, Lock, LockedFile, LockedSource, Place, Shelf, Source, materialise};
use proctor_core::Progress;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to wait for another fetch of the same repository.
const PATIENCE: Duration = Duration::from_secs(600);
/// Most files of one source.
const MOST_FILES: usize = 10_000;

/// How to fetch.
#[derive(Debug, Clone)]
pub struct FetchSettings {
    /// Where the Hub is and what is known of the user there.
    pub environment: Environment,
    /// Folder for what the adapters read.
    pub cache: PathBuf,
    /// Whether to take the newest revision and pin that, instead of what is pinned.
    pub update: bool,
    /// The first wait before a request is repeated; it doubles from try to try.
    pub first_wait: Duration,
}

/// What a fetch came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where the adapter reads it.
    pub folder: PathBuf,
    /// What is pinned now.
    pub pinned: LockedSource,
    /// Files that had to be downloaded.
    pub downloaded: usize,
}

/// Fetches a source: what `lock` pins of it, else what the catalogue names, else the newest. Nothing that was there is
/// replaced before all of it has come and has been checked. The caller writes the lock.
pub async fn fetch(
    source: &Source,
    lock: &Lock,
    settings: &FetchSettings,
    progress: &dyn Progress,
) -> Result<Fetched, DataError> {
    let pinned = lock.find(source.benchmark, source.kind).filter(|_| !settings.update);
    let cache = HubCache::new(&settings.environment.hub_cache, Shelf::Data, &cache_name(source));
    let plan = plan(source, pinned, &cache, settings).await?;
    let guard = exclusive(&cache.blob("x").with_file_name(".proctor.lock"), progress).await?;
    let mut files = Vec::new();
    let mut downloaded = 0;
    for (path, size) in &plan.files {
        let expected = pinned.and_then(|pinned| pinned.files.iter().find(|file| file.path == *path));
        let what = format!("{path} of {}", source.place.repository());
        let (file, fresh) = one(source, &plan, path, *size, &what, expected, &cache, settings, progress).await?;
        downloaded += usize::from(fresh);
        files.push(LockedFile { path: path.clone(), sha256: file.sha256, bytes: file.bytes });
    }
    cache.remember(&plan.revision, &plan.commit)?;
    let pinned = LockedSource {
        benchmark: source.benchmark.into(),
        kind: source.kind.as_str().into(),
        place: source.place.as_str().into(),
        repository: source.place.repository().into(),
        revision: plan.commit.clone(),
        files,
    };
    let folder = materialise::materialise(source, &pinned, &cache.snapshot(&plan.commit), &settings.cache)?;
    drop(guard);
    Ok(Fetched { folder, pinned, downloaded })
}

/// What is to be fetched.
struct Plan {
    revision: String,
    commit: String,
    files: Vec<(String, Option<u64>)>,
}

/// Repositories of code lie beside data sets in the same cache, under a name no data set has.
fn cache_name(source: &Source) -> String {
    match source.place {
        Place::Hub { repository, .. } => repository.to_owned(),
        Place::Repository { repository, .. } => format!("proctor-repository/{repository}"),
    }
}

async fn plan(
    source: &Source,
    pinned: Option<&LockedSource>,
    cache: &HubCache,
    settings: &FetchSettings,
) -> Result<Plan, DataError> {
    let repository = source.place.repository();
    if let Some(pinned) = pinned
        && pinned.repository != repository
    {
        return Err(DataError::Changed(format!(
            "{} is pinned to {}, and this proctor knows it at {repository}; `proctor data fetch --update {}` pins that",
            source.benchmark,
            one_line(&pinned.repository),
            source.benchmark
        )));
    }
    let (revision, only) = match source.place {
        Place::Repository { revision, files, .. } => {
            if let Some(pinned) = pinned.filter(|pinned| pinned.revision != revision) {
                return Err(moved(source, &pinned.revision, revision));
            }
            let files = files.iter().map(|path| ((*path).to_owned(), None)).collect();
            return Ok(Plan { revision: revision.into(), commit: revision.into(), files });
        }
        Place::Hub { revision, only, .. } => (pinned.map_or(revision.unwrap_or("main"), |pinned| &pinned.revision), only),
    };
    if settings.environment.offline {
        let Some(commit) = cache.resolve(revision) else {
            return Err(DataError::Input(format!(
                "HF_HUB_OFFLINE is set, and revision {revision} of {repository} is not in {}; fetch it once without",
                settings.environment.hub_cache.display()
            )));
        };
        let files = cache.files(&commit).into_iter().filter(|path| wanted(path, only)).map(|path| (path, None)).collect();
        return complete(source, pinned, Plan { revision: revision.into(), commit, files });
    }
    let client = Client::new(&settings.environment, settings.first_wait)?;
    let (commit, files) = client.listing(Shelf::Data, repository, revision).await?;
    if is_commit(revision) && commit != revision {
        return Err(moved(source, revision, &commit));
    }
    let files: Vec<_> = files.into_iter().filter(|(path, _)| wanted(path, only)).collect();
    if let Some((odd, _)) = files.iter().find(|(path, _)| !plain(path)) {
        return Err(DataError::Remote(format!("{repository} has a file called `{}`, which is no path", one_line(odd))));
    }
    complete(source, pinned, Plan { revision: revision.into(), commit, files })
}

/// The plan, if all that is pinned is in it.
fn complete(source: &Source, pinned: Option<&LockedSource>, mut plan: Plan) -> Result<Plan, DataError> {
    let repository = source.place.repository();
    if let Some(pinned) = pinned {
        if let Some(gone) = pinned.files.iter().find(|file| plan.files.iter().all(|(path, _)| *path != file.path)) {
            return Err(DataError::Changed(format!(
                "{} is pinned with the file {}, which {repository} at {} does not have (any more)",
                source.benchmark, gone.path, plan.commit
            )));
        }
        plan.files.retain(|(path, _)| pinned.files.iter().any(|file| file.path == *path));
    }
    match plan.files.len() {
        0 => Err(DataError::Remote(format!("{repository} at {} holds no data files (.json, .jsonl, .parquet)", plan.commit))),
        n if n > MOST_FILES => Err(DataError::Remote(format!("{repository} has {n} files, more than {MOST_FILES}"))),
        _ => Ok(plan),
    }
}

fn moved(source: &Source, pinned: &str, found: &str) -> DataError {
    DataError::Changed(format!(
        "{} is pinned to revision {}, and {} is now at {}; nothing was replaced: `proctor data fetch --update {}` pins the new one",
        source.benchmark,
        one_line(pinned),
        source.place.repository(),
        one_line(found),
        source.benchmark
    ))
}

/// Whether a file of a data set is one of data.
fn wanted(path: &str, only: &[&str]) -> bool {
    let data = [".json", ".jsonl", ".parquet", ".json.gz", ".jsonl.gz"].iter().any(|end| path.ends_with(end));
    data && !path.starts_with('.') && (only.is_empty() || only.iter().any(|part| path.contains(part)))
}

/// Brings one file; says whether it had to be downloaded.
#[expect(clippy::too_many_arguments, reason = "one step of the loop above, apart only to be read")]
async fn one(
    source: &Source,
    plan: &Plan,
    path: &str,
    size: Option<u64>,
    what: &str,
    expected: Option<&LockedFile>,
    cache: &HubCache,
    settings: &FetchSettings,
    progress: &dyn Progress,
) -> Result<(Downloaded, bool), DataError> {
    let seen = cache.snapshot(&plan.commit).join(path);
    if seen.is_file() {
        let found = digest(&seen)?;
        let fits = expected.is_none_or(|expected| expected.sha256 == found.sha256) && size.is_none_or(|size| size == found.bytes);
        if fits {
            return Ok((found, false));
        }
        if settings.environment.offline {
            return Err(differs(source, what, expected, &found));
        }
    }
    if settings.environment.offline {
        return Err(DataError::Input(format!("HF_HUB_OFFLINE is set, and {what} is not in the cache; fetch it once without")));
    }
    let client = Client::new(&settings.environment, settings.first_wait)?;
    let repository = source.place.repository();
    let (url, etag, size) = match source.place {
        Place::Hub { .. } => {
            let url = client.hub_url(Shelf::Data, repository, &plan.commit, path);
            let (etag, told) = client.inspect(&url, what, &plan.commit).await?;
            (url, etag, size.or(told))
        }
        Place::Repository { .. } => (client.raw_url(repository, &plan.commit, path), None, None),
    };
    let accept = |got: &Downloaded| match expected {
        Some(expected) if expected.sha256 != got.sha256 => Err(differs(source, what, Some(expected), got)),
        _ => Ok(()),
    };
    Wanted { commit: &plan.commit, path, what, url: &url, etag, size }.bring(&client, cache, accept, progress).await
}

fn differs(source: &Source, what: &str, expected: Option<&LockedFile>, found: &Downloaded) -> DataError {
    let pinned = expected.map_or("another size", |expected| &expected.sha256);
    DataError::Changed(format!(
        "{what} is pinned with sha256 {pinned} and came with {}; nothing was replaced: `proctor data fetch --update {}` pins what is there now",
        found.sha256, source.benchmark
    ))
}

/// Waits for another fetch into the same place to end.
pub(crate) async fn exclusive(path: &Path, progress: &dyn Progress) -> Result<File, DataError> {
    make_parent(path)?;
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(|error| DataError::disk("opening", path, &error))?;
    let started = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(DataError::disk("locking", path, &error)),
            Err(TryLockError::WouldBlock) if started.elapsed() > PATIENCE => {
                return Err(DataError::Disk(format!("another fetch still holds {}; wait for it or end it", path.display())));
            }
            Err(TryLockError::WouldBlock) => {
                if !told {
                    progress.note("waiting for another fetch of the same repository");
                    told = true;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}
