use crate::{
    AnswerForm, Attempt, Figures, Gathered, Grade, GradedAttempt, JudgeError, Judges, Metric, Plot, Protocol, Request, Sample,
    Sampling, Session, SessionError, import_by_id,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// What a benchmark is, in words and numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// `name` or `name:variant`, as typed on the command line.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// One sentence: what is measured.
    pub summary: String,
    /// The paper.
    pub paper: String,
    /// Licence of the upstream data.
    pub data_licence: String,
    /// Metrics reported, the headline first.
    pub metrics: Vec<String>,
    /// How many samples upstream has.
    pub upstream_samples: usize,
    /// How many samples are built in.
    pub builtin_samples: usize,
    /// Version of extraction and judging; a change that can move a score changes it.
    pub judge_version: String,
}

/// Where samples come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataSource {
    /// The project's own questions.
    BuiltIn,
    /// A local copy in upstream's layout.
    Folder(PathBuf),
}

/// Which samples.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Only these ids; empty is all.
    pub ids: Vec<String>,
    /// Only the first so many (after `ids`).
    pub limit: Option<usize>,
}

impl Selection {
    /// The samples chosen, in their own order. An id that is not there is an error; `title` names the benchmark in it.
    pub fn choose(&self, samples: Vec<Sample>, title: &str) -> Result<Vec<Sample>, BenchmarkError> {
        self.choose_from(Box::new(samples.into_iter().map(Ok)), title)?.collect()
    }

    /// The same of samples that come one by one; only those named by id are gathered.
    pub fn choose_from<'a>(&self, samples: SampleStream<'a>, title: &str) -> Result<SampleStream<'a>, BenchmarkError> {
        if self.ids.is_empty() {
            return Ok(Box::new(samples.take(self.limit.unwrap_or(usize::MAX))));
        }
        let mut named = Vec::new();
        let (mut count, mut first, mut last) = (0, None, String::new());
        for sample in samples {
            let sample = sample?;
            count += 1;
            first.get_or_insert_with(|| sample.id.clone());
            last.clone_from(&sample.id);
            if self.ids.contains(&sample.id) {
                named.push(sample);
            }
        }
        if let Some(id) = self.ids.iter().find(|id| named.iter().all(|sample| sample.id != **id)) {
            let id: String = id.chars().take(80).collect();
            let range = match first {
                Some(first) => format!("; its {count} ids go from {first} to {last}"),
                None => ": there are none".into(),
            };
            return Err(BenchmarkError::Input(format!("{title} has no sample `{id}` here{range}")));
        }
        named.truncate(self.limit.unwrap_or(usize::MAX));
        Ok(Box::new(named.into_iter().map(Ok)))
    }
}

/// Samples that are made as they are taken.
pub type SampleStream<'a> = Box<dyn Iterator<Item = Result<Sample, BenchmarkError>> + Send + 'a>;

/// What must be at hand before a benchmark's answers can be graded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// The Python guest.
    pub python: bool,
    /// The C and C++ compiler's guest.
    pub cpp: bool,
    /// A judge model, named by the user.
    pub judge: bool,
    /// A judging service elsewhere, to which the user has access.
    pub service: bool,
}

/// One row of a file with answers that somebody else generated.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerRow {
    /// Line or array position in the file, from 1, for messages.
    pub line: usize,
    /// The row as it stands.
    pub value: Value,
}

/// An answer read from a file, matched to its sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The sample it answers.
    pub sample_id: String,
    /// The k-th answer to that sample, from 0.
    pub epoch: u32,
    /// The answer.
    pub attempt: Attempt,
}

/// What can go wrong in an adapter.
#[derive(Debug, thiserror::Error)]
pub enum BenchmarkError {
    /// Data, a file or an option is wrong: one sentence with what, where, what to do.
    #[error("{0}")]
    Input(String),
    /// The model gave no answer.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The judge could not judge.
    #[error(transparent)]
    Judge(#[from] JudgeError),
}

/// A named source of samples with its protocol, grading and metrics.
#[async_trait]
pub trait Benchmark: Send + Sync {
    /// What it is.
    fn card(&self) -> &Card;

    /// What must be at hand to grade.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Its samples, in upstream's order.
    fn samples(&self, source: &DataSource, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError>;

    /// The same, one by one. A benchmark that may have very many samples makes each when it is taken; it must give the same
    /// samples every time.
    fn stream<'a>(&'a self, source: &DataSource, selection: &Selection) -> Result<SampleStream<'a>, BenchmarkError> {
        Ok(Box::new(self.samples(source, selection)?.into_iter().map(Ok)))
    }

    /// SHA-256 over all prompt templates in use.
    fn prompt_sha256(&self) -> String;

    /// How answers are drawn unless the user says otherwise.
    fn sampling(&self, protocol: Protocol) -> Sampling;

    /// Independent attempts per sample that the protocol has, unless the user says otherwise.
    fn epochs(&self) -> u32 {
        1
    }

    /// The first (usually only) question about a sample, exactly as sent.
    fn request(&self, sample: &Sample, protocol: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError>;

    /// Asks. The default asks one question and takes its answer.
    async fn attempt(&self, sample: &Sample, sampling: &Sampling, session: Session<'_>) -> Result<Attempt, BenchmarkError> {
        let mut session = session;
        let protocol = session.protocol();
        let request = self.request(sample, protocol, sampling)?;
        let text = session.ask(request).await?.text.clone();
        let form = match protocol {
            Protocol::Chat => AnswerForm::Chat,
            Protocol::Completion => AnswerForm::Continuation,
        };
        Ok(session.finish(text, form))
    }

    /// Judges. Never asks the tested model.
    async fn grade(&self, sample: &Sample, attempt: &Attempt, judges: &dyn Judges) -> Result<Grade, BenchmarkError>;

    /// The reference answer as an attempt, where the benchmark has one; it must be graded `correct`.
    fn reference(&self, sample: &Sample) -> Option<Attempt>;

    /// Matches the rows of an answers file to samples; give all samples, not a selection. The default takes what
    /// [`import_by_id`] takes.
    fn import(&self, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
        import_by_id(samples, rows)
    }

    /// The figures, over every graded attempt of a run; pure.
    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric>;

    /// The same figures from attempts that come one by one. A benchmark whose figures can be had from a few numbers for each
    /// sample gives an implementation of its own, so that a run's length does not matter; the default keeps every attempt.
    fn figures(&self) -> Box<dyn Figures + '_> {
        Box::new(Gathered::new(self))
    }

    /// Whether figures are read off what was extracted from answers, too, which is then read from the store for them.
    fn reads_extracted(&self) -> bool {
        false
    }

    /// The headline figure alone, over the same: what [`Benchmark::metrics`] marks as such, else its first. Comparisons and
    /// leaderboards ask for it, a comparison of figures that are no means many times over; a benchmark whose other figures
    /// take long gives it directly.
    fn headline(&self, grades: &[GradedAttempt]) -> Option<Metric> {
        let mut metrics = self.metrics(grades);
        let place = metrics.iter().position(|metric| metric.headline).unwrap_or(0);
        (place < metrics.len()).then(|| metrics.swap_remove(place))
    }

    /// Plots that only this benchmark has, over the same; pure.
    fn plots(&self, _grades: &[GradedAttempt]) -> Vec<Plot> {
        Vec::new()
    }
}
