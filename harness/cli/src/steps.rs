use crate::printer::Printer;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use proctor_assets::{Progress, Step};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A step that is not drawn and takes longer than this says what it does.
const WORTH_A_LINE: Duration = Duration::from_secs(2);
/// How often it then says that it is still at work.
const STILL_AT_WORK: Duration = Duration::from_secs(8);

/// Shows steps: as bars on a terminal, as lines elsewhere, as nothing with `--quiet`.
pub struct Steps {
    printer: Printer,
    bars: Option<MultiProgress>,
}

impl Steps {
    /// Steps shown through this printer.
    pub fn new(printer: &Printer) -> Self {
        let bars = (printer.is_terminal() && !printer.is_quiet()).then(MultiProgress::new);
        Self { printer: printer.clone(), bars }
    }
}

impl Progress for Steps {
    fn note(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| self.printer.note(text)),
            None => self.printer.note(text),
        }
    }

    fn step(&self, title: &str, total: Option<u64>) -> Box<dyn Step + '_> {
        match &self.bars {
            Some(bars) => Box::new(Drawn::new(bars, &self.printer, title, total)),
            None => Box::new(Told::new(&self.printer, title, total)),
        }
    }
}

/// A bar, or a spinner where the total is unknown.
struct Drawn<'a> {
    bars: &'a MultiProgress,
    bar: ProgressBar,
    printer: &'a Printer,
}

impl<'a> Drawn<'a> {
    fn new(bars: &'a MultiProgress, printer: &'a Printer, title: &str, total: Option<u64>) -> Self {
        let (bar, template) = match total {
            Some(total) => (
                ProgressBar::new(total),
                "{spinner} {bar:20} {decimal_bytes:>9} of {decimal_total_bytes:9} {elapsed:>4}  {wide_msg}",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {elapsed:>4}  {wide_msg}"),
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = bars.add(bar.with_style(style).with_message(title.to_string()));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bars, bar, printer }
    }
}

impl Step for Drawn<'_> {
    fn reach(&self, bytes: u64) {
        self.bar.set_position(self.bar.length().map_or(bytes, |total| bytes.min(total)));
    }

    fn finish(&self, summary: &str) {
        self.bar.finish_and_clear();
        let tick = self.printer.paint("✓", "32");
        self.bars.suspend(|| self.printer.note(format!("{tick} {summary}")));
    }
}

impl Drop for Drawn<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line at the end, and for a long step one soon after it began and every few seconds from then on.
struct Told<'a> {
    printer: &'a Printer,
    reached: Arc<AtomicU64>,
    ended: Arc<(Mutex<bool>, Condvar)>,
    teller: Option<JoinHandle<()>>,
}

impl<'a> Told<'a> {
    fn new(printer: &'a Printer, title: &str, total: Option<u64>) -> Self {
        let reached = Arc::new(AtomicU64::new(0));
        let ended = Arc::new((Mutex::new(false), Condvar::new()));
        let teller = (!printer.is_quiet()).then(|| {
            let (printer, title, reached, ended) = (printer.clone(), title.to_string(), reached.clone(), ended.clone());
            std::thread::spawn(move || tell(&printer, &title, total, &reached, &ended))
        });
        Self { printer, reached, ended, teller }
    }

    fn end(&self) {
        if let Ok(mut ended) = self.ended.0.lock() {
            *ended = true;
        }
        self.ended.1.notify_all();
    }
}

/// Says every few seconds how far the step is, until it ends.
fn tell(printer: &Printer, title: &str, total: Option<u64>, reached: &AtomicU64, ended: &(Mutex<bool>, Condvar)) {
    let started = Instant::now();
    let Ok(mut over) = ended.0.lock() else { return };
    let mut pause = WORTH_A_LINE;
    loop {
        match ended.1.wait_timeout_while(over, pause, |over| !*over) {
            Ok((guard, waited)) if waited.timed_out() => over = guard,
            _ => return,
        }
        pause = STILL_AT_WORK;
        let seconds = started.elapsed().as_secs();
        let share = match total {
            Some(total) if total > 0 => format!(", {} %", (reached.load(Ordering::Relaxed) * 100 / total).min(100)),
            _ => String::new(),
        };
        printer.note(format!("  {title} ... {seconds} s{share}"));
    }
}

impl Step for Told<'_> {
    fn reach(&self, bytes: u64) {
        self.reached.store(bytes, Ordering::Relaxed);
    }

    fn finish(&self, summary: &str) {
        self.end();
        self.printer.note(format!("✓ {summary}"));
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.end();
        if let Some(teller) = self.teller.take() {
            // A teller that panicked has nothing left to say.
            let _ = teller.join();
        }
    }
}
