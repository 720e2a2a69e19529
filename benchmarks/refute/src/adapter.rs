use crate::grading::{Admissions, Mode, grade};
use crate::prompt::Prompts;
use crate::variant::Variant;
use crate::{agent, import, load, metrics};
use async_trait::async_trait;
use proctor_core::{
    AnswerForm, AnswerRow, Attempt, Benchmark, BenchmarkError, Card, DataSource, Family, Grade, GradedAttempt, Imported, Judges,
    Metric, Needs, Opened, Opening, Protocol, Request, Sample, Sampling, Selection, Session,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// REFUTE and its variants.
pub const FAMILY: Family = Family { cards, open };

const NAME: &str = "refute";
/// Changes when reading, judging or a metric changes in a way that can move a score.
const JUDGE_VERSION: &str = "refute/2";

/// REFUTE (arXiv 2502.19414), opened with its settings.
#[derive(Debug)]
pub struct Refute {
    card: Card,
    variant: Variant,
    mode: Mode,
    prompts: Prompts,
    /// The model's rating in contests, where it is known.
    model_rating: Option<f64>,
    /// Where the items came from.
    data: Mutex<Option<PathBuf>>,
    admissions: Admissions,
}

fn cards() -> Vec<Card> {
    Variant::ALL.map(card).to_vec()
}

fn card(variant: Variant) -> Card {
    let name = match variant {
        Variant::ZeroShot => NAME.to_owned(),
        _ => format!("{NAME}:{}", variant.word()),
    };
    Card {
        name,
        title: "REFUTE".into(),
        summary: variant.summary().into(),
        paper: "arXiv 2502.19414".into(),
        data_licence: "not stated; statements and programs belong to their authors".into(),
        metrics: ["success (official)", "success (strict)"].map(str::to_owned).to_vec(),
        upstream_samples: 324,
        builtin_samples: proctor_contests::refute_items().len(),
        judge_version: JUDGE_VERSION.into(),
    }
}

fn open(name: &str, opening: &Opening) -> Option<Opened> {
    (name == NAME).then(|| Refute::new(opening).map(|benchmark| Arc::new(benchmark) as Arc<dyn Benchmark>))
}

impl Refute {
    fn new(opening: &Opening) -> Result<Self, BenchmarkError> {
        opening.refuse_unknown(NAME, &["mode", "reasoning", "model_rating"])?;
        let variant = Variant::parse(opening.variant.as_deref())?;
        let mode = if opening.choice("mode", &["official", "strict"])? == "strict" { Mode::Strict } else { Mode::Official };
        let reasoning = opening.choice("reasoning", &["no", "yes"])? == "yes";
        let prompts = Prompts::of(&opening.prompts, variant, reasoning)?;
        let model_rating = match opening.option("model_rating") {
            None => None,
            Some(text) => match text.parse::<f64>().ok().filter(|rating| (-1000.0..=10_000.0).contains(rating)) {
                Some(rating) => Some(rating),
                None => return Err(BenchmarkError::Input("-B model_rating wants a rating, e.g. 1500".into())),
            },
        };
        let (admissions, data) = (Admissions::default(), Mutex::new(opening.data.clone()));
        Ok(Refute { card: card(variant), variant, mode, prompts, model_rating, data, admissions })
    }

    /// The items of a source.
    fn all(source: &DataSource) -> Result<Vec<Sample>, BenchmarkError> {
        match source {
            DataSource::BuiltIn => load::from_records("the built-in set", &proctor_contests::refute_items()),
            DataSource::Folder(path) => load::samples(path),
        }
    }

    /// How hard the items' problems are, by id, as far as the data is at hand.
    fn problem_ratings(&self) -> BTreeMap<String, f64> {
        let folder = self.data.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let samples = Self::all(&folder.map_or(DataSource::BuiltIn, DataSource::Folder)).unwrap_or_default();
        let rating = |sample: &Sample| sample.metadata.get("problem_rating").and_then(serde_json::Value::as_f64);
        samples.iter().filter_map(|sample| Some((sample.id.clone(), rating(sample)?))).collect()
    }
}

#[async_trait]
impl Benchmark for Refute {
    fn card(&self) -> &Card {
        &self.card
    }

    fn needs(&self) -> Needs {
        Needs { python: true, cpp: true, ..Needs::default() }
    }

    fn samples(&self, source: &DataSource, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        let all = Self::all(source)?;
        *self.data.lock().unwrap_or_else(PoisonError::into_inner) = match source {
            DataSource::BuiltIn => None,
            DataSource::Folder(path) => Some(path.clone()),
        };
        selection.choose(all, &self.card.title)
    }

    fn prompt_sha256(&self) -> String {
        self.prompts.sha256()
    }

    /// Spec section 3: chat models.
    fn sampling(&self, _protocol: Protocol) -> Sampling {
        Sampling { temperature: Some(0.2), top_p: Some(0.95), max_tokens: Some(8192), ..Sampling::default() }
    }

    fn request(&self, sample: &Sample, protocol: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError> {
        Ok(Request::new(self.prompts.build(sample, protocol), sampling.clone()))
    }

    async fn attempt(&self, sample: &Sample, sampling: &Sampling, session: Session<'_>) -> Result<Attempt, BenchmarkError> {
        let protocol = session.protocol();
        let request = self.request(sample, protocol, sampling)?;
        if self.variant == Variant::Agent {
            let validator = sample.target.get("validator").and_then(serde_json::Value::as_str).unwrap_or_default();
            return agent::ask(request, validator, session).await;
        }
        let mut session = session;
        let text = session.ask(request).await?.text.clone();
        let form = if protocol == Protocol::Chat { AnswerForm::Chat } else { AnswerForm::Continuation };
        Ok(session.finish(text, form))
    }

    async fn grade(&self, sample: &Sample, attempt: &Attempt, judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
        grade(sample, attempt, self.variant, self.mode, &self.admissions, judges).await
    }

    /// A program that prints the item's known counterexample, where it has one.
    fn reference(&self, sample: &Sample) -> Option<Attempt> {
        let input = sample.target.get("counterexample").and_then(serde_json::Value::as_str)?;
        let quoted = serde_json::Value::from(input).to_string();
        let action = |name: &str, code: &str| {
            format!("<action>\n<name>{name}</name>\n<code>\n{code}\n</code>\n<lang>Python 3</lang>\n</action>")
        };
        let printer = format!("print({quoted}, end=\"\")");
        let text = match self.variant {
            Variant::Search => {
                let brute = sample.text("correct_python")?;
                format!("{}\n{}", action("solve_brute", brute), action("generate_tc", &printer))
            }
            Variant::SearchOracle => action("generate_tc", &printer),
            _ => action("print_fail_case", &printer),
        };
        Some(Attempt::imported(text, AnswerForm::Chat))
    }

    fn import(&self, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
        import::import(samples, rows)
    }

    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric> {
        let mut metrics = metrics::metrics(grades, if self.mode == Mode::Strict { "strict" } else { "official" });
        if let Some(rating) = self.model_rating {
            metrics.extend(metrics::expected_to_solve(grades, rating, &self.problem_ratings()));
        }
        metrics
    }
}
