//! Models: the same server, the cache's part for models, and nothing that is pinned.

use super::server::{COMMIT, Fault, Server};
use super::{Silent, text};
use proctor_data::{DataError, Environment, FetchedModel, ModelSettings, RemoteFile, fetch_model};
use std::path::{Path, PathBuf};
use std::time::Duration;

struct Desk {
    server: Server,
    folder: tempfile::TempDir,
}

fn weights() -> Vec<u8> {
    (0..100_000u32).flat_map(|n| n.to_le_bytes()).collect()
}

impl Desk {
    async fn new() -> Self {
        let (weights, folder) = (weights(), tempfile::tempdir().unwrap());
        let files: [(&str, &[u8]); 4] =
            [("config.json", b"{}"), ("model.safetensors", &weights), ("sub/a.gguf", b"GGUF"), ("README.md", b"no")];
        Self { server: Server::start(&files).await, folder }
    }

    fn settings(&self, variables: &[(&str, &str)]) -> ModelSettings {
        let url = self.server.url();
        let look_up = |name: &str| {
            let given = variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            given.or_else(|| matches!(name, "HF_ENDPOINT" | "PROCTOR_REPOSITORIES").then(|| url.clone()))
        };
        let environment = Environment::from_variables(look_up, self.folder.path().to_owned());
        ModelSettings { environment, first_wait: Duration::from_millis(2) }
    }

    async fn fetch(&self, revision: Option<&str>, variables: &[(&str, &str)]) -> Result<FetchedModel, DataError> {
        fetch_model("Org/Model", revision, &all, &self.settings(variables), &Silent).await
    }

    fn repository(&self) -> PathBuf {
        self.folder.path().join(".cache/huggingface/hub/models--Org--Model")
    }

    fn seen(&self) -> Vec<(String, Option<String>, bool)> {
        self.server.served.lock().unwrap().seen.clone()
    }

    fn fault(&self, fault: Fault) {
        self.server.with(|served| {
            served.faults.insert("model.safetensors".into(), fault);
        });
    }
}

/// Everything but what people read.
fn all(files: &[RemoteFile]) -> Result<Vec<String>, String> {
    let wanted: Vec<String> = files.iter().map(|file| file.path.clone()).filter(|path| !path.ends_with(".md")).collect();
    if wanted.is_empty() { Err("there is no model".to_owned()) } else { Ok(wanted) }
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

#[tokio::test]
async fn a_model_comes_once_and_lies_where_the_hubs_tools_look() {
    let desk = Desk::new().await;
    let fetched = desk.fetch(None, &[]).await.unwrap();
    assert_eq!((fetched.downloaded, fetched.files.len(), fetched.bytes), (3, 3, 400_006));
    assert_eq!(fetched.snapshot, desk.repository().join("snapshots").join(COMMIT));
    assert_eq!(read(&fetched.snapshot, "model.safetensors"), weights());
    assert_eq!(text(&desk.repository(), "refs/main"), COMMIT);
    assert!(fetched.snapshot.join("sub/a.gguf").is_symlink() && !fetched.snapshot.join("README.md").exists());
    let blob = desk.repository().join("blobs").join(proctor_core::sha256_hex(&weights()));
    assert!(blob.is_file());

    let again = desk.fetch(Some("refs/pr/1"), &[]).await.unwrap();
    assert_eq!((again.downloaded, &again.files), (0, &fetched.files));
    assert_eq!(text(&desk.repository(), "refs/refs/pr/1"), COMMIT);
    let offline = desk.fetch(None, &[("HF_HUB_OFFLINE", "1"), ("HF_ENDPOINT", "http://127.0.0.1:1")]).await.unwrap();
    assert_eq!((offline.downloaded, offline.bytes, &offline.snapshot), (0, 400_006, &fetched.snapshot));

    // What is damaged comes anew.
    std::fs::write(&blob, "damaged").unwrap();
    assert_eq!(desk.fetch(None, &[]).await.unwrap().downloaded, 1);
    assert_eq!(read(&fetched.snapshot, "model.safetensors"), weights());
}

/// A newer commit that changes a small file brings that one alone.
#[tokio::test]
async fn content_of_another_commit_is_not_fetched_again() {
    let desk = Desk::new().await;
    desk.fetch(None, &[]).await.unwrap();
    desk.server.with(|served| {
        served.commit = COMMIT.chars().rev().collect();
        served.files.insert("config.json".into(), b"{\"a\":1}".to_vec());
    });
    let newer = desk.fetch(None, &[]).await.unwrap();
    assert_eq!((newer.downloaded, text(&newer.snapshot, "config.json")), (1, "{\"a\":1}".to_owned()));
    assert_eq!(read(&newer.snapshot, "model.safetensors"), weights());
    assert_eq!(text(&desk.repository(), &format!("snapshots/{COMMIT}/config.json")), "{}");
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off() {
    let desk = Desk::new().await;
    desk.fault(Fault::Cut(150_000, 2));
    let fetched = desk.fetch(None, &[]).await.unwrap();
    assert_eq!(read(&fetched.snapshot, "model.safetensors"), weights());
    let ranges: Vec<String> = desk.seen().into_iter().filter_map(|(_, range, _)| range).filter(|r| r != "bytes=0-0").collect();
    assert_eq!(ranges, ["bytes=150000-", "bytes=300000-"]);

    // In the next process, too.
    let desk = Desk::new().await;
    desk.fault(Fault::Cut(1000, 1_000_000));
    let error = desk.fetch(None, &[]).await.unwrap_err().to_string();
    assert!(error.contains("model.safetensors of Org/Model") && error.contains("the same command goes on"), "{error}");
    desk.fault(Fault::Cut(0, 0));
    let before = desk.seen().len();
    assert_eq!(read(&desk.fetch(None, &[]).await.unwrap().snapshot, "model.safetensors"), weights());
    assert!(desk.seen()[before..].iter().any(|(_, range, _)| range.as_deref() == Some("bytes=6000-")), "{:?}", desk.seen());
}

#[tokio::test]
async fn content_must_be_what_its_hash_says() {
    let desk = Desk::new().await;
    desk.fault(Fault::WrongHash);
    let error = desk.fetch(None, &[]).await.unwrap_err().to_string();
    assert!(error.contains("its content is not what its hash says; it was thrown away"), "{error}");
    assert!(!desk.repository().join("snapshots").join(COMMIT).join("model.safetensors").exists());
    // No branch points at a commit that is not whole.
    assert!(!desk.repository().join("refs/main").exists());
}

/// The token goes to the Hub and to nobody it sends us to.
#[tokio::test]
async fn the_token_stays_with_the_hub() {
    let (desk, other) = (Desk::new().await, Desk::new().await);
    desk.server.with(|served| {
        served.token = Some("hf_secret".into());
        served.elsewhere = Some(other.server.address);
    });
    let fetched = desk.fetch(None, &[("HF_TOKEN", "hf_secret")]).await.unwrap();
    assert_eq!(read(&fetched.snapshot, "model.safetensors"), weights());
    let seen = other.seen();
    assert!(!seen.is_empty() && seen.iter().all(|(_, _, token)| !token), "{seen:?}");
}

#[tokio::test]
async fn what_the_hub_refuses_is_said_in_one_sentence() {
    let check = |error: DataError, part: &str| {
        let error = error.to_string();
        assert!(error.contains(part) && error.lines().count() == 1 && !error.contains("hf_"), "{error}");
    };
    let desk = Desk::new().await;
    check(desk.fetch(Some("v9"), &[]).await.unwrap_err(), "there is no such revision");
    check(desk.fetch(None, &[("HF_HUB_OFFLINE", "1")]).await.unwrap_err(), "nothing may be fetched (HF_HUB_OFFLINE");
    desk.server.with(|served| served.token = Some("hf_right".into()));
    check(desk.fetch(None, &[]).await.unwrap_err(), "set HF_TOKEN to a token that may read it");
    check(desk.fetch(None, &[("HF_TOKEN", "hf_wrong")]).await.unwrap_err(), "accept its terms on its page");
    desk.server.with(|served| (served.token, served.missing) = (None, true));
    check(desk.fetch(None, &[]).await.unwrap_err(), "there is no such repository");
    desk.server.with(|served| (served.missing, served.files) = (false, [("README.md".to_owned(), b"x".to_vec())].into()));
    check(desk.fetch(None, &[]).await.unwrap_err(), "there is no model");
    desk.server.with(|served| {
        served.files.insert("../../evil.json".into(), b"x".to_vec());
    });
    check(desk.fetch(None, &[]).await.unwrap_err(), "`../../evil.json`, which is no path");
    check(
        desk.fetch(None, &[("HF_ENDPOINT", "http://127.0.0.1:1")]).await.unwrap_err(),
        "revision main of Org/Model cannot be had",
    );
}
