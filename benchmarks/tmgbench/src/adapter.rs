use crate::cells::Cells;
use crate::grading::{gold, grade, write_answers};
use crate::import::{full_id, import};
use crate::metrics::metrics;
use crate::mode::{Form, Mode};
use crate::official::Official;
use crate::picture::plot_of;
use crate::samples::samples;
use crate::setup::{NAME, Setup};
use crate::tally::Tally;
use crate::task::Task;
use crate::{prompt, template};
use async_trait::async_trait;
use proctor_core::{
    AnswerForm, AnswerRow, Attempt, Benchmark, BenchmarkError, Card, DataSource, Family, Figures, Grade, GradedAttempt, Imported,
    Judges, Message, Metric, Opened, Opening, Plot, Prompt, PromptSource, Protocol, Request, Role, Sample, Sampling, Selection,
    Session,
};
use std::sync::Arc;

/// TMGBench: its two settings in six modes, and its composites.
pub const FAMILY: Family = Family { cards, open };

fn cards() -> Vec<Card> {
    Setup::listed().iter().map(Setup::card).collect()
}

fn open(name: &str, opening: &Opening) -> Option<Opened> {
    (name == NAME).then(|| Ok(Arc::new(Tmgbench::open(opening)?) as Arc<dyn Benchmark>))
}

/// The benchmark in one setup.
struct Tmgbench {
    setup: Setup,
    official: Option<Official>,
    card: Card,
}

impl Tmgbench {
    fn open(opening: &Opening) -> Result<Tmgbench, BenchmarkError> {
        let setup = Setup::open(opening)?;
        let official = match &opening.prompts {
            PromptSource::Own => None,
            PromptSource::Official(folder) if setup.form == Form::Single => Some(Official::read(folder, setup.mode)?),
            PromptSource::Official(_) => {
                return Err(BenchmarkError::Input(format!("{} has no prompt files; leave out --prompts", setup.name())));
            }
        };
        let card = setup.card();
        Ok(Tmgbench { setup, official, card })
    }

    /// The turns of a conversation: all games in order, each with the questions and answers before it.
    async fn dialogue(&self, sample: &Sample, sampling: &Sampling, mut session: Session<'_>) -> Result<Attempt, BenchmarkError> {
        self.refuse_completion(session.protocol())?;
        let mut messages: Vec<Message> = Vec::new();
        let mut answers: Vec<String> = Vec::new();
        while let Some(question) = prompt::turn(self.setup.mode, sample, answers.len())? {
            messages.push(Message::new(Role::User, question));
            let answer = session.ask(Request::new(Prompt::Chat(messages.clone()), sampling.clone())).await?.text.clone();
            messages.push(Message::new(Role::Assistant, answer.clone()));
            answers.push(answer);
        }
        Ok(session.finish(answers.join("\n\n"), AnswerForm::Chat))
    }

    fn refuse_completion(&self, protocol: Protocol) -> Result<(), BenchmarkError> {
        match (self.setup.form, protocol) {
            (Form::SequentialDialogue, Protocol::Completion) => Err(BenchmarkError::Input(format!(
                "{} is a conversation; ask by chat, or use {NAME}:sequential",
                self.setup.name()
            ))),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Benchmark for Tmgbench {
    fn card(&self) -> &Card {
        &self.card
    }

    fn samples(&self, source: &DataSource, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        let ids = selection.ids.iter().map(|id| full_id(id).unwrap_or_else(|| id.clone())).collect();
        let selection = Selection { ids, ..selection.clone() };
        selection.choose(samples(&self.setup, source)?, &self.card.title)
    }

    fn prompt_sha256(&self) -> String {
        let official = self.official.as_ref().map_or("", Official::text);
        template::templates_sha256(&format!("{}\0{official}", self.setup.name()))
    }

    /// Temperature 0 (spec section 1). A chat answer may be as long as the provider allows; a raw completion needs a limit.
    /// Upstream asks every single game four times.
    fn epochs(&self) -> u32 {
        if self.setup.form == Form::Single { 4 } else { 1 }
    }

    fn sampling(&self, protocol: Protocol) -> Sampling {
        let greedy = Sampling { temperature: Some(0.0), ..Sampling::default() };
        match (protocol, self.setup.mode) {
            (Protocol::Chat, _) => greedy,
            (Protocol::Completion, Mode::Da) => Sampling { max_tokens: Some(2048), stop: vec!["```".into()], ..greedy },
            (Protocol::Completion, _) => Sampling { max_tokens: Some(8192), ..greedy },
        }
    }

    fn request(&self, sample: &Sample, protocol: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError> {
        self.refuse_completion(protocol)?;
        let text = prompt::first(&self.setup, self.official.as_ref(), sample)?;
        Ok(Request::new(prompt::prompt(&self.setup, protocol, text), sampling.clone()))
    }

    async fn attempt(&self, sample: &Sample, sampling: &Sampling, mut session: Session<'_>) -> Result<Attempt, BenchmarkError> {
        if self.setup.form == Form::SequentialDialogue {
            return self.dialogue(sample, sampling, session).await;
        }
        let protocol = session.protocol();
        let request = self.request(sample, protocol, sampling)?;
        let text = session.ask(request).await?.text.clone();
        let form = match protocol {
            Protocol::Chat => AnswerForm::Chat,
            Protocol::Completion => AnswerForm::Continuation,
        };
        Ok(session.finish(text, form))
    }

    async fn grade(&self, sample: &Sample, attempt: &Attempt, _judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
        grade(&self.setup, sample, attempt)
    }

    fn reference(&self, sample: &Sample) -> Option<Attempt> {
        let task = Task::of(sample).ok()?;
        let gold: Vec<Cells> = gold(&task, sample).ok()?;
        Some(Attempt::imported(format!("```python\n{}\n```", write_answers(&task, &gold)), AnswerForm::Final))
    }

    fn import(&self, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
        import(samples, rows)
    }

    fn reads_extracted(&self) -> bool {
        true
    }

    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric> {
        metrics(&self.setup, &Tally::of(grades))
    }

    fn figures(&self) -> Box<dyn Figures + '_> {
        Box::new(Running { setup: &self.setup, tally: Tally::default() })
    }

    fn plots(&self, grades: &[GradedAttempt]) -> Vec<Plot> {
        plots(&self.setup, &Tally::of(grades))
    }
}

fn plots(setup: &Setup, tally: &Tally) -> Vec<Plot> {
    if setup.form == Form::Single { plot_of(tally).into_iter().collect() } else { Vec::new() }
}

/// The figures of a run in the making.
struct Running<'a> {
    setup: &'a Setup,
    tally: Tally,
}

impl Figures for Running<'_> {
    fn add(&mut self, grade: &GradedAttempt) {
        self.tally.add(grade);
    }

    fn plots(&mut self) -> Vec<Plot> {
        plots(self.setup, &self.tally)
    }

    fn finish(self: Box<Self>, take: &mut dyn FnMut(Metric)) {
        metrics(self.setup, &self.tally).into_iter().for_each(take);
    }
}
