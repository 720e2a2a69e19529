use super::{JudgingService, ServiceError, ServiceSubmission};
use futures::stream::{self, StreamExt};
use std::collections::BTreeMap;
use tokio::time::{Instant, sleep};

/// An attempt at a problem, as it was extracted from a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceAttempt {
    /// A program to submit.
    Program {
        /// The platform's number of its language.
        language: u32,
        /// Its text.
        code: String,
    },
    /// The reply has no code block; the verdict is `No code`, and nothing is sent.
    NoCode,
    /// The block's language is not known; the verdict is `Error`, and nothing is sent.
    Error,
}

/// Waits until a submission has a final verdict. Words that are not known are waited out like those of judging.
///
/// # Errors
/// `Unfinished`, where it has none in the time of [`super::Patience::judging`]; else as every call.
pub async fn wait_for_verdict(service: &JudgingService, submission: &str) -> Result<String, ServiceError> {
    let patience = service.patience();
    let started = Instant::now();
    let mut wait = patience.first_poll;
    loop {
        let status = service.status(submission).await?;
        if let Some(verdict) = status.verdict() {
            return Ok(verdict.to_owned());
        }
        if started.elapsed().saturating_add(wait) > patience.judging {
            let waited_s = started.elapsed().as_secs();
            return Err(ServiceError::Unfinished { submission: submission.into(), waited_s, last: status.word().into() });
        }
        sleep(wait).await;
        wait = wait.saturating_mul(2).min(patience.longest_poll);
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedAttempt {
    /// The problem, e.g. `2000A`.
    pub problem: String,
    /// The service's number of the submission, where it was submitted.
    pub submission: Option<String>,
    /// The final verdict, or why there is none.
    pub verdict: Result<String, ServiceError>,
}

/// Judges attempts at many problems, `at_once` at a time: problem by problem, in the order of the attempts. Each keeps its
/// submission's number, so that a verdict that did not come can be asked for later without submitting again. `tag` is the
/// model's name.
///
/// # Errors
/// `Input` where `at_once` is 0, and whatever keeps the service from knowing the token; nothing is submitted then.
pub async fn judge_attempts(
    service: &JudgingService,
    tag: &str,
    attempts: &BTreeMap<String, Vec<ServiceAttempt>>,
    at_once: usize,
) -> Result<Vec<JudgedAttempt>, ServiceError> {
    if at_once == 0 {
        return Err(ServiceError::Input("judging nothing at a time never ends; 1 is the least".into()));
    }
    service.check_auth().await?;
    let all = attempts.iter().flat_map(|(problem, attempts)| attempts.iter().map(move |attempt| (problem, attempt)));
    let one = async |(problem, attempt): (&String, &ServiceAttempt)| judge_one(service, tag, problem, attempt).await;
    Ok(stream::iter(all).map(one).buffered(at_once).collect().await)
}

async fn judge_one(service: &JudgingService, tag: &str, problem: &str, attempt: &ServiceAttempt) -> JudgedAttempt {
    let mut judged = JudgedAttempt { problem: problem.to_owned(), submission: None, verdict: Ok("No code".to_owned()) };
    match attempt {
        ServiceAttempt::NoCode => {}
        ServiceAttempt::Error => judged.verdict = Ok("Error".to_owned()),
        ServiceAttempt::Program { language, code } => {
            let (language, code, tag) = (*language, code.clone(), tag.to_owned());
            let submission = ServiceSubmission { problem: problem.to_owned(), language, code, tag };
            judged.verdict = match service.submit(&submission).await {
                Ok(number) => {
                    let verdict = wait_for_verdict(service, &number).await;
                    judged.submission = Some(number);
                    verdict
                }
                Err(error) => Err(error),
            };
        }
    }
    judged
}

/// Verdicts by problem in the order of the attempts, as the rating wants them.
///
/// # Errors
/// The first attempt's without a verdict: what is missing is never counted as a failure.
pub fn verdicts_of(judged: &[JudgedAttempt]) -> Result<BTreeMap<String, Vec<String>>, ServiceError> {
    let mut verdicts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for attempt in judged {
        verdicts.entry(attempt.problem.clone()).or_default().push(attempt.verdict.clone()?);
    }
    Ok(verdicts)
}
