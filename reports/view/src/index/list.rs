use super::filter::outcome_word;
use super::query::match_expression;
use super::{Filter, Index, RunEntry, Sort, parts, run_range};
use crate::ViewError;
use serde::Serialize;
use sqlx::AssertSqlSafe;

/// An attempt in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttemptLine {
    /// Its id in the index.
    #[serde(skip)]
    pub id: i64,
    /// The run.
    pub run: String,
    /// The benchmark.
    pub benchmark: String,
    /// The model.
    pub model: String,
    /// The sample.
    pub sample: String,
    /// Its named subsets.
    pub strata: String,
    /// The k-th attempt, from 0.
    pub epoch: u32,
    /// What it came to.
    pub outcome: &'static str,
    /// Error category.
    pub category: String,
    /// Tokens of the answer; -1 where unknown.
    pub tokens: i64,
    /// Milliseconds waited for the model; -1 where none was asked.
    pub millis: i64,
    /// Why, shortened.
    pub explanation: String,
}

/// A page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Its lines.
    pub lines: Vec<AttemptLine>,
    /// How many there are over all pages, where that is known without counting them.
    pub total: Option<i64>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<(i64, i64)>,
}

type Line = (i64, i64, u8, i64, i64, i64, String, String, String);

/// Matching questions up to which their attempts are looked up one by one.
const FEW_QUESTIONS: usize = 1000;

/// What is read of an attempt; the first two are the key of the order.
const COLUMNS: &str = "a.id, a.run, a.outcome, a.category, a.tokens, a.millis, a.explanation, s.sample_id, s.strata";

impl Index {
    /// The runs that a filter admits, the oldest first.
    pub fn admitted<'r>(runs: &'r [RunEntry], filter: &Filter) -> Vec<&'r RunEntry> {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        let mut admitted: Vec<&RunEntry> = runs
            .iter()
            .filter(|run| is(&filter.run, &run.id) && is(&filter.benchmark, &run.benchmark) && is(&filter.model, &run.model))
            .collect();
        admitted.sort_by_key(|run| run.seq);
        admitted
    }

    /// A page of attempts. Every part of the question is answered from an index, run by run.
    pub async fn list(&self, runs: &[RunEntry], filter: &Filter) -> Result<Page, ViewError> {
        // What is found comes in the order of the plan: sorting a million matches takes longer than a reader waits.
        let searched = filter.words.as_deref().is_some_and(|words| !words.trim().is_empty());
        let filter = &Filter { sort: if searched { Sort::Plan } else { filter.sort }, ..filter.clone() };
        let admitted = Self::admitted(runs, filter);
        let limit = filter.limit.max(1);
        let expression = match filter.words.as_deref().map(str::trim).filter(|words| !words.is_empty()) {
            None => None,
            Some(words) => match match_expression(words) {
                Some(expression) => Some(expression),
                None => return Ok(Page { total: Some(0), ..Page::default() }),
            },
        };
        let questions = match &expression {
            None => None,
            Some(expression) => Some(self.questions(expression).await?),
        };
        let narrowed = Narrowed {
            questions,
            stratum: self.key("SELECT key FROM strata WHERE name = ?", filter.stratum.as_deref()).await?,
            category: self.key("SELECT key FROM categories WHERE name = ?", filter.category.as_deref()).await?,
            expression,
        };
        if narrowed.stratum == Some(None) || narrowed.category == Some(None) {
            return Ok(Page { total: Some(0), ..Page::default() });
        }
        let mut found: Vec<((i64, i64), Line)> = Vec::new();
        for run in &admitted {
            // In the order of the plan, a run comes after all of the run before it.
            if filter.sort == Sort::Plan && found.len() > limit {
                break;
            }
            if filter.sort == Sort::Plan && filter.after.is_some_and(|(_, id)| run_range(run.seq).1 <= id) {
                continue;
            }
            found.extend(self.list_run(run.seq, filter, &narrowed, limit + 1).await?);
        }
        found.sort_by_key(|(key, _)| *key);
        found.dedup_by_key(|(key, _)| *key);
        let next = (found.len() > limit).then(|| found.get(limit - 1).map(|(key, _)| *key)).flatten();
        found.truncate(limit);
        let categories: Vec<(i64, String)> =
            sqlx::query_as("SELECT key, name FROM categories").fetch_all(self.readers()).await.map_err(|e| self.failed(e))?;
        let total = self.total(&admitted, filter, &narrowed).await?;
        let lines = found.into_iter().map(|(_, row)| described(row, runs, &categories)).collect();
        Ok(Page { lines, total, next })
    }

    /// The samples whose question matches.
    async fn questions(&self, expression: &str) -> Result<Questions, ViewError> {
        let statement = format!("SELECT rowid FROM questions WHERE questions MATCH ? LIMIT {}", FEW_QUESTIONS + 1);
        let found: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(statement))
            .bind(expression)
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.failed(e))?;
        Ok(if found.len() > FEW_QUESTIONS { Questions::Many } else { Questions::Few(found) })
    }

    /// The key of a name: `None` where none is asked for, `Some(None)` where there is no such name.
    async fn key(&self, statement: &'static str, name: Option<&str>) -> Result<Option<Option<i64>>, ViewError> {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
        let key = sqlx::query_scalar(statement).bind(name).fetch_optional(self.readers()).await;
        Ok(Some(key.map_err(|e| self.failed(e))?))
    }

    /// The first lines of a run after the cursor, each with its place in the order.
    async fn list_run(
        &self,
        run: i64,
        filter: &Filter,
        narrowed: &Narrowed,
        limit: usize,
    ) -> Result<Vec<((i64, i64), Line)>, ViewError> {
        let (from, to) = run_range(run);
        let mut wheres = vec![format!("a.id >= {from} AND a.id < {to}")];
        let wide = narrowed.stratum.is_none() && narrowed.category.is_none() && filter.sample.is_none();
        // A run is a range of ids; naming it too would draw the database to an index whose order is another one.
        if !(wide && filter.outcomes.is_empty() && filter.sort == Sort::Plan) {
            wheres.push(format!("a.run = {run}"));
        }
        if !filter.outcomes.is_empty() {
            let list: Vec<i64> = filter.outcomes.iter().map(|o| i64::from(*o)).collect();
            wheres.push(format!("a.outcome IN ({})", numbers(&list)));
        }
        if let Some(Some(category)) = narrowed.category {
            wheres.push(format!("a.category = {category} AND a.category > 0"));
        }
        if let Some(Some(stratum)) = narrowed.stratum {
            wheres.push(format!("a.sample IN (SELECT sample FROM sample_strata WHERE stratum = {stratum})"));
        }
        if filter.sample.is_some() {
            wheres.push("a.sample IN (SELECT key FROM samples WHERE sample_id = ?1)".into());
        }
        let (order, descending) = match filter.sort {
            Sort::Plan => ("0", "a.id"),
            Sort::Tokens => ("-a.tokens", "a.tokens DESC, a.id DESC"),
            Sort::Time => ("-a.millis", "a.millis DESC, a.id DESC"),
        };
        match (filter.sort, filter.after) {
            (_, None) => {}
            (Sort::Plan, Some((_, id))) => wheres.push(format!("a.id > {id}")),
            (Sort::Tokens, Some((key, id))) => wheres.push(format!("(a.tokens, a.id) < ({}, {})", -key, -id)),
            (Sort::Time, Some((key, id))) => wheres.push(format!("(a.millis, a.id) < ({}, {})", -key, -id)),
        }
        // CROSS JOIN keeps the order of the tables: what was found leads, and attempts are looked up.
        let answers = format!(
            "answers f CROSS JOIN attempts a ON a.id = f.rowid JOIN samples s ON s.key = a.sample \
             WHERE f.answers MATCH ?2 AND f.rowid >= {from} AND f.rowid < {to} AND "
        );
        let all = "attempts a JOIN samples s ON s.key = a.sample WHERE ";
        // Where nothing but the outcome narrows, walking the order itself finds the first lines soonest.
        let walked = match filter.sort {
            Sort::Tokens if wide => "attempts a INDEXED BY attempts_by_tokens JOIN samples s ON s.key = a.sample WHERE ",
            Sort::Time if wide => "attempts a INDEXED BY attempts_by_time JOIN samples s ON s.key = a.sample WHERE ",
            _ => all,
        };
        let sources = match &narrowed.questions {
            None => vec![walked.to_string()],
            Some(Questions::Few(samples)) if samples.is_empty() => vec![answers],
            Some(Questions::Few(samples)) => {
                vec![answers, format!("{all} a.run = {run} AND a.sample IN ({}) AND ", numbers(samples))]
            }
            // The plus keeps the index on samples out of it: so many match that the plan's order finds some soon.
            Some(Questions::Many) => {
                vec![answers, format!("{all} +a.sample IN (SELECT rowid FROM questions WHERE questions MATCH ?2) AND ")]
            }
        };
        let mut found = Vec::new();
        for source in sources {
            let statement =
                format!("SELECT {order}, {COLUMNS} FROM {source}{} ORDER BY {descending} LIMIT {limit}", wheres.join(" AND "));
            let rows: Vec<Keyed> = sqlx::query_as(AssertSqlSafe(statement))
                .bind(filter.sample.as_deref())
                .bind(narrowed.expression.as_deref())
                .fetch_all(self.readers())
                .await
                .map_err(|e| self.failed(e))?;
            found.extend(rows.into_iter().map(|row| split(row, filter.sort)));
        }
        found.sort_by_key(|(key, _)| *key);
        found.dedup_by_key(|(key, _)| *key);
        Ok(found)
    }

    /// The attempts of a run before and after the one at a sample, in the order of its plan.
    pub async fn around(
        &self,
        runs: &[RunEntry],
        run: i64,
        sample: &str,
        epoch: u32,
    ) -> Result<(Option<AttemptLine>, Option<AttemptLine>), ViewError> {
        let (from, to) = run_range(run);
        let here: Option<i64> = sqlx::query_scalar(
            "SELECT a.id FROM attempts a JOIN samples s ON s.key = a.sample \
             WHERE s.sample_id = ? AND a.run = ? AND (a.id & 16383) = ?",
        )
        .bind(sample)
        .bind(run)
        .bind(i64::from(epoch))
        .fetch_optional(self.readers())
        .await
        .map_err(|e| self.failed(e))?;
        let Some(here) = here else { return Ok((None, None)) };
        let mut found = Vec::new();
        for (condition, order) in [("a.id < ?1 AND a.id >= ?2", "DESC"), ("a.id > ?1 AND a.id < ?3", "ASC")] {
            let statement = format!(
                "SELECT 0, {COLUMNS} FROM attempts a JOIN samples s ON s.key = a.sample WHERE {condition} \
                 ORDER BY a.id {order} LIMIT 1"
            );
            let row: Option<Keyed> = sqlx::query_as(AssertSqlSafe(statement))
                .bind(here)
                .bind(from)
                .bind(to)
                .fetch_optional(self.readers())
                .await
                .map_err(|e| self.failed(e))?;
            found.push(row.map(|row| described(split(row, Sort::Plan).1, runs, &[])));
        }
        let next = found.pop().flatten();
        Ok((found.pop().flatten(), next))
    }

    /// How many attempts a filter admits, where the tallies tell.
    async fn total(&self, runs: &[&RunEntry], filter: &Filter, narrowed: &Narrowed) -> Result<Option<i64>, ViewError> {
        if narrowed.expression.is_some() || narrowed.category.is_some() || filter.sample.is_some() {
            return Ok(None);
        }
        let list = numbers(&runs.iter().map(|run| run.seq).collect::<Vec<_>>());
        let stratum = narrowed.stratum.flatten().unwrap_or(0);
        let outcomes = match filter.outcomes.is_empty() {
            true => String::new(),
            false => {
                let list: Vec<i64> = filter.outcomes.iter().map(|o| i64::from(*o)).collect();
                format!("AND outcome IN ({})", numbers(&list))
            }
        };
        let statement = format!("SELECT sum(n) FROM tallies WHERE stratum = {stratum} AND run IN ({list}) {outcomes}");
        let sum: Option<i64> =
            sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(self.readers()).await.map_err(|e| self.failed(e))?;
        Ok(Some(sum.unwrap_or(0)))
    }
}

/// A filter's names as keys of the index.
struct Narrowed {
    stratum: Option<Option<i64>>,
    category: Option<Option<i64>>,
    expression: Option<String>,
    /// The samples whose question matches, where words are searched.
    questions: Option<Questions>,
}

/// Samples whose question holds the words searched.
enum Questions {
    Few(Vec<i64>),
    Many,
}

/// A line as it is read: its place in the order first.
type Keyed = (i64, i64, i64, u8, i64, i64, i64, String, String, String);

fn split(row: Keyed, sort: Sort) -> ((i64, i64), Line) {
    let (order, id, run, outcome, category, tokens, millis, explanation, sample, strata) = row;
    let key = (order, if sort == Sort::Plan { id } else { -id });
    (key, (id, run, outcome, category, tokens, millis, explanation, sample, strata))
}

/// A line with the names of its run and category.
fn described(line: Line, runs: &[RunEntry], categories: &[(i64, String)]) -> AttemptLine {
    let (id, run, outcome, category, tokens, millis, explanation, sample, strata) = line;
    let entry = runs.iter().find(|entry| entry.seq == run);
    AttemptLine {
        id,
        run: entry.map(|e| e.id.clone()).unwrap_or_default(),
        benchmark: entry.map(|e| e.benchmark.clone()).unwrap_or_default(),
        model: entry.map(|e| e.model.clone()).unwrap_or_default(),
        sample,
        strata,
        epoch: parts(id).2,
        outcome: outcome_word(outcome),
        category: categories.iter().find(|(key, _)| *key == category).map(|(_, name)| name.clone()).unwrap_or_default(),
        tokens,
        millis,
        explanation,
    }
}

/// Numbers for an `IN` list.
pub(super) fn numbers(list: &[i64]) -> String {
    list.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
