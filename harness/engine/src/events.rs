use proctor_core::{Event, EventSink};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
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
pub struct EventLog(Mutex<Log>);

struct Log {
    file: BufWriter<File>,
    flushed: Instant,
    broken: bool,
}

const FLUSH_EVERY: Duration = Duration::from_millis(250);

impl EventLog {
    /// Begins the file at `path`, or goes on where there is one.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self(Mutex::new(Log { file: BufWriter::new(file), flushed: Instant::now(), broken: false })))
    }
}

impl EventSink for EventLog {
    fn emit(&self, event: &Event) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        // A full disk ends the log, not the run.
        let written = serde_json::to_writer(&mut log.file, &line).map_err(std::io::Error::from);
        let written = written.and_then(|()| log.file.write_all(b"\n")).and_then(|()| if due { log.file.flush() } else { Ok(()) });
        log.broken = written.is_err();
        if due {
            log.flushed = Instant::now();
        }
    }
}
