//! Fetching against a local server: what comes, what is pinned, and every way in which it can go wrong.

mod models;
mod server;

use proctor_core::{Progress, Step};
use proctor_data::*;
use server::{COMMIT, Fault, Server};
use std::path::Path;
use std::time::Duration;

struct Silent;

impl Progress for Silent {
    fn note(&self, _: &str) {}
    fn step(&self, _: &str, _: Option<u64>) -> Box<dyn Step + '_> {
        Box::new(Silent)
    }
}

impl Step for Silent {
    fn reach(&self, _: u64) {}
    fn finish(&self, _: &str) {}
}

const HUB: Source = Source {
    benchmark: "failsafeqa",
    kind: Kind::Data,
    place: Place::Hub { repository: "Owner/Set", revision: None, only: &[], table: None },
    licence: "MIT",
};

fn settings(server: &Server, folder: &Path, variables: &[(&str, &str)]) -> FetchSettings {
    let url = server.url();
    let look_up = |name: &str| {
        let given = variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        given.or_else(|| matches!(name, "HF_ENDPOINT" | "PROCTOR_REPOSITORIES").then(|| url.clone()))
    };
    FetchSettings {
        environment: Environment::from_variables(look_up, folder.join("home")),
        cache: folder.join("cache"),
        update: false,
        first_wait: Duration::from_millis(2),
    }
}

struct Desk {
    server: Server,
    folder: tempfile::TempDir,
}

impl Desk {
    async fn new(files: &[(&str, &[u8])]) -> Self {
        Self { server: Server::start(files).await, folder: tempfile::tempdir().unwrap() }
    }

    fn settings(&self, variables: &[(&str, &str)]) -> FetchSettings {
        settings(&self.server, self.folder.path(), variables)
    }

    async fn fetch(&self, source: &Source, lock: &Lock) -> Result<Fetched, DataError> {
        fetch(source, lock, &self.settings(&[]), &Silent).await
    }
}

fn pinned(fetched: &Fetched) -> Lock {
    let mut lock = Lock::default();
    lock.put(fetched.pinned.clone());
    lock
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[tokio::test]
async fn a_data_set_is_fetched_once_and_laid_out() {
    let desk = Desk::new(&[("a.json", b"[1]"), ("sub/b.jsonl", b"{}\n"), ("README.md", b"no"), (".x.json", b"no")]).await;
    let fetched = desk.fetch(&HUB, &Lock::default()).await.unwrap();
    assert_eq!((fetched.downloaded, fetched.pinned.files.len()), (2, 2));
    assert_eq!(fetched.pinned.revision, COMMIT);
    assert_eq!((text(&fetched.folder, "a.json"), text(&fetched.folder, "sub/b.jsonl")), ("[1]".into(), "{}\n".into()));
    // The layout that the Hub's own tools use.
    let repository = desk.folder.path().join("home/.cache/huggingface/hub/datasets--Owner--Set");
    assert_eq!(text(&repository, "refs/main"), COMMIT);
    assert_eq!(text(&repository, &format!("snapshots/{COMMIT}/sub/b.jsonl")), "{}\n");
    assert!(repository.join("blobs").join(proctor_core::sha256_hex(b"[1]")).is_file());

    let again = desk.fetch(&HUB, &pinned(&fetched)).await.unwrap();
    assert_eq!((again.downloaded, &again.pinned), (0, &fetched.pinned));
    let settings = desk.settings(&[("HF_HUB_OFFLINE", "1"), ("HF_ENDPOINT", "http://127.0.0.1:1")]);
    let offline = fetch(&HUB, &pinned(&fetched), &settings, &Silent).await.unwrap();
    assert_eq!(offline.pinned, fetched.pinned);
    let environment = settings.environment;
    assert_eq!(verify(&fetched.pinned, &environment, &settings.cache).unwrap(), Finding::Intact);
    std::fs::write(fetched.folder.join("a.json"), "[2]").unwrap();
    assert!(matches!(verify(&fetched.pinned, &environment, &settings.cache).unwrap(), Finding::Damaged(_)));
    std::fs::remove_dir_all(&fetched.folder).unwrap();
    assert_eq!(verify(&fetched.pinned, &environment, &settings.cache).unwrap(), Finding::NotFetched);
}

#[tokio::test]
async fn what_breaks_off_goes_on_where_it_was() {
    let body: Vec<u8> = (0..100_000u32).flat_map(|n| n.to_le_bytes()).collect();
    for (fault, resumes) in [(Fault::Cut(150_000, 2), true), (Fault::Status(503, 3), false), (Fault::Busy(0, 2), false)] {
        let desk = Desk::new(&[("a.json", &body)]).await;
        desk.server.with(|served| {
            served.faults.insert("a.json".into(), fault);
        });
        let fetched = desk.fetch(&HUB, &Lock::default()).await.unwrap();
        assert_eq!(std::fs::read(fetched.folder.join("a.json")).unwrap(), body);
        let seen = desk.server.served.lock().unwrap().seen.clone();
        let resumed = seen.iter().any(|(_, range, _)| range.as_deref().is_some_and(|r| r != "bytes=0-0"));
        assert_eq!(resumed, resumes);
    }
    // A server that does not know ranges sends everything again.
    let desk = Desk::new(&[("a.json", &body)]).await;
    desk.server.with(|served| {
        served.faults.insert("a.json".into(), Fault::Cut(1000, 1_000));
    });
    let error = desk.fetch(&HUB, &Lock::default()).await.unwrap_err();
    assert!(error.to_string().contains("the same command goes on"), "{error}");
    desk.server.with(|served| {
        served.faults.insert("a.json".into(), Fault::NoRanges);
    });
    let fetched = desk.fetch(&HUB, &Lock::default()).await.unwrap();
    assert_eq!(std::fs::read(fetched.folder.join("a.json")).unwrap(), body);
}

#[tokio::test]
async fn what_is_pinned_is_what_comes() {
    let desk = Desk::new(&[("a.json", b"[1]")]).await;
    let fetched = desk.fetch(&HUB, &Lock::default()).await.unwrap();
    let lock = pinned(&fetched);
    // The branch moves on: the pinned commit is asked for, and is gone.
    let newer = "f".repeat(40);
    desk.server.with(|served| {
        served.commit.clone_from(&newer);
        served.files.insert("a.json".into(), b"[3]".to_vec());
    });
    let error = desk.fetch(&HUB, &lock).await.unwrap_err();
    assert!(error.to_string().contains("no such revision any more"), "{error}");
    assert_eq!(text(&fetched.folder, "a.json"), "[1]");
    let settings = FetchSettings { update: true, ..desk.settings(&[]) };
    let updated = fetch(&HUB, &lock, &settings, &Silent).await.unwrap();
    assert_eq!((updated.pinned.revision.as_str(), text(&updated.folder, "a.json").as_str()), (newer.as_str(), "[3]"));
    assert_eq!(text(&fetched.folder, "a.json"), "[1]");
    // The same commit with another content.
    desk.server.with(|served| drop(served.files.insert("a.json".into(), b"[4]".to_vec())));
    std::fs::remove_dir_all(desk.folder.path().join("home")).unwrap();
    let error = desk.fetch(&HUB, &pinned(&updated)).await.unwrap_err();
    assert!(matches!(error, DataError::Changed(_)) && error.to_string().contains("is pinned with sha256"), "{error}");
    assert_eq!(text(&updated.folder, "a.json"), "[3]");
    // A pin of the catalogue that the server does not honour.
    let named = Source { place: Place::Hub { repository: "Owner/Set", revision: Some(COMMIT), only: &[], table: None }, ..HUB };
    assert!(desk.fetch(&named, &Lock::default()).await.is_err());
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let desk = Desk::new(&[("a.json", b"[1]")]).await;
    desk.server.with(|served| served.token = Some("hf_secret".into()));
    let error = desk.fetch(&HUB, &Lock::default()).await.unwrap_err();
    assert!(error.to_string().contains("set HF_TOKEN"), "{error}");
    let settings = desk.settings(&[("HF_TOKEN", "hf_other")]);
    let error = fetch(&HUB, &Lock::default(), &settings, &Silent).await.unwrap_err();
    assert!(error.to_string().contains("accept its terms on its page") && !error.to_string().contains("hf_other"), "{error}");
    assert!(!format!("{settings:?}").contains("hf_other"));
    fetch(&HUB, &Lock::default(), &desk.settings(&[("HF_TOKEN", "hf_secret")]), &Silent).await.unwrap();

    let desk = Desk::new(&[("a.json", b"[1]")]).await;
    desk.server.with(|served| served.missing = true);
    let error = desk.fetch(&HUB, &Lock::default()).await.unwrap_err();
    assert!(error.to_string().contains("no such repository"), "{error}");
    desk.server.with(|served| {
        served.missing = false;
        served.faults.insert("a.json".into(), Fault::Busy(3600, 9));
    });
    let error = desk.fetch(&HUB, &Lock::default()).await.unwrap_err();
    assert!(error.to_string().contains("left alone for 3600 s"), "{error}");
    desk.server.with(|served| {
        served.faults.insert("a.json".into(), Fault::WrongHash);
    });
    let error = desk.fetch(&HUB, &Lock::default()).await.unwrap_err();
    assert!(error.to_string().contains("not what its hash says"), "{error}");
    let settings = desk.settings(&[("HF_HUB_OFFLINE", "1")]);
    let error = fetch(&HUB, &Lock::default(), &settings, &Silent).await.unwrap_err();
    assert!(error.to_string().contains("HF_HUB_OFFLINE is set"), "{error}");
    let settings = desk.settings(&[("HF_ENDPOINT", "http://127.0.0.1:1")]);
    let error = fetch(&HUB, &Lock::default(), &settings, &Silent).await.unwrap_err();
    assert!(matches!(error, DataError::Remote(_)) && error.to_string().contains("tried 6 times"), "{error}");

    let desk = Desk::new(&[("sub/../../outside.json", b"[1]")]).await;
    let error = desk.fetch(&HUB, &Lock::default()).await.unwrap_err();
    assert!(error.to_string().contains("which is no path"), "{error}");
    let desk = Desk::new(&[("README.md", b"nothing")]).await;
    let error = desk.fetch(&HUB, &Lock::default()).await.unwrap_err();
    assert!(error.to_string().contains("holds no data files"), "{error}");
}

#[tokio::test]
async fn a_token_does_not_follow_a_redirect_to_another_host() {
    let store = Server::start(&[("big.json", b"[1, 2, 3]")]).await;
    let desk = Desk::new(&[("big.json", b"[1, 2, 3]")]).await;
    desk.server.with(|served| {
        served.token = Some("hf_secret".into());
        served.elsewhere = Some(store.address);
    });
    let settings = desk.settings(&[("HF_TOKEN", "hf_secret")]);
    let fetched = fetch(&HUB, &Lock::default(), &settings, &Silent).await.unwrap();
    assert_eq!(text(&fetched.folder, "big.json"), "[1, 2, 3]");
    let seen = store.served.lock().unwrap().seen.clone();
    assert!(!seen.is_empty() && seen.iter().all(|(_, _, token)| !token), "{seen:?}");
}

#[tokio::test]
async fn prompt_files_come_from_a_repository_and_lie_flat() {
    let desk = Desk::new(&[("utils.py", b"x = 1\n"), ("data/judge.txt", b"Judge.\n")]).await;
    let place = Place::Repository { repository: "Some/Code", revision: COMMIT, files: &["utils.py", "data/judge.txt"] };
    let source = Source { benchmark: "ugmathbench", kind: Kind::Prompts, place, licence: "GPL-3.0" };
    let fetched = desk.fetch(&source, &Lock::default()).await.unwrap();
    assert_eq!(fetched.folder, desk.folder.path().join("cache/prompts/ugmathbench"));
    assert_eq!((text(&fetched.folder, "utils.py"), text(&fetched.folder, "judge.txt")), ("x = 1\n".into(), "Judge.\n".into()));
    let again = desk.fetch(&source, &pinned(&fetched)).await.unwrap();
    assert_eq!((again.downloaded, &again.pinned), (0, &fetched.pinned));
    desk.server.with(|served| drop(served.files.remove("data/judge.txt")));
    std::fs::remove_dir_all(desk.folder.path().join("home")).unwrap();
    let error = desk.fetch(&source, &Lock::default()).await.unwrap_err();
    assert!(error.to_string().contains("no such file at this revision"), "{error}");
    assert_eq!(text(&fetched.folder, "judge.txt"), "Judge.\n");
}

#[tokio::test]
async fn several_fetches_at_once_agree() {
    let desk = Desk::new(&[("a.json", b"[1]"), ("b.json", b"[2]")]).await;
    let lock = Lock::default();
    let fetches = (0..4).map(|_| desk.fetch(&HUB, &lock));
    for fetched in futures::future::join_all(fetches).await {
        let fetched = fetched.unwrap();
        assert_eq!(text(&fetched.folder, "b.json"), "[2]");
    }
}

#[test]
fn a_lock_file_survives_and_a_broken_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proctor.lock");
    assert_eq!(Lock::read(&path).unwrap(), Lock::default());
    let file = LockedFile { path: "data/a b.json".into(), sha256: "0".repeat(64), bytes: 3 };
    let source = LockedSource {
        benchmark: "tumlu".into(),
        kind: "data".into(),
        place: "hub".into(),
        repository: "o/n".into(),
        revision: COMMIT.into(),
        files: vec![file],
    };
    let mut lock = Lock::default();
    lock.put(source.clone());
    lock.put(source);
    lock.write(&path).unwrap();
    assert_eq!(Lock::read(&path).unwrap(), lock);
    for (text, words) in [
        ("version = 9", "upgrade"),
        ("\u{0}", "is not a lock file"),
        ("version = 1\n[[source]]\nbenchmark = 3", "is not a lock file"),
        (
            "version = 1\n[[source]]\nbenchmark='b'\nkind='data'\nplace='hub'\nrepository='o/n'\nrevision='r'\n\
             [[source.file]]\npath='../x'\nsha256='0'\nbytes=1",
            "is not a path inside",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = Lock::read(&path).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn parquet_keeps_its_shape() {
    use polars::prelude::*;
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("t.parquet"), folder.path().join("t.jsonl"));
    let lists = Series::new("list".into(), [Series::new("".into(), ["a", "é\n"]), Series::new("".into(), ["b", "c"])]);
    let fields = [Series::new("input".into(), ["1", "2"]), Series::new("n".into(), [3i64, -4])];
    let structs = StructChunked::from_series("pair".into(), 2, fields.iter()).unwrap().into_series();
    let floats = Series::new("x".into(), [0.5f64, f64::NAN]);
    let missing = Series::new("gone".into(), [Some(true), None]);
    let columns = [lists, structs, floats, missing].map(Column::from).to_vec();
    let mut frame = DataFrame::new(2, columns).unwrap();
    ParquetWriter::new(std::fs::File::create(&from).unwrap()).finish(&mut frame).unwrap();
    parquet_to_jsonl(&from, &to).unwrap();
    let expected = "{\"list\":[\"a\",\"é\\n\"],\"pair\":{\"input\":\"1\",\"n\":3},\"x\":0.5,\"gone\":true}\n\
                    {\"list\":[\"b\",\"c\"],\"pair\":{\"input\":\"2\",\"n\":-4},\"x\":null,\"gone\":null}\n";
    assert_eq!(std::fs::read_to_string(&to).unwrap(), expected);
    std::fs::write(&from, "PAR1 not really").unwrap();
    assert!(parquet_to_jsonl(&from, &to).unwrap_err().to_string().contains("is not a Parquet file"));
}

#[test]
fn the_catalogue_names_benchmarks_that_exist() {
    for source in CATALOGUE {
        assert!(source.place.repository().split('/').count() == 2, "{source:?}");
        assert!(!sources(source.benchmark).is_empty());
    }
}
