use crate::EngineError;
use crate::work::{Done, Turn, Work, panicked};
use futures::FutureExt;
use proctor_core::{Attempt, AttemptKey, BenchmarkError, Grade, GradeRecord, Outcome, Sample};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// Safety net for one grade; the sandbox has limits of its own far below.
const GRADE_TIMEOUT: Duration = Duration::from_secs(1800);

/// An answer that is still at hand, with its sample.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) sample: Arc<Sample>,
    pub(crate) attempt: Box<Attempt>,
}

impl Work {
    /// Grades a stored attempt and stores the grade.
    /// A freshly made one is handed over and need not be read back.
    pub(crate) async fn grade(self: Arc<Self>, turn: Turn, key: AttemptKey, fresh: Option<Fresh>) -> Done {
        self.try_grade(turn, key, fresh).await.unwrap_or_else(Done::Failed)
    }

    async fn try_grade(&self, turn: Turn, key: AttemptKey, fresh: Option<Fresh>) -> Result<Done, EngineError> {
        let place = self.judging.acquire().await;
        let (sample, attempt, error) = match fresh {
            Some(Fresh { sample, attempt }) => (sample, Some(attempt), None),
            None => {
                let sample = self.samples.get(turn.position).await?;
                let missing = || EngineError::Internal(format!("there is no attempt {} at sample {}", key.epoch, key.sample_id));
                // Boxed, as what is seldom waited for would else make every task larger.
                let stored = Box::pin(self.store.attempt(&key)).await?.ok_or_else(missing)?;
                (sample, stored.attempt.map(Box::new), stored.error)
            }
        };
        let answered = attempt.is_some();
        let grade = match attempt {
            Some(attempt) => self.judge(&sample, &attempt).await?,
            None => Grade::new(Outcome::InfraError, error.unwrap_or_default()),
        };
        // Others are judged while this is written down.
        drop(place);
        let _row = self.storing.row();
        let record = GradeRecord { key, grade };
        match &self.pending {
            None => self.store.record_grade(&record).await?,
            // A grade that could not be made again must not take the place of one that could.
            Some(_) if answered && record.grade.outcome == Outcome::InfraError => {}
            Some(pending) => self.store.record_regrade(pending, &record).await?,
        }
        let GradeRecord { key, grade } = record;
        Ok(Done::Graded { key, outcome: grade.outcome, explanation: grade.explanation })
    }

    /// Grades a sample's reference and remembers the grade, unless the infrastructure failed.
    pub(crate) async fn grade_reference(self: Arc<Self>, position: u32) -> Done {
        self.try_grade_reference(position).await.unwrap_or_else(Done::Failed)
    }

    async fn try_grade_reference(&self, position: u32) -> Result<Done, EngineError> {
        let sample = self.samples.get(position).await?;
        let place = self.judging.acquire().await;
        let grade = match self.benchmark.reference(&sample) {
            Some(attempt) => self.judge(&sample, &attempt).await?,
            None => Grade::new(Outcome::Skipped, "the sample has no reference solution"),
        };
        drop(place);
        let _row = self.storing.row();
        if grade.outcome != Outcome::InfraError {
            self.store.record_reference(&self.run.plan, &sample, &grade).await?;
        }
        Ok(Done::Referenced { sample_id: sample.id.clone(), outcome: grade.outcome, explanation: grade.explanation })
    }

    /// The judgement; an infrastructure error where none could be made.
    async fn judge(&self, sample: &Sample, attempt: &Attempt) -> Result<Grade, EngineError> {
        let judging = AssertUnwindSafe(self.benchmark.grade(sample, attempt, self.judges.as_ref())).catch_unwind();
        let message = match tokio::time::timeout(GRADE_TIMEOUT, judging).await {
            Ok(Ok(Ok(grade))) => return Ok(grade.told_apart(attempt)),
            Ok(Ok(Err(BenchmarkError::Judge(error)))) => match EngineError::from_judge(&error) {
                Some(fatal) => return Err(fatal),
                None => error.to_string(),
            },
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(panic)) => panicked("grading", panic.as_ref()),
            Err(_) => format!("grading did not end within {} s", GRADE_TIMEOUT.as_secs()),
        };
        Ok(Grade::new(Outcome::InfraError, message))
    }
}
