use super::database::{Row, sql};
use super::keys::{position_and_epoch, run_range};
use super::{Store, StoreError};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use proctor_core::{Outcome, Usage};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Different texts of one kind that are kept at hand: outcomes, categories and scores repeat themselves.
const MOST_KNOWN: usize = 4096;

/// What of an attempt is read besides its figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LightOptions {
    /// What was extracted from the answer.
    pub extracted: bool,
    /// Why it was graded so.
    pub explanation: bool,
    /// When it was answered and graded.
    pub times: bool,
    /// Only rows that changed after the store's counter stood there, see [`Store::revision`].
    pub since: Option<i64>,
}

/// An attempt and its grade without transcript and evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct LightRow {
    /// The sample's place in the plan, from 0.
    pub position: u32,
    /// The k-th attempt, from 0.
    pub epoch: u32,
    /// Whether it has an answer; without one it ended in an infrastructure error.
    pub answered: bool,
    /// What it was graded as, if it was.
    pub outcome: Option<Outcome>,
    /// Error category.
    pub category: Option<Arc<str>>,
    /// Named scores; none while it is not graded.
    pub scores: Arc<BTreeMap<String, f64>>,
    /// What was extracted, where it was asked for.
    pub extracted: Option<String>,
    /// Why it was graded so, where that was asked for.
    pub explanation: Option<String>,
    /// Why the last answer ended, in the words of `Finish` or the provider's.
    pub finish: Option<Arc<str>>,
    /// Answers of the attempt that were kept from before.
    pub cached_exchanges: u32,
    /// Token counts over all exchanges.
    pub usage: Usage,
    /// Seconds waited for the model.
    pub latency_s: f64,
    /// US dollars, where known.
    pub cost_usd: Option<f64>,
    /// US dollars that kept answers saved.
    pub saved_usd: Option<f64>,
    /// When it was answered, RFC 3339, where asked for.
    pub answered_at: Option<String>,
    /// When it was graded, RFC 3339, where asked for.
    pub graded_at: Option<String>,
    /// The store's counter at its last change.
    pub revision: i64,
}

/// A sample of a run without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LightSample {
    /// Its id.
    pub sample_id: String,
    /// Its cluster.
    pub group: String,
    /// Its named subsets.
    pub strata: Vec<String>,
    /// Hash of what decides question and verdict.
    pub content_sha256: String,
}

impl Store {
    /// The attempts of a run with their grades, without transcripts and evidence, in the order of its plan, read as they
    /// are taken.
    pub fn light<'a>(&'a self, run_id: &'a str, options: LightOptions) -> BoxStream<'a, Result<LightRow, StoreError>> {
        let column = |wanted, name: &'static str| if wanted { name } else { "CAST(NULL AS TEXT)" };
        let (extracted, explanation) = (column(options.extracted, "e.extracted"), column(options.explanation, "g.explanation"));
        let (answered_at, graded_at) = (column(options.times, "a.answered_at"), column(options.times, "g.graded_at"));
        let evidence = if options.extracted { "LEFT JOIN evidence e ON e.attempt = a.id" } else { "" };
        let changed = if options.since.is_some() { "AND (a.revision > ?3 OR g.revision > ?3)" } else { "" };
        let statement = format!(
            "SELECT a.id, CAST(CASE WHEN a.error IS NULL THEN 1 ELSE 0 END AS BIGINT), g.outcome, g.category, g.scores, \
                    a.finish, a.cached_exchanges, a.prompt_tokens, a.completion_tokens, a.reasoning_tokens, a.cached_tokens, \
                    a.cache_write_tokens, a.latency_s, a.cost_usd, a.saved_usd, a.revision, coalesce(g.revision, 0), \
                    {extracted}, {explanation}, {answered_at}, {graded_at} \
             FROM attempts a LEFT JOIN grades g ON g.attempt = a.id {evidence} \
             WHERE a.id >= ?1 AND a.id < ?2 {changed} ORDER BY a.id"
        );
        let mut known = Known::default();
        self.rows_of_run(run_id, move |run| {
            let (from, to) = run_range(run);
            let statement = sql(statement).bind(from).bind(to);
            match options.since {
                Some(since) => statement.bind(since),
                None => statement,
            }
        })
        .map(move |row| self.light_row(&row?, &mut known))
        .boxed()
    }

    /// The samples of a run without their content, in the order of its plan.
    pub async fn light_samples(&self, run_id: &str) -> Result<Vec<LightSample>, StoreError> {
        self.light_samples_as_taken(run_id).try_collect().await
    }

    /// The same, read as they are taken.
    pub fn light_samples_as_taken<'a>(&'a self, run_id: &'a str) -> BoxStream<'a, Result<LightSample, StoreError>> {
        let statement = "SELECT rs.sample_id, s.sample_group, s.strata, s.content_sha256 FROM run_samples rs \
                         JOIN samples s ON s.seq = rs.sample WHERE rs.run = ?1 ORDER BY rs.position";
        let sample = move |row: Result<Row, StoreError>| {
            let row = row?;
            let failed = |e| self.failed(e);
            Ok(LightSample {
                sample_id: row.text(0).map_err(failed)?,
                group: row.text(1).map_err(failed)?,
                strata: self.parse_json(&row.str(2).map_err(failed)?, "a sample's strata")?,
                content_sha256: row.text(3).map_err(failed)?,
            })
        };
        self.rows_of_run(run_id, move |run| sql(statement).bind(run)).map(sample).boxed()
    }

    /// Where the store's counter stands. It goes up with every transaction that changes attempts or grades, in the order in
    /// which they are committed, so what changed later has a higher number.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        let row = self.optional(sql("SELECT revision FROM counter")).await?;
        row.map_or(Ok(0), |row| row.integer(0).map_err(|e| self.failed(e)))
    }

    fn light_row(&self, row: &Row, known: &mut Known) -> Result<LightRow, StoreError> {
        let failed = |e| self.failed(e);
        let (position, epoch) = position_and_epoch(row.integer(0).map_err(failed)?);
        let outcome = row.maybe_str(2).map_err(failed)?;
        let scores = row.maybe_str(4).map_err(failed)?;
        let revisions = (row.integer(15).map_err(failed)?, row.integer(16).map_err(failed)?);
        Ok(LightRow {
            position,
            epoch,
            answered: row.integer(1).map_err(failed)? == 1,
            outcome: outcome.map(|word| self.outcome(&word)).transpose()?,
            category: row.maybe_str(3).map_err(failed)?.map(|text| known.text(&text)),
            scores: known.scores(self, scores.as_deref())?,
            finish: row.maybe_str(5).map_err(failed)?.map(|text| known.text(&text)),
            cached_exchanges: row.count(6).map_err(failed)?,
            usage: Usage {
                prompt_tokens: row.tokens(7).map_err(failed)?,
                completion_tokens: row.tokens(8).map_err(failed)?,
                reasoning_tokens: row.tokens(9).map_err(failed)?,
                cached_tokens: row.tokens(10).map_err(failed)?,
                cache_write_tokens: row.tokens(11).map_err(failed)?,
                ..Usage::default()
            },
            latency_s: row.maybe_real(12).map_err(failed)?.unwrap_or_default(),
            cost_usd: row.maybe_real(13).map_err(failed)?,
            saved_usd: row.maybe_real(14).map_err(failed)?,
            revision: revisions.0.max(revisions.1),
            extracted: row.maybe_text(17).map_err(failed)?,
            explanation: row.maybe_text(18).map_err(failed)?,
            answered_at: row.maybe_text(19).map_err(failed)?,
            graded_at: row.maybe_text(20).map_err(failed)?,
        })
    }
}

/// Texts that were met before, so that a million rows share them.
#[derive(Default)]
struct Known {
    texts: HashMap<String, Arc<str>>,
    scores: HashMap<String, Arc<BTreeMap<String, f64>>>,
    none: Arc<BTreeMap<String, f64>>,
}

impl Known {
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        if self.texts.len() < MOST_KNOWN {
            self.texts.insert(text.to_owned(), new.clone());
        }
        new
    }

    fn scores(&mut self, store: &Store, text: Option<&str>) -> Result<Arc<BTreeMap<String, f64>>, StoreError> {
        let Some(text) = text else { return Ok(self.none.clone()) };
        if let Some(known) = self.scores.get(text) {
            return Ok(known.clone());
        }
        let new: Arc<BTreeMap<String, f64>> = Arc::new(store.parse_json(text, "a grade's scores")?);
        if self.scores.len() < MOST_KNOWN {
            self.scores.insert(text.to_owned(), new.clone());
        }
        Ok(new)
    }
}
