use crate::asker::{Asker, Endpoint};
use crate::samples::Samples;
use crate::storing::Storing;
use crate::{EngineError, Stop};
use futures::FutureExt;
use proctor_core::{
    Attempt, AttemptKey, AttemptRecord, Benchmark, BenchmarkError, Grade, GradeRecord, Judges, ModelErrorKind, Outcome,
    RunRecord, Sample, Session, SessionError, derive_seed,
};
use proctor_store::{PendingGrades, Store, StoreError};
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Which attempt, by the place of its sample in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) position: u32,
    pub(crate) epoch: u32,
}

/// What the executors of one run share.
pub(crate) struct Work {
    pub(crate) store: Store,
    pub(crate) benchmark: Arc<dyn Benchmark>,
    pub(crate) judges: Arc<dyn Judges>,
    pub(crate) run: RunRecord,
    pub(crate) samples: Samples,
    /// The model; `None` where nothing is asked.
    pub(crate) endpoint: Option<Arc<Endpoint>>,
    /// The set of grades that is being made, where a run is graded again.
    pub(crate) pending: Option<PendingGrades>,
    /// Raised by the dispatcher when asking is to end.
    pub(crate) stop: Stop,
    /// Places of those who judge.
    pub(crate) judging: Semaphore,
    /// Rows on their way into the store.
    pub(crate) storing: Storing,
}

/// What one executor reports; by then it is durable.
#[derive(Debug)]
pub(crate) enum Done {
    /// An answer is stored.
    Answered { turn: Turn, key: AttemptKey, attempt: Box<Attempt>, sample: Arc<Sample> },
    /// An infrastructure error is stored, and the grade that says so.
    Unanswered { key: AttemptKey, error: String, kind: Option<ModelErrorKind> },
    /// A grade is stored.
    Graded { key: AttemptKey, outcome: Outcome, explanation: String },
    /// A reference's grade is stored.
    Referenced { sample_id: String, outcome: Outcome, explanation: String },
    /// The attempt was given up because the run is being stopped.
    Stopped,
    /// The run cannot go on.
    Failed(EngineError),
}

impl From<StoreError> for Done {
    fn from(error: StoreError) -> Self {
        Done::Failed(error.into())
    }
}

impl Work {
    /// The key of an attempt; turns come from the plan.
    pub(crate) fn key(&self, turn: Turn) -> AttemptKey {
        AttemptKey { run_id: self.run.id.clone(), sample_id: self.sample_id(turn.position), epoch: turn.epoch }
    }

    /// The id of the sample at `position`.
    pub(crate) fn sample_id(&self, position: u32) -> String {
        self.run.plan.sample_ids.get(position as usize).unwrap_or_default().to_owned()
    }

    /// Asks about one sample and stores what comes back.
    pub(crate) async fn ask(self: Arc<Self>, turn: Turn, key: AttemptKey) -> Done {
        let asked = AssertUnwindSafe(self.try_ask(turn, &key)).catch_unwind().await;
        let result = match asked {
            Ok(result) => result,
            Err(panic) => Box::pin(self.unanswered(&key, panicked("asking", panic.as_ref()), None)).await,
        };
        result.unwrap_or_else(Done::Failed)
    }

    async fn try_ask(&self, turn: Turn, key: &AttemptKey) -> Result<Done, EngineError> {
        let endpoint = self.endpoint.as_ref().ok_or_else(|| EngineError::Internal("there is no model to ask".into()))?;
        let sample = self.samples.get(turn.position).await?;
        let plan = &self.run.plan;
        let asker = Asker { endpoint: endpoint.clone(), key: key.clone(), stop: self.stop.clone() };
        let seed = derive_seed(plan.seed, &key.sample_id, key.epoch, u32::MAX);
        let session = Session::new(&asker, self.judges.as_ref(), plan.protocol, endpoint.model.capabilities(), seed);
        match self.benchmark.attempt(&sample, &plan.sampling, session).await {
            Ok(mut attempt) => {
                // The transcript shows requests as they were sent, seed included.
                for (call, exchange) in attempt.exchanges.iter_mut().enumerate() {
                    exchange.request = asker.prepared(&exchange.request, call as u32);
                    exchange.request.label = None;
                }
                let record = AttemptRecord { key: key.clone(), attempt: Some(attempt), error: None };
                let _row = self.storing.row();
                self.store.record_attempt(&record).await?;
                let attempt = record.attempt.ok_or_else(|| EngineError::Internal("an answer vanished".into()))?;
                Ok(Done::Answered { turn, key: record.key, attempt: Box::new(attempt), sample })
            }
            Err(BenchmarkError::Session(SessionError::Stopped)) => Ok(Done::Stopped),
            Err(BenchmarkError::Session(SessionError::Model(error))) if error.is_fatal() => {
                Err(EngineError::Endpoint { model: plan.model.clone(), message: error.message })
            }
            Err(BenchmarkError::Session(SessionError::Model(error))) => {
                Box::pin(self.unanswered(key, error.message, Some(error.kind))).await
            }
            Err(BenchmarkError::Judge(error)) => match EngineError::from_judge(&error) {
                Some(fatal) => Err(fatal),
                None => Box::pin(self.unanswered(key, error.to_string(), None)).await,
            },
            Err(BenchmarkError::Input(message)) => Err(EngineError::Input(message)),
        }
    }

    /// Stores that an attempt had no answer, and its grade: an infrastructure error.
    async fn unanswered(&self, key: &AttemptKey, error: String, kind: Option<ModelErrorKind>) -> Result<Done, EngineError> {
        let _row = self.storing.row();
        let record = AttemptRecord { key: key.clone(), attempt: None, error: Some(error.clone()) };
        self.store.record_attempt(&record).await?;
        let grade = Grade::new(Outcome::InfraError, &error);
        self.store.record_grade(&GradeRecord { key: key.clone(), grade }).await?;
        Ok(Done::Unanswered { key: key.clone(), error, kind })
    }
}

/// A caught panic in words.
pub(crate) fn panicked(doing: &str, panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("internal error while {doing}: {}", text.unwrap_or("no details"))
}
