use super::database::Patience;
use super::server::{Session, SessionId};
use super::{Location, Store, StoreError, server};
use sqlx::Connection;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The exclusive right to work on one run, until dropped. It ends with the process however that dies, so a killed run can
/// be resumed at once: beside a file it is a lock of the operating system, in a PostgreSQL database an advisory lock of a
/// connection of its own.
#[derive(Debug)]
pub struct RunClaim(#[expect(dead_code, reason = "held for its lock")] Held);

#[derive(Debug)]
#[expect(dead_code, reason = "held for their locks")]
enum Held {
    File(LockFile),
    Server(Arc<ServerClaim>),
}

/// An advisory lock.
#[derive(Debug)]
struct ServerClaim {
    run_id: String,
    session: tokio::sync::Mutex<Session>,
}

/// How long a connection may take to show that it is alive.
const PING: Duration = Duration::from_secs(5);

/// The claims of this process that are locks of a server, which forgets them when it restarts.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims(Arc<Mutex<Vec<Weak<ServerClaim>>>>);

impl Claims {
    fn add(&self, claim: &Arc<ServerClaim>) {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.retain(|claim| claim.strong_count() > 0);
        claims.push(Arc::downgrade(claim));
    }

    fn living(&self) -> Vec<Arc<ServerClaim>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect()
    }

    /// The sessions that hold the locks.
    pub(super) async fn sessions(&self) -> Vec<SessionId> {
        let mut ids = Vec::new();
        for claim in self.living() {
            ids.push(claim.session.lock().await.id);
        }
        ids
    }

    /// Claims every run anew after the server was away; an error where another process was quicker.
    pub(super) async fn renew(&self, location: &Location, patience: &mut Patience) -> Result<(), StoreError> {
        let Some(address) = location.address() else { return Ok(()) };
        for claim in self.living() {
            let mut session = claim.session.lock().await;
            let alive = tokio::time::timeout(PING, session.connection.ping()).await;
            if !matches!(alive, Ok(Ok(()))) {
                *session = reclaim(location, address, &claim.run_id, patience).await?;
            }
        }
        Ok(())
    }
}

/// Claims a run that this process had until its connection broke.
async fn reclaim(location: &Location, address: &str, run_id: &str, patience: &mut Patience) -> Result<Session, StoreError> {
    loop {
        match server::claim(location, address, run_id).await {
            Ok(Ok(session)) => return Ok(session),
            // The server has not noticed yet that the old connection is gone.
            Ok(Err(holder)) if server::is_this_process(&holder) && patience.lasts().await => {}
            Ok(Err(holder)) => return Err(StoreError::Claimed { run_id: run_id.into(), holder }),
            Err(_) if patience.lasts().await => {}
            Err(error) => return Err(error),
        }
    }
}

impl Store {
    /// Claims a run for this process, or says who has it.
    pub async fn claim(&self, run_id: &str) -> Result<RunClaim, StoreError> {
        let taken = match (self.location().path(), self.location().address()) {
            (Some(path), _) => LockFile::try_take(self.location(), path, run_id)?.map(Held::File),
            (None, address) => {
                let address = address.unwrap_or_default();
                server::claim(self.location(), address, run_id).await?.map(|session| {
                    let claim = Arc::new(ServerClaim { run_id: run_id.into(), session: tokio::sync::Mutex::new(session) });
                    self.recorder.claims.add(&claim);
                    Held::Server(claim)
                })
            }
        };
        taken.map(RunClaim).map_err(|holder| StoreError::Claimed { run_id: run_id.into(), holder })
    }
}

/// A locked file in the folder `STORE.locks`.
#[derive(Debug)]
pub(super) struct LockFile {
    file: File,
    path: PathBuf,
}

impl LockFile {
    /// Takes the lock called `name`; the inner error names the holder.
    fn try_take(location: &Location, store: &Path, name: &str) -> Result<Result<Self, String>, StoreError> {
        let mut folder = store.as_os_str().to_owned();
        folder.push(".locks");
        let folder = PathBuf::from(folder);
        let path = folder.join(format!("{name}.lock"));
        let io = |e: std::io::Error| StoreError::from_io(location, &e);
        // A holder removes its file when done. Whoever locked a removed file holds nothing and looks again.
        for _ in 0..100 {
            std::fs::create_dir_all(&folder).map_err(io)?;
            let mut file = match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path) {
                Ok(file) => file,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(e) => return Err(io(e)),
            };
            match file.try_lock() {
                Ok(()) if is_same(&file, &path) => {
                    file.set_len(0).and_then(|()| write!(file, "process {}", std::process::id())).map_err(io)?;
                    return Ok(Ok(Self { file, path }));
                }
                Ok(()) => continue,
                Err(TryLockError::WouldBlock) => {
                    let holder = std::fs::read_to_string(&path).unwrap_or_default();
                    let holder = if holder.is_empty() { "another process".to_string() } else { holder };
                    return Ok(Err(holder));
                }
                Err(TryLockError::Error(e)) => return Err(io(e)),
            }
        }
        Ok(Err("another process".into()))
    }

    /// Takes the lock called `name`, waiting up to `patience` for it.
    pub(super) async fn take(location: &Location, store: &Path, name: &str, patience: Duration) -> Result<Self, StoreError> {
        let deadline = Instant::now() + patience;
        loop {
            match Self::try_take(location, store, name)? {
                Ok(lock) => return Ok(lock),
                Err(_) if Instant::now() >= deadline => return Err(StoreError::Locked(location.clone())),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // Removed while still locked, so nobody's file but ours goes; a failure leaves an empty file, which is harmless.
        if is_same(&self.file, &self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
        if let Some(folder) = self.path.parent() {
            let _ = std::fs::remove_dir(folder); // Succeeds only when empty.
        }
    }
}

/// Whether the open file is still the one at `path`.
fn is_same(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        match (file.metadata(), std::fs::metadata(path)) {
            (Ok(open), Ok(there)) => open.ino() == there.ino() && open.dev() == there.dev(),
            _ => false,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}
