//! What is asked and how: the variants and options of the benchmark.

use crate::mode::{Form, Mode, Setting};
use proctor_core::{BenchmarkError, Card, Opening};

/// The name on the command line.
pub const NAME: &str = "tmgbench";
/// Changes when extraction or a figure changes in a way that can move a score.
const JUDGE_VERSION: &str = "tmgbench/1";
/// The sizes of composites.
pub const SIZES: [usize; 6] = [3, 5, 10, 15, 20, 25];
/// Composites of each kind and size.
pub const COMPOSITES: usize = 20;

/// Everything that decides the questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// How many games are asked together.
    pub form: Form,
    /// How they are told.
    pub setting: Setting,
    /// How the model is told to think.
    pub mode: Mode,
    /// Sizes of sequential and parallel composites.
    pub sizes: Vec<usize>,
    /// Composites of each size.
    pub composites: usize,
    /// Whether choices are renamed at random; answers are renamed back before they are judged.
    pub shuffle: bool,
}

/// The variants by their first part: name, form, setting.
const PARTS: [(&str, Form, Setting); 6] = [
    ("", Form::Single, Setting::Classic),
    ("story", Form::Single, Setting::Story),
    ("sequential", Form::Sequential, Setting::Story),
    ("parallel", Form::Parallel, Setting::Story),
    ("nested", Form::Nested, Setting::Story),
    ("sequential-dialogue", Form::SequentialDialogue, Setting::Story),
];

impl Setup {
    fn of(form: Form, setting: Setting, mode: Mode) -> Setup {
        let sizes = match form {
            Form::Sequential | Form::SequentialDialogue | Form::Parallel => SIZES.to_vec(),
            Form::Single | Form::Nested => Vec::new(),
        };
        Setup { form, setting, mode, sizes, composites: COMPOSITES, shuffle: false }
    }

    /// The variants that are listed: every mode of single games, and each composite with chain of thought.
    pub fn listed() -> Vec<Setup> {
        let single = [Setting::Classic, Setting::Story].into_iter();
        let single = single.flat_map(|setting| Mode::ALL.map(|mode| Setup::of(Form::Single, setting, mode)));
        let composites = PARTS.iter().filter(|(_, form, _)| *form != Form::Single);
        single.chain(composites.map(|(_, form, setting)| Setup::of(*form, *setting, Mode::Cot))).collect()
    }

    /// What the user asks for: a variant `PART`, `MODE` or `PART-MODE`, and options.
    pub fn open(opening: &Opening) -> Result<Setup, BenchmarkError> {
        let variant = opening.variant.as_deref().unwrap_or_default().to_lowercase();
        let Some((form, setting, mode)) = variant_parts(&variant) else { return Err(unknown_variant(&variant)) };
        let known: &[&str] = match form {
            Form::Single => &["mode", "shuffle"],
            Form::Nested => &["mode", "shuffle", "games", "tasks"],
            _ => &["mode", "shuffle", "games", "tasks", "sizes"],
        };
        opening.refuse_unknown(NAME, known)?;
        let modes = Mode::ALL.map(Mode::as_str);
        let chosen = Mode::find(opening.choice("mode", &modes)?).unwrap_or(Mode::Cot);
        if let (Some(mode), Some(_)) = (mode, opening.option("mode"))
            && mode != chosen
        {
            let (in_name, chosen) = (mode.as_str(), chosen.as_str());
            return Err(BenchmarkError::Input(format!(
                "{NAME}:{variant} already says `{in_name}`, and -B mode={chosen} says otherwise; leave out one"
            )));
        }
        let mut setup = Setup::of(form, setting, mode.unwrap_or(chosen));
        setup.shuffle = opening.choice("shuffle", &["no", "yes"])? == "yes";
        if opening.choice("games", &["story", "classic"])? == "classic" {
            setup.setting = Setting::Classic;
        }
        if form == Form::Single {
            setup.setting = setting;
        }
        if let Some(tasks) = opening.option("tasks") {
            let wrong = || BenchmarkError::Input(format!("-B tasks={} is not a number from 1 to 1000", brief(tasks)));
            setup.composites = tasks.parse().ok().filter(|tasks| (1..=1000).contains(tasks)).ok_or_else(wrong)?;
        }
        if let Some(sizes) = opening.option("sizes") {
            setup.sizes = parse_sizes(sizes)?;
        }
        Ok(setup)
    }

    /// The name on the command line.
    pub fn name(&self) -> String {
        let part =
            PARTS.iter().find(|(_, form, setting)| *form == self.form && (*form != Form::Single || *setting == self.setting));
        let part = part.map_or("", |(part, ..)| part);
        let mode = if self.mode == Mode::Cot { "" } else { self.mode.as_str() };
        match (part, mode) {
            ("", "") => NAME.to_owned(),
            (part, "") => format!("{NAME}:{part}"),
            ("", mode) => format!("{NAME}:{mode}"),
            (part, mode) => format!("{NAME}:{part}-{mode}"),
        }
    }

    /// The card.
    pub fn card(&self) -> Card {
        let (title, summary, metrics): (_, _, &[&str]) = match (self.form, self.setting) {
            (Form::Single, Setting::Classic) => ("TMGBench", "Name all pure Nash equilibria of a 2x2 game.", &SINGLE),
            (Form::Single, Setting::Story) => {
                ("TMGBench stories", "Name all pure Nash equilibria of a 2x2 game told as a story (stories of our own).", &SINGLE)
            }
            (Form::Sequential, _) => ("TMGBench sequential", "Solve several games in order; all must be right.", &SEVERAL),
            (Form::SequentialDialogue, _) => (
                "TMGBench sequential dialogue",
                "Solve several games in a conversation, one by one; all must be right (not upstream's).",
                &SEVERAL,
            ),
            (Form::Parallel, _) => ("TMGBench parallel", "Solve several games at once; all must be right.", &SEVERAL),
            (Form::Nested, _) => ("TMGBench nested", "Solve two games, the first restricting the second.", &NESTED),
        };
        let mode = if self.mode == Mode::Cot { String::new() } else { format!(", {}", self.mode.title()) };
        Card {
            name: self.name(),
            title: format!("{title}{mode}"),
            summary: match self.mode {
                Mode::Cot => summary.to_owned(),
                mode => format!("{summary} Prompt: {}.", mode.title()),
            },
            paper: "arXiv 2410.10479".into(),
            data_licence: "not known (games are generated; stories are ours)".into(),
            metrics: metrics.iter().map(|name| (*name).to_owned()).collect(),
            upstream_samples: match (self.form, self.setting) {
                (Form::Single, Setting::Classic) => 144,
                (Form::Single, Setting::Story) => 720,
                (Form::Sequential | Form::Parallel, _) => SIZES.len() * COMPOSITES,
                (Form::Nested, _) => COMPOSITES,
                (Form::SequentialDialogue, _) => 0,
            },
            builtin_samples: self.samples(),
            judge_version: match self.form {
                Form::Nested => format!("{JUDGE_VERSION} nested/1"),
                _ => JUDGE_VERSION.to_owned(),
            },
        }
    }

    fn samples(&self) -> usize {
        match (self.form, self.setting) {
            (Form::Single, Setting::Classic) => 144,
            (Form::Single, Setting::Story) => 720,
            (Form::Nested, _) => self.composites,
            _ => self.sizes.len() * self.composites,
        }
    }
}

const SINGLE: [&str; 5] = ["PAR", "ID", "BD", "SD", "invalid_rate"];
const SEVERAL: [&str; 2] = ["AR", "atom accuracy"];
const NESTED: [&str; 3] = ["AR", "pre-game accuracy", "core-game accuracy"];

/// The form, the setting and, where the variant says it, the mode.
fn variant_parts(variant: &str) -> Option<(Form, Setting, Option<Mode>)> {
    let part = |word: &str| {
        let word = if word == "classic" { "" } else { word };
        PARTS.iter().find(|(name, ..)| *name == word).map(|(_, form, setting)| (*form, *setting))
    };
    if let Some((form, setting)) = part(variant) {
        return Some((form, setting, None));
    }
    let (head, mode) = variant.rsplit_once('-').unwrap_or(("", variant));
    let ((form, setting), mode) = (part(head)?, Mode::find(mode)?);
    Some((form, setting, Some(mode)))
}

fn unknown_variant(variant: &str) -> BenchmarkError {
    let parts: Vec<&str> = PARTS.iter().map(|(part, ..)| *part).filter(|part| !part.is_empty()).collect();
    BenchmarkError::Input(format!(
        "{NAME} has no variant `{}`; write {NAME} or {NAME}:PART, {NAME}:MODE, {NAME}:PART-MODE with PART one of {} and MODE one of {}",
        brief(variant),
        parts.join(", "),
        Mode::ALL.map(Mode::as_str).join(", ")
    ))
}

fn parse_sizes(text: &str) -> Result<Vec<usize>, BenchmarkError> {
    let sizes: Option<Vec<usize>> = text.split(',').map(|size| size.trim().parse().ok()).collect();
    let sizes = sizes.filter(|sizes| sizes.iter().all(|size| (2..=100).contains(size)) && sizes.len() <= 20);
    let distinct = sizes.filter(|sizes| (1..sizes.len()).all(|k| !sizes[..k].contains(&sizes[k])));
    distinct.ok_or_else(|| {
        BenchmarkError::Input(format!(
            "-B sizes={} is not a list of different numbers from 2 to 100; upstream's are {}",
            brief(text),
            SIZES.map(|size| size.to_string()).join(",")
        ))
    })
}

pub(crate) fn brief(text: &str) -> String {
    text.chars().take(80).collect()
}
