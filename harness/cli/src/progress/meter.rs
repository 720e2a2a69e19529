//! What is known of a run under way, and the one or two lines that tell it. Pure: times are handed in.

use proctor_core::{Event, Outcome, Pace, Wait, time_span, waiting_for};
use proctor_reports::text::{decimal, dollars, one_line};
use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthStr;

/// The stretch over which the rate is taken.
const WINDOW: Duration = Duration::from_secs(30);
/// Most points of the stretch that are kept.
const MOST_POINTS: usize = 240;
/// A pause so long is told before anything else.
const LONG_AGO: Duration = Duration::from_secs(12);

/// The counts of a run, as events tell them.
pub struct Meter {
    /// Attempts in the plan.
    pub attempts: usize,
    /// Attempts with an answer or an error.
    pub answered: usize,
    /// Attempts with a grade.
    pub graded: usize,
    correct: usize,
    errors: usize,
    references: usize,
    references_graded: usize,
    retries: usize,
    kept: usize,
    tokens: u64,
    cost: Option<f64>,
    began: Instant,
    points: VecDeque<(Instant, usize, usize)>,
    pace: Option<Pace>,
    waiting: Option<(Instant, f64, Vec<Wait>)>,
}

impl Meter {
    /// A run that begins at `now`, with what is stored of it.
    pub fn new(now: Instant, attempts: usize, answered: usize, graded: usize, correct: usize) -> Self {
        Self {
            attempts,
            answered,
            graded,
            correct,
            errors: 0,
            references: 0,
            references_graded: 0,
            retries: 0,
            kept: 0,
            tokens: 0,
            cost: None,
            began: now,
            points: VecDeque::from([(now, answered, graded)]),
            pace: None,
            waiting: None,
        }
    }

    /// Takes what an event tells; `true` where it is worth showing.
    pub fn take(&mut self, event: &Event, now: Instant) -> bool {
        match event {
            Event::GroundTruthStarted { samples, .. } => self.references = *samples,
            Event::GroundTruthGraded { .. } => self.references_graded += 1,
            Event::AttemptFinished { completion_tokens, cost_usd, cached, .. } => {
                self.answered += 1;
                self.kept += usize::from(*cached);
                self.tokens += completion_tokens.unwrap_or(0);
                if let Some(cost) = cost_usd {
                    self.cost = Some(self.cost.unwrap_or(0.0) + cost);
                }
                self.moved(now);
            }
            Event::GradeFinished { outcome, .. } => {
                self.graded += 1;
                self.correct += usize::from(*outcome == Outcome::Correct);
                self.errors += usize::from(*outcome == Outcome::InfraError);
                self.moved(now);
            }
            Event::Retrying { .. } => self.retries += 1,
            Event::Waiting { quiet_s, waits, .. } => self.waiting = Some((now, *quiet_s, waits.clone())),
            Event::PaceChanged { pace, .. } => self.pace = Some(pace.clone()),
            _ => return false,
        }
        true
    }

    /// Something was finished, so nothing is waited for.
    fn moved(&mut self, now: Instant) {
        self.waiting = None;
        let last = self.points.back().map(|point| point.0);
        let spacing = WINDOW / MOST_POINTS as u32;
        if last.is_some_and(|last| now.duration_since(last) < spacing) && self.points.len() > 1 {
            self.points.pop_back();
        }
        self.points.push_back((now, self.answered, self.graded));
        while self.points.len() > 2 && self.points.front().is_some_and(|point| now.duration_since(point.0) > WINDOW) {
            self.points.pop_front();
        }
    }

    /// Steps done: answers, grades and references.
    pub fn done(&self) -> usize {
        self.answered + self.graded + self.references_graded
    }

    /// Steps there are.
    pub fn steps(&self) -> usize {
        2 * self.attempts + self.references
    }

    /// Attempts a second over the latest stretch; the slower of asking and grading where both are under way.
    fn rates(&self, now: Instant) -> Option<(f64, f64)> {
        let (first, answered, graded) = self.points.front()?;
        let seconds = now.duration_since(*first).as_secs_f64();
        if seconds < 0.5 {
            return None;
        }
        Some(((self.answered - answered) as f64 / seconds, (self.graded - graded) as f64 / seconds))
    }

    /// Seconds that are left, if it goes on as it does.
    pub fn left(&self, now: Instant) -> Option<f64> {
        let (asking, grading) = self.rates(now)?;
        let of = |missing: usize, rate: f64| match (missing, rate > 0.0) {
            (0, _) => Some(0.0),
            (missing, true) => Some(missing as f64 / rate),
            (_, false) => None,
        };
        let asked = of(self.attempts.saturating_sub(self.answered), asking)?;
        let graded = of(self.attempts.saturating_sub(self.graded), grading)?;
        let left = asked.max(graded);
        (left > 0.0).then_some(left)
    }

    /// The counts, the most telling first; a shorter line leaves out the last ones.
    pub fn parts(&self, now: Instant) -> Vec<String> {
        let mut parts = vec![format!("{}/{} answered", self.answered, self.attempts), format!("{} graded", self.graded)];
        parts.push(format!("{} correct", self.correct));
        if self.errors > 0 {
            parts.push(counted(self.errors, "infrastructure error"));
        }
        if let Some((asking, grading)) = self.rates(now) {
            let rate = if self.answered < self.attempts { asking } else { grading };
            if rate > 0.0 && self.waiting.is_none() {
                parts.push(format!("{}/s", if rate < 10.0 { decimal(rate, 1) } else { decimal(rate, 0) }));
            }
        }
        if let Some(left) = self.left(now).filter(|_| self.waiting.is_none()) {
            parts.push(format!("{} left", time_span(left)));
        }
        if let Some(cost) = self.cost {
            parts.push(format!("US$ {}", if cost < 1.0 { dollars(cost) } else { decimal(cost, 2) }));
        }
        if self.references_graded < self.references {
            parts.push(format!("references {}/{}", self.references_graded, self.references));
        }
        if self.kept > 0 {
            parts.push(format!("{} kept from before", self.kept));
        }
        if self.retries > 0 {
            parts.push(format!("tried again {}", counted(self.retries, "time")));
        }
        let seconds = now.duration_since(self.began).as_secs_f64();
        if self.tokens > 0 && seconds > 1.0 {
            parts.push(format!("{} tokens/s", decimal(self.tokens as f64 / seconds, 0)));
        }
        parts
    }

    /// What is waited for, if nothing moves; else the limits in force; nothing where there are none.
    pub fn situation(&self, now: Instant) -> Option<String> {
        if let Some((since, quiet, waits)) = &self.waiting
            && (now.duration_since(*since) < LONG_AGO || !waits.is_empty())
        {
            let passed = now.duration_since(*since).as_secs_f64();
            let waits: Vec<Wait> = waits.iter().map(|wait| wait.clone().later(passed)).collect();
            return Some(one_line(&waiting_for(quiet + passed, &waits)));
        }
        let pace = self.pace.as_ref()?;
        let mut parts = vec![format!("{} of {} in flight", pace.in_flight, pace.places)];
        if pace.places < pace.most {
            parts.push(format!("most {}", pace.most));
        }
        if pace.in_line > 0 {
            parts.push(format!("{} in line", pace.in_line));
        }
        parts.extend(pace.requests_per_minute.map(|n| format!("{} requests/min", decimal(n, 0))));
        parts.extend(pace.tokens_per_minute.map(|n| format!("{} tokens/min", decimal(n, 0))));
        if pace.refused > 0 {
            parts.push(format!("{} refused", pace.refused));
        }
        Some(format!("limits: {}", parts.join(", ")))
    }
}

/// As many of `parts` as `width` columns hold, at least the first, cut where even that is too long.
pub fn fitted(parts: &[String], width: usize) -> String {
    let mut line = String::new();
    for part in parts {
        let lead = if line.is_empty() { "" } else { " · " };
        if !line.is_empty() && columns(&line) + columns(lead) + columns(part) > width {
            break;
        }
        line.push_str(lead);
        line.push_str(part);
    }
    cut(&line, width)
}

/// `line` in lines of at most `width` columns, broken at blanks where there are any; beyond `most` lines it is cut.
pub fn wrapped(line: &str, width: usize, most: usize) -> Vec<String> {
    let (mut lines, mut last) = (Vec::new(), String::new());
    for word in line.split(' ') {
        if last.is_empty() {
            last = word.to_owned();
        } else if columns(&last) + 1 + columns(word) <= width {
            last = last + " " + word;
        } else if lines.len() + 1 < most {
            lines.push(cut(&last, width));
            last = word.to_owned();
        } else {
            last += " …";
            break;
        }
    }
    lines.push(cut(&last, width));
    lines
}

/// The first `width` columns of a line, with an ellipsis where something is left out.
pub fn cut(line: &str, width: usize) -> String {
    if columns(line) <= width {
        return line.to_string();
    }
    let mut out = String::new();
    for c in line.chars() {
        if columns(&out) + columns(c.encode_utf8(&mut [0; 4])) + 1 > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// Columns that a text takes on a terminal.
fn columns(text: &str) -> usize {
    text.width()
}

/// `1 answer`, `2 answers`.
pub fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Reasons told so far, so that each is told once; a bound keeps a flood from the screen.
#[derive(Default)]
pub struct Told(HashSet<String>);

impl Told {
    /// Whether `reason` is new and there is room for it.
    pub fn is_new(&mut self, reason: &str, most: usize) -> bool {
        self.0.len() < most && self.0.insert(reason.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proctor_core::AttemptKey;

    fn key() -> AttemptKey {
        AttemptKey { run_id: "r".into(), sample_id: "s".into(), epoch: 0 }
    }

    fn answered(cost_usd: Option<f64>) -> Event {
        let completion_tokens = Some(10);
        let (prompt_tokens, cached, latency_s, error) = (None, false, 1.0, None);
        Event::AttemptFinished { key: key(), prompt_tokens, completion_tokens, cost_usd, cached, latency_s, error }
    }

    fn graded(outcome: Outcome) -> Event {
        Event::GradeFinished { key: key(), outcome, explanation: String::new() }
    }

    #[test]
    fn rate_rest_and_cost_are_those_of_the_latest_stretch() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut meter = Meter::new(start, 100, 40, 40, 30);
        for second in 1..=10 {
            meter.take(&answered(Some(0.01)), at(second));
            meter.take(&graded(Outcome::Correct), at(second));
        }
        assert_eq!(meter.left(at(10)).map(f64::round), Some(50.0));
        let line = fitted(&meter.parts(at(10)), 200);
        assert_eq!(line, "50/100 answered · 50 graded · 40 correct · 1.0/s · 50 s left · US$ 0.1000 · 10 tokens/s");
        // Nothing moves: the rate falls, and the rest grows.
        assert!(meter.left(at(30)) > meter.left(at(10)));
    }

    #[test]
    fn a_narrow_terminal_gets_what_matters_most() {
        let parts: Vec<String> = ["12/100 answered", "8 graded", "5 correct"].map(String::from).to_vec();
        let check = |width: usize, expected: &str| assert_eq!(fitted(&parts, width), expected, "{width}");
        check(80, "12/100 answered · 8 graded · 5 correct");
        check(30, "12/100 answered · 8 graded");
        check(16, "12/100 answered");
        check(8, "12/100 …");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
    }

    #[test]
    fn long_sentences_take_several_lines() {
        let check = |width, most, expected: &[&str]| assert_eq!(wrapped("waiting for one answer", width, most), expected);
        check(80, 3, &["waiting for one answer"]);
        check(12, 3, &["waiting for", "one answer"]);
        check(12, 1, &["waiting for…"]);
        check(4, 9, &["wai…", "for", "one", "ans…"]);
    }

    #[test]
    fn what_is_waited_for_comes_before_the_limits() {
        let start = Instant::now();
        let mut meter = Meter::new(start, 10, 0, 0, 0);
        assert_eq!(meter.situation(start), None);
        let pace = Pace {
            model: "m".into(),
            in_flight: 3,
            places: 4,
            most: 16,
            in_line: 9,
            requests_per_minute: Some(60.0),
            tokens_per_minute: None,
            answered: 5,
            refused: 2,
        };
        meter.take(&Event::PaceChanged { run_id: "r".into(), pace }, start);
        let limits = "limits: 3 of 4 in flight, most 16, 9 in line, 60 requests/min, 2 refused";
        assert_eq!(meter.situation(start).as_deref(), Some(limits));
        let waits = vec![Wait::Grades { grades: 2, oldest_s: 14.0, sample_id: "x\u{1b}[31m".into() }];
        meter.take(
            &Event::Waiting { run_id: "r".into(), says: String::new(), quiet_s: 4.0, waits, to_ask: 1, to_grade: 0 },
            start,
        );
        let waiting = "nothing finished for 9 s; waiting for 2 grades, the oldest begun 19 s ago (sample x␛[31m)";
        assert_eq!(meter.situation(start + Duration::from_secs(5)).as_deref(), Some(waiting));
        meter.take(&graded(Outcome::Incorrect), start);
        assert_eq!(meter.situation(start).as_deref(), Some(limits));
    }
}
