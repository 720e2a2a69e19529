use super::claim::Claims;
use super::database::{Database, Patience};
use super::entry::{Entry, Refusal, write};
use super::places::Places;
use super::{Location, StoreError};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Most jobs and bytes of one transaction.
const MOST_JOBS: usize = 512;
const MOST_BYTES: usize = 8 << 20;

/// How long the writer waits for company when the last transaction had some, so that under load one commit serves many, and
/// when it had much: every transaction writes pages and wakes threads, whatever is in it.
const LINGER: Duration = Duration::from_millis(1);
const LINGER_LONG: Duration = Duration::from_millis(3);

/// Much company.
const MANY_JOBS: usize = 12;

/// What is to be written as a whole or not at all, and who waits for it.
struct Job {
    entries: Vec<Entry>,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// Writes what many tasks hand in, one transaction after the other: what is waiting when a transaction begins goes into it
/// together. Whoever handed something in hears of it once it is on the disk.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    location: Location,
    database: Database,
    /// The runs this process works on.
    pub(super) claims: Claims,
    /// The way to the writing task, which ends with the last clone.
    queue: Arc<OnceLock<mpsc::UnboundedSender<Job>>>,
}

impl Recorder {
    pub(super) fn new(location: Location, database: Database) -> Self {
        Self { location, database, claims: Claims::default(), queue: Arc::default() }
    }

    /// Hands in `entries` and waits until they are durable, all of them or none. Whoever stops waiting does not stop the
    /// writing.
    pub(super) async fn record(&self, entries: Vec<Entry>) -> Result<(), StoreError> {
        self.hand_in(entries).await.unwrap_or_else(|_| {
            let reason = "its writer has ended".into();
            Err(StoreError::Failed { store: self.location.clone(), reason })
        })
    }

    /// Hands in `entries` without waiting. What is handed in later is durable later, so whoever waits for that has waited
    /// for this.
    pub(super) fn hand_in(&self, entries: Vec<Entry>) -> oneshot::Receiver<Result<(), StoreError>> {
        let (done, waiting) = oneshot::channel();
        // A writer that has ended drops the job, which the receiver notices.
        let _ = self.queue().send(Job { entries, done });
        waiting
    }

    /// Waits until everything handed in so far is written.
    pub(super) async fn flush(&self) {
        if self.queue.get().is_some() {
            let _ = self.hand_in(Vec::new()).await;
        }
    }

    fn queue(&self) -> &mpsc::UnboundedSender<Job> {
        self.queue.get_or_init(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            let writer = Writer {
                location: self.location.clone(),
                database: self.database.clone(),
                claims: self.claims.clone(),
                places: Places::default(),
            };
            tokio::spawn(writer.keep_writing(receiver));
            sender
        })
    }
}

/// Who writes.
struct Writer {
    location: Location,
    database: Database,
    claims: Claims,
    places: Places,
}

impl Writer {
    async fn keep_writing(mut self, mut queue: mpsc::UnboundedReceiver<Job>) {
        let mut linger = None;
        while let Some(first) = queue.recv().await {
            if let Some(linger) = linger {
                tokio::time::sleep(linger).await;
            }
            let mut bytes = size(&first);
            let mut jobs = vec![first];
            while jobs.len() < MOST_JOBS
                && bytes < MOST_BYTES
                && let Ok(next) = queue.try_recv()
            {
                bytes += size(&next);
                jobs.push(next);
            }
            linger = match jobs.len() {
                1 => None,
                2..MANY_JOBS => Some(LINGER),
                _ => Some(LINGER_LONG),
            };
            self.carry_out(jobs).await;
        }
    }

    /// Writes the jobs in one transaction; where one of them is refused, each in a transaction of its own, so that the others
    /// are not held up by it.
    async fn carry_out(&mut self, jobs: Vec<Job>) {
        let together: Vec<&Entry> = jobs.iter().flat_map(|job| &job.entries).collect();
        let result = match together.is_empty() {
            true => Ok(()),
            false => self.persist(&together, false).await,
        };
        match result {
            Ok(()) => jobs.into_iter().for_each(|job| answer(job, Ok(()))),
            Err(Failure::Refused(refusal)) if refusal.is_of_one() => {
                for job in jobs {
                    let alone: Vec<&Entry> = job.entries.iter().collect();
                    let result = self.persist(&alone, true).await.map_err(|failure| failure.into_error(&self.location));
                    answer(job, result);
                }
            }
            Err(failure) => {
                let error = failure.into_error(&self.location);
                jobs.into_iter().for_each(|job| answer(job, Err(error.clone())));
            }
        }
    }

    /// Writes `entries` in one transaction, again where a server went away meanwhile and came back. Its locks are gone then,
    /// so the runs are claimed anew first; where somebody else was quicker, nothing more is written.
    async fn persist(&mut self, entries: &[&Entry], replacing: bool) -> Result<(), Failure> {
        let mut patience = Patience::default();
        loop {
            match write(&self.database, entries, replacing, &self.claims, &mut self.places, &mut patience).await {
                Err(refusal) if refusal.is_of_the_way(&self.database) && patience.lasts().await => {
                    self.claims.renew(&self.location, &mut patience).await.map_err(Failure::Lost)?;
                }
                other => return other.map_err(Failure::Refused),
            }
        }
    }
}

/// Why entries could not be written.
enum Failure {
    Refused(Refusal),
    /// A run is another process's now.
    Lost(StoreError),
}

impl Failure {
    fn into_error(self, location: &Location) -> StoreError {
        match self {
            Failure::Refused(refusal) => refusal.into_error(location),
            Failure::Lost(error) => error,
        }
    }
}

fn size(job: &Job) -> usize {
    job.entries.iter().map(Entry::size).sum()
}

fn answer(job: Job, result: Result<(), StoreError>) {
    // Whoever no longer waits does not need the answer.
    let _ = job.done.send(result);
}
