use crate::grading::{self, Extraction, Judging};
use crate::import::import;
use crate::item::{Item, letter};
use crate::language::Language;
use crate::load::{Paper, papers};
use crate::official_prompts::OfficialPrompts;
use crate::prompt::{self, Setting, Words};
use crate::shuffle::Shuffle;
use crate::subject::{slug, unify};
use crate::tally::Tallies;
use crate::variant::{self, Variant};
use crate::{builtin, metrics, picture, robust};
use async_trait::async_trait;
use proctor_core::{
    AnswerForm, AnswerRow, Attempt, Benchmark, BenchmarkError, Card, DataSource, Family, Figures, Grade, GradedAttempt, Imported,
    Judges, Message, Metric, Opened, Opening, Plot, Prompt, PromptSource, Protocol, Request, Role, Sample, SampleStream,
    Sampling, Selection, sha256_hex,
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// TUMLU-mini in all its languages, scripts and settings.
pub const FAMILY: Family = Family { cards, open };

/// What `-B key=value` may be.
const OPTIONS: [&str; 6] = ["subject", "shots", "shuffle", "extraction", "accept_duplicates", "option_text"];

/// The most shots a subject has upstream.
const MOST_SHOTS: usize = 5;

/// TUMLU-mini with one of its variants.
pub struct Tumlu {
    variant: Variant,
    card: Card,
    subjects: Vec<String>,
    most_shots: usize,
    shuffle: Shuffle,
    judging: Judging,
    /// What prompts are made of, by language.
    words: HashMap<&'static str, Words>,
    /// System messages by subject, kept from the last time samples were loaded: shots are data, not part of a sample.
    shots: RwLock<HashMap<String, String>>,
}

fn cards() -> Vec<Card> {
    variant::all().iter().map(card).collect()
}

fn open(name: &str, opening: &Opening) -> Option<Opened> {
    (name == "tumlu").then(|| Tumlu::new(opening).map(|benchmark| Arc::new(benchmark) as Arc<dyn Benchmark>))
}

fn card(variant: &Variant) -> Card {
    let title = match (variant.suffix.as_deref(), variant.languages.as_slice()) {
        (None, _) => "TUMLU-mini".to_owned(),
        (Some("scripts"), _) => "TUMLU-mini in two scripts".to_owned(),
        (Some(_), [language]) => format!("TUMLU-mini, {}", language.title),
        (Some(_), _) => "TUMLU-mini".to_owned(),
    };
    let (title, asked) = match variant.setting {
        Setting::AnswerOnly => (title, "the letter is asked for"),
        Setting::Solution => (title + ", worked solutions", "a worked solution is asked for"),
    };
    let languages = match variant.languages.as_slice() {
        [language] => language.title.to_owned(),
        languages => format!("{} Turkic languages", languages.len()),
    };
    Card {
        name: ["tumlu", variant.suffix.as_deref().map_or("", |_| ":"), variant.suffix.as_deref().unwrap_or_default()].concat(),
        title,
        summary: format!("School questions with four options in {languages}; {asked}."),
        paper: "arXiv 2502.11020".into(),
        data_licence: "CC-BY-4.0".into(),
        metrics: ["accuracy (robust)", "accuracy (official)", "unparsed"].map(str::to_owned).to_vec(),
        upstream_samples: variant.languages.iter().map(|language| language.upstream_samples).sum(),
        builtin_samples: variant.languages.iter().map(|language| builtin::count(language)).sum(),
        judge_version: format!("tumlu/1 robust/{}", robust::VERSION),
    }
}

/// The words of each language asked, the project's own or upstream's.
fn words(variant: &Variant, prompts: &PromptSource) -> Result<HashMap<&'static str, Words>, BenchmarkError> {
    let official = match prompts {
        PromptSource::Own => None,
        PromptSource::Official(folder) => Some(OfficialPrompts::read(folder)?),
    };
    let words = variant.languages.iter().map(|language| {
        let words = match &official {
            None => Words::of(language),
            Some(official) => official.words(language, variant.setting == Setting::Solution)?,
        };
        Ok((language.name, words))
    });
    words.collect()
}

impl Tumlu {
    fn new(opening: &Opening) -> Result<Tumlu, BenchmarkError> {
        let variant = variant::find(opening.variant.as_deref())?;
        opening.refuse_unknown("tumlu", &OPTIONS)?;
        let most_shots = match opening.option("shots") {
            None => MOST_SHOTS,
            Some(text) => text.parse().ok().filter(|shots| *shots <= MOST_SHOTS).ok_or_else(|| {
                let text: String = text.chars().take(80).collect();
                BenchmarkError::Input(format!("-B shots={text} is not known; write a number from 0 to {MOST_SHOTS}"))
            })?,
        };
        let yes = |key: &str, words: [&'static str; 2]| opening.choice(key, &words).map(|word| word == "yes");
        let judging = Judging {
            extraction: match opening.choice("extraction", &["robust", "official"])? {
                "robust" => Extraction::Robust,
                _ => Extraction::Official,
            },
            accept_duplicates: yes("accept_duplicates", ["yes", "no"])?,
            option_text: yes("option_text", ["yes", "no"])?,
        };
        let subjects = opening
            .option("subject")
            .map(|text| text.split(',').map(|name| name.trim().to_owned()).collect())
            .unwrap_or_default();
        let shuffle = Shuffle::parse(opening.option("shuffle"))?;
        let card = card(&variant);
        let words = words(&variant, &opening.prompts)?;
        Ok(Tumlu { variant, card, subjects, most_shots, shuffle, judging, words, shots: RwLock::default() })
    }

    fn words(&self, language: &Language) -> Words {
        self.words.get(language.name).cloned().unwrap_or_else(|| Words::of(language))
    }

    fn wanted(&self, papers: &[Paper]) -> Vec<usize> {
        let fits = |paper: &Paper| {
            let names = |wanted: &String| {
                unify(wanted).name == paper.subject.name || [slug(&paper.stem), slug(&paper.subject.name)].contains(&slug(wanted))
            };
            self.subjects.is_empty() || self.subjects.iter().any(names)
        };
        (0..papers.len()).filter(|place| papers.get(*place).is_some_and(fits)).collect()
    }

    /// The system message of a paper.
    fn system(&self, paper: &Paper) -> Result<String, BenchmarkError> {
        if self.most_shots == 0 {
            return Ok(String::new());
        }
        let wrong = |what: String| BenchmarkError::Input(format!("{}: {what}; -B shots=0 asks without shots", paper.shots_from));
        let shots: Vec<_> = paper.dev.iter().take(self.most_shots).cloned().collect();
        if shots.is_empty() {
            return Err(wrong(format!("there are no shots for {}", paper.id())));
        }
        if self.variant.setting == Setting::Solution
            && let Some(place) = shots.iter().position(|shot| shot.solution.is_none())
        {
            return Err(wrong(format!("shot {} of {} has no worked solution in `CoT`", place + 1, paper.id())));
        }
        prompt::shots(&self.words(paper.language), self.variant.setting, &shots, self.shuffle, &paper.id())
    }

    /// Its samples, each made when it is taken.
    fn load<'a>(&'a self, source: &DataSource) -> Result<SampleStream<'a>, BenchmarkError> {
        let alone = self.variant.languages.len() == 1;
        let mut all = Vec::new();
        for language in &self.variant.languages {
            all.extend(papers(language, source, alone)?);
        }
        let wanted = self.wanted(&all);
        if wanted.is_empty() {
            let mut known: Vec<String> = all.iter().map(|paper| slug(&paper.subject.name)).collect();
            known.sort();
            known.dedup();
            return Err(BenchmarkError::Input(format!(
                "{} has no subject `{}`; known are {}",
                self.card.name,
                self.subjects.join(","),
                known.join(", ")
            )));
        }
        let mut papers = Vec::with_capacity(wanted.len());
        let mut systems = HashMap::new();
        for (_, paper) in all.into_iter().enumerate().filter(|(place, _)| wanted.contains(place)) {
            let system = self.system(&paper)?;
            let shots_sha256 = sha256_hex(system.as_bytes());
            systems.insert(paper.id(), system);
            papers.push((paper, shots_sha256));
        }
        *self.shots.write().unwrap_or_else(PoisonError::into_inner) = systems;
        let of_paper = move |(paper, shots_sha256): (Paper, String)| {
            let items = paper.test.clone().items().enumerate();
            items.map(move |(row, item)| item.map(|item| self.sample(&paper, row, &item, &shots_sha256)))
        };
        let numbered = |(index, sample): (usize, Result<Sample, BenchmarkError>)| sample.map(|s| Sample { index, ..s });
        Ok(Box::new(papers.into_iter().flat_map(of_paper).enumerate().map(numbered)))
    }

    fn sample(&self, paper: &Paper, row: usize, item: &Item, shots_sha256: &str) -> Sample {
        let id = format!("{}/{row}", paper.id());
        let (choices, answer) = self.shuffle.apply(item, &id);
        let inputs = json!({
            "language": paper.language.name, "subject": paper.stem, "question": item.question, "choices": choices,
            "shots_sha256": shots_sha256,
        });
        let inputs = inputs.as_object().cloned().unwrap_or_default();
        let metadata = Map::from_iter([
            ("row".to_owned(), Value::from(row)),
            ("answer_in_file".to_owned(), letter(item.answer).to_string().into()),
        ]);
        Sample {
            group: group(paper, row).unwrap_or_else(|| id.clone()),
            id,
            index: 0,
            inputs,
            target: letter(answer).to_string().into(),
            strata: vec![
                paper.language.name.into(),
                paper.subject.name.clone(),
                format!("{} script", paper.language.script.title()),
            ],
            metadata,
        }
    }
}

/// The group of a question that is another one in another script: rows are aligned but for two subjects of Uzbek.
fn group(paper: &Paper, row: usize) -> Option<String> {
    let base = paper.language.variant_of?;
    let aligned = base != "uzbek" || !matches!(slug(&paper.stem).as_str(), "biology" | "language");
    aligned.then(|| format!("{base}/{}/{row}", slug(&paper.stem)))
}

#[async_trait]
impl Benchmark for Tumlu {
    fn card(&self) -> &Card {
        &self.card
    }

    fn samples(&self, source: &DataSource, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        self.stream(source, selection)?.collect()
    }

    fn stream<'a>(&'a self, source: &DataSource, selection: &Selection) -> Result<SampleStream<'a>, BenchmarkError> {
        selection.choose_from(self.load(source)?, &self.card.title)
    }

    fn prompt_sha256(&self) -> String {
        let words: Vec<String> = self.variant.languages.iter().map(|language| format!("{:?}", self.words(language))).collect();
        prompt::templates_sha256(&format!(
            "{:?} {:?} {} {}",
            self.variant.setting,
            self.shuffle,
            self.most_shots,
            words.join("|")
        ))
    }

    /// Spec section 3, decoding.
    fn sampling(&self, _protocol: Protocol) -> Sampling {
        Sampling { temperature: Some(0.0), top_p: Some(1.0), max_tokens: Some(1024), ..Sampling::default() }
    }

    fn request(&self, sample: &Sample, protocol: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError> {
        let wrong = || BenchmarkError::Input(format!("Sample {} is not one of {}", sample.id, self.card.name));
        let language = sample.text("language").and_then(Language::named).ok_or_else(wrong)?;
        let question = sample.text("question").ok_or_else(wrong)?;
        let choices = crate::item::choices(&Value::Object(sample.inputs.clone())).ok_or_else(wrong)?;
        let words = self.words(language);
        let user = prompt::question(&words, self.variant.setting, question, &choices)?;
        let subject = sample.id.rsplit_once('/').map(|(subject, _)| subject).ok_or_else(wrong)?;
        let shots = self.shots.read().unwrap_or_else(PoisonError::into_inner);
        let system = shots.get(subject).ok_or_else(wrong)?;
        let mut sampling = sampling.clone();
        let prompt = match protocol {
            Protocol::Chat if system.is_empty() => Prompt::Chat(vec![Message::new(Role::User, user)]),
            Protocol::Chat => Prompt::Chat(vec![Message::new(Role::System, system.as_str()), Message::new(Role::User, user)]),
            Protocol::Completion => {
                // A model that only continues would go on to invent the next question.
                if sampling.stop.is_empty() {
                    sampling.stop.push(format!("\n{}:", words.question));
                }
                Prompt::Completion([system, user.as_str()].concat())
            }
        };
        Ok(Request::new(prompt, sampling))
    }

    async fn grade(&self, sample: &Sample, attempt: &Attempt, _judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
        grading::grade(self.judging, sample, attempt)
    }

    /// The answer word in lower case, which the official extraction knows in every language.
    fn reference(&self, sample: &Sample) -> Option<Attempt> {
        let language = sample.text("language").and_then(Language::named)?;
        let text = format!("{}: {}", language.lower_answer_word(), sample.target.as_str()?);
        Some(Attempt::imported(text, AnswerForm::Final))
    }

    fn import(&self, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
        import(samples, rows)
    }

    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric> {
        let mut all = Vec::new();
        metrics::metrics(self.judging.extraction, &Tallies::of(grades), &mut |metric| all.push(metric));
        all
    }

    fn figures(&self) -> Box<dyn Figures + '_> {
        Box::new(TumluFigures { extraction: self.judging.extraction, tallies: Tallies::default() })
    }

    fn headline(&self, grades: &[GradedAttempt]) -> Option<Metric> {
        metrics::headline(self.judging.extraction, grades)
    }

    fn plots(&self, grades: &[GradedAttempt]) -> Vec<Plot> {
        picture::plots(&Tallies::of(grades))
    }
}

/// The figures of a run whose attempts come one by one.
struct TumluFigures {
    extraction: Extraction,
    tallies: Tallies,
}

impl Figures for TumluFigures {
    fn add(&mut self, grade: &GradedAttempt) {
        self.tallies.add(grade);
    }

    fn plots(&mut self) -> Vec<Plot> {
        self.tallies.close();
        picture::plots(&self.tallies)
    }

    fn finish(mut self: Box<Self>, take: &mut dyn FnMut(Metric)) {
        self.tallies.close();
        metrics::metrics(self.extraction, &self.tallies, take);
    }
}
