use crate::args::{Format, FormatArguments};
use crate::context::Context;
use crate::error::{CliError, CliResult};
use clap::{Args, Subcommand, ValueEnum};
use proctor_core::ExitCode;
use proctor_math::slots::{Judgement, Slot, judge};
use proctor_math::{AnswerKind, Explanation, Outcome, Settings, Side, explain};
use proctor_math_official::{AnswerType, Instance, Mode as UpstreamMode};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Longest line of a file of cases, in bytes.
const MOST_LINE_BYTES: u64 = 16 << 20;

/// What to judge.
#[derive(Debug, Args)]
pub struct JudgeArguments {
    #[command(subcommand)]
    judge: Judge,
}

/// The judges that can be used alone.
#[derive(Debug, Subcommand)]
enum Judge {
    /// Whether a mathematical answer is the same as its reference.
    Math(MathArguments),
}

const MATH_HELP: &str = "\
Examples:
  proctor judge math '1/2' '\\frac{1}{2}'
  proctor judge math '(x+1)^2' 'x^2+2x+1' --type EX
  proctor judge math '5' 'Therefore the answer is \\boxed{5}.' --completion
  proctor judge math --cases pairs.jsonl --format json

A line of a file of cases holds `reference` and `answer`, and perhaps `type` and `options`; or `completion` with lists
`answer`, `answer_type` and `options`, one entry for each blank of a question.

Exit status: 0 equivalent, 10 different or undecided; with --cases 0.";

/// The two sides and how they are compared.
#[derive(Debug, Args)]
#[command(after_help = MATH_HELP)]
struct MathArguments {
    /// The reference answer.
    #[arg(required_unless_present = "cases", allow_hyphen_values = true)]
    reference: Option<String>,
    /// The answer to judge.
    #[arg(required_unless_present = "cases", allow_hyphen_values = true)]
    answer: Option<String>,
    /// A file of cases, one JSON object a line; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["reference", "answer"])]
    cases: Option<PathBuf>,
    /// What the answer is: NV, EX, EQ, INT, OL, UOL, TF, MCS, MCM or OE; without it the reference tells.
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    kind: Option<AnswerKind>,
    /// The text of an option of a multiple-choice question; once for each, in order.
    #[arg(long = "option", value_name = "TEXT")]
    options: Vec<String>,
    /// Which judge: the right one, or upstream's with its faults, as published scores were made with.
    #[arg(long, value_enum, default_value_t = Mode::Improved)]
    mode: Mode,
    /// The answer is a whole completion, from which the final answer is taken.
    #[arg(long)]
    completion: bool,
    /// Largest relative difference of numbers; without it 0.001 where a type is given, else rounding alone.
    #[arg(long, value_name = "SHARE", value_parser = tolerance)]
    tolerance: Option<f64>,
    #[command(flatten)]
    output: FormatArguments,
}

/// Which judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Mathematically right as far as possible.
    Improved,
    /// UGMathBench's rule judge.
    Official,
}

fn kind(text: &str) -> Result<AnswerKind, String> {
    AnswerKind::from_code(text).ok_or_else(|| "the types are NV, EX, EQ, INT, OL, UOL, TF, MCS, MCM, OE and ANY".to_string())
}

fn tolerance(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|value: &f64| (0.0..1.0).contains(value))
        .ok_or_else(|| "a number from 0 to below 1 is wanted".to_string())
}

impl JudgeArguments {
    /// How the verdict is printed.
    pub fn format(&self) -> Format {
        match &self.judge {
            Judge::Math(arguments) => arguments.output.format,
        }
    }
}

impl MathArguments {
    fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        if let Some(tolerance) = self.tolerance {
            settings.relative = tolerance;
            settings.lenient_exact = proctor_math::Lenience::Always;
        }
        settings
    }
}

/// Judges and prints the verdict.
pub fn execute(arguments: JudgeArguments, context: &Context) -> CliResult {
    let Judge::Math(arguments) = arguments.judge;
    match (&arguments.cases, &arguments.reference, &arguments.answer) {
        (Some(path), _, _) => cases(path, &arguments, context),
        (None, Some(reference), Some(answer)) => {
            let case = Case {
                references: vec![reference.clone()],
                kinds: vec![arguments.kind.unwrap_or(AnswerKind::Any)],
                options: vec![arguments.options.clone()],
                answer: answer.clone(),
                completion: arguments.completion,
            };
            let told = case.judged(&arguments);
            if context.format == Format::Json {
                context.printer.out(told.document().to_string());
            } else {
                context.printer.out(told.text());
            }
            Ok(if told.outcome() == Outcome::Equivalent { ExitCode::Success } else { ExitCode::Verdict })
        }
        _ => Err(CliError::usage("a reference and an answer are wanted, or --cases FILE")),
    }
}

/// Judges every line of a file.
fn cases(path: &Path, arguments: &MathArguments, context: &Context) -> CliResult {
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(|e| CliError::usage(format!("{} cannot be read: {e}", path.display())))?)
    };
    let mut reader = BufReader::new(input);
    let mut counts = [0_u64; 3];
    let mut number = 0_u64;
    loop {
        let mut line = Vec::new();
        let read = reader.by_ref().take(MOST_LINE_BYTES + 1).read_until(b'\n', &mut line);
        let read = read.map_err(|e| CliError::usage(format!("{} cannot be read: {e}", path.display())))?;
        if read == 0 {
            break;
        }
        number += 1;
        let place = || format!("{} line {number}", path.display());
        if u64::try_from(line.len()).unwrap_or(u64::MAX) > MOST_LINE_BYTES {
            return Err(CliError::usage(format!("{} is longer than {MOST_LINE_BYTES} bytes", place())));
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let value: Value =
            serde_json::from_slice(&line).map_err(|e| CliError::usage(format!("{} is no JSON object: {e}", place())))?;
        let case = Case::parse(&value, arguments).map_err(|problem| CliError::usage(format!("{}: {problem}", place())))?;
        let told = case.judged(arguments);
        counts[match told.outcome() {
            Outcome::Equivalent => 0,
            Outcome::Different => 1,
            Outcome::Undecided => 2,
        }] += 1;
        let mut document = told.document();
        if let Some(fields) = document.as_object_mut() {
            fields.insert("line".into(), number.into());
            for key in ["id", "case_id"] {
                if let Some(id) = value.get(key) {
                    fields.insert(key.into(), id.clone());
                }
            }
        }
        if context.format == Format::Json {
            context.printer.out(document.to_string());
        } else {
            context.printer.out(format!("{number}\t{}", told.line()));
        }
    }
    let [equivalent, different, undecided] = counts;
    context.printer.note(format!("{equivalent} equivalent, {different} different, {undecided} undecided"));
    Ok(ExitCode::Success)
}

/// One question and one answer to it.
struct Case {
    references: Vec<String>,
    kinds: Vec<AnswerKind>,
    options: Vec<Vec<String>>,
    answer: String,
    completion: bool,
}

impl Case {
    /// A line of a file of cases.
    fn parse(value: &Value, arguments: &MathArguments) -> Result<Self, String> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let kind_of = |code: &str| {
            AnswerKind::from_code(code)
                .ok_or_else(|| format!("the type `{}` is not known", code.chars().take(20).collect::<String>()))
        };
        let default = arguments.kind.unwrap_or(AnswerKind::Any);
        if let Some(completion) = text("completion") {
            let references = strings(value.get("answer").or_else(|| value.get("reference")));
            let codes = strings(value.get("answer_type").or_else(|| value.get("type")));
            let mut kinds = codes.iter().map(|code| kind_of(code)).collect::<Result<Vec<_>, _>>()?;
            kinds.resize(references.len(), if kinds.is_empty() { default } else { AnswerKind::Number });
            let mut options: Vec<Vec<String>> = value
                .get("options")
                .and_then(Value::as_array)
                .map(|lists| lists.iter().map(|list| strings(Some(list))).collect())
                .unwrap_or_default();
            options.resize(references.len(), Vec::new());
            return Ok(Self { references, kinds, options, answer: completion.to_string(), completion: true });
        }
        let reference = text("reference").or_else(|| text("gold")).ok_or("`reference` is missing, or is no text")?;
        let answer = text("answer").or_else(|| text("prediction")).ok_or("`answer` is missing, or is no text")?;
        let kind = text("type").map_or(Ok(default), kind_of)?;
        Ok(Self {
            references: vec![reference.to_string()],
            kinds: vec![kind],
            options: vec![value.get("options").map_or_else(|| arguments.options.clone(), |list| strings(Some(list)))],
            answer: answer.to_string(),
            completion: arguments.completion,
        })
    }

    fn judged(&self, arguments: &MathArguments) -> Told {
        let settings = arguments.settings();
        if arguments.mode == Mode::Official {
            return self.official();
        }
        let single =
            if self.completion { None } else { self.references.first().zip(self.kinds.first()).zip(self.options.first()) };
        if let Some(((reference, kind), options)) = single {
            return Told::Pair(Box::new(explain(reference, &self.answer, *kind, options, &settings)));
        }
        let slots: Vec<Slot> = self
            .references
            .iter()
            .zip(&self.kinds)
            .zip(&self.options)
            .map(|((reference, kind), options)| Slot { reference, kind: *kind, options })
            .collect();
        Told::Completion(Box::new(judge(&self.answer, &slots, &settings)))
    }

    fn official(&self) -> Told {
        let types = self.kinds.iter().map(|kind| AnswerType::from_code(kind.code()).unwrap_or(AnswerType::Expression)).collect();
        let instance = Instance { answers: self.references.clone(), types, options: self.options.clone() };
        let completion = if self.completion { self.answer.clone() } else { format!("\\boxed{{{}}}", self.answer) };
        Told::Official(Box::new(proctor_math_official::judge(&instance, &completion, UpstreamMode::Rule)))
    }
}

fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_string)).collect(),
        _ => Vec::new(),
    }
}

/// What there is to tell.
enum Told {
    Pair(Box<Explanation>),
    Completion(Box<Judgement>),
    Official(Box<proctor_math_official::Verdict>),
}

impl Told {
    fn outcome(&self) -> Outcome {
        let of = |correct| if correct { Outcome::Equivalent } else { Outcome::Different };
        match self {
            Self::Pair(explanation) => explanation.verdict.outcome,
            Self::Completion(judgement) if judgement.undecided && !judgement.correct => Outcome::Undecided,
            Self::Completion(judgement) => of(judgement.correct),
            Self::Official(verdict) => of(verdict.correct),
        }
    }

    fn word(&self) -> &'static str {
        match self.outcome() {
            Outcome::Equivalent => "equivalent",
            Outcome::Different => "different",
            Outcome::Undecided => "undecided",
        }
    }

    fn document(&self) -> Value {
        let mut document = json!({"schema": "proctor.judgement/1", "outcome": self.word()});
        let fields = match self {
            Self::Pair(explanation) => serde_json::to_value(explanation).ok(),
            Self::Completion(judgement) => serde_json::to_value(judgement).ok(),
            Self::Official(verdict) => {
                let slots: Vec<Value> = verdict
                    .slots
                    .iter()
                    .map(|slot| json!({"correct": slot.correct, "step": slot.step.sentence(), "prediction": slot.prediction, "reference": slot.reference}))
                    .collect();
                Some(json!({"mode": "official", "correct": verdict.correct, "extracted": verdict.extracted, "slots": slots}))
            }
        };
        if let (Some(map), Some(Value::Object(fields))) = (document.as_object_mut(), fields) {
            map.extend(fields);
        }
        document
    }

    fn line(&self) -> String {
        let why = match self {
            Self::Pair(explanation) => explanation.verdict.step.sentence().to_string(),
            Self::Completion(judgement) => {
                let decisive =
                    judgement.verdicts.iter().find(|verdict| !verdict.is_equivalent()).or_else(|| judgement.verdicts.first());
                decisive.map_or("no answer was found", |verdict| verdict.step.sentence()).to_string()
            }
            Self::Official(verdict) => verdict
                .slots
                .iter()
                .find(|slot| !slot.correct)
                .or_else(|| verdict.slots.first())
                .map_or("no answer was found", |slot| slot.step.sentence())
                .to_string(),
        };
        format!("{}: {why}", self.word())
    }

    fn text(&self) -> String {
        let mut lines = vec![self.line()];
        match self {
            Self::Pair(explanation) => {
                lines.push(side("reference", &explanation.reference));
                lines.push(side("answer", &explanation.answer));
                lines.extend(reasons(&explanation.verdict));
            }
            Self::Completion(judgement) => {
                if let Some(extracted) = &judgement.extracted {
                    lines.push(format!("taken as the answer: {}", one_line(extracted)));
                }
                for (at, verdict) in judgement.verdicts.iter().enumerate() {
                    lines.push(format!("blank {}: {}", at + 1, verdict.step.sentence()));
                    lines.extend(reasons(verdict));
                }
            }
            Self::Official(verdict) => {
                for slot in &verdict.slots {
                    lines.push(format!("reference: {}", one_line(&slot.reference)));
                    lines.push(format!("answer:    {}", one_line(&slot.prediction)));
                }
            }
        }
        lines.join("\n")
    }
}

fn side(name: &str, side: &Side) -> String {
    let label = format!("{name}:");
    match (&side.form, &side.stopped) {
        (Some(form), _) => format!("{label:<11}{}", one_line(form)),
        (None, Some(stopped)) => format!("{label:<11}{} ({stopped})", one_line(&side.text)),
        (None, None) => format!("{label:<11}{}", one_line(&side.text)),
    }
}

/// The sentence more and the point of disagreement.
fn reasons(verdict: &proctor_math::Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(note) = &verdict.note {
        lines.push(format!("{:<11}{}", "because:", one_line(note)));
    }
    if let Some(at) = &verdict.disagreement {
        let point: Vec<String> = at.point.iter().map(|(name, value)| format!("{name} = {value:.6}")).collect();
        let place = if point.is_empty() { String::new() } else { format!("at {}: ", point.join(", ")) };
        lines.push(format!("{:<11}{place}reference {}, answer {}", "values:", at.reference, at.answer));
    }
    lines
}

/// Text of others in one line: control characters are made visible.
fn one_line(text: &str) -> String {
    proctor_reports::text::visible(&text.replace(['\n', '\t'], " ")).to_string()
}
