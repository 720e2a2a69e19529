use super::{Answered, Bounds, Controller, Next, Refused, Ticket};
use proctor_core::{Activity, Pace, Pause, Wait};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The line of requests to one endpoint.
#[derive(Debug)]
pub struct Pacer {
    /// The first model that asked here.
    model: String,
    /// The longest silence in an answer.
    patience: Option<Duration>,
    start: Instant,
    line: Mutex<Line>,
}

#[derive(Debug)]
struct Line {
    controller: Controller,
    waiting: VecDeque<Waiting>,
    /// Requests that are out. The smallest number is the oldest.
    out: BTreeMap<u64, Out>,
    /// Requests between two tries: until when, and why.
    retries: BTreeMap<u64, (Instant, String)>,
    number: u64,
    /// Refusals since the last answer: since when, how many, and what was said last.
    trouble: Option<(Instant, u64, String)>,
    /// Until when, and why, nothing goes.
    blocked: Option<(Instant, Pause)>,
    /// When somebody will look again.
    timer: Option<Instant>,
}

/// A request that is out.
#[derive(Debug)]
struct Out {
    sent: Instant,
    sample_id: Option<String>,
    activity: Activity,
}

#[derive(Debug)]
struct Waiting {
    prompt_tokens: f64,
    most_tokens: Option<u32>,
    sample_id: Option<String>,
    grant: oneshot::Sender<Permit>,
}

/// The right to send one request. Dropped without a word, it says nothing about the endpoint.
#[derive(Debug)]
pub struct Permit {
    pacer: Arc<Pacer>,
    ticket: Ticket,
    number: u64,
    activity: Activity,
    handed_back: bool,
}

/// A request that waits for its next try; it is shown while this lives.
#[derive(Debug)]
pub struct Retry {
    pacer: Arc<Pacer>,
    number: u64,
}

impl Pacer {
    pub(super) fn new(model: &str, patience: Option<Duration>, bounds: Bounds) -> Self {
        let line = Line {
            controller: Controller::new(bounds),
            waiting: VecDeque::new(),
            out: BTreeMap::new(),
            retries: BTreeMap::new(),
            number: 0,
            trouble: None,
            blocked: None,
            timer: None,
        };
        Self { model: model.to_owned(), patience, start: Instant::now(), line: Mutex::new(line) }
    }

    pub(super) fn join(&self, bounds: Bounds) {
        self.line().controller.join(bounds);
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Waits until a request may be sent. `prompt_tokens` is what its prompt is taken to cost, `most_tokens` bounds its
    /// answer; an `urgent` one, which waited before, goes first.
    pub async fn turn(
        self: &Arc<Self>,
        prompt_tokens: f64,
        most_tokens: Option<u32>,
        sample_id: Option<String>,
        urgent: bool,
    ) -> Permit {
        loop {
            let (grant, granted) = oneshot::channel();
            let waiting = Waiting { prompt_tokens, most_tokens, sample_id: sample_id.clone(), grant };
            {
                let mut line = self.line();
                if urgent {
                    line.waiting.push_front(waiting);
                } else {
                    line.waiting.push_back(waiting);
                }
                self.serve(&mut line);
            }
            // The grant is dropped unsent by nobody; were it ever, standing in line again is right.
            if let Ok(permit) = granted.await {
                return permit;
            }
        }
    }

    /// Lets go whoever may.
    fn serve(self: &Arc<Self>, line: &mut Line) {
        let now = self.now();
        line.blocked = None;
        while let Some(first) = line.waiting.front() {
            if first.grant.is_closed() {
                line.waiting.pop_front();
                continue;
            }
            match line.controller.next(now, first.prompt_tokens, first.most_tokens) {
                Next::Go(ticket) => {
                    let Some(first) = line.waiting.pop_front() else { return };
                    line.number += 1;
                    let number = line.number;
                    let activity = Activity::default();
                    let out = Out { sent: self.start + now, sample_id: first.sample_id, activity: activity.clone() };
                    let permit = Permit { pacer: self.clone(), ticket, number, activity, handed_back: false };
                    match first.grant.send(permit) {
                        Ok(()) => {
                            line.out.insert(number, out);
                        }
                        Err(mut permit) => {
                            permit.handed_back = true; // Its drop would wait for the line that is held here.
                            line.controller.ended();
                        }
                    }
                }
                Next::Wait(until, cause) => {
                    let until = self.start + until;
                    line.blocked = Some((until, cause));
                    if line.timer.is_none_or(|timer| until < timer || timer <= self.start + now) {
                        line.timer = Some(until);
                        self.look_again(until);
                    }
                    return;
                }
                Next::Full => return,
            }
        }
    }

    fn look_again(self: &Arc<Self>, at: Instant) {
        let pacer = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep_until(at).await;
            if let Some(pacer) = pacer.upgrade() {
                let mut line = pacer.line();
                if line.timer == Some(at) {
                    line.timer = None;
                }
                pacer.serve(&mut line);
            }
        });
    }

    /// Shows that a request waits for its next try.
    pub fn retry(self: &Arc<Self>, until: Instant, reason: &str) -> Retry {
        let mut line = self.line();
        line.number += 1;
        let number = line.number;
        line.retries.insert(number, (until, reason.to_owned()));
        match &mut line.trouble {
            Some((_, count, said)) => {
                *count += 1;
                reason.clone_into(said);
            }
            none => *none = Some((Instant::now(), 1, reason.to_owned())),
        }
        Retry { pacer: self.clone(), number }
    }

    /// Requests that wait for their next try.
    pub fn retries(&self) -> usize {
        self.line().retries.len()
    }

    /// The pace now.
    pub fn pace(&self) -> Pace {
        let line = self.line();
        let (answered, refused) = line.controller.counts();
        Pace {
            model: self.model.clone(),
            in_flight: line.controller.in_flight(),
            places: line.controller.places(),
            most: line.controller.most(),
            in_line: line.waiting.len(),
            requests_per_minute: line.controller.requests_per_minute(),
            tokens_per_minute: line.controller.tokens_per_minute(),
            answered,
            refused,
        }
    }

    /// What is waited for here, the most telling first.
    pub fn waits(&self) -> Vec<Wait> {
        let (line, now) = (self.line(), Instant::now());
        let (model, requests) = (self.model.clone(), line.waiting.len());
        let mut waits = Vec::new();
        if let Some((until, cause)) = line.blocked.filter(|_| requests > 0) {
            let for_s = until.saturating_duration_since(now).as_secs_f64();
            let until_unix_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() + for_s;
            let trouble = line.trouble.as_ref();
            waits.push(Wait::Pause {
                model: model.clone(),
                requests,
                cause,
                for_s,
                until_unix_s,
                reason: trouble.map(|(_, _, said)| said.clone()),
                refusing_s: trouble.map(|(since, ..)| now.saturating_duration_since(*since).as_secs_f64()),
                refusals: trouble.map_or(0, |(_, count, _)| *count),
            });
        }
        if let Some(oldest) = line.out.values().next() {
            let oldest_s = now.saturating_duration_since(oldest.sent).as_secs_f64();
            let silence = oldest.activity.silence();
            waits.push(Wait::Answers {
                model: model.clone(),
                requests: line.out.len(),
                begun: line.out.values().filter(|out| out.activity.silence().is_some()).count(),
                oldest_s,
                silent_s: silence.map_or(oldest_s, |silence| silence.as_secs_f64()),
                oldest_begun: silence.is_some(),
                patience_s: self.patience.map(|patience| patience.as_secs_f64()),
                sample_id: oldest.sample_id.clone(),
            });
        }
        if let Some((until, reason)) = line.retries.values().min_by_key(|(until, _)| *until) {
            let for_s = until.saturating_duration_since(now).as_secs_f64();
            let (model, requests) = (model.clone(), line.retries.len());
            waits.push(Wait::Retries { model, requests, for_s, reason: reason.clone() });
        }
        if requests > 0 && line.blocked.is_none() {
            waits.push(Wait::Places { model, requests, places: line.controller.places() });
        }
        waits
    }

    /// Requests that are not out: in line, or between two tries.
    pub fn not_out(&self) -> usize {
        let line = self.line();
        line.waiting.len() + line.retries.len()
    }
}

impl Permit {
    fn hand_back(&mut self, tell: impl FnOnce(&mut Controller, Duration, &Ticket)) {
        if std::mem::replace(&mut self.handed_back, true) {
            return;
        }
        let pacer = self.pacer.clone();
        let mut line = pacer.line();
        line.out.remove(&self.number);
        tell(&mut line.controller, pacer.now(), &self.ticket);
        pacer.serve(&mut line);
    }

    /// Where to tell that something of the answer came.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// The request was answered.
    pub fn answered(mut self, answered: &Answered) {
        self.pacer.line().trouble = None;
        self.hand_back(|controller, now, ticket| controller.answered(now, ticket, answered));
    }

    /// The request was refused, or nothing came back.
    pub fn refused(mut self, refused: &Refused) {
        self.hand_back(|controller, now, ticket| controller.refused(now, ticket, refused));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.hand_back(|controller, _, _| controller.ended());
    }
}

impl Drop for Retry {
    fn drop(&mut self) {
        self.pacer.line().retries.remove(&self.number);
    }
}
