use crate::pacing::Paces;
use crate::storing::Storing;
use crate::work::Done;
use proctor_core::{Event, Pace, Wait, waiting_for};
use std::collections::HashMap;
use std::mem::Discriminant;
use std::time::Duration;
use tokio::time::Instant;

/// After so long without anything finished, it is told what is waited for,
const QUIET: Duration = Duration::from_secs(3);
/// and again after so long, or, when something else is waited for or a pause is over, after so long as at first.
const AGAIN: Duration = Duration::from_secs(10);
/// Paces are told no more often than that.
const PACE_EVERY: Duration = Duration::from_secs(2);

/// Watches over a run: what is being graded, when something was last finished, what was told of it.
#[derive(Debug)]
pub(crate) struct Watch {
    last_done: Instant,
    /// Grades being made, since when; without an epoch it is a reference.
    grades: HashMap<(String, Option<u32>), Instant>,
    /// When it was told what is waited for, of which kinds that was, and how long the first of it lasts.
    told: Option<(Instant, Vec<Discriminant<Wait>>, Duration)>,
    paces: HashMap<String, Pace>,
    paces_told: Instant,
}

impl Watch {
    pub(crate) fn new(now: Instant) -> Self {
        Self { last_done: now, grades: HashMap::new(), told: None, paces: HashMap::new(), paces_told: now }
    }

    /// A grade is begun.
    pub(crate) fn grading(&mut self, sample_id: &str, epoch: Option<u32>) {
        self.grades.insert((sample_id.to_owned(), epoch), Instant::now());
    }

    /// Something came to its end.
    pub(crate) fn done(&mut self, done: &Done, now: Instant) {
        match done {
            Done::Graded { key, .. } => self.grades.remove(&(key.sample_id.clone(), Some(key.epoch))),
            Done::Referenced { sample_id, .. } => self.grades.remove(&(sample_id.clone(), None)),
            _ => None,
        };
        (self.last_done, self.told) = (now, None);
    }

    /// What is to be told now; `queued` are the attempts and the grades not begun.
    pub(crate) fn look(
        &mut self,
        now: Instant,
        run_id: &str,
        paces: &Paces,
        storing: &Storing,
        queued: (usize, usize),
    ) -> Vec<Event> {
        let mut events = self.changed_paces(now, run_id, paces);
        let quiet = now.saturating_duration_since(self.last_done);
        if quiet < QUIET {
            return events;
        }
        let waits = self.waits(now, paces, storing);
        let kinds: Vec<_> = waits.iter().map(std::mem::discriminant).collect();
        let told = self.told.as_ref().is_some_and(|(at, before, lasts)| {
            let since = now.saturating_duration_since(*at);
            since < QUIET || since < AGAIN.min(*lasts) && *before == kinds
        });
        if !told {
            let lasts = waits.first().and_then(Wait::ends_in_s).map_or(AGAIN, |s| Duration::from_secs_f64(s.min(60.0)));
            self.told = Some((now, kinds, lasts));
            let (to_ask, to_grade) = queued;
            let quiet_s = quiet.as_secs_f64();
            let says = waiting_for(quiet_s, &waits);
            events.push(Event::Waiting { run_id: run_id.into(), says, quiet_s, waits, to_ask, to_grade });
        }
        events
    }

    fn waits(&self, now: Instant, paces: &Paces, storing: &Storing) -> Vec<Wait> {
        let since = |at: &Instant| now.saturating_duration_since(*at).as_secs_f64();
        let mut waits: Vec<Wait> = paces.all().iter().flat_map(|pacer| pacer.waits()).collect();
        if let Some((rows, oldest)) = storing.oldest() {
            waits.push(Wait::Rows { rows, oldest_s: since(&oldest) });
        }
        if let Some(((sample_id, _), oldest)) = self.grades.iter().min_by_key(|(_, at)| **at) {
            let grades = self.grades.len();
            waits.push(Wait::Grades { grades, oldest_s: since(oldest), sample_id: sample_id.clone() });
        }
        waits
    }

    fn changed_paces(&mut self, now: Instant, run_id: &str, paces: &Paces) -> Vec<Event> {
        if now.saturating_duration_since(self.paces_told) < PACE_EVERY {
            return Vec::new();
        }
        self.paces_told = now;
        let mut events = Vec::new();
        for pace in paces.all().iter().map(|pacer| pacer.pace()).filter(|pace| pace.answered + pace.refused > 0) {
            let same = |before: &Pace| {
                let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
                    (Some(a), Some(b)) => (a - b).abs() <= 0.05 * a.max(b),
                    (a, b) => a.is_none() && b.is_none(),
                };
                before.places == pace.places
                    && before.refused == pace.refused
                    && close(before.requests_per_minute, pace.requests_per_minute)
                    && close(before.tokens_per_minute, pace.tokens_per_minute)
            };
            if !self.paces.get(&pace.model).is_some_and(same) {
                self.paces.insert(pace.model.clone(), pace.clone());
                events.push(Event::PaceChanged { run_id: run_id.into(), pace });
            }
        }
        events
    }
}
