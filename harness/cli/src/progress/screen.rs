use super::meter::{Meter, Told, counted, fitted, wrapped};
use crate::printer::Printer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use proctor_core::{Event, EventSink, Outcome, time_span};
use proctor_reports::text::one_line;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Seconds between two lines of progress where standard error is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Seconds between two looks at what is waited for, and between two drawings.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Seconds between two mentions of a reason for new tries that was told before.
const RETRY_AGAIN: Duration = Duration::from_secs(60);
/// How long a run may take to begin without a word.
const OPENING_TOLD_AFTER: Duration = Duration::from_secs(3);
/// Different reasons for missing answers, and for new tries, that are told at once; the store holds all of the former.
const MOST_REASONS: usize = 5;
/// A terminal narrower than this has no bar.
const BAR_FROM: usize = 60;
const BAR: usize = 20;
/// Lines that what is waited for may take below the bar.
const MOST_LINES: usize = 4;

/// Shows a run as it goes: a bar on a terminal, a line now and then elsewhere, nothing with `--quiet`. Warnings are
/// always shown.
pub struct Progress {
    printer: Printer,
    state: Mutex<State>,
}

struct State {
    bar: Option<ProgressBar>,
    title: String,
    /// Which run of how many.
    place: usize,
    runs: usize,
    running: bool,
    /// Since when the next run is being opened.
    opening: Option<Instant>,
    meter: Meter,
    began: Instant,
    last_line: Instant,
    reasons: Told,
    retry_reasons: Told,
    last_retry: Instant,
}

impl Progress {
    /// Progress of the runs of one process. Where there is no bar, a line comes at least every ten seconds, also while
    /// nothing happens.
    pub fn start(printer: &Printer) -> Arc<Self> {
        let now = Instant::now();
        let state = State {
            bar: None,
            title: String::new(),
            place: 0,
            runs: 1,
            running: false,
            opening: None,
            meter: Meter::new(now, 0, 0, 0, 0),
            began: now,
            last_line: now,
            reasons: Told::default(),
            retry_reasons: Told::default(),
            last_retry: now,
        };
        let progress = Arc::new(Self { printer: printer.clone(), state: Mutex::new(state) });
        let watched = Arc::downgrade(&progress);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(LOOK_EVERY);
                let Some(progress) = watched.upgrade() else { return };
                let mut state = progress.lock();
                if state.running {
                    progress.show(&mut state, false);
                } else {
                    progress.tell_of_opening(&mut state);
                }
            }
        });
        progress
    }

    /// Says how many runs there will be.
    pub fn runs(&self, runs: usize) {
        self.lock().runs = runs.max(1);
    }

    /// Names what comes next, e.g. `humaneval-pro with candle/smollm2-135m`.
    pub fn title(&self, title: String) {
        let mut state = self.lock();
        state.title = one_line(&title);
        state.opening = Some(Instant::now());
        let now = Instant::now();
        state.last_line = now.checked_sub(LINE_EVERY - OPENING_TOLD_AFTER).unwrap_or(now);
    }

    /// Says that what was named is at its end, begun or not.
    pub fn over(&self) {
        self.lock().opening = None;
    }

    /// A run that has not begun after a while waits for the store or for its questions.
    fn tell_of_opening(&self, state: &mut State) {
        let Some(since) = state.opening.filter(|_| state.last_line.elapsed() >= LINE_EVERY && !self.printer.is_quiet()) else {
            return;
        };
        state.last_line = Instant::now();
        let span = time_span(since.elapsed().as_secs_f64());
        let why = "waiting for the store (is it locked by another program?), or for many questions to be read";
        self.printer.note(format!("  {}: not begun after {span}; {why}", state.title));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, state: &mut State, always: bool) {
        if self.printer.is_quiet() {
            return;
        }
        let now = Instant::now();
        if let Some(bar) = &state.bar {
            bar.set_length(state.meter.steps() as u64);
            bar.set_position(state.meter.done() as u64);
            let width = self.printer.width_of_errors().map_or(80, usize::from);
            let beside = if width >= BAR_FROM { BAR + 5 } else { 2 };
            bar.set_message(fitted(&state.meter.parts(now), width.saturating_sub(beside + 1)));
            let situation = state.meter.situation(now).unwrap_or_default();
            let lines = wrapped(&situation, width.saturating_sub(3), MOST_LINES);
            let lines: Vec<String> = lines.iter().map(|line| self.printer.paint(line, "2")).collect();
            bar.set_prefix(lines.join("\n  "));
        } else if always || state.last_line.elapsed() >= LINE_EVERY {
            state.last_line = now;
            let text = state.meter.parts(now).join(", ");
            let seconds = state.began.elapsed().as_secs();
            self.printer.note(format!("  {}: {text} ({seconds} s)", state.title));
        }
    }

    fn say(&self, state: &State, text: &str) {
        self.past_bar(state, || self.printer.warn(text));
    }

    /// Prints above the bar.
    fn past_bar(&self, state: &State, print: impl FnOnce()) {
        match &state.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn begin(&self, state: &mut State, run_id: &str, resumed: bool) {
        state.began = Instant::now();
        (state.running, state.opening) = (true, None);
        state.place += 1;
        if self.printer.is_quiet() {
            return;
        }
        let what = if resumed { "continuing" } else { "run" };
        let Meter { attempts, answered, graded, .. } = state.meter;
        let place = if state.runs > 1 { format!("[{}/{}] ", state.place, state.runs) } else { String::new() };
        let mut line = format!("{place}{}: {what} {}, {}", state.title, one_line(run_id), counted(attempts, "attempt"));
        if answered > 0 {
            line += &format!(", {} and {} stored", counted(answered, "answer"), counted(graded, "grade"));
        }
        self.printer.note(line);
        if self.printer.is_terminal() {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr_with_hz(8));
            let wide = self.printer.width_of_errors().is_none_or(|width| usize::from(width) >= BAR_FROM);
            let template = if wide { format!("  {{bar:{BAR}}}  {{msg}}\n  {{prefix}}") } else { "  {msg}\n  {prefix}".into() };
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style.progress_chars("━━╌"));
            }
            state.bar = Some(bar);
        }
    }
}

impl EventSink for Progress {
    fn emit(&self, event: &Event) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let worth = state.meter.take(event, Instant::now());
        match event {
            Event::RunStarted { run_id, attempts, answered, graded, correct, resumed } => {
                state.meter = Meter::new(Instant::now(), *attempts, *answered, *graded, *correct);
                self.begin(state, run_id, *resumed);
                self.show(state, false);
            }
            Event::AttemptFinished { key, error: Some(reason), .. } if state.reasons.is_new(reason, MOST_REASONS) => {
                self.say(state, &format!("sample {} has no answer: {reason}", key.sample_id));
            }
            // Of an attempt without an answer this is told already.
            Event::GradeFinished { key, outcome: Outcome::InfraError, explanation }
                if state.reasons.is_new(explanation, MOST_REASONS) =>
            {
                self.say(state, &format!("sample {} is not graded: {explanation}", key.sample_id));
            }
            Event::Retrying { key, tries, wait_s, reason } => {
                let new = state.retry_reasons.is_new(reason, MOST_REASONS);
                if new || state.last_retry.elapsed() >= RETRY_AGAIN {
                    state.last_retry = Instant::now();
                    let text = format!("sample {}: {reason}; try {} in {wait_s:.1} s", key.sample_id, tries + 1);
                    self.say(state, &text);
                }
            }
            // On a terminal it stands below the bar, and goes when it is over.
            Event::Waiting { says, .. } if state.bar.is_none() && !self.printer.is_quiet() => {
                self.printer.note(format!("  {}: {}", state.title, one_line(says)));
            }
            Event::Warning { message } => self.say(state, message),
            Event::Draining { in_flight } => {
                let text = match in_flight {
                    0 => "stopping; everything finished is stored".to_owned(),
                    n => format!("stopping: {n} in flight are finished and stored first; Ctrl-C again stops at once"),
                };
                self.say(state, &text);
            }
            Event::RunFinished { .. } => {
                state.running = false;
                self.show(state, state.bar.is_none());
                if let Some(bar) = state.bar.take() {
                    bar.finish_and_clear();
                    let took = time_span(state.began.elapsed().as_secs_f64());
                    let parts = state.meter.parts(Instant::now());
                    let counts: Vec<String> = parts.into_iter().filter(|part| !part.ends_with(" left")).take(3).collect();
                    self.printer.note(format!("  {} in {took}", counts.join(", ")));
                }
            }
            _ => {}
        }
        if worth && !matches!(event, Event::RunFinished { .. }) {
            self.show(state, false);
        }
    }
}
