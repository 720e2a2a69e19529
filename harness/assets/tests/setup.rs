//! Installing assets, with pip and npm replaced by shell scripts that deliver small archives. No network.

#[path = "setup/fixture.rs"]
mod fixture;
#[path = "setup/interrupted.rs"]
mod interrupted;
#[path = "setup/own_files.rs"]
mod own_files;
#[path = "setup/unsafe_archives.rs"]
mod unsafe_archives;

use fixture::{Fixture, Pip};
use proctor_assets::{Blame, Depth, Part, Request, State};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

#[test]
fn a_fresh_setup_installs_and_a_second_finds_everything_there() {
    let fixture = Fixture::new(Pip::Delivers);
    let outcomes = fixture.install(&Request::default()).unwrap();
    assert_eq!(
        outcomes.iter().map(|o| (o.name, o.installed, o.compiled)).collect::<Vec<_>>(),
        [("alpha", true, true), ("beta", true, false)]
    );
    assert_eq!(fixture.read("guests/alpha/image.wasm"), b"image of alpha");
    assert_eq!(fixture.read("guests/alpha/data/fonts/a.ttf"), b"a font");
    assert_eq!(fixture.read("guests/beta/sysroot/include/stdio.h"), b"a header");
    assert!(!fixture.path("guests/alpha/data/wanted.txt").exists());
    assert!(!fixture.path("downloads").exists(), "archives are removed");
    assert_eq!(fixture.calls(), 2);

    let started = Instant::now();
    let outcomes = fixture.install(&Request::default()).unwrap();
    assert!(started.elapsed() < Duration::from_secs(1));
    assert!(outcomes.iter().all(|o| !o.installed && !o.compiled));
    assert_eq!(fixture.calls(), 2, "nothing was started again");
    assert_eq!(fixture.compiler.count(), 1);

    fixture.install(&Request { force: true, ..Request::default() }).unwrap();
    assert_eq!((fixture.calls(), fixture.compiler.count()), (4, 2));
}

#[test]
fn only_the_part_asked_for_is_installed_and_archives_can_be_kept() {
    let fixture = Fixture::new(Pip::Delivers);
    let request = Request { parts: vec![Part::Clang], keep: true, ..Request::default() };
    let outcomes = fixture.install(&request).unwrap();
    assert_eq!(outcomes.iter().map(|o| o.name).collect::<Vec<_>>(), ["beta"]);
    assert!(fixture.path("downloads/beta.tgz").is_file());
    assert_eq!(fixture.state(0, Depth::Stamp), State::Missing);
    assert_eq!(fixture.state(1, Depth::Hash), State::Ready);
}

#[test]
fn a_wrong_hash_says_both_hashes_and_leaves_nothing() {
    let fixture = Fixture::new(Pip::DeliversAnother);
    let error = fixture.install(&Request::default()).unwrap_err();
    let (pin, got) = (fixture.assets[0].archives[0].sha256, fixture::sha256(b"something else"));
    assert!(error.message.contains(pin) && error.message.contains(&got), "{}", error.message);
    assert!(error.message.contains("deleted") && error.hint.is_some());
    assert!(!fixture.path("downloads/alpha.whl").exists() && !fixture.path("guests/alpha").exists());
    assert_eq!(fixture.state(0, Depth::Stamp), State::Missing);
}

#[test]
fn an_archive_left_half_fetched_is_fetched_again() {
    let fixture = Fixture::new(Pip::Delivers);
    fixture.write("downloads/alpha.whl", b"half");
    fixture.install(&Request::default()).unwrap();
    assert_eq!(fixture.state(0, Depth::Hash), State::Ready);
}

#[test]
fn a_missing_tool_is_named_before_anything_is_fetched() {
    for (pip, tool, package) in [(Pip::Missing, "pip is not on PATH", "python3-pip"), (Pip::NoNpm, "npm is not on PATH", "npm")] {
        let fixture = Fixture::new(pip);
        let error = fixture.install(&Request::default()).unwrap_err();
        assert_eq!(error.blame, Blame::NotInstalled);
        assert!(error.message.contains(tool), "{}", error.message);
        assert!(error.hint.unwrap_or_default().contains(&format!("apt install {package}")));
        assert_eq!(fixture.calls(), 0);
    }
}

#[test]
fn a_failing_tool_is_quoted_and_tried_twice_where_that_may_help() {
    for (pip, words, calls) in [
        (Pip::Fails("ERROR: Connection to host timed out"), "Connection to host timed out", 2),
        (Pip::Fails("ERROR: No matching distribution found for alpha==1"), "No matching distribution found", 1),
        (Pip::Fails("ERROR: [Errno 28] No space left on device"), "No space left", 1),
    ] {
        let fixture = Fixture::new(pip);
        let error = fixture.install(&Request::default()).unwrap_err();
        assert!(error.message.contains(words), "{}", error.message);
        assert!(error.hint.is_some(), "{}", error.message);
        assert_eq!(fixture.calls(), calls, "{words}");
        assert_eq!(fs::read_dir(fixture.path("downloads")).unwrap().count(), 0, "nothing is left behind");
    }
}

#[test]
fn a_download_at_a_standstill_is_ended() {
    let mut fixture = Fixture::new(Pip::Hangs);
    fixture.fetcher.stall = Duration::from_millis(400);
    let started = Instant::now();
    let error = fixture.install(&Request::default()).unwrap_err();
    assert!(error.message.contains("standstill"), "{}", error.message);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn offline_starts_nothing_and_uses_archives_that_are_there() {
    let fixture = Fixture::new(Pip::Delivers);
    let request = Request { offline: true, ..Request::default() };
    let error = fixture.install(&request).unwrap_err();
    assert_eq!(error.blame, Blame::NotInstalled);
    assert!(error.message.contains("alpha.whl") && error.message.contains("beta.tgz"), "{}", error.message);
    for name in ["alpha.whl", "beta.tgz"] {
        fixture.write(&format!("downloads/{name}"), &fs::read(fixture.archive(name)).unwrap());
    }
    fixture.install(&request).unwrap();
    assert_eq!(fixture.state(0, Depth::Hash), State::Ready);
    assert!(fixture.path("downloads/alpha.whl").is_file(), "what the user brought stays");
    assert_eq!(fixture.calls(), 0);
}

#[test]
fn a_file_changed_later_is_noticed_and_repaired() {
    let fixture = Fixture::new(Pip::Delivers);
    fixture.install(&Request::default()).unwrap();
    fixture.write("guests/alpha/image.wasm", b"IMAGE of alpha");
    assert!(matches!(fixture.state(0, Depth::Stamp), State::Changed(_)));
    assert!(matches!(fixture.state(0, Depth::Hash), State::Changed(_)));
    fs::remove_file(fixture.path("guests/beta/sysroot/include/stdio.h")).unwrap();
    assert!(matches!(fixture.state(1, Depth::Stamp), State::Changed(_)));
    fixture.install(&Request::default()).unwrap();
    assert_eq!(fixture.read("guests/alpha/image.wasm"), b"image of alpha");
    assert_eq!((fixture.state(0, Depth::Hash), fixture.state(1, Depth::Hash)), (State::Ready, State::Ready));
}

#[test]
fn a_copied_cache_is_hashed_not_fetched_again() {
    let fixture = Fixture::new(Pip::Delivers);
    fixture.install(&Request::default()).unwrap();
    let image = fs::File::options().write(true).open(fixture.path("guests/alpha/image.wasm")).unwrap();
    image.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert!(matches!(fixture.state(0, Depth::Stamp), State::Changed(_)));
    let outcomes = fixture.install(&Request::default()).unwrap();
    assert!(!outcomes[0].installed);
    assert_eq!((fixture.state(0, Depth::Stamp), fixture.calls()), (State::Ready, 2));
}

#[test]
fn a_cache_that_cannot_be_is_said_in_one_sentence() {
    let mut fixture = Fixture::new(Pip::Delivers);
    fixture.write("file", b"");
    fixture.layout = proctor_assets::Layout::new(fixture.path("file/cache"));
    let error = fixture.install(&Request::default()).unwrap_err();
    assert!(error.message.contains("file/cache") && !error.message.contains('\n'), "{}", error.message);
}

#[test]
fn a_cache_that_others_may_write_is_refused() {
    let fixture = Fixture::new(Pip::Delivers);
    fs::set_permissions(fixture.path(""), fs::Permissions::from_mode(0o775)).unwrap();
    let error = fixture.install(&Request::default()).unwrap_err();
    assert!(error.hint.unwrap_or_default().contains("chmod go-w"), "{}", error.message);
    assert_eq!(fixture.calls(), 0);
}

#[test]
fn too_little_room_is_said_before_anything_is_fetched() {
    let mut fixture = Fixture::new(Pip::Delivers);
    fixture.assets[0].compiled_bytes = 1 << 60;
    let error = fixture.install(&Request::default()).unwrap_err();
    assert!(error.message.contains("free") && error.message.contains("needed"), "{}", error.message);
    assert_eq!(fixture.calls(), 0);
}

#[test]
fn a_failing_compiler_is_quoted_and_what_was_unpacked_stays() {
    let mut fixture = Fixture::new(Pip::Delivers);
    fixture.compiler.fails = true;
    let error = fixture.install(&Request::default()).unwrap_err();
    assert!(error.message.contains("the engine does not like it"), "{}", error.message);
    assert_eq!(fixture.state(0, Depth::Hash), State::Ready);
    fixture.compiler.fails = false;
    let outcomes = fixture.install(&Request::default()).unwrap();
    assert_eq!((outcomes[0].installed, outcomes[0].compiled), (false, true));
}

#[test]
fn what_arrived_before_a_failure_is_compiled_and_stays() {
    let fixture = Fixture::new(Pip::NpmFails);
    fixture.install(&Request::default()).unwrap_err();
    assert_eq!((fixture.state(0, Depth::Hash), fixture.state(1, Depth::Stamp)), (State::Ready, State::Missing));
    assert_eq!(fixture.compiler.count(), 1);
}

#[test]
fn the_catalogue_is_sound() {
    for asset in proctor_assets::CATALOGUE {
        let targets = asset.targets();
        for archive in asset.archives {
            assert_eq!(archive.sha256.len(), 64, "{}", archive.file);
            assert!(archive.bytes > 0 && !archive.file.contains('/'));
        }
        if let Some((_, image)) = asset.guest {
            assert!(targets.contains(&image), "{image} is unpacked");
        }
        for target in targets {
            assert!(target.starts_with("guests/") || target.starts_with("models/"), "{target}");
        }
    }
}
