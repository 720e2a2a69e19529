//! Compiled guests are kept, checked, and made again when something happened to them.
#![allow(clippy::print_stdout)]

use proctor_sandbox::{GuestKind, SandboxConfig, SandboxError, Stage, precompile, precompiled};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;

/// Precompiles the small guest; whether it was compiled, not loaded.
fn compiled(wasm: &Path, cache: &Path) -> Result<bool, SandboxError> {
    let stages = Mutex::new(Vec::new());
    precompile(GuestKind::PythonSmall, wasm, cache, &|stage| stages.lock().unwrap().push(stage))?;
    Ok(stages.into_inner().unwrap().contains(&Stage::Compiling))
}

#[test]
fn what_is_not_as_it_was_written_is_made_again() {
    let Some(config) = SandboxConfig::discover().filter(|c| c.python_small.is_file()) else {
        return println!("skipped: the small Python guest is not installed (`proctor setup --small` does it)");
    };
    let wasm = &config.python_small;
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("compiled");
    assert_eq!(precompiled(GuestKind::PythonSmall, wasm, &cache), None);
    assert!(compiled(wasm, &cache).unwrap(), "at first");
    assert!(!compiled(wasm, &cache).unwrap(), "again");
    let code = precompiled(GuestKind::PythonSmall, wasm, &cache).unwrap();
    assert_eq!(fs::metadata(&code).unwrap().permissions().mode() & 0o777, 0o600);

    let whole = fs::read(&code).unwrap();
    fs::write(&code, &whole).unwrap();
    assert!(!compiled(wasm, &cache).unwrap(), "a copy with another time");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for bytes in [&changed[..], &whole[..whole.len() / 2], b""] {
        fs::write(&code, bytes).unwrap();
        assert_eq!(precompiled(GuestKind::PythonSmall, wasm, &cache), None);
    }
    assert!(compiled(wasm, &cache).unwrap(), "after an accident");
    assert!(fs::read(&code).unwrap().len() == whole.len());

    fs::set_permissions(&cache, Permissions::from_mode(0o777)).unwrap();
    let error = compiled(wasm, &cache).unwrap_err().to_string();
    assert!(error.contains("others may write it"), "{error}");
}

#[test]
fn what_is_no_guest_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (wasm, cache) = (folder.path().join("guest.wasm"), folder.path().join("compiled"));
    let error = compiled(&wasm, &cache).unwrap_err().to_string();
    assert!(error.contains("is not installed") && error.contains("proctor setup"), "{error}");
    for bytes in [
        &b""[..],
        b"\0asm",
        b"\0asm\x01\0\0\0",
        b"\0asm\x01\0\0\0\x05\xff\xff\xff\xff\x0f",
        b"\0asm\x01\0\0\0\x0b\x01\x05",
        b"#!/bin/sh",
    ] {
        fs::write(&wasm, bytes).unwrap();
        let error = compiled(&wasm, &cache).unwrap_err().to_string();
        assert!(error.contains("not a WebAssembly module of the expected form"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
}

#[test]
fn the_engine_is_the_one_it_says_it_is() {
    let lock =
        fs::read_to_string(Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../Cargo.lock"))
            .unwrap();
    let expected = format!("name = \"wasmtime\"\nversion = \"{}\"\n", proctor_sandbox::ENGINE_VERSION);
    assert!(lock.contains(&expected));
}

#[test]
fn what_older_versions_left_is_removed() {
    let Some(config) = SandboxConfig::discover().filter(|c| c.python_small.is_file()) else {
        return println!("skipped: the small Python guest is not installed (`proctor setup --small` does it)");
    };
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("compiled");
    fs::DirBuilder::new().create(&cache).unwrap();
    fs::set_permissions(&cache, Permissions::from_mode(0o700)).unwrap();
    let old = ["python-small-0123456789abcdef-00000000000000aa", "python-small-0123456789abcdef-00000000000000bb"];
    let others = ["python-0123456789abcdef-00000000000000aa.cwasm", "python-small-x.cwasm", "notes"];
    for (age, name) in old.iter().enumerate() {
        for suffix in ["cwasm", "cwasm.stamp", "cwasm.lock"] {
            let file = fs::File::create(cache.join(format!("{name}.{suffix}"))).unwrap();
            file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(100 * (2 - age as u64))).unwrap();
        }
    }
    others.iter().for_each(|name| fs::write(cache.join(name), "x").unwrap());
    assert!(compiled(&config.python_small, &cache).unwrap());
    let left = |name: &str| cache.join(name).exists();
    assert!(["cwasm", "cwasm.stamp", "cwasm.lock"].iter().all(|suffix| !left(&format!("{}.{suffix}", old[0]))), "the oldest");
    assert!(left(&format!("{}.cwasm", old[1])), "the one before");
    assert!(others.iter().all(|name| left(name)), "what is something else");
    assert!(precompiled(GuestKind::PythonSmall, &config.python_small, &cache).is_some());
}
