use crate::grading::{JudgedBy, Settings, grade};
use crate::metrics::metrics;
use crate::prompt::Prompts;
use crate::ratings::Ranking;
use crate::{generated, import, load, ratings};
use async_trait::async_trait;
use proctor_contest::RatingMode;
use proctor_core::{
    AnswerForm, AnswerRow, Attempt, Benchmark, BenchmarkError, Card, DataSource, Family, Grade, GradedAttempt, Imported, Judges,
    Message, Metric, Needs, Opened, Opening, Plot, Prompt, Protocol, Request, Role, Sample, Sampling, Selection,
};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// CodeElo and its variant in Python.
pub const FAMILY: Family = Family { cards, open };

const NAME: &str = "codeelo";
const PYTHON: &str = "python";
/// Changes when extraction, judging or a metric changes in a way that can move a score.
const JUDGE_VERSION: &str = "codeelo/2";
/// What Python's time limits are multiplied with unless said otherwise: the platform's people use PyPy.
const PYTHON_FACTOR: f64 = 5.0;

/// CodeElo (arXiv 2501.01257), opened with its settings.
#[derive(Debug)]
pub struct CodeElo {
    card: Card,
    language: &'static str,
    settings: Settings,
    prompts: Prompts,
    mode: RatingMode,
    /// Where contests and people's ratings lie, where that is not beside the problems.
    contests: Option<PathBuf>,
    /// Problems whose tests and checkers take the place of the data's own.
    tests_from: Option<PathBuf>,
    /// Tests that are added to the data's own.
    generated: Option<PathBuf>,
    /// Where the problems came from, where only figures are wanted.
    data: Option<PathBuf>,
    ranking: Mutex<Option<Ranking>>,
}

fn cards() -> Vec<Card> {
    [false, true].map(card).to_vec()
}

fn card(python: bool) -> Card {
    let language = if python { "Python" } else { "C++" };
    Card {
        name: if python { format!("{NAME}:{PYTHON}") } else { NAME.to_owned() },
        title: "CodeElo".into(),
        summary: format!("Contest problems solved in {language}, judged here, and a rating among the contests' people."),
        paper: "arXiv 2501.01257".into(),
        data_licence: "Apache-2.0".into(),
        metrics: ["rating", "percentile among people", "pass@1", "pass@8"].map(str::to_owned).to_vec(),
        upstream_samples: 387,
        builtin_samples: proctor_contests::problems().len(),
        judge_version: JUDGE_VERSION.into(),
    }
}

fn open(name: &str, opening: &Opening) -> Option<Opened> {
    (name == NAME).then(|| CodeElo::new(opening).map(|benchmark| Arc::new(benchmark) as Arc<dyn Benchmark>))
}

impl CodeElo {
    fn new(opening: &Opening) -> Result<Self, BenchmarkError> {
        let known = ["extraction", "judge", "rating", "python_factor", "tests", "tests_from", "generated_tests", "contests"];
        opening.refuse_unknown(NAME, &known)?;
        let python = match opening.variant.as_deref() {
            None => false,
            Some(PYTHON) => true,
            Some(other) => {
                let other: String = other.chars().take(80).collect();
                return Err(BenchmarkError::Input(format!("codeelo has no variant `{other}`; it has: {PYTHON}")));
            }
        };
        let factor = opening.option("python_factor").map_or(Some(PYTHON_FACTOR), |factor| factor.parse().ok());
        let factor = factor.filter(|factor| (0.1..=100.0).contains(factor));
        let python_factor =
            factor.ok_or_else(|| BenchmarkError::Input("-B python_factor wants a number from 0.1 to 100".into()))?;
        let official = opening.choice("extraction", &["official", "robust"])? == "official";
        let all_tests = opening.choice("tests", &["first-failure", "all"])? == "all";
        let corrected = opening.choice("rating", &["official", "corrected"])? == "corrected";
        let service = opening.choice("judge", &["local", "service"])? == "service";
        let judged_by = if service { JudgedBy::Service } else { JudgedBy::Sandbox };
        let language = if python { "Python 3" } else { "C++" };
        let folder = |key: &str| opening.option(key).map(PathBuf::from);
        Ok(CodeElo {
            card: card(python),
            language,
            settings: Settings { official, python_factor, all_tests, judged_by },
            prompts: Prompts::of(&opening.prompts, language)?,
            mode: if corrected { RatingMode::Corrected } else { RatingMode::Official },
            contests: folder("contests"),
            tests_from: folder("tests_from"),
            generated: folder("generated_tests"),
            data: opening.data.clone(),
            ranking: Mutex::new(None),
        })
    }

    fn keep(&self, ranking: Ranking) {
        *self.ranking.lock().unwrap_or_else(PoisonError::into_inner) = Some(ranking);
    }

    /// The contests of `-B contests=FOLDER`, of the data opened, or the built-in ones.
    fn ranking(&self) -> Ranking {
        if let Some(ranking) = self.ranking.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return ranking;
        }
        let folder = self.contests.as_deref().or(self.data.as_deref());
        // A folder that has gone since the run has no contests; those of other problems are not its own.
        let ranking = folder.map_or_else(builtin_ranking, |folder| folder_ranking(folder).unwrap_or_default());
        self.keep(ranking.clone());
        ranking
    }
}

fn builtin_ranking() -> Ranking {
    let contests = load::parse_contests("the built-in set", &proctor_contests::contests()).unwrap_or_default();
    Ranking { contests, people: None }
}

fn folder_ranking(folder: &Path) -> Result<Ranking, BenchmarkError> {
    Ok(Ranking { contests: load::contests(folder)?, people: load::people(folder)? })
}

#[async_trait]
impl Benchmark for CodeElo {
    fn card(&self) -> &Card {
        &self.card
    }

    fn needs(&self) -> Needs {
        match self.settings.judged_by {
            JudgedBy::Sandbox => Needs { python: true, cpp: true, ..Needs::default() },
            JudgedBy::Service => Needs { service: true, ..Needs::default() },
        }
    }

    fn samples(&self, source: &DataSource, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        let all = match source {
            DataSource::BuiltIn => load::from_records("the built-in set", &proctor_contests::problems())?,
            DataSource::Folder(path) => load::samples(path)?,
        };
        let mut all = match &self.tests_from {
            Some(folder) => load::with_tests_from(all, folder)?,
            None => all,
        };
        match (&self.generated, source) {
            (Some(folder), _) if generated::add(&mut all, folder)? == 0 => {
                let folder = folder.display();
                return Err(BenchmarkError::Input(format!(
                    "{folder} has no generated tests of these problems (test_cases_….jsonl)"
                )));
            }
            (None, DataSource::Folder(path)) => {
                generated::add(&mut all, path)?;
            }
            _ => {}
        }
        match (self.contests.as_deref(), source) {
            (Some(folder), _) => self.keep(folder_ranking(folder)?),
            (None, DataSource::Folder(path)) => self.keep(folder_ranking(path)?),
            (None, DataSource::BuiltIn) => self.keep(builtin_ranking()),
        }
        selection.choose(all, &self.card.title)
    }

    fn prompt_sha256(&self) -> String {
        self.prompts.sha256(self.language)
    }

    /// Eight attempts at each problem (spec section 3).
    fn epochs(&self) -> u32 {
        8
    }

    /// Spec section 3, but for stop strings that cut programs and for the 4,096 tokens that cut thoughts.
    fn sampling(&self, _protocol: Protocol) -> Sampling {
        Sampling { temperature: Some(0.7), top_p: Some(0.8), top_k: Some(20), max_tokens: Some(32768), ..Sampling::default() }
    }

    fn request(&self, sample: &Sample, protocol: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError> {
        let text = self.prompts.build(sample);
        let prompt = match protocol {
            Protocol::Chat => Prompt::Chat(vec![Message::new(Role::User, text)]),
            Protocol::Completion => Prompt::Completion(format!("{text}\n\nSolution:\n")),
        };
        Ok(Request::new(prompt, sampling.clone()))
    }

    async fn grade(&self, sample: &Sample, attempt: &Attempt, judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
        grade(sample, attempt, self.settings, judges).await
    }

    /// An accepted program, where the problem has one; nothing of ours is submitted to the judging service.
    fn reference(&self, sample: &Sample) -> Option<Attempt> {
        if self.settings.judged_by == JudgedBy::Service {
            return None;
        }
        let (field, tag) = if self.language == "C++" { ("cpp", "cpp") } else { ("python", "python") };
        let code = sample.target.get(field).and_then(serde_json::Value::as_str)?;
        Some(Attempt::imported(format!("```{tag}\n{}\n```", code.trim_end()), AnswerForm::Chat))
    }

    fn import(&self, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
        import::import(samples, rows)
    }

    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric> {
        metrics(grades, &self.ranking(), self.mode, self.settings.judged_by)
    }

    fn plots(&self, grades: &[GradedAttempt]) -> Vec<Plot> {
        ratings::plot(grades, &self.ranking(), self.mode).into_iter().collect()
    }
}
