use crate::printer::Printer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use proctor_core::{Event, EventSink, Outcome};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Seconds between two lines of progress where standard error is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Different reasons for missing answers, and for new tries, that are told at once; the store holds all of the former.
const MOST_REASONS: usize = 5;

/// Shows a run as it goes: a bar on a terminal, a line now and then elsewhere, nothing with `--quiet`. Warnings are
/// always shown.
pub struct Progress {
    printer: Printer,
    state: Mutex<State>,
}

struct State {
    bar: Option<ProgressBar>,
    title: String,
    running: bool,
    attempts: usize,
    answered: usize,
    graded: usize,
    correct: usize,
    errors: usize,
    references: usize,
    references_graded: usize,
    tokens: u64,
    began: Instant,
    last_line: Instant,
    reasons: HashSet<String>,
    retries: usize,
    retry_reasons: HashSet<String>,
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
            running: false,
            attempts: 0,
            answered: 0,
            graded: 0,
            correct: 0,
            errors: 0,
            references: 0,
            references_graded: 0,
            tokens: 0,
            began: now,
            last_line: now,
            reasons: HashSet::new(),
            retries: 0,
            retry_reasons: HashSet::new(),
            last_retry: now,
        };
        let progress = Arc::new(Self { printer: printer.clone(), state: Mutex::new(state) });
        let watched = Arc::downgrade(&progress);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let Some(progress) = watched.upgrade() else { return };
                let mut state = progress.lock();
                if state.running && state.bar.is_none() {
                    progress.show(&mut state, false);
                }
            }
        });
        progress
    }

    /// Names what comes next, e.g. `humaneval-pro with candle/smollm2-135m`.
    pub fn title(&self, title: String) {
        self.lock().title = title;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn show(&self, state: &mut State, always: bool) {
        if self.printer.is_quiet() {
            return;
        }
        let text = state.text();
        if let Some(bar) = &state.bar {
            bar.set_position((state.answered + state.graded + state.references_graded) as u64);
            bar.set_message(text);
        } else if always || state.last_line.elapsed() >= LINE_EVERY {
            state.last_line = Instant::now();
            let seconds = state.began.elapsed().as_secs();
            self.printer.note(format!("  {}: {text} ({seconds} s)", state.title));
        }
    }

    fn say(&self, state: &State, text: &str) {
        match &state.bar {
            Some(bar) => bar.suspend(|| self.printer.warn(text)),
            None => self.printer.warn(text),
        }
    }
}

impl State {
    fn text(&self) -> String {
        let mut text = format!("{}/{} answered, {} graded, {} correct", self.answered, self.attempts, self.graded, self.correct);
        if self.errors > 0 {
            text += &format!(", {}", counted(self.errors, "infrastructure error"));
        }
        if self.retries > 0 {
            text += &format!(", tried again {}", counted(self.retries, "time"));
        }
        if self.references_graded < self.references {
            text += &format!(", references {}/{}", self.references_graded, self.references);
        }
        let seconds = self.began.elapsed().as_secs_f64();
        if self.tokens > 0 && seconds > 1.0 {
            text += &format!(", {:.0} tokens/s", self.tokens as f64 / seconds);
        }
        text
    }
}

impl EventSink for Progress {
    fn emit(&self, event: &Event) {
        let mut guard = self.lock();
        let state = &mut *guard;
        match event {
            Event::RunStarted { run_id, attempts, answered, graded, resumed } => {
                (state.attempts, state.answered, state.graded) = (*attempts, *answered, *graded);
                (state.correct, state.errors, state.references, state.references_graded, state.tokens) = (0, 0, 0, 0, 0);
                state.retries = 0;
                state.began = Instant::now();
                state.running = true;
                if !self.printer.is_quiet() {
                    let what = if *resumed { "continuing" } else { "run" };
                    let mut line = format!("{}: {what} {run_id}, {}", state.title, counted(*attempts, "attempt"));
                    if *answered > 0 {
                        line += &format!(", {} and {} stored", counted(*answered, "answer"), counted(*graded, "grade"));
                    }
                    self.printer.note(line);
                    if self.printer.is_terminal() {
                        let bar =
                            ProgressBar::with_draw_target(Some(2 * *attempts as u64), ProgressDrawTarget::stderr_with_hz(8));
                        if let Ok(style) = ProgressStyle::with_template("  [{elapsed_precise}] {bar:24} {wide_msg}") {
                            bar.set_style(style);
                        }
                        bar.enable_steady_tick(Duration::from_millis(250));
                        state.bar = Some(bar);
                    }
                }
                self.show(state, false);
            }
            Event::GroundTruthStarted { samples, .. } => {
                state.references = *samples;
                if let Some(bar) = &state.bar {
                    bar.inc_length(*samples as u64);
                }
            }
            Event::GroundTruthGraded { .. } => {
                state.references_graded += 1;
                self.show(state, false);
            }
            Event::AttemptStarted { .. } => self.show(state, false),
            Event::AttemptFinished { key, completion_tokens, error, .. } => {
                if let Some(reason) = error.as_ref().filter(|_| state.reasons.len() < MOST_REASONS)
                    && state.reasons.insert(reason.clone())
                {
                    self.say(state, &format!("sample {} has no answer: {reason}", key.sample_id));
                }
                state.answered += 1;
                state.tokens += completion_tokens.unwrap_or(0);
                self.show(state, false);
            }
            Event::GradeFinished { outcome, .. } => {
                state.graded += 1;
                state.correct += usize::from(*outcome == Outcome::Correct);
                state.errors += usize::from(*outcome == Outcome::InfraError);
                self.show(state, false);
            }
            Event::Retrying { key, tries, wait_s, reason } => {
                state.retries += 1;
                let new = state.retry_reasons.len() < MOST_REASONS && state.retry_reasons.insert(reason.clone());
                if new || state.last_retry.elapsed() >= LINE_EVERY {
                    state.last_retry = Instant::now();
                    let text = format!("sample {}: {reason}; try {} in {wait_s:.1} s", key.sample_id, tries + 1);
                    self.say(state, &text);
                }
                self.show(state, false);
            }
            Event::Warning { message } => self.say(state, message),
            Event::Draining { in_flight } => {
                let text = format!("stopping: {in_flight} in flight are finished and stored first; Ctrl-C again stops at once");
                self.say(state, &text);
            }
            Event::RunFinished { .. } => {
                state.running = false;
                self.show(state, state.bar.is_none());
                if let Some(bar) = state.bar.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

/// `1 answer`, `2 answers`.
fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
