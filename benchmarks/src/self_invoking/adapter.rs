use super::import::{import, resolve};
use super::item::Item;
use super::metrics::Tallies;
use super::official::Official;
use super::set::{Execution, SETS, Set, Variant};
use super::{grading, load, metrics, prompt};
use async_trait::async_trait;
use proctor_core::{
    AnswerForm, AnswerRow, Attempt, Benchmark, BenchmarkError, Card, DataSource, Family, Figures, Grade, GradedAttempt, Imported,
    Judges, Metric, Needs, Opened, Opening, Plot, PromptSource, Protocol, Request, Sample, Sampling, Selection,
};
use std::sync::Arc;

/// The three sets and their variants.
pub const FAMILY: Family = Family { cards, open };

/// Changes when extraction, execution or a metric changes in a way that can move a score. The work limit, which follows
/// the calibration of the sandbox, stands beside it.
const JUDGE_VERSION: &str = "self-invoking/1";

/// One of the three sets with one of its prompts.
pub struct SelfInvoking {
    set: &'static Set,
    variant: Variant,
    /// Upstream's words, where the questions are to be asked in those.
    words: Option<Official>,
    card: Card,
}

fn cards() -> Vec<Card> {
    SETS.iter().flat_map(|set| variants(set).map(|variant| card(set, variant))).collect()
}

fn open(name: &str, opening: &Opening) -> Option<Opened> {
    let set = SETS.iter().find(|set| set.name == name)?;
    let opened = opening.refuse_unknown(name, &[]).and_then(|()| SelfInvoking::new(set, opening));
    Some(opened.map(|benchmark| Arc::new(benchmark) as Arc<dyn Benchmark>))
}

/// The variants of a set. Upstream has none of BigCodeBench-Lite Pro.
fn variants(set: &Set) -> impl Iterator<Item = Variant> {
    let all = set.example_line.is_some();
    Variant::ALL.into_iter().filter(move |variant| all || *variant == Variant::ZeroShot)
}

fn card(set: &Set, variant: Variant) -> Card {
    let (plain, metrics): (_, &[&str]) = match set.execution {
        Execution::CodeEval => {
            ("Solve a base problem, then a harder one that calls it; the second is tested.", &["pass@1", "pass@5", "pass@10"])
        }
        Execution::Script => ("The same with numpy, pandas, matplotlib and other libraries.", &["pass rate"]),
    };
    Card {
        name: [set.name, variant.suffix().map_or("", |_| ":"), variant.suffix().unwrap_or_default()].concat(),
        title: set.title.into(),
        summary: variant.summary().unwrap_or(plain).into(),
        paper: "arXiv 2412.21199".into(),
        data_licence: set.licence.into(),
        metrics: metrics.iter().map(|name| (*name).into()).collect(),
        upstream_samples: set.upstream_samples,
        builtin_samples: set.builtin_samples,
        judge_version: format!("{JUDGE_VERSION} work={}", set.execution.limits().work),
    }
}

impl SelfInvoking {
    fn new(set: &'static Set, opening: &Opening) -> Result<Self, BenchmarkError> {
        let variant = opening.variant.as_deref();
        let found = variants(set).find(|known| known.suffix() == variant);
        let Some(found) = found else {
            let known: Vec<_> = variants(set).filter_map(Variant::suffix).map(|name| format!("{}:{name}", set.name)).collect();
            let hint = match known.is_empty() {
                true => format!("upstream defines only the plain prompt for this set; use `{}`", set.name),
                false => format!("known are `{}`, {}", set.name, known.join(", ")),
            };
            let variant: String = variant.unwrap_or_default().chars().take(80).collect();
            return Err(BenchmarkError::Input(format!("{} has no variant `{variant}`: {hint}", set.title)));
        };
        let words = match &opening.prompts {
            PromptSource::Own => None,
            PromptSource::Official(folder) => Some(Official::read(folder, set)?),
        };
        Ok(Self { set, variant: found, words, card: card(set, found) })
    }

    fn select(&self, samples: Vec<Sample>, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        let mut wanted = Vec::with_capacity(selection.ids.len());
        for id in &selection.ids {
            let Some(sample) = resolve(self.set, &samples, id) else {
                let (Some(first), Some(last)) = (samples.first(), samples.last()) else { continue };
                return Err(BenchmarkError::Input(format!(
                    "{} has no sample `{id}` here; its {} ids go from {} to {}",
                    self.set.title,
                    samples.len(),
                    first.id,
                    last.id
                )));
            };
            wanted.push(sample.index);
        }
        let chosen = samples.into_iter().filter(|sample| selection.ids.is_empty() || wanted.contains(&sample.index));
        Ok(chosen.take(selection.limit.unwrap_or(usize::MAX)).collect())
    }
}

#[async_trait]
impl Benchmark for SelfInvoking {
    fn card(&self) -> &Card {
        &self.card
    }

    fn needs(&self) -> Needs {
        Needs { python: true, ..Needs::default() }
    }

    fn samples(&self, source: &DataSource, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        self.select(load::samples(self.set, source)?, selection)
    }

    fn prompt_sha256(&self) -> String {
        prompt::templates_sha256(self.words.as_ref(), self.variant)
    }

    /// Spec section 3.3.
    fn sampling(&self, protocol: Protocol) -> Sampling {
        match protocol {
            Protocol::Chat => Sampling { temperature: Some(0.2), ..Sampling::default() },
            Protocol::Completion => Sampling {
                temperature: Some(0.0),
                top_p: Some(1.0),
                max_tokens: Some(4096),
                stop: ["<|endoftext|>", "<|endofmask|>", "</s>", "<|EOT|>"].map(str::to_owned).to_vec(),
                ..Sampling::default()
            },
        }
    }

    fn request(&self, sample: &Sample, protocol: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError> {
        let prompt = prompt::build(self.words.as_ref(), self.set, self.variant, protocol, &Item::of(sample)?)?;
        Ok(Request::new(prompt, sampling.clone()))
    }

    async fn grade(&self, sample: &Sample, attempt: &Attempt, judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
        grading::grade(self.set, sample, attempt, judges).await
    }

    fn reference(&self, sample: &Sample) -> Option<Attempt> {
        Item::of(sample).ok().map(|item| Attempt::imported(item.canonical(), AnswerForm::Final))
    }

    /// Give all samples of the set, not a selection: rows for others are an error.
    fn import(&self, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
        import(self.set, samples, rows)
    }

    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric> {
        metrics::metrics(self.set, Tallies::of(grades))
    }

    fn figures(&self) -> Box<dyn Figures + '_> {
        Box::new(SelfInvokingFigures { set: self.set, tallies: Tallies::default() })
    }
}

/// The figures of a run whose attempts come one by one.
struct SelfInvokingFigures {
    set: &'static Set,
    tallies: Tallies,
}

impl Figures for SelfInvokingFigures {
    fn add(&mut self, grade: &GradedAttempt) {
        self.tallies.add(grade);
    }

    fn plots(&mut self) -> Vec<Plot> {
        Vec::new()
    }

    fn finish(self: Box<Self>, take: &mut dyn FnMut(Metric)) {
        metrics::metrics(self.set, self.tallies).into_iter().for_each(take);
    }
}
