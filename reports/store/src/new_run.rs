use super::database::{Transaction, sql};
use super::runs::now;
use super::samples::SampleWriter;
use super::{Store, StoreError};
use proctor_core::{RunPlan, RunRecord, RunState, Sample};

/// What [`Store::open_run`] finds.
pub enum OpenedRun {
    /// The latest run of this plan.
    There(RunRecord),
    /// None is there yet; it comes into being with [`NewRun::finish`].
    New(NewRun),
}

/// A run in the making, in a transaction: dropped, it never was. Others that write to the store wait for it.
pub struct NewRun {
    store: Store,
    record: RunRecord,
    transaction: Transaction,
    samples: SampleWriter,
}

impl Store {
    /// Looks for the latest run of this plan, finished or not, and begins a new one where there is none, or where `fresh`
    /// asks for one. Two processes that ask at once get the same run.
    pub async fn open_run(&self, plan: &RunPlan, fresh: bool) -> Result<OpenedRun, StoreError> {
        let fingerprint = plan.fingerprint();
        let mut transaction = self.database.begin().await.map_err(|e| self.failed(e))?;
        transaction.alone().await.map_err(|e| self.failed(e))?;
        if !fresh && let Some(found) = self.latest_of(&fingerprint, transaction.on()).await? {
            return Ok(OpenedRun::There(found));
        }
        let id = self.free_id(plan, &fingerprint, transaction.on()).await?;
        let record = RunRecord {
            id,
            plan: plan.clone(),
            fingerprint,
            state: RunState::Running,
            created_at: now(),
            proctor_version: env!("CARGO_PKG_VERSION").into(),
        };
        let insert =
            sql("INSERT INTO runs (id, fingerprint, benchmark, model, samples, epochs, state, created_at, proctor_version) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'running', ?7, ?8) RETURNING seq")
            .bind(&record.id)
            .bind(&record.fingerprint.0)
            .bind(&plan.benchmark)
            .bind(&plan.model)
            .bind(plan.sample_ids.len())
            .bind(plan.epochs)
            .bind(&record.created_at)
            .bind(&record.proctor_version);
        let row = insert.one(transaction.on()).await.map_err(|e| self.failed(e))?;
        let seq = row.integer("seq").map_err(|e| self.failed(e))?;
        let kept = sql("INSERT INTO plans (run, plan) VALUES (?1, ?2)").bind(seq).bind(self.to_json(plan)?);
        kept.execute(transaction.on()).await.map_err(|e| self.failed(e))?;
        Ok(OpenedRun::New(NewRun { store: self.clone(), record, transaction, samples: SampleWriter::new(seq) }))
    }

    /// [`Store::open_run`] with all samples at hand, in order. The flag tells whether the run was there before.
    pub async fn find_or_create_run(
        &self,
        plan: &RunPlan,
        samples: &[Sample],
        fresh: bool,
    ) -> Result<(RunRecord, bool), StoreError> {
        match self.open_run(plan, fresh).await? {
            OpenedRun::There(record) => Ok((record, true)),
            OpenedRun::New(mut new) => {
                new.add(samples).await?;
                Ok((new.finish().await?, false))
            }
        }
    }
}

impl NewRun {
    /// Adds the next samples of the plan.
    pub async fn add(&mut self, samples: &[Sample]) -> Result<(), StoreError> {
        self.samples.add(&self.store, samples, &mut self.transaction).await
    }

    /// Makes it durable.
    pub async fn finish(self) -> Result<RunRecord, StoreError> {
        self.transaction.commit().await.map_err(|e| self.store.failed(e))?;
        Ok(self.record)
    }
}
