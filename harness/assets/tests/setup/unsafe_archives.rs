//! Archives that would write elsewhere, lack something, or are none.

use crate::fixture::{Fixture, Pip, archives, tar_of, tgz_of, zip_of};
use proctor_assets::{Asset, Depth, Part, Request, Source, State, Take};
use std::fs;
use std::io::Write;

/// Installs an archive that pretends to be a pinned one, and gives back the error.
fn refused(file: &'static str, content: &[u8], take: Take) -> String {
    let mut fixture = Fixture::new(Pip::Delivers);
    let source = Source::Pip { name: "evil", version: "1" };
    fixture.assets = vec![Asset {
        name: "evil",
        title: "evil guest",
        detail: "evil for tests",
        part: Part::Python,
        small: None,
        archives: archives(source, file, content, vec![take]),
        guest: None,
        compiled_bytes: 0,
    }];
    fixture.write(&format!("downloads/{file}"), content);
    let error = fixture.install(&Request { offline: true, ..Request::default() }).unwrap_err();
    assert_eq!(fixture.state(0, Depth::Stamp), State::Missing);
    assert!(!fixture.path("guests").exists(), "nothing was put in place");
    for escaped in ["escaped", "cache/escaped", "cache/guests/escaped"] {
        assert!(!fixture.root().join(escaped).exists(), "{escaped}");
    }
    let left =
        fs::read_dir(fixture.path("")).unwrap().flatten().any(|e| e.file_name().to_string_lossy().starts_with(".staging-"));
    assert!(!left, "no staging folder is left");
    error.message
}

fn tree(within: &'static [&'static str]) -> Take {
    Take::Tree { within, to: "guests/evil", bytes: 100 }
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    for name in ["../escaped", "a/../../escaped", "/escaped", "..\\escaped"] {
        let message = refused("evil.whl", &zip_of(&[("good", b"good"), (name, b"bad")]), tree(&[]));
        assert!(message.contains("unsafe entry"), "{name}: {message}");
        let message = refused("evil.tgz", &tgz_of(&[("good", b"good"), (name, b"bad")]), tree(&[]));
        assert!(message.contains("unsafe entry"), "{name}: {message}");
        let inner = tar_of(&[(name, b"bad")]);
        let message = refused("evil.whl", &zip_of(&[("inner.tar", &inner)]), tree(&["inner.tar"]));
        assert!(message.contains("unsafe entry"), "{name}: {message}");
    }
}

#[test]
fn links_are_refused() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.add_symlink("link", "/etc", zip::write::SimpleFileOptions::default()).unwrap();
    zip.start_file("link/escaped", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"bad").unwrap();
    let message = refused("evil.whl", &zip.finish().unwrap().into_inner(), tree(&[]));
    assert!(message.contains("unsafe entry"), "{message}");

    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        tar.append_link(&mut header, "link", "/etc/passwd").unwrap();
        let message = refused("evil.whl", &zip_of(&[("inner.tar", &tar.into_inner().unwrap())]), tree(&["inner.tar"]));
        assert!(message.contains("unsafe entry"), "{message}");
    }
}

#[test]
fn archives_that_lack_something_or_are_none_are_refused() {
    let file = |sha256| Take::File { from: "wanted", to: "guests/evil/wanted", sha256, bytes: 4 };
    for (content, take, words) in [
        (zip_of(&[("other", b"good")]), file("00"), "lacks wanted"),
        (zip_of(&[("wanted", b"evil")]), file("00"), "SHA-256"),
        (zip_of(&[("wanted", b"much longer than said")]), file("00"), "larger than 4 bytes"),
        (zip_of(&[("other", b"good")]), tree(&["inner.zip"]), "lacks inner.zip"),
        (b"no zip at all".to_vec(), tree(&[]), "not a sound archive"),
        (zip_of(&[("inner.zip", b"no zip at all")]), tree(&["inner.zip"]), "not a sound archive"),
        (Vec::new(), tree(&[]), "not a sound archive"),
    ] {
        let message = refused("evil.whl", &content, take);
        assert!(message.contains(words), "{words}: {message}");
    }
    let mut cut = zip_of(&[("wanted", b"good")]);
    cut.truncate(cut.len() / 2);
    assert!(refused("evil.whl", &cut, tree(&[])).contains("not a sound archive"));
}
