use crate::environment;
use crate::verbs;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;

/// Evaluates language models: asks, runs their code in a sandbox, grades, and shows who is better and how sure one
/// can be.
#[derive(Debug, Parser)]
#[command(name = "proctor", version, max_term_width = 110, disable_help_subcommand = true, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(flatten)]
    pub global: GlobalArguments,
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  proctor run                                       built-in questions, local model, report
  proctor run humaneval-pro -m openai/gpt-5 --data DIR
  proctor grade samples.jsonl -b humaneval-pro --data DIR
  proctor exec prog.py --stdin input.txt

Exit status:
  0 done                                      5 reference solutions fall short
  1 unforeseen failure                        6 store unusable
  2 wrong usage                               7 endpoint unusable
  3 infrastructure errors left                8 a --max-… bound is reached
  4 something is not installed               10 exec, judge: not ok
                                            130 interrupted";

/// Flags that every verb takes.
#[derive(Debug, Args)]
pub struct GlobalArguments {
    /// Database with all runs: a file, or postgres://USER@HOST/DATABASE.
    #[arg(long, global = true, value_name = "PATH", env = environment::STORE, hide_env_values = true, help_heading = "Global options")]
    pub store: Option<OsString>,
    /// Folder for guests, models and compiled code.
    #[arg(long, global = true, value_name = "DIR", env = environment::CACHE, hide_env_values = true, help_heading = "Global options")]
    pub cache: Option<OsString>,
    /// Install what is missing without asking.
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub yes: bool,
    /// No notes and no progress, only results, warnings and errors.
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// When to use colour on the terminal.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, help_heading = "Global options")]
    pub color: ColorChoice,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document with a `schema` tag.
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The flag of verbs that print tables.
#[derive(Debug, Args)]
pub struct FormatArguments {
    /// How results are printed.
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub format: Format,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask, grade, store, report; the same command continues where it stopped.
    Run(verbs::run::RunArguments),
    /// Show what `run` would do: requests, tokens, cost, time, what is already stored.
    Plan(verbs::plan::PlanArguments),
    /// Grade answers that were generated elsewhere, or a stored run again; nothing is asked.
    Grade(verbs::grade::GradeArguments),
    /// List benchmarks, models or runs.
    List(verbs::list::ListArguments),
    /// Show a run, one of its samples, or the exact prompt of a sample.
    Show(verbs::show::ShowArguments),
    /// Is A better than B, by how much, and how sure is that? Runs or models, question by question.
    Compare(verbs::compare::CompareArguments),
    /// Models by benchmarks: scores and places with intervals, tokens, time, cost.
    Leaderboard(verbs::leaderboard::LeaderboardArguments),
    /// Hold runs against a policy: score floors, regressions, errors, cost; exit status and JUnit for CI.
    Gate(verbs::gate::GateArguments),
    /// Write runs as one HTML or Markdown file.
    Report(verbs::report::ReportArguments),
    /// Write grades, attempts or summaries as CSV, JSONL or Parquet, or runs as Inspect logs or JUnit XML.
    Export(verbs::export::ExportArguments),
    /// Store graded logs of lm-eval, evalplus or Inspect, for comparison.
    Import(verbs::import::ImportArguments),
    /// Look at runs, samples and comparisons in the browser, runs in progress included.
    View(verbs::view::ViewArguments),
    /// Ask the store a question in SQL; nothing is written.
    Sql(verbs::sql::SqlArguments),
    /// List or remove answers that are kept so that no question is paid for twice.
    Cache(verbs::cache::CacheArguments),
    /// Show what models cost, or say what one costs.
    Prices(verbs::prices::PricesArguments),
    /// List or cancel what `run --batch` handed in.
    Batch(verbs::batch::BatchArguments),
    /// Fetch, verify and list real data sets and upstream's prompt files.
    Data(verbs::data::DataArguments),
    /// Judge one answer, or a file of them, without a benchmark.
    Judge(verbs::judge::JudgeArguments),
    /// Compute statistics from numbers alone: intervals, tests, detectable effects, agreement.
    Statistics(verbs::statistics::StatisticsArguments),
    /// Compute a rating among people from the verdicts on contest problems; nothing is run.
    Rate(verbs::rate::RateArguments),
    /// Run one program in the sandbox.
    Exec(verbs::exec::ExecArguments),
    /// Fetch, verify and compile the guests and the default model.
    Setup(verbs::setup::SetupArguments),
    /// Check that everything is in place, and say what to do where it is not.
    Doctor(verbs::doctor::DoctorArguments),
    /// Print a script that completes commands in your shell.
    Completions(verbs::completions::CompletionsArguments),
}

impl Command {
    /// How this verb prints its results.
    pub fn format(&self) -> Format {
        match self {
            Command::Run(arguments) => arguments.output.format,
            Command::Plan(arguments) => arguments.format(),
            Command::Grade(arguments) => arguments.output.format,
            Command::List(arguments) => arguments.output.format,
            Command::Show(arguments) => arguments.output.format,
            Command::Cache(arguments) => arguments.format(),
            Command::Batch(arguments) => arguments.format(),
            Command::Prices(arguments) => arguments.format(),
            Command::Data(arguments) => arguments.format(),
            Command::Judge(arguments) => arguments.format(),
            Command::Compare(arguments) => arguments.format(),
            Command::Leaderboard(arguments) => arguments.format(),
            Command::Gate(arguments) => arguments.output.format,
            Command::Statistics(arguments) => arguments.output.format,
            Command::Rate(arguments) => arguments.output.format,
            Command::Exec(arguments) => arguments.format(),
            Command::Doctor(arguments) => arguments.output.format,
            Command::Import(arguments) => arguments.output.format,
            Command::Setup(_)
            | Command::Report(_)
            | Command::Export(_)
            | Command::Sql(_)
            | Command::View(_)
            | Command::Completions(_) => Format::Text,
        }
    }
}
