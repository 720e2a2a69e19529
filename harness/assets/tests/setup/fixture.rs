//! A cache, two assets, and stand-ins for pip, npm and the compiler.

use proctor_assets::{
    Archive, Asset, AssetError, Compiler, Depth, Fetcher, Guest, Layout, Outcome, Part, Progress, Request, Source, State, Step,
    Take, Tools, install, state,
};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How the stand-ins behave.
#[derive(Debug, Clone, Copy)]
pub enum Pip {
    Delivers,
    DeliversAnother,
    Fails(&'static str),
    Hangs,
    NoNpm,
    NpmFails,
    Missing,
}

pub struct Fixture {
    folder: tempfile::TempDir,
    pub layout: Layout,
    pub assets: Vec<Asset>,
    pub fetcher: Fetcher,
    pub compiler: CountingCompiler,
    pub notes: Notes,
}

impl Fixture {
    pub fn new(pip: Pip) -> Self {
        Self::at(tempfile::tempdir().unwrap(), pip)
    }

    pub fn at(folder: tempfile::TempDir, pip: Pip) -> Self {
        let root = folder.path();
        for name in ["bin", "archives", "cache"] {
            fs::create_dir_all(root.join(name)).unwrap();
            fs::set_permissions(root.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let alpha = zip_of(&[
            ("alpha/image.wasm", b"image of alpha"),
            ("alpha/outer.zip", &zip_of(&[("inner/data.zip", &zip_of(&[("fonts/a.ttf", b"a font"), ("b.txt", b"b")]))])),
            ("alpha/unwanted.txt", b"unwanted"),
        ]);
        let beta =
            tgz_of(&[("package/gen/sysroot.tar", &tar_of(&[("include/stdio.h", b"a header"), ("lib/c.a", b"a library")]))]);
        fs::write(root.join("archives/alpha.whl"), &alpha).unwrap();
        fs::write(root.join("archives/beta.tgz"), &beta).unwrap();
        script(root, pip);
        let assets = vec![
            Asset {
                name: "alpha",
                title: "alpha guest",
                detail: "alpha for tests",
                part: Part::Python,
                small: None,
                archives: archives(
                    Source::Pip { name: "alpha", version: "1" },
                    "alpha.whl",
                    &alpha,
                    vec![
                        Take::File {
                            from: "alpha/image.wasm",
                            to: "guests/alpha/image.wasm",
                            sha256: leak(sha256(b"image of alpha")),
                            bytes: 14,
                        },
                        Take::Tree { within: &["alpha/outer.zip", "inner/data.zip"], to: "guests/alpha/data", bytes: 7 },
                    ],
                ),
                guest: Some((Guest::Python, "guests/alpha/image.wasm")),
                compiled_bytes: 10,
            },
            Asset {
                name: "beta",
                title: "beta guest",
                detail: "beta for tests",
                part: Part::Clang,
                small: None,
                archives: archives(
                    Source::Npm { name: "@b/beta", version: "2" },
                    "beta.tgz",
                    &beta,
                    vec![Take::Tree { within: &["package/gen/sysroot.tar"], to: "guests/beta/sysroot", bytes: 17 }],
                ),
                guest: None,
                compiled_bytes: 0,
            },
        ];
        let tools = Tools::find(root.join("bin").as_os_str());
        let fetcher = Fetcher { tools, ..Fetcher::new() };
        let layout = Layout::new(root.join("cache"));
        Self { folder, layout, assets, fetcher, compiler: CountingCompiler::default(), notes: Notes::default() }
    }

    pub fn install(&self, request: &Request) -> Result<Vec<Outcome>, AssetError> {
        install(request, &self.layout, &self.assets, &self.fetcher, &self.compiler, &self.notes)
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn archive(&self, name: &str) -> PathBuf {
        self.root().join("archives").join(name)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join("cache").join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn state(&self, index: usize, depth: Depth) -> State {
        state(&self.layout, &self.assets[index], depth)
    }

    /// How often pip or npm was started to fetch.
    pub fn calls(&self) -> usize {
        fs::read_to_string(self.root().join("calls")).unwrap_or_default().lines().count()
    }
}

/// Writes the scripts that stand in for pip and npm.
fn script(root: &Path, pip: Pip) {
    let shown = root.display();
    let body = match pip {
        Pip::Delivers | Pip::NoNpm | Pip::NpmFails => format!("cp {shown}/archives/$file $dest/"),
        Pip::DeliversAnother => "printf 'something else' > $dest/$file".to_string(),
        Pip::Fails(words) => format!("echo '{words}' >&2; exit 1"),
        Pip::Hangs => "printf half > $dest/$file.part; exec sleep 600".to_string(),
        Pip::Missing => return,
    };
    let head = format!("#!/bin/sh\necho \"$0 $*\" >> {shown}/calls\n");
    let dest = "dest=.; while [ $# -gt 0 ]; do if [ \"$1\" = --dest ]; then dest=$2; fi; shift; done\n";
    executable(&root.join("bin/pip3"), &format!("{head}{dest}file=alpha.whl\n{body}\n"));
    let body = if matches!(pip, Pip::NpmFails) { "echo 'npm error code E404' >&2; exit 1".to_string() } else { body };
    if !matches!(pip, Pip::NoNpm) {
        executable(&root.join("bin/npm"), &format!("{head}{dest}file=beta.tgz\n{body}\n"));
    }
}

/// Writes a script in another process: a descriptor open for writing here, inherited by a child that another test
/// starts at that moment, would make the script "busy".
fn executable(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Command::new("cp").arg("-p").arg(&draft).arg(path).status().unwrap().success());
}

/// One pinned archive.
pub fn archives(source: Source, file: &'static str, content: &[u8], takes: Vec<Take>) -> &'static [Archive] {
    let archive = Archive { source, file, sha256: leak(sha256(content)), bytes: content.len() as u64, takes: takes.leak() };
    vec![archive].leak()
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn leak(text: String) -> &'static str {
    text.leak()
}

pub fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A tar whose names are written as they are, safe or not.
pub fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

pub fn tgz_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar_of(files)).unwrap();
    gzip.finish().unwrap()
}

/// Compiles by copying, and counts.
#[derive(Default)]
pub struct CountingCompiler {
    count: AtomicUsize,
    pub fails: bool,
}

impl CountingCompiler {
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

impl Compiler for CountingCompiler {
    fn compiled(&self, _: Guest, _: &Path, cache: &Path) -> Option<PathBuf> {
        Some(cache.join("image.cwasm")).filter(|p| p.is_file())
    }

    fn compile(&self, _: Guest, wasm: &Path, cache: &Path) -> Result<PathBuf, String> {
        self.count.fetch_add(1, Ordering::SeqCst);
        if self.fails {
            return Err("the engine does not like it".to_string());
        }
        let target = cache.join("image.cwasm");
        fs::copy(wasm, &target).map_err(|e| e.to_string())?;
        Ok(target)
    }
}

/// Keeps what is told.
#[derive(Default)]
pub struct Notes(pub Mutex<Vec<String>>);

impl Progress for Notes {
    fn note(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_string());
    }

    fn step(&self, _: &str, _: Option<u64>) -> Box<dyn Step + '_> {
        Box::new(Silent)
    }
}

struct Silent;

impl Step for Silent {
    fn reach(&self, _: u64) {}
    fn finish(&self, _: &str) {}
}
