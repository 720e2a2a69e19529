use crate::args::ColorChoice;
use crate::error::CliError;
use proctor_core::ExitCode;
use proctor_reports::text::visible;
use std::io::{ErrorKind, IsTerminal, Write};

/// The only place that writes to the terminal. Results go to standard output; progress, notes and errors go to
/// standard error, so that a pipe sees results alone.
#[derive(Debug, Clone)]
pub struct Printer {
    quiet: bool,
    color: bool,
    terminal: bool,
    /// Whether results went to a terminal when the program began; one that is closed is none any more.
    terminal_for_results: bool,
}

impl Printer {
    /// A printer for this process.
    pub fn new(quiet: bool, color: ColorChoice) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let color = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        Self { quiet, color, terminal, terminal_for_results: std::io::stdout().is_terminal() }
    }

    /// Whether standard error is a terminal, so that progress bars make sense.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Columns of the terminal that results go to; `None` where they go elsewhere.
    pub fn width(&self) -> Option<u16> {
        terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0)
    }

    /// Columns of the terminal that progress goes to; `None` where it goes elsewhere.
    pub fn width_of_errors(&self) -> Option<u16> {
        terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| width.0)
    }

    /// Whether results may carry escape codes.
    pub fn colours_results(&self) -> bool {
        self.color && std::io::stdout().is_terminal()
    }

    /// Whether notes and progress are wanted.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// A result, followed by a newline. A closed pipe ends the program quietly.
    pub fn out(&self, text: impl AsRef<str>) {
        self.out_bytes(format!("{}\n", text.as_ref()).as_bytes());
    }

    /// A result, exactly these bytes. A reader that went away, as `head` does, ends the program quietly; a result that
    /// was lost for another reason, such as a full disk, ends it as a failure.
    pub fn out_bytes(&self, bytes: &[u8]) {
        let mut stdout = std::io::stdout().lock();
        let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush()) else {
            return;
        };
        if error.kind() == ErrorKind::BrokenPipe {
            std::process::exit(ExitCode::Success as i32);
        }
        // The terminal was closed.
        if error.raw_os_error() == Some(libc::EIO) && self.terminal_for_results {
            std::process::exit(ExitCode::Interrupted as i32);
        }
        self.error(&CliError::failure(format!("standard output could not be written: {error}")));
        std::process::exit(ExitCode::Failure as i32);
    }

    /// A note for people; nothing with `--quiet`.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.err_line(text.as_ref());
        }
    }

    /// A result that has no place on standard output, e.g. the verdict on a program whose output stands there.
    pub fn verdict(&self, text: impl AsRef<str>) {
        self.err_line(text.as_ref());
    }

    /// Something the user should know even with `--quiet`. It may quote others, so control characters are made visible.
    pub fn warn(&self, text: impl AsRef<str>) {
        let label = self.paint("warning:", "33;1");
        self.err_line(&format!("{label} {}", visible(text.as_ref())));
    }

    /// Why the program ends.
    pub fn error(&self, error: &CliError) {
        let label = self.paint("error:", "31;1");
        self.err_line(&format!("{label} {}", visible(&error.message)));
        if let Some(hint) = &error.hint {
            let label = self.paint("hint:", "36;1");
            self.err_line(&format!("{label} {hint}"));
        }
    }

    /// `text` in the style of an ANSI code, if colour is on.
    pub fn paint(&self, text: &str, code: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }

    fn err_line(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}
