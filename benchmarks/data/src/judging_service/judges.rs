use super::{Journal, JudgingService, ServiceError, ServiceSubmission, Submitted, wait_for_verdict};
use async_trait::async_trait;
use proctor_core::{
    Completion, Execution, Interaction, JudgeError, Judges, Needs, Program, Request, ServiceVerdict, Submission, canonical_json,
    sha256_hex,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Programs in a row without a verdict after which the service is thought to be down for all of them.
const FAILURES_IN_A_ROW: u32 = 5;

/// Judges of which one is the judging service. Every submission is noted in a journal before it is sent, again with its
/// number, and again with its verdict: a run that is stopped at any moment goes on asking for the verdicts it has not got,
/// and submits nothing twice.
pub struct ServiceJudges {
    inner: Arc<dyn Judges>,
    service: JudgingService,
    journal: Mutex<Journal>,
    /// Programs that are being judged, so that two graders with the same program submit once.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    failures: AtomicU32,
}

impl ServiceJudges {
    /// The judges `inner`, and the service; submissions are noted in the file at `journal`.
    ///
    /// # Errors
    /// Those of [`Journal::open`].
    pub fn new(inner: Arc<dyn Judges>, service: JudgingService, journal: &Path) -> Result<Self, ServiceError> {
        let journal = Mutex::new(Journal::open(journal)?);
        Ok(Self { inner, service, journal, turns: Mutex::default(), failures: AtomicU32::new(0) })
    }

    /// Asks the service whether it knows the token, so that this is told before anything is asked or submitted.
    ///
    /// # Errors
    /// Those of [`JudgingService::check_auth`].
    pub async fn check(&self) -> Result<(), ServiceError> {
        self.service.check_auth().await
    }

    /// Under what a submission is noted: service, problem, language and text.
    fn key(&self, submission: &Submission) -> String {
        let content = json!([self.service.address(), submission.problem, submission.language, submission.source]);
        sha256_hex(canonical_json(&content).as_bytes())
    }

    fn turn(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        turns.entry(key.to_owned()).or_default().clone()
    }

    fn known(&self, key: &str) -> Option<Submitted> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn note(&self, key: &str, problem: &str, state: Submitted) -> Result<(), ServiceError> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).note(key, problem, state)
    }

    fn unclear(&self, key: &str, problem: &str) -> ServiceError {
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let short = key.get(..12).unwrap_or(key);
        ServiceError::Uncertain(format!(
            "a program for problem {problem} was sent before and no answer is known, so it is not sent again: look on the \
             platform; where it is there, add \"submission\": \"NUMBER\" to the last line with key {short}… of {}, else \
             remove that line",
            journal.path().display()
        ))
    }

    /// The service's number of the submission; submits where that was not done before.
    async fn number(&self, key: &str, submission: &Submission) -> Result<String, ServiceError> {
        match self.known(key) {
            Some(Submitted { submission: Some(number), .. }) => return Ok(number),
            Some(Submitted { refused: false, .. }) => return Err(self.unclear(key, &submission.problem)),
            Some(_) | None => {}
        }
        self.note(key, &submission.problem, Submitted::default())?;
        let sent = ServiceSubmission {
            problem: submission.problem.clone(),
            language: submission.language,
            code: submission.source.clone(),
            tag: submission.author.clone(),
        };
        match self.service.submit(&sent).await {
            Ok(number) => {
                let state = Submitted { submission: Some(number.clone()), ..Submitted::default() };
                self.note(key, &submission.problem, state)?;
                Ok(number)
            }
            // It was sent; whether it was taken, nobody knows.
            Err(error @ (ServiceError::Uncertain(_) | ServiceError::Malformed(_))) => Err(error),
            Err(error) => {
                self.note(key, &submission.problem, Submitted { refused: true, ..Submitted::default() })?;
                Err(error)
            }
        }
    }

    async fn verdict(&self, submission: &Submission) -> Result<ServiceVerdict, ServiceError> {
        let key = self.key(submission);
        let turn = self.turn(&key);
        let _turn = turn.lock().await;
        if let Some(Submitted { submission: Some(number), verdict: Some(verdict), .. }) = self.known(&key) {
            return Ok(ServiceVerdict { verdict, submission: number });
        }
        let number = self.number(&key, submission).await?;
        let verdict = wait_for_verdict(&self.service, &number).await?;
        let state = Submitted { submission: Some(number.clone()), verdict: Some(verdict.clone()), refused: false };
        self.note(&key, &submission.problem, state)?;
        Ok(ServiceVerdict { verdict, submission: number })
    }

    /// What an error means for the rest: where the service would fail every other program, too, the run is to stop.
    fn told(&self, error: ServiceError) -> JudgeError {
        let message = format!("The judging service gave no verdict: {error}");
        let down = self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_IN_A_ROW;
        match error {
            ServiceError::Input(_) | ServiceError::Denied(_) | ServiceError::Busy(_) => JudgeError::Endpoint(message),
            ServiceError::Unreachable(_) | ServiceError::Malformed(_) | ServiceError::Refused(_) if down => {
                JudgeError::Endpoint(message)
            }
            ServiceError::Unreachable(_)
            | ServiceError::Malformed(_)
            | ServiceError::Refused(_)
            | ServiceError::Uncertain(_)
            | ServiceError::Unfinished { .. } => JudgeError::Failed(message),
        }
    }
}

#[async_trait]
impl Judges for ServiceJudges {
    async fn run(&self, program: Program) -> Result<Execution, JudgeError> {
        self.inner.run(program).await
    }

    async fn interact(&self, program: Program, interactor: Program) -> Result<Interaction, JudgeError> {
        self.inner.interact(program, interactor).await
    }

    fn models(&self) -> Vec<String> {
        self.inner.models()
    }

    async fn ask(&self, index: usize, request: &Request) -> Result<Completion, JudgeError> {
        self.inner.ask(index, request).await
    }

    async fn submit(&self, submission: &Submission) -> Result<ServiceVerdict, JudgeError> {
        let verdict = self.verdict(submission).await.map_err(|error| self.told(error))?;
        self.failures.store(0, Ordering::Relaxed);
        Ok(verdict)
    }

    fn provenance(&self, needs: Needs) -> Value {
        service_provenance(self.inner.provenance(needs), needs, &self.service.address())
    }
}

/// The provenance of judges with the service at `address` among them; it is `inner` where a benchmark does not need it.
pub fn service_provenance(inner: Value, needs: Needs, address: &str) -> Value {
    let mut provenance = inner;
    if let (Some(map), true) = (provenance.as_object_mut(), needs.service) {
        map.insert("judging_service".into(), address.into());
    }
    provenance
}
