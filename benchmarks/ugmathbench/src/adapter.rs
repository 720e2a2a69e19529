use crate::builtin::TEMPLATES;
use crate::item::Instance;
use crate::official::OfficialPrompts;
use crate::options::{Mode, OfficialJudge, Options, Style};
use crate::prompt::{self, Wording};
use crate::subjects::{VERSIONS, upstream_problems};
use crate::{grading, import, judging, load, metrics, picture};
use async_trait::async_trait;
use proctor_core::{
    AnswerForm, AnswerRow, Attempt, Benchmark, BenchmarkError, Card, DataSource, Family, Grade, GradedAttempt, Imported, Judges,
    Metric, Needs, Opened, Opening, Plot, PromptSource, Protocol, Request, Sample, Sampling, Selection, Session, sha256_hex,
};
use std::sync::Arc;

const NAME: &str = "ugmathbench";

/// UGMathBench; after a colon, one subject of it.
pub const FAMILY: Family = Family { cards: || vec![card(None)], open };

/// Changes when extraction, a judge or a figure changes in a way that can move a score.
const JUDGE_VERSION: &str = "ugmathbench/1";

/// Most tokens of an answer; for open models, upstream counts the prompt among them.
const MAX_TOKENS: u32 = 2048;

/// UGMathBench, opened.
pub struct UgMathBench {
    options: Options,
    wording: Wording,
    card: Card,
}

fn open(name: &str, opening: &Opening) -> Option<Opened> {
    (name == NAME).then(|| UgMathBench::open(opening).map(|benchmark| Arc::new(benchmark) as Arc<dyn Benchmark>))
}

fn card(options: Option<&Options>) -> Card {
    let subject = options.and_then(|options| options.subject);
    let templates = TEMPLATES.iter().copied().flatten();
    let built_in = templates.filter(|template| subject.is_none_or(|subject| subject.name == template.subject)).count();
    Card {
        name: match subject {
            None => NAME.into(),
            Some(subject) => format!("{NAME}:{}", crate::subjects::slug(subject.name)),
        },
        title: match subject {
            None => "UGMathBench".into(),
            Some(subject) => format!("UGMathBench, {}", crate::subjects::title(subject.name)),
        },
        summary: "Undergraduate mathematics with free-form answers; a problem counts when all three versions of it are right \
                  (one subject: ugmathbench:SUBJECT)."
            .into(),
        paper: "arXiv 2501.13766".into(),
        data_licence: "GPL-3.0".into(),
        metrics: ["EAcc", "AAcc", "CAcc", "Delta", "RE", "Acc v1", "Acc v2", "Acc v3"].map(str::to_owned).to_vec(),
        upstream_samples: VERSIONS * subject.map_or_else(upstream_problems, |subject| subject.problems),
        builtin_samples: VERSIONS * built_in,
        judge_version: format!("{JUDGE_VERSION} {}", judging::VERSION),
    }
}

impl UgMathBench {
    fn open(opening: &Opening) -> Result<Self, BenchmarkError> {
        let options = Options::parse(NAME, opening)?;
        let wording = match &opening.prompts {
            PromptSource::Own => Wording::Own,
            PromptSource::Official(folder) => Wording::Official(Box::new(OfficialPrompts::load(folder, &options)?)),
        };
        Ok(Self { card: card(Some(&options)), options, wording })
    }
}

#[async_trait]
impl Benchmark for UgMathBench {
    fn card(&self) -> &Card {
        &self.card
    }

    fn needs(&self) -> Needs {
        Needs { judge: self.options.asks_judge(), ..Needs::default() }
    }

    fn samples(&self, source: &DataSource, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        let samples = load::samples(source, self.options.subject, self.options.order)?;
        let selection = Selection { ids: whole_problems(&selection.ids, &samples), limit: selection.limit };
        selection.choose(samples, &self.card.title)
    }

    fn prompt_sha256(&self) -> String {
        let style = match self.options.style {
            Style::Closed => "closed",
            Style::Open => "open",
        };
        sha256_hex([style, &self.options.wrapper, &self.wording.sha256()].join("\0").as_bytes())
    }

    /// Spec section 3.
    fn sampling(&self, protocol: Protocol) -> Sampling {
        let greedy = Sampling { temperature: Some(0.0), max_tokens: Some(MAX_TOKENS), ..Sampling::default() };
        match (self.options.style, protocol) {
            (Style::Closed, Protocol::Chat) => greedy,
            (Style::Open, _) | (_, Protocol::Completion) => Sampling { top_p: Some(1.0), stop: stop(), ..greedy },
        }
    }

    fn request(&self, sample: &Sample, protocol: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError> {
        let prompt = prompt::build(&self.wording, self.options.style, protocol, &Instance::of(sample)?)?;
        Ok(Request::new(prompt, sampling.clone()))
    }

    /// One question. Open models get what upstream's context of 2048 tokens leaves after the prompt, where the prompt's
    /// tokens can be counted and the user has not chosen another limit.
    async fn attempt(&self, sample: &Sample, sampling: &Sampling, session: Session<'_>) -> Result<Attempt, BenchmarkError> {
        let mut session = session;
        let protocol = session.protocol();
        let mut request = self.request(sample, protocol, sampling)?;
        if self.options.style == Style::Open
            && sampling.max_tokens == Some(MAX_TOKENS)
            && let Some(used) = session.count_tokens(&request)
        {
            let left = u64::from(MAX_TOKENS).saturating_sub(used).max(1);
            request.sampling.max_tokens = u32::try_from(left).ok();
        }
        let text = session.ask(request).await?.text.clone();
        let form = match protocol {
            Protocol::Chat => AnswerForm::Chat,
            Protocol::Completion => AnswerForm::Continuation,
        };
        Ok(session.finish(text, form))
    }

    async fn grade(&self, sample: &Sample, attempt: &Attempt, judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
        grading::grade(&self.options, &self.wording, sample, attempt, judges).await
    }

    /// The references in one box. Upstream's judge rejects some of its own references; those versions have none here.
    fn reference(&self, sample: &Sample) -> Option<Attempt> {
        let instance = Instance::of(sample).ok()?;
        if instance.version.answers.is_empty() {
            return None;
        }
        let text = boxed(&instance.version.answers);
        let built_in = sample.metadata.get("provenance").and_then(|words| words.as_str()) == Some(crate::builtin::PROVENANCE);
        let accepted = || match (self.options.mode, self.options.judge) {
            (Mode::Improved, _) => judging::improved(&instance, &text).right,
            (Mode::Official, judge) => judging::official(&instance, &text, judge).right,
        };
        (built_in && self.options.judge == OfficialJudge::Rule || accepted())
            .then(|| Attempt::imported(text.clone(), AnswerForm::Chat))
    }

    /// Give all samples, not a selection: rows for others are an error.
    fn import(&self, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
        import::import(samples, rows)
    }

    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric> {
        metrics::metrics(self.options.mode, self.card.upstream_samples / VERSIONS, grades)
    }

    fn headline(&self, grades: &[GradedAttempt]) -> Option<Metric> {
        metrics::headline(self.options.mode, grades)
    }

    fn plots(&self, grades: &[GradedAttempt]) -> Vec<Plot> {
        picture::plot(self.options.mode, grades).into_iter().collect()
    }
}

/// Ids as given, but a problem's id stands for all of its versions.
fn whole_problems(ids: &[String], samples: &[Sample]) -> Vec<String> {
    let versions = |id: &String| {
        let found: Vec<String> = samples.iter().filter(|sample| sample.group == *id).map(|sample| sample.id.clone()).collect();
        if found.is_empty() { vec![id.clone()] } else { found }
    };
    ids.iter().flat_map(versions).collect()
}

/// Answers as the prompt wants them.
fn boxed(answers: &[String]) -> String {
    let (subject, verb) = if answers.len() == 1 { ("answer", "is") } else { ("answers", "are") };
    format!("The final {subject} {verb} \\boxed{{{}}}", answers.join(", "))
}

/// Upstream's stop strings for open models. The bare words cut every solution that uses one of them (quirk Q20).
fn stop() -> Vec<String> {
    let words = ["Question", "USER", "ASSISTANT", "Instruction", "Response"];
    let marks = ["<|eot_id|>", "</s>"].map(str::to_owned);
    marks.into_iter().chain(words.iter().flat_map(|word| [format!("{word}:"), (*word).to_owned()])).collect()
}
