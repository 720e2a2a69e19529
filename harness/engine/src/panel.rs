use crate::asker::{given_up, prompt_tokens, try_once};
use crate::backoff::Backoff;
use crate::drought::{Drought, dried_up};
use crate::pacing::{Bounds, Pacer};
use crate::{Asked, Budget, Context, Price, Retries, Stop};
use async_trait::async_trait;
use proctor_core::{
    Completion, Event, EventSink, Execution, Interaction, JudgeError, Judges, Model, Needs, Program, Request, ServiceVerdict,
    Submission, canonical_json, derive_seed, sha256_hex,
};
use proctor_store::Store;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// Requests in flight to one judge model where it does not say how many.
const DEFAULT_CONCURRENCY: usize = 16;

/// Judges with models among them. What a model answered is kept in the store by the content of the question, so that
/// grading again, or another run over the same answers, judges alike and pays nothing.
pub struct Panel {
    inner: Arc<dyn Judges>,
    members: Vec<Member>,
    store: Store,
    retries: Retries,
    stop: Stop,
    sink: Arc<dyn EventSink>,
    budget: Arc<Budget>,
    /// Questions that are being asked, so that two graders with the same question ask once.
    asking: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

struct Member {
    model: Arc<dyn Model>,
    pacer: Arc<Pacer>,
    /// What an answer costs, where that is known.
    price: Option<Price>,
    /// Questions in a row that got no answer, and whether the user was told of trouble since the last answer.
    failures: AtomicU32,
    told: AtomicBool,
    /// For how long it has refused everything.
    drought: Drought,
}

impl Panel {
    /// The judges `inner` and these models, in order.
    pub fn new(context: &Context, inner: Arc<dyn Judges>, models: Vec<Arc<dyn Model>>, retries: Retries) -> Self {
        let member = |model: Arc<dyn Model>| {
            let most = model.capabilities().concurrency.unwrap_or(DEFAULT_CONCURRENCY).max(1);
            let pacer = context.paces.of(model.as_ref(), Bounds { first: most, most, ..Bounds::default() });
            let price = context.prices.of(model.name()).cloned();
            let (failures, told, drought) = (AtomicU32::new(0), AtomicBool::new(false), Drought::default());
            Member { model, pacer, price, failures, told, drought }
        };
        Self {
            inner,
            members: models.into_iter().map(member).collect(),
            store: context.store.clone(),
            retries,
            stop: context.stop.clone(),
            sink: context.sink.clone(),
            budget: context.budget.clone(),
            asking: Mutex::default(),
        }
    }

    /// Under what an answer is kept: everything that decides it.
    fn key(model: &dyn Model, request: &Request) -> String {
        let content = json!({"model": model.name(), "provenance": model.provenance(), "request": request});
        sha256_hex(canonical_json(&content).as_bytes())
    }

    fn turn(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        asking.retain(|_, turn| Arc::strong_count(turn) > 1);
        asking.entry(key.to_owned()).or_default().clone()
    }

    /// The answer of `member`, tried as often as a tested model would be.
    async fn complete(&self, member: &Member, request: &Request, key: &str) -> Result<Completion, JudgeError> {
        let stopped = || JudgeError::Failed("the run was stopped before the judge model answered".into());
        let mut backoff = Backoff::new(self.retries, derive_seed(0, key, 0, 0));
        let model = member.model.as_ref();
        loop {
            let tokens = prompt_tokens(request);
            let permit = tokio::select! {
                biased;
                () = self.stop.interrupted() => return Err(stopped()),
                permit = member.pacer.turn(tokens, request.sampling.max_tokens, None, backoff.tries() > 0) => permit,
            };
            let sent = Instant::now();
            let error = match try_once(model, request, self.retries, permit).await {
                Ok(mut completion) => {
                    let asked = Asked { batched: false, tiers: &completion.tiers };
                    let priced = member.price.as_ref().and_then(|price| price.cost(&completion.usage, asked));
                    completion.cost_usd = completion.cost_usd.or(priced);
                    self.budget.charge_judge(&completion, request, member.price.as_ref());
                    member.failures.store(0, Ordering::Relaxed);
                    member.told.store(false, Ordering::Relaxed);
                    member.drought.answered();
                    return Ok(completion);
                }
                Err(error) => error,
            };
            if let Some(lasted) = member.drought.refused(sent, &error, self.retries.total, &member.pacer) {
                let why = dried_up(&error, lasted);
                return Err(JudgeError::Endpoint(format!("The judge model {} gave no verdict: {why}", model.name())));
            }
            let Some(wait) = backoff.next_wait(&error, sent.elapsed()) else {
                let error = given_up(error, backoff.tries(), self.retries.total);
                let message = format!("The judge model {} gave no verdict: {error}", model.name());
                // A service that is down is down for every question; what is graded so far is kept.
                let failures = member.failures.fetch_add(1, Ordering::Relaxed) + 1;
                let down = failures >= self.retries.failures_in_a_row && error.is_retryable();
                return Err(if error.is_fatal() || down { JudgeError::Endpoint(message) } else { JudgeError::Failed(message) });
            };
            let until = Instant::now() + wait;
            let _shown = member.pacer.retry(until, &error.message);
            if !member.told.swap(true, Ordering::Relaxed) {
                let message = format!("the judge model {} is asked again: {error}", model.name());
                self.sink.emit(&Event::Warning { message });
            }
            tokio::select! {
                biased;
                () = self.stop.interrupted() => return Err(stopped()),
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }
}

/// The provenance of judges with these models among them; it is `inner` where a benchmark with these `needs` asks none.
pub fn panel_provenance<'a>(inner: Value, needs: Needs, models: impl IntoIterator<Item = &'a dyn Model>) -> Value {
    let models: Vec<Value> = models.into_iter().map(|m| json!({"model": m.name(), "provenance": m.provenance()})).collect();
    let mut provenance = inner;
    if let (Some(map), true) = (provenance.as_object_mut(), needs.judge && !models.is_empty()) {
        map.insert("judge_models".into(), models.into());
    }
    provenance
}

#[async_trait]
impl Judges for Panel {
    async fn run(&self, program: Program) -> Result<Execution, JudgeError> {
        self.inner.run(program).await
    }

    async fn interact(&self, program: Program, interactor: Program) -> Result<Interaction, JudgeError> {
        self.inner.interact(program, interactor).await
    }

    async fn submit(&self, submission: &Submission) -> Result<ServiceVerdict, JudgeError> {
        self.inner.submit(submission).await
    }

    fn models(&self) -> Vec<String> {
        self.members.iter().map(|member| member.model.name().to_owned()).collect()
    }

    async fn ask(&self, index: usize, request: &Request) -> Result<Completion, JudgeError> {
        let Some(member) = self.members.get(index) else {
            return self.inner.ask(index, request).await;
        };
        let key = Self::key(member.model.as_ref(), request);
        let failed = |error: proctor_store::StoreError| JudgeError::Failed(error.to_string());
        let turn = self.turn(&key);
        let _turn = turn.lock().await;
        if let Some(kept) = self.store.response(&key).await.map_err(failed)? {
            return Ok(kept);
        }
        let completion = self.complete(member, request, &key).await?;
        let run = self.budget.run_id();
        self.store.keep_response(&key, member.model.name(), run.as_deref(), request, &completion).await.map_err(failed)
    }

    fn provenance(&self, needs: Needs) -> Value {
        panel_provenance(self.inner.provenance(needs), needs, self.members.iter().map(|member| member.model.as_ref()))
    }
}
