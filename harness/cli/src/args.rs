use crate::environment;
use crate::verbs;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

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

Exit status: 0 done; 1 unforeseen failure; 2 wrong usage; 3 infrastructure errors left; 4 something is not
installed; 5 reference solutions fall short, score withheld; 6 store unusable; 7 endpoint unusable; 10 exec: the
program's verdict is not ok; 130 interrupted.";

/// Flags that every verb takes.
#[derive(Debug, Args)]
pub struct GlobalArguments {
    /// Database with all runs.
    #[arg(long, global = true, value_name = "PATH", env = environment::STORE, help_heading = "Global options")]
    pub store: Option<PathBuf>,
    /// Folder for guests, models and compiled code.
    #[arg(long, global = true, value_name = "DIR", env = environment::CACHE, help_heading = "Global options")]
    pub cache: Option<PathBuf>,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, help_heading = "Global options")]
    pub format: Format,
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

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List benchmarks, models or runs.
    List(verbs::list::ListArguments),
    /// Print a script that completes commands in your shell.
    Completions(verbs::completions::CompletionsArguments),
}
