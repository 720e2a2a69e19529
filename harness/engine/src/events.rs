use proctor_core::{Event, EventSink};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Several sinks as one, told in order.
pub struct Sinks(pub Vec<Arc<dyn EventSink>>);

impl EventSink for Sinks {
    fn emit(&self, event: &Event) {
        for sink in &self.0 {
            sink.emit(event);
        }
    }
}

/// A file of events: one JSON object a line, `unix_s` (seconds, with milliseconds) first. What there is to read is never
/// older than a second while anything happens, and what a run waits for is there at once.
pub struct EventLog {
    log: Mutex<Log>,
    /// Where it is, and who is told when it cannot be written any more.
    path: PathBuf,
    told: Arc<dyn EventSink>,
}

struct Log {
    file: BufWriter<File>,
    flushed: Instant,
    broken: bool,
}

const FLUSH_EVERY: Duration = Duration::from_millis(250);

impl EventLog {
    /// Begins the file at `path`, or goes on where there is one. A full disk ends the log, not the run; `told` is warned
    /// then, once.
    pub fn open(path: &Path, told: Arc<dyn EventSink>) -> std::io::Result<Self> {
        let mut file = File::options().create(true).append(true).open(path)?;
        // A process that was killed may have left half a line.
        if !ends_a_line(path) {
            file.write_all(b"\n")?;
        }
        let log = Mutex::new(Log { file: BufWriter::new(file), flushed: Instant::now(), broken: false });
        Ok(Self { log, path: path.to_path_buf(), told })
    }
}

/// Whether the file is empty, no plain file, or ends with a line's end.
fn ends_a_line(path: &Path) -> bool {
    let last = || -> std::io::Result<u8> {
        let about = std::fs::metadata(path)?;
        let mut byte = [b'\n'];
        if !about.is_file() || about.len() == 0 {
            return Ok(byte[0]);
        }
        let mut file = File::open(path)?;
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut byte)?;
        Ok(byte[0])
    };
    // What may be written and not be read is a log all the same.
    last().unwrap_or(b'\n') == b'\n'
}

impl EventSink for EventLog {
    fn emit(&self, event: &Event) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.broken {
            return;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut line = Map::new();
        line.insert("unix_s".into(), (since.as_millis() as f64 / 1000.0).into());
        if let Ok(Value::Object(fields)) = serde_json::to_value(event) {
            line.extend(fields);
        }
        let often = matches!(event, Event::AttemptStarted { .. } | Event::AttemptFinished { .. } | Event::GradeFinished { .. });
        let due = !often || log.flushed.elapsed() >= FLUSH_EVERY;
        let written = serde_json::to_writer(&mut log.file, &line).map_err(std::io::Error::from);
        let written = written.and_then(|()| log.file.write_all(b"\n")).and_then(|()| if due { log.file.flush() } else { Ok(()) });
        if due {
            log.flushed = Instant::now();
        }
        if let Err(error) = written {
            log.broken = true;
            drop(log);
            let path = self.path.display();
            let message = format!("no more events are written to {path} ({error}); the run goes on without them");
            self.told.emit(&Event::Warning { message });
        }
    }
}
