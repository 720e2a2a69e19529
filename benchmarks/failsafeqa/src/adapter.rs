use crate::attempt;
use crate::builtin;
use crate::prompt::Prompts;
use crate::samples::{Contexts, samples};
use crate::settings::{NAME, PAIRED, Settings};
use crate::{grading, import, load, metrics};
use async_trait::async_trait;
use proctor_core::{
    AnswerRow, Attempt, Benchmark, BenchmarkError, Card, DataSource, Family, Grade, GradedAttempt, Imported, Judges, Metric,
    Needs, Opened, Opening, Protocol, Request, Sample, Sampling, Selection, Session,
};
use std::sync::Arc;

/// FailSafeQA and its variant.
pub const FAMILY: Family = Family { cards, open };

/// Changes when the judge's question, the reading of its rating or a metric changes in a way that can move a score.
const JUDGE_VERSION: &str = "failsafeqa/1";
/// Upstream's 220 records by seven cases.
const UPSTREAM_SAMPLES: usize = 1540;

/// FailSafeQA (arXiv 2502.06329), opened with its settings.
#[derive(Debug)]
pub struct FailSafeQa {
    card: Card,
    settings: Settings,
    prompts: Prompts,
    contexts: Contexts,
}

fn cards() -> Vec<Card> {
    [false, true].map(card).to_vec()
}

fn card(paired: bool) -> Card {
    let summary = match paired {
        false => {
            "Questions over long financial filings, asked badly, over bad scans, or with nothing to answer from; rated by a \
             judge model."
        }
        true => "The same, with another record's filing as irrelevant context, drawn at random.",
    };
    Card {
        name: if paired { format!("{NAME}:{PAIRED}") } else { NAME.to_owned() },
        title: "FailSafeQA".into(),
        summary: summary.into(),
        paper: "arXiv 2502.06329".into(),
        data_licence: "MIT; the filings are public (EDGAR)".into(),
        metrics: ["LLMC_0.5", "Robustness", "Context Grounding", "Compliance"].map(str::to_owned).to_vec(),
        upstream_samples: UPSTREAM_SAMPLES,
        builtin_samples: builtin::RECORDS * crate::case::CASES,
        judge_version: JUDGE_VERSION.into(),
    }
}

fn open(name: &str, opening: &Opening) -> Option<Opened> {
    (name == NAME).then(|| FailSafeQa::new(opening).map(|benchmark| Arc::new(benchmark) as Arc<dyn Benchmark>))
}

impl FailSafeQa {
    fn new(opening: &Opening) -> Result<Self, BenchmarkError> {
        let settings = Settings::of(opening)?;
        let prompts = Prompts::of(&opening.prompts)?;
        Ok(Self { card: card(settings.paired.is_some()), settings, prompts, contexts: Contexts::default() })
    }

    fn build(&self, sample: &Sample, context: &str, protocol: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError> {
        let question = sample.text("question").unwrap_or_default();
        Ok(Request::new(self.prompts.answer(protocol, context, question)?, sampling.clone()))
    }
}

#[async_trait]
impl Benchmark for FailSafeQa {
    fn card(&self) -> &Card {
        &self.card
    }

    fn needs(&self) -> Needs {
        Needs { judge: true, ..Needs::default() }
    }

    /// An id without a slash chooses all cases of a record.
    fn samples(&self, source: &DataSource, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        let records = match source {
            DataSource::BuiltIn => builtin::records()?,
            DataSource::Folder(path) => load::records(path)?,
        };
        let all = samples(&records, self.settings.paired, &self.contexts)?;
        let mut wanted = Vec::with_capacity(selection.ids.len());
        for id in &selection.ids {
            let cases = all.iter().filter(|sample| sample.group == *id).map(|sample| sample.id.clone());
            let before = wanted.len();
            wanted.extend(cases);
            if wanted.len() == before {
                wanted.push(id.clone());
            }
        }
        Selection { ids: wanted, limit: selection.limit }.choose(all, &self.card.title)
    }

    fn prompt_sha256(&self) -> String {
        self.prompts.sha256()
    }

    /// Spec section 4. Raw completion ends where the frame would begin again.
    fn sampling(&self, protocol: Protocol) -> Sampling {
        let stop = match protocol {
            Protocol::Chat => Vec::new(),
            Protocol::Completion => ["</answer>", "<question>", "<document>"].map(str::to_owned).to_vec(),
        };
        Sampling { temperature: Some(0.0), max_tokens: Some(2048), stop, ..Sampling::default() }
    }

    fn request(&self, sample: &Sample, protocol: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError> {
        self.build(sample, &self.contexts.of(sample)?, protocol, sampling)
    }

    async fn attempt(&self, sample: &Sample, sampling: &Sampling, session: Session<'_>) -> Result<Attempt, BenchmarkError> {
        let context = self.contexts.of(sample)?;
        let protocol = session.protocol();
        let build = |context: &str| self.build(sample, context, protocol, sampling);
        attempt::ask(build, &context, self.settings.window, session).await
    }

    async fn grade(&self, sample: &Sample, attempt: &Attempt, judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
        grading::grade(&self.prompts, &self.settings, sample, attempt, judges).await
    }

    /// None: what a judge model makes of a right answer says more about the judge than about the harness.
    fn reference(&self, _sample: &Sample) -> Option<Attempt> {
        None
    }

    fn import(&self, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
        import::import(samples, rows)
    }

    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric> {
        metrics::metrics(&self.settings, grades)
    }

    fn headline(&self, grades: &[GradedAttempt]) -> Option<Metric> {
        metrics::headline(&self.settings, grades)
    }
}
