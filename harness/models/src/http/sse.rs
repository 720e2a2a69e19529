/// Most bytes of one event.
const MOST_EVENT_BYTES: usize = 16 << 20;

/// One server-sent event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerEvent {
    /// The `event` field, if there was one.
    pub event: Option<String>,
    /// The `data` fields, joined with line feeds.
    pub data: String,
}

/// A stream that is not worth reading on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than 16 MiB")]
pub struct SseError;

/// Cuts a byte stream into server-sent events as the HTML standard defines them (section 9.2.6), however the bytes
/// are split: lines end with LF, CR or CRLF, comments are skipped, data lines are joined, a byte order mark is
/// dropped, invalid UTF-8 becomes U+FFFD. One leniency: [`SseParser::finish`] hands out an event that the stream
/// ended without a blank line, because many servers forget the last one.
#[derive(Debug, Default)]
pub struct SseParser {
    line: Vec<u8>,
    data: Option<String>,
    event: Option<String>,
    after_carriage_return: bool,
    past_first_line: bool,
}

impl SseParser {
    /// A parser at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and appends the events they complete to `events`.
    pub fn push(&mut self, mut bytes: &[u8], events: &mut Vec<ServerEvent>) -> Result<(), SseError> {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_carriage_return) && first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + part.len() + self.data.as_ref().map_or(0, String::len) > MOST_EVENT_BYTES {
                return Err(SseError);
            }
            self.line.extend_from_slice(part);
            bytes = rest;
            if let Some((&terminator, rest)) = bytes.split_first() {
                self.after_carriage_return = terminator == b'\r';
                bytes = rest;
                self.end_line(events);
            }
        }
        Ok(())
    }

    /// The event that the end of the stream completes, if any.
    pub fn finish(mut self) -> Option<ServerEvent> {
        let mut events = Vec::new();
        if !self.line.is_empty() {
            self.end_line(&mut events);
        }
        self.dispatch(&mut events);
        events.pop()
    }

    fn end_line(&mut self, events: &mut Vec<ServerEvent>) {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let mut line = line.as_ref();
        if !std::mem::replace(&mut self.past_first_line, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            self.dispatch(events);
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "event" => self.event = Some(value.to_owned()),
            // A comment has an empty field name; `id` and `retry` are for reconnecting, which nobody does here.
            _ => {}
        }
    }

    fn dispatch(&mut self, events: &mut Vec<ServerEvent>) {
        let event = self.event.take();
        if let Some(data) = self.data.take() {
            events.push(ServerEvent { event, data });
        }
    }
}
