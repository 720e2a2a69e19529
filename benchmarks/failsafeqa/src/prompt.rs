//! The prompts: the project's own words in the published structure, or files with the words of the paper.

use crate::case::Criteria;
use crate::official::Official;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use proctor_core::{BenchmarkError, Message, Prompt, PromptSource, Protocol, Role, sha256_hex};
use proctor_rubric::fill;

const SYSTEM: &str = include_str!("../prompts/system.j2");
const USER: &str = include_str!("../prompts/user.j2");
const COMPLETION: &str = include_str!("../prompts/completion.j2");
const JUDGE: &str = include_str!("../prompts/judge.j2");
const REMINDER: &str = include_str!("../prompts/reminder.j2");
const ANSWERABLE: &str = include_str!("../prompts/rubric_answerable.txt");
const MISSING_CONTEXT: &str = include_str!("../prompts/rubric_missing_context.txt");
const IRRELEVANT_CONTEXT: &str = include_str!("../prompts/rubric_irrelevant_context.txt");

/// What stands for a context that there is none of, in the judge's question.
const NO_CONTEXT: &str = "(none)";

/// The words in use.
#[derive(Debug)]
pub struct Prompts {
    official: Option<Official>,
}

/// What a judge's question is made of.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The rubric.
    pub criteria: Criteria,
    /// The excerpts.
    pub citations: Option<&'a str>,
    /// The question as it was asked.
    pub question: &'a str,
    /// The reference answer.
    pub reference: &'a str,
    /// The answer to be rated.
    pub prediction: &'a str,
}

impl Prompts {
    /// The project's own, or the paper's from a folder.
    pub fn of(source: &PromptSource) -> Result<Prompts, BenchmarkError> {
        let official = match source {
            PromptSource::Own => None,
            PromptSource::Official(folder) => Some(Official::read(folder)?),
        };
        Ok(Prompts { official })
    }

    /// The question to the tested model. An absent filing leaves its frame in place, with nothing in it.
    pub fn answer(&self, protocol: Protocol, context: &str, question: &str) -> Result<Prompt, BenchmarkError> {
        let official = self.official.as_ref();
        let system = official.and_then(|official| official.system.as_deref()).unwrap_or(SYSTEM);
        let user = match official.and_then(|official| official.user.as_deref()) {
            Some(template) => fill(template, &[("context", context), ("question", question)]),
            None => render(USER, context! { context, question })?,
        };
        Ok(match protocol {
            Protocol::Chat => Prompt::Chat(vec![Message::new(Role::System, system), Message::new(Role::User, user)]),
            Protocol::Completion => Prompt::Completion(render(COMPLETION, context! { system, user })?),
        })
    }

    /// The question to a judge.
    pub fn judge(&self, judged: &Judged) -> Result<String, BenchmarkError> {
        let Judged { citations, question, reference, prediction, .. } = *judged;
        let criteria = self.rubric(judged.criteria).trim_end();
        let context = citations.unwrap_or(NO_CONTEXT);
        match &self.official {
            None => render(JUDGE, context! { criteria, context, question, reference, prediction }),
            Some(official) => Ok(fill(
                &official.judge,
                &[
                    ("criteria", criteria),
                    ("context", context),
                    ("question", question),
                    ("reference", reference),
                    ("prediction", prediction),
                ],
            )),
        }
    }

    /// What a judge is reminded of whose reply held no rating.
    pub fn reminder(&self) -> &'static str {
        REMINDER
    }

    fn rubric(&self, criteria: Criteria) -> &str {
        match (&self.official, criteria) {
            (Some(official), _) => official.rubric(criteria),
            (None, Criteria::Answerable) => ANSWERABLE,
            (None, Criteria::MissingContext) => MISSING_CONTEXT,
            (None, Criteria::IrrelevantContext) => IRRELEVANT_CONTEXT,
        }
    }

    /// SHA-256 over all templates in use, those of judging included: they decide the scores as much.
    pub fn sha256(&self) -> String {
        let own = [SYSTEM, USER, COMPLETION, JUDGE, REMINDER, ANSWERABLE, MISSING_CONTEXT, IRRELEVANT_CONTEXT].join("\0");
        match &self.official {
            None => sha256_hex(own.as_bytes()),
            Some(official) => sha256_hex(format!("{own}\0{}", official.text()).as_bytes()),
        }
    }
}

fn render(template: &str, context: Value) -> Result<String, BenchmarkError> {
    let failed = |error: minijinja::Error| BenchmarkError::Input(format!("A prompt template cannot be filled in: {error:#}"));
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build().map_err(failed)?);
    environment.render_str(template, context).map_err(failed)
}
