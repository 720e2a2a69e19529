use super::attempts::describe;
use super::database::{Row, sql};
use super::entry::{Entry, GradeColumns};
use super::keys::{position_and_epoch, run_range};
use super::runs::moment;
use super::{LightOptions, Store, StoreError};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use proctor_core::{AttemptKey, Grade, GradeRecord, GradedAttempt};

impl Store {
    /// Makes a grade durable. An earlier one of the same attempt is replaced only if it was an infrastructure error.
    pub async fn record_grade(&self, record: &GradeRecord) -> Result<(), StoreError> {
        let entry = Entry::Grade { key: record.key.clone(), grade: self.grade_columns(&record.grade)? };
        self.recorder.record(vec![entry]).await
    }

    /// Makes several grades durable in one step: all or none. See [`Store::record_grade`].
    pub async fn record_grades(&self, records: &[GradeRecord]) -> Result<(), StoreError> {
        let entry = |record: &GradeRecord| {
            Ok::<_, StoreError>(Entry::Grade { key: record.key.clone(), grade: self.grade_columns(&record.grade)? })
        };
        let entries = records.iter().map(entry).collect::<Result<_, _>>()?;
        self.recorder.record(entries).await
    }

    /// Makes a finished attempt and its grade durable in one step.
    pub async fn record_graded(&self, attempt: &proctor_core::AttemptRecord, grade: &Grade) -> Result<(), StoreError> {
        let grade = Entry::Grade { key: attempt.key.clone(), grade: self.grade_columns(grade)? };
        self.recorder.record(vec![self.attempt_entry(attempt)?, grade]).await
    }

    /// What is written of a grade.
    pub(super) fn grade_columns(&self, grade: &Grade) -> Result<GradeColumns, StoreError> {
        Ok(GradeColumns {
            outcome: grade.outcome.as_str(),
            category: grade.category.clone(),
            scores: self.to_json(&grade.scores)?,
            graded_at: moment(),
            explanation: grade.explanation.clone(),
            extracted: grade.extracted.clone(),
            artifacts: self.to_json(&grade.artifacts)?,
        })
    }

    /// One grade.
    pub async fn grade(&self, key: &AttemptKey) -> Result<Option<GradeRecord>, StoreError> {
        let found = sql(
            "SELECT g.outcome, g.scores, e.extracted, g.explanation, g.category, e.artifacts \
             FROM runs r JOIN run_samples rs ON rs.run = r.seq \
             JOIN grades g ON g.attempt = ((rs.run << 40) | (rs.position << 14) | ?3) LEFT JOIN evidence e ON e.attempt = g.attempt \
             WHERE r.id = ?1 AND rs.sample_id = ?2",
        )
        .bind(&key.run_id)
        .bind(&key.sample_id)
        .bind(key.epoch);
        let row = self.optional(found).await?;
        row.map(|row| self.grade_record(key.clone(), &row)).transpose()
    }

    /// The grades of a run in the order of its plan, evidence included, read as they are taken.
    pub fn grades<'a>(&'a self, run_id: &'a str) -> BoxStream<'a, Result<GradeRecord, StoreError>> {
        let statement = "SELECT g.attempt, rs.sample_id, g.outcome, g.scores, e.extracted, g.explanation, g.category, e.artifacts \
             FROM grades g JOIN attempts a ON a.id = g.attempt \
             JOIN run_samples rs ON rs.run = a.run AND rs.position = a.position LEFT JOIN evidence e ON e.attempt = g.attempt \
             WHERE g.attempt >= ?1 AND g.attempt < ?2 ORDER BY g.attempt";
        self.rows_of_run(run_id, move |run| {
            let (from, to) = run_range(run);
            sql(statement).bind(from).bind(to)
        })
        .map(move |row| {
            let row = row?;
            let failed = |e| self.failed(e);
            let (_, epoch) = position_and_epoch(row.integer("attempt").map_err(failed)?);
            let key = AttemptKey { run_id: run_id.into(), sample_id: row.text("sample_id").map_err(failed)?, epoch };
            self.grade_record(key, &row)
        })
        .boxed()
    }

    /// Every graded attempt of a run as metrics see it, without transcripts and evidence, in the order of its plan.
    pub async fn graded(&self, run_id: &str) -> Result<Vec<GradedAttempt>, StoreError> {
        let samples = self.light_samples(run_id).await?;
        let options = LightOptions { extracted: true, ..LightOptions::default() };
        let mut rows = self.light(run_id, options);
        let mut graded = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let (Some(outcome), Some(sample)) = (row.outcome, samples.get(row.position as usize)) else { continue };
            graded.push(GradedAttempt {
                sample_id: sample.sample_id.clone(),
                group: sample.group.clone(),
                strata: sample.strata.clone(),
                epoch: row.epoch,
                outcome,
                scores: row.scores.as_ref().clone(),
                category: row.category.as_deref().map(str::to_owned),
                extracted: row.extracted,
                usage: row.usage,
                latency_s: row.latency_s,
            });
        }
        Ok(graded)
    }

    fn grade_record(&self, key: AttemptKey, row: &Row) -> Result<GradeRecord, StoreError> {
        let failed = |e| self.failed(e);
        let what = format!("the grade of {}", describe(&key));
        let artifacts = row.maybe_str("artifacts").map_err(failed)?;
        let grade = Grade {
            outcome: self.outcome(&row.str("outcome").map_err(failed)?)?,
            scores: self.parse_json(&row.str("scores").map_err(failed)?, &what)?,
            extracted: row.maybe_text("extracted").map_err(failed)?,
            explanation: row.text("explanation").map_err(failed)?,
            category: row.maybe_text("category").map_err(failed)?,
            artifacts: artifacts.map(|text| self.parse_json(&text, &what)).transpose()?.unwrap_or_default(),
        };
        Ok(GradeRecord { key, grade })
    }
}
