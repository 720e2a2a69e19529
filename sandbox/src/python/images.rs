//! Images of the Python guest: an interpreter that has already imported what programs import.

use super::{CHANGES_VERSION, COMPATIBILITY, DRIVER, GUARDED_OS, LIBRARY, MAKE_IMAGE};
use crate::compile::Compiled;
use crate::image::{self, Image};
use crate::instance::{Ending, Starter};
use crate::wasi::{Mounts, Settings, Wasi};
use crate::{SandboxError, store_file};
use sha2::Digest;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Imported in every image.
const BASIC: &str = "abc array asyncio base64 bisect cmath collections collections.abc concurrent.futures.thread contextlib copy csv dataclasses datetime \
decimal doctest enum fractions functools hashlib heapq itertools json logging math multiprocessing numbers operator os pathlib pprint queue \
random re secrets shutil statistics string struct subprocess sys tempfile textwrap time tokenize traceback types typing \
unicodedata unittest urllib.parse uuid warnings zoneinfo";
/// Imported beside them where a program asks for one of [`SCIENCE_WORDS`].
const SCIENCE: &str = "numpy pandas matplotlib matplotlib.pyplot scipy scipy.stats scipy.spatial scipy.signal \
scipy.optimize sklearn sklearn.cluster sklearn.decomposition sklearn.feature_extraction.text sklearn.linear_model \
sklearn.preprocessing sklearn.metrics sklearn.model_selection sklearn.ensemble seaborn statsmodels.api \
statsmodels.tsa.seasonal pytz dateutil.parser regex holidays";
/// Modules by which a program is known to want the second image.
const SCIENCE_WORDS: &[&str] =
    &["numpy", "pandas", "matplotlib", "scipy", "sklearn", "seaborn", "statsmodels", "pytz", "dateutil", "regex", "holidays"];
/// Work and seconds given to the making of an image.
const IMAGE_WORK: u64 = 1 << 40;
const IMAGE_SECONDS: u64 = 600;
const IMAGE_MEMORY: u64 = 1 << 30;

/// Where the part of the guest's stack that CPython may use begins, and its size. The guest's stack grows down from
/// 16 MiB; the engine's native stack must hold what this much of it entails.
const STACK: (u32, u32) = (12 << 20, 4 << 20);

/// An image with the addresses the host calls in it.
pub(crate) struct Warm {
    pub image: Arc<Image>,
    pub prepare: u32,
    pub finish: u32,
    pub failed_to_compile: u32,
    pub none: u32,
    /// Where the time zone in force is named.
    pub zone_cell: u32,
}

/// The images of one guest, made when first asked for.
pub(crate) struct Images {
    folder: PathBuf,
    lent: Arc<Mounts>,
    key: String,
    basic: OnceLock<Result<Arc<Warm>, SandboxError>>,
    science: OnceLock<Result<Arc<Warm>, SandboxError>>,
}

impl Images {
    /// Images kept below `folder`, of a guest that is lent the files below `guest_folder`.
    pub fn new(folder: &Path, guest_folder: &Path, guest_sha256: &str) -> Result<Self, SandboxError> {
        let (lent, identity) = lend(guest_folder)?;
        let mut hasher = sha2::Sha256::new();
        for part in [
            &CHANGES_VERSION.to_string(),
            DRIVER,
            COMPATIBILITY,
            LIBRARY,
            MAKE_IMAGE,
            GUARDED_OS,
            BASIC,
            SCIENCE,
            guest_sha256,
            &identity,
        ] {
            hasher.update(part);
            hasher.update([0]);
        }
        let key = hex::encode(hasher.finalize())[..16].to_string();
        let (basic, science) = (OnceLock::new(), OnceLock::new());
        Ok(Self { folder: folder.to_path_buf(), lent: Arc::new(lent), key, basic, science })
    }

    /// Tells these images, and so the files and modules in them, from others.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The files lent to the guest.
    pub fn lent(&self) -> &Arc<Mounts> {
        &self.lent
    }

    /// The image that suits a program, by the modules it names.
    pub fn suiting(&self, source: &str, starter: &Starter, guest: &Compiled) -> Result<Arc<Warm>, SandboxError> {
        let science = SCIENCE_WORDS.iter().any(|word| source.contains(word));
        let (slot, name, modules) =
            if science { (&self.science, "science", format!("{BASIC} {SCIENCE}")) } else { (&self.basic, "basic", BASIC.into()) };
        slot.get_or_init(|| self.open_or_make(name, &modules, starter, guest).map(Arc::new)).clone()
    }

    fn open_or_make(&self, name: &str, modules: &str, starter: &Starter, guest: &Compiled) -> Result<Warm, SandboxError> {
        let path = self.folder.join(format!("python-{name}-{}.memory", self.key));
        let addresses = self.folder.join(format!("python-{name}-{}.addresses", self.key));
        if !store_file::intact(&path) || !store_file::intact(&addresses) {
            let _lock = store_file::lock(&path)?;
            self.make(&path, &addresses, modules, starter, guest)?;
            store_file::prune(&path, &format!("python-{name}-"), &["memory", "addresses"]);
        }
        let text = std::fs::read_to_string(&addresses).map_err(|e| SandboxError::file(&addresses, e))?;
        let numbers: Vec<u32> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [prepare, finish, failed_to_compile, none, zone_cell] = numbers[..] else {
            return Err(SandboxError::file(addresses, "this is not what was written; delete it and it is made again"));
        };
        let image = Arc::new(Image::open(&path, guest.memory_bytes)?);
        Ok(Warm { image, prepare, finish, failed_to_compile, none, zone_cell })
    }

    fn make(
        &self,
        path: &Path,
        addresses: &Path,
        modules: &str,
        starter: &Starter,
        guest: &Compiled,
    ) -> Result<(), SandboxError> {
        if store_file::intact(path) && store_file::intact(addresses) {
            // Another process made it while this one waited.
            return Ok(());
        }
        let deadline = Instant::now() + Duration::from_secs(IMAGE_SECONDS);
        let mut wasi = Wasi::new(self.lent.clone(), settings(Vec::new(), 1 << 20, 64 << 20, 0, 1_000_000_000));
        if [("driver.py", DRIVER), ("compat.py", COMPATIBILITY), ("library.py", LIBRARY)]
            .iter()
            .any(|(p, text)| !wasi.place(p, text.as_bytes()))
        {
            return Err(SandboxError::Engine("the driver does not fit into the guest's file system".to_string()));
        }
        let mut running = starter.start(&guest.image, wasi, IMAGE_WORK, IMAGE_MEMORY, deadline)?;
        let source = format!("MODULES = '{modules}'\nGUARDED_OS = '{GUARDED_OS}'\n{MAKE_IMAGE}");
        let fail = |what: &str| SandboxError::Engine(format!("the Python image cannot be made: {what}"));
        let Ending::Returned(at) = running.call::<u32, u32>("host_alloc", source.len() as u32)? else {
            return Err(fail("the guest has no memory"));
        };
        running.put(at, source.as_bytes())?;
        let ending = running.call::<(u32, u32), i32>("turn", (at, source.len() as u32))?;
        if ending != Ending::Returned(0) {
            let said = String::from_utf8_lossy(&running.wasi().stderr.bytes).into_owned();
            return Err(fail(&format!("{ending:?}: {}", said.trim().lines().last().unwrap_or_default())));
        }
        // CPython takes the stack of a WebAssembly build for 128 KiB, which is too little for recursion through C, as
        // by a cached function. The guest has more, and so has the engine.
        let stacked = match running.call::<(), u32>("PyThreadState_Get", ())? {
            Ending::Returned(thread) => {
                running.call::<(u32, u32, u32), i32>("PyUnstable_ThreadState_SetStackProtection", (thread, STACK.0, STACK.1))?
            }
            other => return Err(fail(&format!("no thread: {other:?}"))),
        };
        if stacked != Ending::Returned(0) {
            return Err(fail("its stack cannot be set"));
        }
        let said = running.wasi().stdout.bytes.clone();
        image::write_memory(path, running.memory())?;
        store_file::write(addresses, |file| std::io::Write::write_all(file, &said))
    }
}

/// What every Python guest is started with. The environment of a program is set by the driver, since an image already
/// has one.
pub(super) fn settings(stdin: Vec<u8>, output_bytes: u64, file_bytes: u64, seed: u64, work_per_second: u64) -> Settings {
    let environment = ["HOME=/program", "PYTHONTZPATH=", "TMPDIR=/tmp", "MPLBACKEND=Agg", "MPLCONFIGDIR=/tmp"];
    Settings {
        arguments: vec![b"/usr/local/bin/python3".to_vec()],
        environment: environment.iter().map(|pair| pair.as_bytes().to_vec()).collect(),
        stdin,
        output_bytes,
        file_bytes,
        seed,
        work_per_second,
    }
}

/// Lends the standard library, matplotlib's data and further packages; the second part tells them apart from others.
fn lend(folder: &Path) -> Result<(Mounts, String), SandboxError> {
    let mut lent = Mounts::default();
    let zip = folder.join("python-stdlib.zip");
    if !zip.is_file() {
        return Err(SandboxError::NotInstalled {
            what: "Python guest's standard library".to_string(),
            path: zip,
            hint: "type `proctor setup --only python`".to_string(),
        });
    }
    let mut library = std::collections::BTreeMap::from([("python315.zip".to_string(), lent.file(&zip)?)]);
    let site = folder.join("site");
    if site.is_dir() {
        library.insert("site".to_string(), lent.tree(&site)?);
    }
    let library = lent.folder(library)?;
    lent.preopen("/usr/local/lib", library);
    let data = folder.join("mpl-data");
    if data.is_dir() {
        let data = lent.tree(&data)?;
        lent.preopen("/usr/local/lib/python315.zip/matplotlib/mpl-data", data);
    }
    let identity = lent.identity();
    Ok((lent, identity))
}
