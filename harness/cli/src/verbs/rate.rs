use crate::args::{Format, FormatArguments};
use crate::conclusion::style;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use clap::{Args, ValueEnum};
use proctor_contest::{Contest, ContestRating, People, RatingMode, Verdicts, rate};
use proctor_core::ExitCode;
use proctor_reports::terminal::{Column, table};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Longest file, in bytes.
const MOST_BYTES: u64 = 1 << 30;
/// Names of upstream's list of people's ratings where `data fetch codeelo` puts it.
const FETCHED: &str = "prompts/codeelo/sorted_ratings.json";

const HELP: &str = "\
Examples:
  proctor rate contests.jsonl --verdicts verdicts.json --people sorted_ratings.json.gz
  proctor rate rating_vectors.json --check

A contest is {\"contest_id\": …, \"standings\": {problems, rows}, \"rating_changes\": […]}, as for `run codeelo`; a file holds one,
a list of them, {\"cases\": […]}, or one a line. Its verdicts are {\"2000A\": [\"WA\", \"AC\"], …}, attempt by attempt: in its
`problem_status`, or for all contests in the file of --verdicts.

Exit status: 0; with --check 10 where a figure is not what its contest expects.";

/// Which contests, and what came of the attempts.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct RateArguments {
    /// Contests: standings and rating changes.
    #[arg(value_name = "FILE")]
    contests: PathBuf,
    /// Verdicts by problem, for contests that hold none themselves.
    #[arg(long, value_name = "FILE")]
    verdicts: Option<PathBuf>,
    /// People's ratings, for percentiles: a sorted list or a histogram, packed or not; the default is what `proctor data
    /// fetch codeelo` brought.
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    /// The algorithm as upstream has it, or with its defects mended.
    #[arg(long, value_enum, default_value_t = Mode::Official)]
    rating: Mode,
    /// Compare the figures with what the contests expect.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    pub output: FormatArguments,
}

/// Whose reading of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// As upstream's code computes it.
    Official,
    /// With the defects mended that its specification lists.
    Corrected,
}

/// A contest with what came of it.
struct Rated {
    contest: Contest,
    name: String,
    came: Result<ContestRating, String>,
    percentile: Option<f64>,
    deviations: Vec<String>,
}

/// Computes the rating that verdicts amount to. Nothing is asked or run.
pub fn execute(arguments: RateArguments, context: &Context) -> CliResult {
    let shared = arguments.verdicts.as_deref().map(verdicts_of).transpose()?;
    let people = people(&arguments, context)?;
    let mode = if arguments.rating == Mode::Official { RatingMode::Official } else { RatingMode::Corrected };
    let mut all = Vec::new();
    for (i, record) in records(&arguments.contests)?.iter().enumerate() {
        let wrong = |why: String| CliError::usage(format!("Contest {} of {} {why}", i + 1, arguments.contests.display()));
        let contest = Contest::parse(record).map_err(wrong)?;
        let own = record.get("problem_status").or_else(|| record.get("verdicts"));
        let verdicts = match (own, &shared) {
            (Some(own), _) => serde_json::from_value::<Verdicts>(own.clone())
                .map_err(|error| wrong(format!("has verdicts that are no lists of words by problem: {error}")))?,
            (None, Some(shared)) => shared.clone(),
            (None, None) => return Err(wrong("has no `problem_status`; name a file of --verdicts".into())),
        };
        let came = rate(&contest, &verdicts, mode).map_err(|why| why.to_string());
        let percentile = came.as_ref().ok().and_then(|rated| Some(people.as_ref()?.percentile(rated.rating as f64)));
        let name = record.get("id").and_then(Value::as_str).map_or_else(|| contest.name.clone(), str::to_owned);
        let deviations = record.get("expected").map(|expected| deviations(expected, &came, percentile)).unwrap_or_default();
        all.push(Rated { contest, name, came, percentile, deviations });
    }
    show(&all, people.as_ref(), context);
    let off: Vec<String> = all
        .iter()
        .filter(|rated| !rated.deviations.is_empty())
        .map(|r| format!("{}: {}", r.contest.id, r.deviations.join(", ")))
        .collect();
    match (arguments.check, off.is_empty()) {
        (true, false) => Err(CliError::new(ExitCode::Verdict, format!("Not as expected: {}", off.join("; ")))),
        _ => Ok(ExitCode::Success),
    }
}

/// Figures that are not the expected ones; a contest without a rating is to have none.
fn deviations(expected: &Value, came: &Result<ContestRating, String>, percentile: Option<f64>) -> Vec<String> {
    let figure = |name: &str| match (name, came) {
        (_, Err(_)) => None,
        ("score", Ok(rated)) => Some(rated.score),
        ("penalty", Ok(rated)) => Some(rated.penalty),
        ("rank", Ok(rated)) => Some(rated.rank as f64),
        ("rating", Ok(rated)) => Some(rated.rating as f64),
        _ => percentile,
    };
    let mut names = vec!["rating"];
    if came.is_ok() {
        names.extend(["score", "penalty", "rank"]);
        names.extend(percentile.map(|_| "percentile"));
    }
    let deviation = |name: &str| {
        let wanted = expected.get(name).filter(|wanted| wanted.as_f64() != figure(name))?;
        let figure = figure(name).map_or("none".to_owned(), |figure| figure.to_string());
        Some(format!("{name} {figure} instead of {wanted}"))
    };
    names.into_iter().filter_map(deviation).collect()
}

fn show(all: &[Rated], people: Option<&People>, context: &Context) {
    let ratings: Vec<f64> = all.iter().filter_map(|rated| Some(rated.came.as_ref().ok()?.rating as f64)).collect();
    let mean = (!ratings.is_empty()).then(|| ratings.iter().sum::<f64>() / ratings.len() as f64);
    let percentile = mean.and_then(|mean| Some(people?.percentile(mean)));
    if context.format == Format::Json {
        let contest = |rated: &Rated| match &rated.came {
            Ok(came) => {
                json!({"contest": rated.contest.id, "name": rated.name, "division": rated.contest.division, "score": came.score,
                "penalty": came.penalty, "rank": came.rank, "people": came.people, "rating": came.rating, "percentile": rated.percentile})
            }
            Err(why) => json!({"contest": rated.contest.id, "name": rated.name, "rating": null, "why": why}),
        };
        let contests: Vec<Value> = all.iter().map(contest).collect();
        let value = json!({"schema": "proctor.ratings/1", "contests": contests, "rating": mean, "percentile": percentile});
        return context.printer.out(value.to_string());
    }
    let titles = ["contest", "name", "score", "penalty", "rank", "people", "rating", "percentile"];
    let columns: Vec<Column> =
        titles.iter().map(|title| Column { title, figures: !["contest", "name"].contains(title) }).collect();
    let row = |rated: &Rated| {
        let mut row = vec![rated.contest.id.clone(), rated.name.clone()];
        match &rated.came {
            Ok(came) => {
                row.extend([came.score.to_string(), came.penalty.to_string(), came.rank.to_string(), came.people.to_string()]);
                row.extend([
                    came.rating.to_string(),
                    rated.percentile.map_or("–".into(), |percentile| format!("{percentile:.1}")),
                ]);
            }
            Err(_) => row.extend(std::iter::repeat_n("–".to_owned(), 6)),
        }
        row
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    context.printer.out(table(&columns, &rows, style(context)).trim_end());
    for rated in all {
        if let Err(why) = &rated.came {
            context.printer.out(format!("{}: no rating: {why}", rated.contest.id));
        }
    }
    if let Some(mean) = mean {
        let among = percentile.map(|percentile| format!("; {percentile:.1} % of people have a lower one")).unwrap_or_default();
        context.printer.out(format!("rating {mean:.1}, the mean over {} contests{among}", ratings.len()));
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let told = |why: String| CliError::usage(format!("{} {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| told(format!("cannot be read: {error}")))?.len();
    if size > MOST_BYTES {
        return Err(told(format!("has more than {MOST_BYTES} bytes")));
    }
    std::fs::read(path).map_err(|error| told(format!("cannot be read: {error}")))
}

/// The contests of a file.
fn records(path: &Path) -> Result<Vec<Value>, CliError> {
    let bytes = read(path)?;
    let parsed: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(&bytes).into_iter().collect();
    let mut values =
        parsed.map_err(|error| CliError::usage(format!("{} is not JSON: {error}; contests are wanted", path.display())))?;
    if let [one] = values.as_mut_slice()
        && let Some(list) = one.as_array().or_else(|| one.get("cases").and_then(Value::as_array))
    {
        return Ok(list.clone());
    }
    match values.is_empty() {
        true => Err(CliError::usage(format!("{} holds no contests", path.display()))),
        false => Ok(values),
    }
}

fn verdicts_of(path: &Path) -> Result<Verdicts, CliError> {
    serde_json::from_slice(&read(path)?).map_err(|error| {
        CliError::usage(format!("{} holds no verdicts by problem: {error}", path.display()))
            .hint("{\"2000A\": [\"WA\", \"AC\"], …}, attempt by attempt")
    })
}

fn people(arguments: &RateArguments, context: &Context) -> Result<Option<People>, CliError> {
    let fetched = context.cache.join(FETCHED);
    let path = match &arguments.people {
        Some(path) => path.clone(),
        None if fetched.is_file() => fetched,
        None => return Ok(None),
    };
    let people = People::read(&read(&path)?);
    let people =
        people.ok_or_else(|| CliError::usage(format!("{} holds no list of ratings and no histogram of them", path.display())))?;
    Ok(Some(people))
}
