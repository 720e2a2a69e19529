use crate::args::Format;
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::figures::{Headline, RunFigures, Withholding, no_such_slice};
use crate::selection::{Named, ResultFormat, named};
use crate::verbs::wait;
use clap::Args;
use proctor_core::{ExitCode, GradedAttempt, RunRecord};
use proctor_reports::comparability::{Difference, Part};
use proctor_reports::compare::{self, CompareOptions, Comparison, Headline as Figure, Pair, RunGrades, refusal};
use proctor_reports::gate::names;
use proctor_reports::{html, write_file};
use proctor_store::Store;
use std::collections::BTreeSet;
use std::path::PathBuf;

const HELP: &str = "\
Examples:
  proctor compare gpt-5 claude-x                       two models at every benchmark both have
  proctor compare gpt-5 claude-x -b tumlu --slice kazakh --slice history
  proctor compare tumlu-3f2a91 tumlu-77b0c2 --flips 50
  proctor compare A B --effect 0.02                    how many questions would show 2 points?

Questions are paired by id and content. Runs whose prompts, options, protocol or judge differ are refused by name;
--allow compares them all the same.";

/// What is compared, and how it is shown.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct CompareArguments {
    /// A run by id, or a model by name.
    #[arg(value_name = "A")]
    a: String,
    /// What it is compared with.
    #[arg(value_name = "B")]
    b: String,
    /// Only this benchmark; a name without variant is all its variants. May be repeated.
    #[arg(short, long = "benchmark", value_name = "NAME")]
    benchmarks: Vec<String>,
    /// Only samples in this subset, e.g. `kazakh` or `level=2`; repeated, only those in all of them.
    #[arg(long = "slice", value_name = "SUBSET")]
    slices: Vec<String>,
    /// Compare every subset, too; p-values are adjusted for all of them.
    #[arg(long)]
    by_slice: bool,
    /// Samples on which the two differ that are listed by name for each benchmark.
    #[arg(long, value_name = "N", default_value_t = 10)]
    flips: usize,
    /// Say how many questions an effect of this size needs: 0.02 is two percentage points.
    #[arg(long, value_name = "SIZE", value_parser = effect)]
    effect: Option<f64>,
    /// Compare although this differs: benchmark, prompt, options, protocol or judge. May be repeated.
    #[arg(long, value_name = "PART", value_parser = part, value_delimiter = ',')]
    allow: Vec<Part>,
    /// Write a page, too.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = ResultFormat::Text, help_heading = "Output")]
    format: ResultFormat,
}

fn effect(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value: &f64| *value > 0.0 && value.is_finite()).ok_or_else(|| "a number above 0 is wanted".into())
}

fn part(text: &str) -> Result<Part, String> {
    let words: Vec<&str> = Part::ALL.into_iter().filter(|part| part.forbids() && *part != Part::Data).map(Part::as_str).collect();
    Part::parse(text).filter(|part| part.forbids()).ok_or_else(|| format!("it is one of {}", words.join(", ")))
}

impl CompareArguments {
    /// Two models or runs at one benchmark or all, over the samples in all of `slices`.
    pub fn of(a: &str, b: &str, benchmark: Option<&str>, slices: &[String], flips: usize) -> Self {
        Self {
            a: a.to_owned(),
            b: b.to_owned(),
            benchmarks: benchmark.map(str::to_owned).into_iter().collect(),
            slices: slices.to_vec(),
            by_slice: false,
            flips,
            effect: None,
            allow: Vec::new(),
            html: None,
            format: ResultFormat::Text,
        }
    }

    /// How it is printed.
    pub fn format(&self) -> Format {
        self.format.into()
    }
}

/// Compares two runs or two models.
pub fn execute(arguments: CompareArguments, context: &Context) -> CliResult {
    let comparison = wait(compared(&arguments, context))?;
    match arguments.format {
        ResultFormat::Text => {
            context.printer.out(compare::terminal(&comparison, arguments.effect, style(context)).trim_end());
        }
        ResultFormat::Markdown => context.printer.out(compare::markdown(&comparison, arguments.effect).trim_end()),
        ResultFormat::Json => context.printer.out(serde_json::to_string(&comparison).map_err(CliError::failure)?),
    }
    if let Some(path) = &arguments.html {
        write_file(path, html::comparison(&comparison)?.as_bytes())?;
        context.printer.note(format!("page: {}", path.display()));
    }
    Ok(ExitCode::Success)
}

async fn compared(arguments: &CompareArguments, context: &Context) -> Result<Comparison, CliError> {
    let store = Store::open_existing(&context.store).await?;
    let comparison = compared_in(&store, arguments).await?;
    store.close().await;
    Ok(comparison)
}

/// The comparison that `arguments` ask for, in an open store.
pub async fn compared_in(store: &Store, arguments: &CompareArguments) -> Result<Comparison, CliError> {
    let all = store.runs().await?;
    let (a, b) = (named(store, &arguments.a, &all).await?, named(store, &arguments.b, &all).await?);
    let (pairs, refused) = matched(&a, &b, arguments)?;
    if pairs.is_empty() {
        return Err(refusal_error(&refused));
    }
    let withholding = Withholding::default();
    let mut read: Vec<(RunGrades, RunGrades, Headline)> = Vec::new();
    let mut strata = BTreeSet::new();
    let mut any = false;
    for (a, b) in pairs {
        for run in [&a, &b] {
            if let Some(reason) = withholding.of(store, run).await? {
                return Err(CliError::new(ExitCode::GroundTruth, format!("the score of run {} is withheld: {reason}", run.id)));
            }
        }
        let one = RunFigures::read(store, &a, &arguments.slices).await?;
        let other = RunFigures::read(store, &b, &arguments.slices).await?;
        any |= one.planned > 0 && other.planned > 0;
        strata.extend(one.strata.iter().cloned());
        if one.planned > 0 || arguments.slices.is_empty() {
            let headline = one.headline();
            read.push((one.grades, other.grades, headline));
        }
    }
    if !any && !arguments.slices.is_empty() {
        return Err(no_such_slice(&arguments.slices, &strata));
    }
    let figures: Vec<Box<Figure<'static>>> = read
        .iter()
        .map(|(_, _, headline)| {
            let headline = headline.clone();
            Box::new(move |grades: &[GradedAttempt]| headline.figure(grades)) as Box<Figure<'static>>
        })
        .collect();
    let pairs: Vec<Pair<'_>> =
        read.into_iter().zip(&figures).map(|((a, b, _), headline)| Pair { a, b, headline: headline.as_ref() }).collect();
    let options = CompareOptions {
        slices: arguments.slices.clone(),
        by_stratum: arguments.by_slice,
        flips: arguments.flips,
        effect: arguments.effect,
    };
    let [one, other] = titles(&a, &b);
    let mut comparison = compare::comparison(&pairs, &one, &other, &options);
    comparison.notes.extend(refused.iter().map(|refused| format!("Left out, {}.", refused.words())));
    Ok(comparison)
}

/// What the two sides are called: by model where those differ, else by run.
fn titles(a: &Named, b: &Named) -> [String; 2] {
    let title = |named: &Named| match named {
        Named::Run(run) if a.model() == b.model() => format!("run {} ({})", run.id, run.plan.model),
        named => named.model().to_owned(),
    };
    [title(a), title(b)]
}

/// Two runs that are not compared, and why.
pub struct Refused {
    a: String,
    b: String,
    benchmark: String,
    why: Vec<Difference>,
}

impl Refused {
    fn words(&self) -> String {
        let why: Vec<String> = self.why.iter().map(ToString::to_string).collect();
        format!("{} and {} cannot be compared at {}: {}", self.a, self.b, self.benchmark, why.join("; "))
    }
}

fn refusal_error(refused: &[Refused]) -> CliError {
    let Some(first) = refused.first() else {
        return CliError::usage("the two have no benchmark in common").hint("`proctor list runs` shows what each has");
    };
    let parts: BTreeSet<&str> = first.why.iter().map(|difference| difference.part.as_str()).collect();
    let allow: Vec<&str> = parts.into_iter().collect();
    CliError::usage(first.words()).hint(format!("--allow {} compares them all the same", allow.join(",")))
}

/// Pairs of runs to compare, and pairs that are refused.
type Matched = (Vec<(RunRecord, RunRecord)>, Vec<Refused>);

/// The pairs of runs to compare, a benchmark each, and those refused. Of several runs of a model the newest pair that may be
/// compared counts.
fn matched(a: &Named, b: &Named, arguments: &CompareArguments) -> Result<Matched, CliError> {
    let fits = |run: &&RunRecord| {
        arguments.benchmarks.is_empty() || arguments.benchmarks.iter().any(|wanted| names(wanted, &run.plan.benchmark))
    };
    let (ours, theirs): (Vec<&RunRecord>, Vec<&RunRecord>) =
        (a.runs().iter().filter(fits).collect(), b.runs().iter().filter(fits).collect());
    if let ([one], [other]) = (ours.as_slice(), theirs.as_slice())
        && one.id == other.id
    {
        return Err(CliError::usage(format!("both are run {}", one.id)).hint("name two runs, or two models"));
    }
    let single = matches!((a, b), (Named::Run(_), Named::Run(_)));
    let benchmarks: BTreeSet<&str> = ours.iter().map(|run| run.plan.benchmark.as_str()).collect();
    let (mut pairs, mut refused) = (Vec::new(), Vec::new());
    for benchmark in benchmarks {
        let mut first: Option<Refused> = None;
        let mut chosen = None;
        let candidates = ours.iter().filter(|run| run.plan.benchmark == benchmark).flat_map(|one| {
            let same = move |other: &&&RunRecord| (single || other.plan.benchmark == benchmark) && other.id != one.id;
            theirs.iter().filter(same).map(move |other| (*one, *other))
        });
        for (one, other) in candidates {
            match refusal(&one.plan, &other.plan, &arguments.allow) {
                None => {
                    chosen = Some((one.clone(), other.clone()));
                    break;
                }
                Some(why) => {
                    first.get_or_insert_with(|| Refused {
                        a: one.id.clone(),
                        b: other.id.clone(),
                        benchmark: benchmark.to_owned(),
                        why,
                    });
                }
            }
        }
        match (chosen, first) {
            (Some(pair), _) => pairs.push(pair),
            (None, Some(why)) => refused.push(why),
            (None, None) => {}
        }
    }
    Ok((pairs, refused))
}
