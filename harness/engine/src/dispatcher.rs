use crate::asker::Retrying;
use crate::drought::dried_up;
use crate::grader::Fresh;
use crate::watch::Watch;
use crate::work::{Done, Turn, Work};
use crate::{Context, EngineError, Leave, Retries, Stage, StopReason, UnderWay};
use proctor_core::{AttemptKey, Event, ModelErrorKind, Outcome};
use proctor_store::FailedReference;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

/// How long dropped work gets to notice, after a second Ctrl-C.
const ABORT_PATIENCE: Duration = Duration::from_secs(2);

/// How often a run looks at itself.
const TICK: Duration = Duration::from_secs(1);

/// Failures in a row that show an endpoint to be none, when nothing was ever answered, or to want to be left alone.
const FAILURES_AT_FIRST: u32 = 3;

/// Something to grade.
#[derive(Debug)]
pub(crate) enum ToGrade {
    /// The reference of the sample at this place.
    Reference(u32),
    /// A stored attempt.
    Attempt(Turn),
    /// The same, still at hand.
    Fresh(Box<(Turn, AttemptKey, Fresh)>),
}

/// Answers kept at hand for grading; the others are read back.
const KEPT: usize = 128;

/// Grades beyond the bound that are begun, so that no place stays empty while a row is written.
const SPARE_GRADES: usize = 256;

/// Where more may be asked at once, a place that stays empty while a row is written costs more than a question asked twice.
const FEW: usize = 64;

/// Attempts beyond the bound. What is answered and not yet written is paid for again after `kill -9`, so there are none where
/// few are in flight, and an eighth where many are.
fn spare_attempts(asking: usize) -> usize {
    if asking <= FEW { 0 } else { asking / 8 }
}

/// What is to be done in a run, in order.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) ask: VecDeque<Turn>,
    pub(crate) grade: VecDeque<ToGrade>,
}

/// How much may happen at once, and how much may go wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) asking: usize,
    pub(crate) grading: usize,
    pub(crate) retries: Retries,
}

/// How the dispatching ended.
#[derive(Debug, Default)]
pub(crate) struct Dispatched {
    /// Why the run could not go on.
    pub(crate) failure: Option<EngineError>,
    /// References that could not be graded for infrastructure's sake; the store does not remember those.
    pub(crate) ungraded_references: Vec<FailedReference>,
    /// Stored answers that could not be graded for infrastructure's sake.
    pub(crate) ungraded_answers: usize,
}

impl Dispatched {
    /// Not at all.
    pub(crate) fn failed(error: EngineError) -> Self {
        Self { failure: Some(error), ..Self::default() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ask,
    Grade,
}

/// Owns the state of a run and the event sink: everything that happens passes through here, one after the other.
pub(crate) struct Dispatcher {
    context: Context,
    work: Arc<Work>,
    retrying: mpsc::Receiver<Retrying>,
    queue: Queue,
    tasks: JoinSet<(Kind, Done)>,
    asking: usize,
    grading: usize,
    watch: Watch,
    bounds: Bounds,
    failures_in_a_row: u32,
    answered: bool,
    ended: Dispatched,
}

impl Dispatcher {
    pub(crate) fn new(
        context: &Context,
        work: Arc<Work>,
        retrying: mpsc::Receiver<Retrying>,
        queue: Queue,
        bounds: Bounds,
    ) -> Self {
        Self {
            context: context.clone(),
            work,
            retrying,
            queue,
            tasks: JoinSet::new(),
            asking: 0,
            grading: 0,
            watch: Watch::new(Instant::now()),
            bounds,
            failures_in_a_row: 0,
            answered: false,
            ended: Dispatched::default(),
        }
    }

    /// Works the queue off, or as much of it as stopping and failures allow.
    pub(crate) async fn dispatch(mut self) -> Dispatched {
        let mut stage = Stage::Go;
        if self.context.stop.stage() > Stage::Go {
            stage = Stage::Drain;
            self.drain();
        }
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if stage < Stage::Drain {
                self.start_what_fits();
            } else {
                self.start_grading();
            }
            if self.tasks.is_empty() {
                break;
            }
            let next_stage = if stage < Stage::Drain { Stage::Drain } else { Stage::Abort };
            let stop = self.context.stop.clone();
            tokio::select! {
                biased;
                () = stop.reached(next_stage) => {
                    stage = stop.stage();
                    if stage == Stage::Abort {
                        self.abort().await;
                        break;
                    }
                    self.drain();
                }
                _ = tick.tick() => self.look_around(),
                Some(note) = self.retrying.recv() => self.on_retrying(note),
                Some(joined) = self.tasks.join_next() => {
                    match joined {
                        Ok((kind, done)) => self.on_done(kind, done),
                        Err(error) => self.fail(EngineError::Internal(error.to_string())),
                    }
                    if matches!(self.ended.failure, Some(EngineError::Store(_))) {
                        self.abort().await; // What else comes back could not be kept.
                        break;
                    }
                }
            }
        }
        self.ended
    }

    fn start_what_fits(&mut self) {
        // Those that wait for their next try keep nobody else from asking.
        let retries = self.work.endpoint.as_ref().map_or(0, |endpoint| endpoint.pacer.retries());
        let most = self.bounds.asking.saturating_add(spare_attempts(self.bounds.asking)) + retries.min(self.bounds.asking);
        while self.asking < most && !self.queue.ask.is_empty() {
            let under_way = UnderWay { attempts: self.asking, gradings: self.grading + self.queue.grade.len() };
            match self.context.budget.leave(under_way) {
                Leave::Granted => {}
                Leave::Wait => break,
                Leave::Refused(reason) => {
                    self.context.stop.drain_because(StopReason::Budget(reason));
                    break;
                }
            }
            let Some(turn) = self.queue.ask.pop_front() else { break };
            let key = self.work.key(turn);
            self.asking += 1;
            self.emit(Event::AttemptStarted { key: key.clone() });
            let asked = self.work.clone().ask(turn, key);
            self.tasks.spawn(async move { (Kind::Ask, asked.await) });
        }
        self.start_grading();
    }

    fn start_grading(&mut self) {
        while self.grading < self.bounds.grading + SPARE_GRADES
            && let Some(next) = self.queue.grade.pop_front()
        {
            self.grading += 1;
            let work = self.work.clone();
            match next {
                ToGrade::Reference(position) => {
                    self.watch.grading(&work.sample_id(position), None);
                    self.tasks.spawn(async move { (Kind::Grade, work.grade_reference(position).await) })
                }
                ToGrade::Attempt(turn) => {
                    let key = work.key(turn);
                    self.watch.grading(&key.sample_id, Some(key.epoch));
                    self.tasks.spawn(async move { (Kind::Grade, work.grade(turn, key, None).await) })
                }
                ToGrade::Fresh(answered) => {
                    let (turn, key, fresh) = *answered;
                    self.watch.grading(&key.sample_id, Some(key.epoch));
                    self.tasks.spawn(async move { (Kind::Grade, work.grade(turn, key, Some(fresh)).await) })
                }
            };
        }
    }

    /// Starts nothing more; what is in flight is finished, and what it answers is graded. A budget that is used up ends the
    /// asking alone: what is answered is graded.
    fn drain(&mut self) {
        match self.context.stop.reason() {
            Some(StopReason::Budget(_)) => self.queue.ask.clear(),
            _ => self.queue = Queue::default(),
        }
        self.work.stop.drain();
        // What is in line goes no more.
        let not_out = self.work.endpoint.as_ref().map_or(0, |endpoint| endpoint.pacer.not_out());
        self.emit(Event::Draining { in_flight: self.tasks.len().saturating_sub(not_out) });
    }

    async fn abort(&mut self) {
        self.queue = Queue::default();
        self.work.stop.abort();
        // Dropped futures end at their next await; one that never awaits is not waited for.
        let _ = tokio::time::timeout(ABORT_PATIENCE, self.tasks.shutdown()).await;
    }

    /// Ends the asking for good. Only the first reason counts: the others are its echoes.
    fn fail(&mut self, error: EngineError) {
        self.queue.ask.clear();
        if matches!(error, EngineError::JudgeUnavailable(_) | EngineError::Store(_)) {
            self.queue.grade.clear();
        }
        self.work.stop.drain();
        self.ended.failure.get_or_insert(error);
    }

    fn on_retrying(&mut self, note: Retrying) {
        if let Some(lasted) = note.drought {
            let message = format!("{}; the same command continues", dried_up(&note.error, lasted));
            self.fail(EngineError::Endpoint { model: self.work.run.plan.model.clone(), message });
        }
        let (tries, wait_s) = (note.tries, note.wait.as_secs_f64());
        self.emit(Event::Retrying { key: note.key, tries, wait_s, reason: note.error.message });
    }

    fn on_done(&mut self, kind: Kind, done: Done) {
        match kind {
            Kind::Ask => self.asking -= 1,
            Kind::Grade => self.grading -= 1,
        }
        self.watch.done(&done, Instant::now());
        match done {
            Done::Answered { turn, key, attempt, sample } => {
                self.answered = true;
                self.failures_in_a_row = 0;
                let usage = attempt.usage();
                let costs = attempt.exchanges.iter().filter_map(|e| e.completion.cost_usd);
                if attempt.exchanges.iter().any(|e| !e.completion.cached) {
                    self.context.budget.attempt_ended();
                }
                self.emit(Event::AttemptFinished {
                    key: key.clone(),
                    prompt_tokens: usage.prompt_tokens,
                    completion_tokens: usage.completion_tokens,
                    cost_usd: costs.reduce(|sum, cost| sum + cost),
                    cached: !attempt.exchanges.is_empty() && attempt.exchanges.iter().all(|e| e.completion.cached),
                    latency_s: attempt.latency_s(),
                    error: None,
                });
                if !matches!(self.ended.failure, Some(EngineError::JudgeUnavailable(_))) {
                    let kept = self.queue.grade.len() < KEPT;
                    self.queue.grade.push_back(match kept {
                        true => ToGrade::Fresh(Box::new((turn, key, Fresh { sample, attempt }))),
                        false => ToGrade::Attempt(turn),
                    });
                }
            }
            Done::Unanswered { key, error, kind } => {
                let finished = Event::AttemptFinished {
                    key: key.clone(),
                    prompt_tokens: None,
                    completion_tokens: None,
                    cost_usd: None,
                    cached: false,
                    latency_s: 0.0,
                    error: Some(error.clone()),
                };
                self.emit(finished);
                self.emit(Event::GradeFinished { key, outcome: Outcome::InfraError, explanation: error.clone() });
                self.count_failure(kind, error);
            }
            Done::Graded { key, outcome, explanation } => {
                self.context.budget.grading_ended();
                self.ended.ungraded_answers += usize::from(outcome == Outcome::InfraError);
                self.emit(Event::GradeFinished { key, outcome, explanation });
            }
            Done::Referenced { sample_id, outcome, explanation } => {
                if outcome == Outcome::InfraError {
                    self.ended.ungraded_references.push(FailedReference { sample_id: sample_id.clone(), outcome, explanation });
                }
                self.emit(Event::GroundTruthGraded { run_id: self.work.run.id.clone(), sample_id, outcome });
            }
            Done::Stopped => {}
            Done::Failed(error) => self.fail(error),
        }
    }

    /// Gives up on an endpoint that answers nothing any more, rather than ask it everything in vain.
    fn count_failure(&mut self, kind: Option<ModelErrorKind>, error: String) {
        // These say something about the question, not about the endpoint.
        if matches!(kind, None | Some(ModelErrorKind::ContextLength | ModelErrorKind::NoAnswer)) {
            return;
        }
        self.failures_in_a_row += 1;
        let patience = self.bounds.retries.failures_in_a_row;
        // "Too many requests" ends an attempt only where the service means to be left alone for long.
        let soon = !self.answered || kind == Some(ModelErrorKind::RateLimited);
        let patience = if soon { patience.min(FAILURES_AT_FIRST) } else { patience };
        if self.failures_in_a_row >= patience && (self.asking > 0 || !self.queue.ask.is_empty()) {
            let count = self.failures_in_a_row;
            let message =
                format!("{error}; {count} attempts in a row failed, so asking was given up; the same command continues");
            self.fail(EngineError::Endpoint { model: self.work.run.plan.model.clone(), message });
        }
    }

    /// Tells what is waited for when nothing was finished for a while, and how fast endpoints are asked.
    fn look_around(&mut self) {
        // What is in line or waits for its next try costs nothing yet, and need not be waited for.
        let not_out = || self.work.endpoint.as_ref().is_some_and(|endpoint| endpoint.pacer.not_out() > 0);
        if (!self.queue.ask.is_empty() || not_out())
            && let Some(reason) = self.context.budget.exhausted()
        {
            self.context.stop.drain_because(StopReason::Budget(reason));
        }
        let queued = (self.queue.ask.len(), self.queue.grade.len());
        for event in self.watch.look(Instant::now(), &self.work.run.id, &self.context.paces, &self.work.storing, queued) {
            self.emit(event);
        }
    }

    fn emit(&self, event: Event) {
        self.context.sink.emit(&event);
    }
}
