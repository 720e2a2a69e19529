use super::ledger::{Entry, Ledger, item_name};
use crate::EngineError;
use proctor_core::{
    Batch, BatchItem, BatchPhase, Completion, Event, EventSink, Model, ModelError, ModelErrorKind, Prompt, Request,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// What a request takes besides its text, in bytes, generously.
const OVERHEAD_BYTES: usize = 2048;

/// How often handing in, finding or collecting is tried when the provider cannot be reached.
const TRIES: u32 = 8;

/// How long batches are gathered and how often they are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSettings {
    /// So long after the last request that came, what is gathered is handed in.
    pub gather: Duration,
    /// The first wait before a look at a batch; each further one is half as long again.
    pub first_look: Duration,
    /// The longest such wait.
    pub longest_look: Duration,
}

impl Default for BatchSettings {
    fn default() -> Self {
        Self { gather: Duration::from_secs(2), first_look: Duration::from_secs(2), longest_look: Duration::from_secs(120) }
    }
}

/// A request and who waits for its answer.
pub(super) struct Waiting {
    pub request: Request,
    pub answer: oneshot::Sender<Result<Completion, ModelError>>,
}

/// A batch at the provider.
struct Open {
    entry: Entry,
    waiting: HashMap<String, Waiting>,
    next_look: Instant,
    interval: Duration,
    /// Whether an earlier process handed it in, and nobody has looked at it since.
    unseen: bool,
    /// Whether somebody cancelled it before this process began: who then goes on wants the rest answered.
    cancelled_before: bool,
}

impl Open {
    fn new(entry: Entry, waiting: HashMap<String, Waiting>, next_look: Instant, interval: Duration) -> Self {
        Self { entry, waiting, next_look, interval, unseen: false, cancelled_before: false }
    }
}

/// Gathers requests, hands them in, looks after the batches and hands out the answers.
pub(super) struct Collector {
    model: Arc<dyn Model>,
    ledger: Ledger,
    sink: Arc<dyn EventSink>,
    settings: BatchSettings,
    gathered: HashMap<String, Waiting>,
    gathered_bytes: usize,
    /// When what is gathered is handed in.
    due: Option<Instant>,
    batches: Vec<Open>,
    /// Names of requests that were handed in and came back without an answer.
    spent: HashSet<String>,
}

impl Collector {
    pub async fn new(
        model: Arc<dyn Model>,
        ledger: Ledger,
        sink: Arc<dyn EventSink>,
        settings: BatchSettings,
    ) -> Result<Self, EngineError> {
        let entries = ledger.entries().await?;
        let now = Instant::now();
        let batches = entries
            .into_iter()
            .map(|entry| Open { unseen: true, ..Open::new(entry, HashMap::new(), now, settings.first_look) })
            .collect();
        Ok(Self {
            model,
            ledger,
            sink,
            settings,
            gathered: HashMap::new(),
            gathered_bytes: 0,
            due: None,
            batches,
            spent: HashSet::new(),
        })
    }

    /// Works until nobody can ask any more.
    pub async fn collect(mut self, mut receiver: mpsc::UnboundedReceiver<Waiting>) {
        let model = self.model.clone();
        let Some(batch) = model.batch() else { return };
        if let Err(error) = self.find_lost(batch).await {
            self.fail_everything(&error, &mut receiver).await;
            return;
        }
        loop {
            let looks = self.batches.iter().filter(|b| !b.waiting.is_empty()).map(|b| b.next_look);
            let next = looks.chain(self.due).min();
            tokio::select! {
                biased;
                waiting = receiver.recv() => match waiting {
                    Some(waiting) => self.take(waiting, batch),
                    None => return,
                },
                () = sleep_until(next) => {
                    if self.due.is_some_and(|due| due <= Instant::now()) {
                        self.hand_in(batch).await;
                    }
                    self.look(batch).await;
                }
            }
        }
    }

    /// Takes in a request: it waits for a batch that holds it already, or is gathered for the next.
    fn take(&mut self, waiting: Waiting, batch: &dyn Batch) {
        let mut round = 0;
        let mut name = item_name(&self.ledger.run_id, &waiting.request, round);
        while self.spent.contains(&name) {
            round += 1;
            name = item_name(&self.ledger.run_id, &waiting.request, round);
        }
        if let Some(open) = self.batches.iter_mut().find(|b| b.entry.items.contains(&name)) {
            if open.waiting.is_empty() {
                open.next_look = Instant::now() + Duration::from_millis(50);
            }
            open.waiting.insert(name, waiting);
            return;
        }
        let size = bytes(&waiting.request);
        let limits = batch.limits();
        let full = self.gathered.len() + 1 >= limits.requests || self.gathered_bytes + size + OVERHEAD_BYTES >= limits.bytes;
        self.gathered_bytes += size;
        self.gathered.insert(name, waiting);
        self.due = Some(if full { Instant::now() } else { Instant::now() + self.settings.gather });
    }

    /// Hands in what is gathered. It is written down before, so that nothing is handed in twice.
    async fn hand_in(&mut self, batch: &dyn Batch) {
        (self.due, self.gathered_bytes) = (None, 0);
        let mut gathered = std::mem::take(&mut self.gathered);
        // Who was told to stop meanwhile waits no more.
        gathered.retain(|_, waiting| !waiting.answer.is_closed());
        if gathered.is_empty() {
            return;
        }
        let items: Vec<BatchItem> =
            gathered.iter().map(|(id, w)| BatchItem { id: id.clone(), request: w.request.clone() }).collect();
        let mut entry = Entry::new(&self.ledger.run_id, gathered.keys().cloned().collect());
        if let Err(error) = self.ledger.record(&entry).await {
            let message = format!("a batch cannot be written down, so it is not handed in: {error}");
            return answer_all(gathered, &ModelError::new(ModelErrorKind::Local, message));
        }
        match self.submit(batch, &entry, &items).await {
            Ok(vendor) => {
                let message = format!(
                    "batch {vendor} with {} requests to {} is handed in; a run that is stopped finds it again",
                    items.len(),
                    self.model.name()
                );
                entry.vendor = Some(vendor);
                if let Err(error) = self.ledger.record(&entry).await {
                    // It is found again by its token.
                    self.warn(format!("the name of a batch could not be written down: {error}"));
                }
                self.warn(message);
                let interval = self.settings.first_look;
                self.batches.push(Open::new(entry, gathered, Instant::now() + interval, interval));
            }
            Err(error) => {
                if !error.is_retryable() {
                    // It was refused, so there is nothing to find.
                    let _ = self.ledger.forget(&entry).await;
                }
                answer_all(gathered, &error);
            }
        }
    }

    /// Hands in a batch, be it in several tries. Before each further one it is looked for, because a try whose answer was
    /// lost may have arrived.
    async fn submit(&self, batch: &dyn Batch, entry: &Entry, items: &[BatchItem]) -> Result<String, ModelError> {
        let mut wait = self.settings.first_look;
        let mut tries = 1;
        loop {
            let error = match batch.submit(&entry.token, items).await {
                Ok(vendor) => return Ok(vendor),
                Err(error) if !error.is_retryable() || tries >= TRIES => return Err(error),
                Err(error) => error,
            };
            tries += 1;
            tokio::time::sleep(error.retry_after.unwrap_or(wait).max(wait).min(Duration::from_secs(600))).await;
            wait = (wait * 2).min(self.settings.longest_look);
            if let Some(vendor) = self.find(batch, entry).await? {
                return Ok(vendor);
            }
        }
    }

    /// The batch of `entry` at the provider, where it arrived; tried several times.
    async fn find(&self, batch: &dyn Batch, entry: &Entry) -> Result<Option<String>, ModelError> {
        let known: Vec<String> = self.batches.iter().filter_map(|b| b.entry.vendor.clone()).collect();
        let mut wait = self.settings.first_look;
        for _ in 1..TRIES {
            match batch.find(&entry.token, entry.items.len(), entry.since, &known).await {
                Err(error) if error.is_retryable() => tokio::time::sleep(wait).await,
                found => return found,
            }
            wait = (wait * 2).min(self.settings.longest_look);
        }
        batch.find(&entry.token, entry.items.len(), entry.since, &known).await
    }

    /// Looks for batches that were about to be handed in when an earlier process ended; those that never arrived are
    /// forgotten, and their requests handed in anew.
    async fn find_lost(&mut self, batch: &dyn Batch) -> Result<(), ModelError> {
        let lost: Vec<Entry> = self.batches.iter().filter(|b| b.entry.vendor.is_none()).map(|b| b.entry.clone()).collect();
        for mut entry in lost {
            let token = entry.token.clone();
            match self.find(batch, &entry).await? {
                Some(vendor) => {
                    entry.vendor = Some(vendor);
                    self.keep(&entry).await?;
                    if let Some(open) = self.batches.iter_mut().find(|b| b.entry.token == token) {
                        open.entry = entry;
                    }
                }
                None => {
                    let forgotten = self.ledger.forget(&entry).await;
                    forgotten.map_err(|e| ModelError::new(ModelErrorKind::Local, e.to_string()))?;
                    self.batches.retain(|b| b.entry.token != token);
                }
            }
        }
        Ok(())
    }

    async fn keep(&self, entry: &Entry) -> Result<(), ModelError> {
        self.ledger.record(entry).await.map_err(|e| ModelError::new(ModelErrorKind::Local, e.to_string()))
    }

    /// Looks at every batch that is due.
    async fn look(&mut self, batch: &dyn Batch) {
        for at in 0..self.batches.len() {
            let Some(open) = self.batches.get_mut(at) else { break };
            open.waiting.retain(|_, waiting| !waiting.answer.is_closed());
            if open.waiting.is_empty() || open.next_look > Instant::now() {
                continue;
            }
            open.next_look = Instant::now() + open.interval;
            open.interval = (open.interval + open.interval / 2).min(self.settings.longest_look);
            let Some(vendor) = open.entry.vendor.clone() else { continue };
            let state = batch.state(&vendor).await;
            if let (Ok(state), Some(open)) = (&state, self.batches.get_mut(at)) {
                open.cancelled_before |= open.unseen && state.word.starts_with("cancel");
                open.unseen = false;
            }
            match state {
                Ok(state) => match state.phase {
                    BatchPhase::Working => {}
                    BatchPhase::Ended => self.hand_out(at, &vendor, &state.word, batch).await,
                    BatchPhase::Rejected(why) => self.reject(at, &vendor, &why),
                },
                Err(error) if error.is_retryable() => {}
                // Deleted, or another's: its requests are handed in anew.
                Err(error) if error.kind == ModelErrorKind::NotFound => self.give_up(at, &vendor, "is gone"),
                Err(error) => {
                    if let Some(open) = self.batches.get_mut(at) {
                        answer_all(std::mem::take(&mut open.waiting), &error);
                    }
                }
            }
        }
    }

    /// Gives everybody who waits for a batch that ended what there is for them.
    async fn hand_out(&mut self, at: usize, vendor: &str, word: &str, batch: &dyn Batch) {
        let Some(open) = self.batches.get_mut(at) else { return };
        let wanted: HashMap<String, Request> = open.waiting.iter().map(|(id, w)| (id.clone(), w.request.clone())).collect();
        let mut results = match batch.results(vendor, &wanted).await {
            Ok(results) => results,
            // The answers are there and paid for; they are fetched at the next look.
            Err(error) if error.is_retryable() => return,
            Err(error) => return answer_all(std::mem::take(&mut open.waiting), &error),
        };
        // Who cancelled a batch does not want its requests handed in anew by this run.
        let again = open.cancelled_before;
        let kind = if word.starts_with("cancel") && !again { ModelErrorKind::Cancelled } else { ModelErrorKind::Unavailable };
        let waiting = std::mem::take(&mut open.waiting);
        let mut answers = Vec::with_capacity(waiting.len());
        for (id, waiting) in waiting {
            let missing = || {
                let message = format!("batch {vendor} ended ({word}) without an answer to this request");
                Err(ModelError::new(kind, message))
            };
            let mut result = results.remove(&id).unwrap_or_else(missing);
            if let Err(error) = &mut result
                && again
                && error.kind == ModelErrorKind::Cancelled
            {
                error.kind = ModelErrorKind::Unavailable;
            }
            if result.is_err() {
                // Asked again, it belongs to another batch.
                open.entry.items.remove(&id);
            }
            answers.push((waiting, result));
        }
        let entry = open.entry.clone();
        if answers.iter().any(|(_, result)| result.is_err())
            && let Err(error) = self.ledger.record(&entry).await
        {
            self.warn(format!("what failed in batch {vendor} could not be written down: {error}"));
        }
        for (waiting, result) in answers {
            // Who was told to stop meanwhile asks again in the next process, and finds the answer here.
            let _ = waiting.answer.send(result);
        }
    }

    /// A batch that the provider would not take at all.
    fn reject(&mut self, at: usize, vendor: &str, why: &str) {
        let message = format!("{} would not take batch {vendor}: {why}", self.model.name());
        let Some(open) = self.batches.get_mut(at) else { return };
        self.spent.extend(open.entry.items.iter().cloned());
        // Every further batch would be refused alike, which this kind says.
        answer_all(std::mem::take(&mut open.waiting), &ModelError::new(ModelErrorKind::NotFound, message));
    }

    fn give_up(&mut self, at: usize, vendor: &str, why: &str) {
        let Some(open) = self.batches.get_mut(at) else { return };
        self.spent.extend(open.entry.items.iter().cloned());
        let error = ModelError::new(ModelErrorKind::Unavailable, format!("batch {vendor} {why}"));
        answer_all(std::mem::take(&mut open.waiting), &error);
    }

    /// Answers everybody with `error`, now and later.
    async fn fail_everything(&mut self, error: &ModelError, receiver: &mut mpsc::UnboundedReceiver<Waiting>) {
        let mut error = error.clone();
        error.message = format!("earlier batches cannot be looked for: {}", error.message);
        // Asking again at once would not help; the next run looks again.
        error.kind = if error.is_retryable() { ModelErrorKind::Local } else { error.kind };
        while let Some(waiting) = receiver.recv().await {
            let _ = waiting.answer.send(Err(error.clone()));
        }
    }

    fn warn(&self, message: String) {
        self.sink.emit(&Event::Warning { message });
    }
}

/// Gives everybody who waits the same error.
fn answer_all(all: HashMap<String, Waiting>, error: &ModelError) {
    for waiting in all.into_values() {
        let _ = waiting.answer.send(Err(error.clone()));
    }
}

/// The size of a request as it is sent, about.
fn bytes(request: &Request) -> usize {
    let text = match &request.prompt {
        // Quotes and line breaks are escaped, and characters may be.
        Prompt::Chat(messages) => messages.iter().map(|m| m.content.len()).sum::<usize>(),
        Prompt::Completion(text) => text.len(),
    };
    text + text / 4 + OVERHEAD_BYTES
}

/// Waits until an instant, or for ever without one.
async fn sleep_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
