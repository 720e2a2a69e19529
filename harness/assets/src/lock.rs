use super::error::{AssetError, Blame};
use proctor_core::Progress;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a waiting setup looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The right to change the cache; the operating system takes it back when the process ends, however it ends.
pub struct Lock {
    _file: File,
}

/// Takes the lock, waiting for another setup up to `patience`.
///
/// # Errors
/// The lock file cannot be made, or the other setup does not end in time.
pub fn acquire(root: &Path, patience: Duration, progress: &dyn Progress) -> Result<Lock, AssetError> {
    let path = root.join(".setup.lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| AssetError::io("opening", &path, &e))?;
    let started = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(e)) => return Err(AssetError::io("locking", &path, &e)),
        }
        let holder = holder(&mut file);
        if started.elapsed() >= patience {
            let message =
                format!("another `proctor setup`{holder} still holds {} after {} s", path.display(), patience.as_secs());
            return Err(
                AssetError::new(Blame::Environment, message).hint("wait for it or end it, then run the same command again")
            );
        }
        if !told {
            progress.note(&format!("waiting for another `proctor setup`{holder} at work in {}", root.display()));
            told = true;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    // The process number only makes the message above better; the lock holds without it.
    let _ = file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| write!(file, "{}", std::process::id()));
    Ok(Lock { _file: file })
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(20).read_to_string(&mut text));
    match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(id)) => format!(" (process {id})"),
        _ => String::new(),
    }
}
