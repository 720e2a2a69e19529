use super::database::{Statement, sql};
use super::entry::Entry;
use super::runs::{moment_before, now};
use super::{Store, StoreError};
use futures::StreamExt;
use proctor_core::{Completion, Request, Usage};
use serde::Deserialize;
use std::collections::HashSet;
use std::time::Duration;

/// Whose answers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A judge model's verdict.
    Judge,
    /// A tested model's answer.
    Answer,
}

impl Purpose {
    /// The word used in stores and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Judge => "judge",
            Purpose::Answer => "answer",
        }
    }
}

/// Which kept answers are meant; the default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseFilter {
    /// Only of models whose name is this or begins with this and `*`.
    pub model: Option<String>,
    /// Only for this purpose.
    pub purpose: Option<Purpose>,
    /// Only those that are older.
    pub older_than: Option<Duration>,
    /// Where they are removed: only the oldest, until those that are left of the others take no more bytes than this.
    pub beyond_bytes: Option<u64>,
}

/// The kept answers of one model for one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseGroup {
    /// The model's name.
    pub model: String,
    /// `judge` or `answer`.
    pub purpose: String,
    /// How many.
    pub answers: u64,
    /// How many bytes of text.
    pub bytes: u64,
    /// When the first was kept, RFC 3339.
    pub oldest: String,
    /// When the last was kept, RFC 3339.
    pub newest: String,
}

/// What judge models answered for a run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Judged {
    /// Answers.
    pub answers: usize,
    /// Of these, the ones whose cost is known.
    pub priced: usize,
    /// What those cost, in US dollars.
    pub cost_usd: Option<f64>,
    /// Tokens of questions and answers, where they were reported.
    pub tokens: u64,
}

/// What of an answer is needed to add up what it cost.
#[derive(Deserialize)]
struct Paid {
    #[serde(default)]
    usage: Usage,
    cost_usd: Option<f64>,
}

impl ResponseFilter {
    /// The condition, with what is bound to its placeholders.
    fn narrow(&self, statement: &str, rest: &str) -> Statement {
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        if let Some(model) = &self.model {
            let (name, how) = match model.strip_suffix('*') {
                Some(start) => (start, "substr(model, 1, length(?N)) = ?N"),
                None => (model.as_str(), "model = ?N"),
            };
            values.push(name.to_owned());
            conditions.push(how.replace("?N", &format!("?{}", values.len())));
        }
        if let Some(purpose) = self.purpose {
            values.push(purpose.as_str().to_owned());
            conditions.push(format!("purpose = ?{}", values.len()));
        }
        if let Some(age) = self.older_than {
            values.push(moment_before(age));
            conditions.push(format!("created_at < ?{}", values.len()));
        }
        let conditions = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        sql(format!("{statement}{conditions}{rest}")).bind_all(values.into_iter().map(Into::into))
    }
}

impl Store {
    /// The answer kept under `key`.
    pub async fn response(&self, key: &str) -> Result<Option<Completion>, StoreError> {
        let row = self.optional(sql("SELECT completion FROM responses WHERE key = ?1").bind(key)).await?;
        let Some(row) = row else { return Ok(None) };
        let text = row.str(0).map_err(|e| self.failed(e))?;
        self.parse_json(&text, "a kept answer").map(Some)
    }

    /// Keeps a judge's answer, which grading the run `asked_by` asked for, under `key` and returns the one that counts: the
    /// first that was ever kept.
    pub async fn keep_response(
        &self,
        key: &str,
        model: &str,
        asked_by: Option<&str>,
        request: &Request,
        completion: &Completion,
    ) -> Result<Completion, StoreError> {
        let request = self.to_json(request)?;
        self.recorder.record(vec![self.response_entry(key, model, request, completion, Purpose::Judge, asked_by)?]).await?;
        Ok(self.response(key).await?.unwrap_or_else(|| completion.clone()))
    }

    /// What judge models answered for a run, as far as it is kept.
    pub async fn judged(&self, run_id: &str) -> Result<Judged, StoreError> {
        let mut rows = self.rows_of_run(run_id, |_| {
            sql("SELECT completion FROM responses WHERE purpose = ?1 AND asked_by = ?2")
                .bind(Purpose::Judge.as_str())
                .bind(run_id)
        });
        let mut judged = Judged::default();
        while let Some(row) = rows.next().await {
            let text = row?.str(0).map_err(|e| self.failed(e))?.into_owned();
            let completion: Paid = self.parse_json(&text, "a kept answer")?;
            let Usage { prompt_tokens, completion_tokens, .. } = completion.usage;
            judged.answers += 1;
            judged.tokens += prompt_tokens.unwrap_or(0).saturating_add(completion_tokens.unwrap_or(0));
            if let Some(cost) = completion.cost_usd {
                judged.priced += 1;
                judged.cost_usd = Some(judged.cost_usd.unwrap_or(0.0) + cost);
            }
        }
        Ok(judged)
    }

    /// The tested model's answer kept under `key`, and the run that asked for it.
    pub async fn answer(&self, key: &str) -> Result<Option<(Completion, Option<String>)>, StoreError> {
        let found = sql("SELECT completion, asked_by FROM responses WHERE key = ?1").bind(key);
        let Some(row) = self.optional(found).await? else { return Ok(None) };
        let text = row.str(0).map_err(|e| self.failed(e))?;
        Ok(Some((self.parse_json(&text, "a kept answer")?, row.maybe_text(1).map_err(|e| self.failed(e))?)))
    }

    /// Keeps a tested model's answer, which the run `asked_by` asked for, under `key`, unless one is kept there. It is not
    /// waited for: it is durable before anything that is recorded later.
    pub fn keep_answer(&self, key: &str, model: &str, asked_by: &str, completion: &Completion) -> Result<(), StoreError> {
        let entry = self.response_entry(key, model, String::new(), completion, Purpose::Answer, Some(asked_by))?;
        drop(self.recorder.hand_in(vec![entry]));
        Ok(())
    }

    /// The kept answers by model and purpose, the largest first.
    pub async fn responses(&self, filter: &ResponseFilter) -> Result<Vec<ResponseGroup>, StoreError> {
        let columns = "SELECT model, purpose, count(*) AS answers, CAST(sum(size) AS BIGINT) AS bytes, \
                       min(created_at) AS oldest, max(created_at) AS newest FROM responses";
        let rest = " GROUP BY model, purpose ORDER BY 4 DESC, model, purpose";
        let rows = self.all(filter.narrow(columns, rest)).await?;
        let group = |row: &super::database::Row| {
            Ok::<_, sqlx::Error>(ResponseGroup {
                model: row.text("model")?,
                purpose: row.text("purpose")?,
                answers: row.count("answers")?,
                bytes: row.count("bytes")?,
                oldest: row.text("oldest")?,
                newest: row.text("newest")?,
            })
        };
        rows.iter().map(group).collect::<Result<_, _>>().map_err(|e| self.failed(e))
    }

    /// Removes kept answers; how many. Runs keep their transcripts.
    pub async fn remove_responses(&self, filter: &ResponseFilter) -> Result<u64, StoreError> {
        let failed = |e| self.failed(e);
        self.recorder.flush().await;
        let mut transaction = self.database.begin().await.map_err(failed)?;
        // What is beyond a size is counted from the newest on.
        let statement = match filter.beyond_bytes {
            None => filter.narrow("DELETE FROM responses", ""),
            Some(most) => filter.narrow(
                "DELETE FROM responses WHERE key IN (SELECT key FROM \
                 (SELECT key, sum(size) OVER (ORDER BY created_at DESC, key) AS taken FROM responses",
                &format!(") AS counted WHERE taken > {most})"),
            ),
        };
        let removed = statement.execute(transaction.on()).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(removed)
    }

    /// Whether any answer is kept that `filter` means.
    pub async fn has_response(&self, filter: &ResponseFilter) -> Result<bool, StoreError> {
        Ok(self.optional(filter.narrow("SELECT key FROM responses", " LIMIT 1")).await?.is_some())
    }

    /// Mean tokens and seconds of the last `most` kept verdicts of a judge model; `None` where none was counted.
    pub async fn mean_verdict(&self, model: &str, most: u32) -> Result<Option<(f64, f64)>, StoreError> {
        let statement =
            format!("SELECT completion FROM responses WHERE model = ?1 AND purpose = ?2 ORDER BY created_at DESC LIMIT {most}");
        let rows = self.all(sql(statement).bind(model).bind(Purpose::Judge.as_str())).await?;
        let (mut count, mut tokens, mut seconds) = (0.0, 0.0, 0.0);
        for row in &rows {
            let text = row.str(0).map_err(|e| self.failed(e))?;
            let completion: Completion = self.parse_json(&text, "a kept answer")?;
            let Some(used) = completion.usage.completion_tokens else { continue };
            count += 1.0;
            tokens += used as f64;
            seconds += completion.latency_s;
        }
        Ok((count > 0.0).then(|| (tokens / count, seconds / count)))
    }

    /// Of `keys`, those that have an answer kept.
    pub async fn kept_among(&self, keys: &[String]) -> Result<HashSet<String>, StoreError> {
        let failed = |e| self.failed(e);
        let mut kept = HashSet::new();
        for some in keys.chunks(64) {
            let mut text = String::from("SELECT key FROM responses WHERE key IN ");
            let mut reader = self.database.reader().await.map_err(failed)?;
            super::database::placeholders(&mut text, 1, some.len(), reader.on().numbered());
            let rows = sql(text).bind_all(some.iter().map(Into::into)).all(reader.on()).await.map_err(failed)?;
            for row in &rows {
                kept.insert(row.text("key").map_err(failed)?);
            }
        }
        Ok(kept)
    }

    fn response_entry(
        &self,
        key: &str,
        model: &str,
        request: String,
        completion: &Completion,
        purpose: Purpose,
        asked_by: Option<&str>,
    ) -> Result<Entry, StoreError> {
        let completion = self.to_json(completion)?;
        let size = key.len() + request.len() + completion.len();
        Ok(Entry::Response(vec![
            key.into(),
            model.into(),
            request.into(),
            completion.into(),
            now().into(),
            purpose.as_str().into(),
            size.into(),
            asked_by.map(str::to_owned).into(),
        ]))
    }
}
