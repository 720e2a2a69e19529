//! What is made once with the compiler and kept: the precompiled header of each dialect, and the library's objects.

use super::arguments::{self, Dialect, Product};
use super::headers::{HEADERS, LIBRARY, UMBRELLA};
use super::toolchain::{Made, OWN, Toolchain};
use crate::wasi::Mounts;
use crate::{SandboxError, store_file};
use proctor_core::Language;
use sha2::Digest;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Raised when what is made changes for a reason that its sources and command lines do not show.
const VERSION: u32 = 1;

/// How long what another version made is left alone: it may be at work beside this one.
const KEPT: std::time::Duration = std::time::Duration::from_secs(3600);

/// Where the compiler finds what is lent to it for one dialect.
pub(crate) struct Lent {
    pub mounts: Arc<Mounts>,
    /// The precompiled header.
    pub header: Option<String>,
    /// The library's objects.
    pub objects: Vec<String>,
}

type Slot = Arc<OnceLock<Result<Arc<Lent>, SandboxError>>>;

/// The library, in the cache folder `folder`.
pub(crate) struct Library {
    folder: PathBuf,
    key: String,
    lent: Mutex<BTreeMap<Dialect, Slot>>,
}

/// The project's own headers as files of the compiler.
pub(crate) fn own_headers() -> impl Iterator<Item = (String, &'static [u8])> {
    let umbrella = ("/library/umbrella.h".to_string(), UMBRELLA.as_bytes());
    let headers = HEADERS.iter().map(|(path, text)| (format!("{}/{path}", arguments::OWN_HEADERS), text.as_bytes()));
    // The precompiled header names the text it was made of.
    headers.chain(std::iter::once(umbrella))
}

impl Library {
    pub fn new(folder: &Path, toolchain: &Toolchain) -> Result<Self, SandboxError> {
        let mut hasher = sha2::Sha256::new();
        let mut add = |part: &str| {
            hasher.update(part);
            hasher.update([0]);
        };
        add(&VERSION.to_string());
        add(toolchain.sha256());
        add(UMBRELLA);
        let dialect = Dialect::named(Language::Cpp, None).map_err(SandboxError::Engine)?;
        for word in arguments::compile(dialect, &Product::Header, "", "").iter().chain(&arguments::link("", &[], "")) {
            add(word);
        }
        for (name, text) in HEADERS.iter().chain(LIBRARY) {
            add(name);
            add(text);
        }
        let key = hex::encode(hasher.finalize())[..16].to_string();
        Ok(Self { folder: folder.to_path_buf(), key, lent: Mutex::default() })
    }

    /// Tells this compiler with its headers, library and command lines from others.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What a program of this dialect is compiled with; made when first asked for (seconds, once for each dialect).
    pub fn suiting(&self, dialect: Dialect, toolchain: &Toolchain) -> Result<Arc<Lent>, SandboxError> {
        let slot = self.lent.lock().unwrap_or_else(PoisonError::into_inner).entry(dialect).or_default().clone();
        slot.get_or_init(|| self.open_or_make(dialect, toolchain).map(Arc::new)).clone()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("cpp-{}-{name}", self.key))
    }

    fn open_or_make(&self, dialect: Dialect, toolchain: &Toolchain) -> Result<Lent, SandboxError> {
        let plain = OnceLock::new();
        let lend_nothing = || plain.get_or_init(|| toolchain.lend(&[])).clone();
        let mut made = Vec::new();
        let mut objects = Vec::new();
        for (name, text) in LIBRARY {
            let file = format!("{name}.o");
            let path = self.path(&file);
            let own = Dialect::named(Language::Cpp, None).map_err(SandboxError::Engine)?;
            self.make(
                &path,
                toolchain,
                own,
                &Product::Object { header: None, steps: 1 << 20 },
                (&format!("{name}.cpp"), text),
                &lend_nothing,
            )?;
            objects.push(format!("/made/{file}"));
            made.push((file, path));
        }
        let mut header = None;
        if dialect.is_cpp() {
            let file = format!("{}.pch", dialect.name());
            let path = self.path(&file);
            self.make(&path, toolchain, dialect, &Product::Header, ("umbrella.h", UMBRELLA), &lend_nothing)?;
            header = Some(format!("/made/{file}"));
            made.push((file, path));
        }
        Ok(Lent { mounts: toolchain.lend(&made)?, header, objects })
    }

    /// Removes what earlier versions made. Whoever still has such a file open or mapped keeps it.
    fn prune(&self) {
        let own = format!("cpp-{}-", self.key);
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let foreign = name.to_str().is_some_and(|name| name.starts_with("cpp-") && !name.starts_with(&own));
            let age = entry.metadata().ok().and_then(|meta| meta.modified().ok()).and_then(|time| time.elapsed().ok());
            if foreign && age.is_some_and(|age| age > KEPT) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    fn make(
        &self,
        path: &Path,
        toolchain: &Toolchain,
        dialect: Dialect,
        product: &Product<'_>,
        (name, text): (&str, &str),
        lent: &dyn Fn() -> Result<Arc<Mounts>, SandboxError>,
    ) -> Result<(), SandboxError> {
        if store_file::intact(path) {
            return Ok(());
        }
        let _lock = store_file::lock(path)?;
        if store_file::intact(path) {
            // Another process made it while this one waited.
            return Ok(());
        }
        let source = format!("/library/{name}");
        let output = "/tmp/output";
        let headers: Vec<(String, &[u8])> = own_headers().collect();
        let mut files: Vec<(&str, &[u8])> = headers.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        if !files.iter().any(|(path, _)| *path == source) {
            files.push((&source, text.as_bytes()));
        }
        let line = arguments::compile(dialect, product, &source, output);
        match toolchain.run(&lent()?, &line, &files, output, OWN)? {
            Made::Output(bytes) => {
                store_file::write(path, |file| file.write_all(&bytes))?;
                self.prune();
                Ok(())
            }
            Made::Refused(said) | Made::Stopped(_, said) => {
                Err(SandboxError::Engine(format!("{name} of the C++ library does not compile: {said}")))
            }
        }
    }
}
