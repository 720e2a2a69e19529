//! Compiles guests once and keeps the result.

use crate::{
    GuestKind, SandboxError,
    image::{self, Image},
    store_file, wasm,
};
use serde::{Deserialize, Serialize};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::{Engine, Module};

/// To be raised whenever work is counted otherwise: compiled guests are then made again.
const METERING_VERSION: u32 = 1;

/// What [`precompile`] is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading and hashing the guest.
    Reading,
    /// Compiling it; the long part.
    Compiling,
    /// Writing the compiled code and memory image.
    Writing,
    /// Starting the guest once and keeping its memory as the image programs start from.
    Imaging,
    /// Finished; everything was already there, or now is.
    Done,
}

/// The guest's hash and memory size, remembered so that a start needs not read the guest again.
#[derive(Serialize, Deserialize)]
struct GuestStamp {
    size: u64,
    modified_ns: i128,
    sha256: String,
    memory_bytes: u64,
}

/// A guest ready to be instantiated.
pub(crate) struct Compiled {
    /// Its code.
    pub module: Module,
    /// Its memory as shipped.
    pub image: Arc<Image>,
    /// Where that code lies.
    pub path: PathBuf,
    /// Hash of the file it came from.
    pub sha256: String,
    /// Bytes its module declares for its memory.
    pub memory_bytes: u64,
}

/// Names what the compiled code depends on beside the guest: engine version, its settings, the CPU's features, and what
/// is changed in the guest.
fn engine_key(engine: &Engine, kind: GuestKind) -> String {
    let mut hasher = DefaultHasher::new();
    (METERING_VERSION, kind.changes_version()).hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Tells code that this engine can run, with its work counted as now, from other.
pub(crate) fn compatibility(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    METERING_VERSION.hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn named(cache: &Path, kind: GuestKind, key: &str, suffix: &str) -> PathBuf {
    cache.join(format!("{}-{key}.{suffix}", kind.name()))
}

/// Compiles the guest at `wasm`, or loads what an earlier call compiled.
pub(crate) fn compile_or_load(
    engine: &Engine,
    kind: GuestKind,
    wasm: &Path,
    cache: &Path,
    progress: &dyn Fn(Stage),
) -> Result<Compiled, SandboxError> {
    if !wasm.is_file() {
        return Err(SandboxError::NotInstalled {
            what: kind.title().to_string(),
            path: wasm.to_path_buf(),
            hint: format!("type `proctor setup --only {}`", kind.setup_name()),
        });
    }
    store_file::own_folder(cache)?;
    progress(Stage::Reading);
    if let Some(stamp) = read_guest_stamp(wasm, cache, kind)
        && let Ok(Some(compiled)) = load(engine, kind, &stamp.sha256, stamp.memory_bytes, cache)
    {
        progress(Stage::Done);
        return Ok(compiled);
    }
    let module = fs::read(wasm).map_err(|e| SandboxError::file(wasm, e))?;
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&module));
    let (code_path, image_path) = paths(engine, kind, &sha256, cache);
    let _lock = store_file::lock(&code_path)?;
    let symbols = wasm::Symbols::read(&module)?;
    let split = wasm::split(&module, &symbols, &kind.changes(&module, &symbols)?)?;
    if let Some(compiled) = load(engine, kind, &sha256, split.memory_bytes, cache)? {
        // Another process compiled it while this one waited, or the guest's file was moved or touched.
        write_guest_stamp(wasm, cache, kind, &sha256, split.memory_bytes);
        progress(Stage::Done);
        return Ok(compiled);
    }
    progress(Stage::Compiling);
    let code = engine
        .precompile_module(&wasm::metered(engine, &split.code)?)
        .map_err(|e| SandboxError::engine(&format!("{} does not compile", wasm.display()), format!("{e:#}")))?;
    progress(Stage::Writing);
    store_file::write(&code_path, |file| file.write_all(&code))?;
    image::write_initial(&image_path, &module, &split)?;
    write_guest_stamp(wasm, cache, kind, &sha256, split.memory_bytes);
    let prefix = format!("{}-", kind.name());
    store_file::prune(&code_path, &prefix, &["cwasm"]);
    store_file::prune(&image_path, &prefix, &["memory"]);
    match load(engine, kind, &sha256, split.memory_bytes, cache)? {
        Some(compiled) => {
            progress(Stage::Done);
            Ok(compiled)
        }
        None => Err(SandboxError::file(code_path, "it was written and is not there; is the disk full?")),
    }
}

/// Where the compiled code of the guest at `wasm` lies, when it is there, intact, and made for this engine.
pub(crate) fn already(engine: &Engine, kind: GuestKind, wasm: &Path, cache: &Path) -> Option<PathBuf> {
    let stamp = read_guest_stamp(wasm, cache, kind)?;
    let (code, image) = paths(engine, kind, &stamp.sha256, cache);
    (store_file::intact(&code) && store_file::intact(&image)).then_some(code)
}

fn paths(engine: &Engine, kind: GuestKind, sha256: &str, cache: &Path) -> (PathBuf, PathBuf) {
    let guest = sha256.get(..16).unwrap_or(sha256);
    let code = format!("{guest}-{}", engine_key(engine, kind));
    (named(cache, kind, &code, "cwasm"), named(cache, kind, guest, "memory"))
}

fn load(engine: &Engine, kind: GuestKind, sha256: &str, memory: u64, cache: &Path) -> Result<Option<Compiled>, SandboxError> {
    let (code, image) = paths(engine, kind, sha256, cache);
    if !store_file::intact(&code) || !store_file::intact(&image) {
        return Ok(None);
    }
    store_file::open_own(&code)?;
    // The file was written by this user's own proctor (owner, mode and stamp were checked), for this very engine.
    let module = match unsafe { Module::deserialize_file(engine, &code) } {
        Ok(module) => module,
        Err(_) => return Ok(None),
    };
    let image = Arc::new(Image::open(&image, memory)?);
    Ok(Some(Compiled { module, path: code, image, sha256: sha256.to_string(), memory_bytes: memory }))
}

fn guest_stamp_path(cache: &Path, kind: GuestKind, wasm: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    wasm.hash(&mut hasher);
    named(cache, kind, &format!("{:016x}", hasher.finish()), "guest.json")
}

fn measured(wasm: &Path) -> Option<(u64, i128)> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(wasm).ok()?;
    Some((meta.len(), i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec())))
}

fn read_guest_stamp(wasm: &Path, cache: &Path, kind: GuestKind) -> Option<GuestStamp> {
    let stamp: GuestStamp = serde_json::from_slice(&fs::read(guest_stamp_path(cache, kind, wasm)).ok()?).ok()?;
    (measured(wasm) == Some((stamp.size, stamp.modified_ns))).then_some(stamp)
}

fn write_guest_stamp(wasm: &Path, cache: &Path, kind: GuestKind, sha256: &str, memory_bytes: u64) {
    let Some((size, modified_ns)) = measured(wasm) else { return };
    let stamp = GuestStamp { size, modified_ns, sha256: sha256.to_string(), memory_bytes };
    // Only a shortcut: without it the next start hashes the guest again.
    if let Ok(text) = serde_json::to_vec(&stamp) {
        let _ = fs::write(guest_stamp_path(cache, kind, wasm), text);
    }
}
