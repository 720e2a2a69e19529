use crate::args::{Format, FormatArguments};
use crate::context::Context;
use crate::error::CliResult;
use crate::health::{Check, Health, checks};
use clap::Args;
use proctor_assets::Depth;
use proctor_core::ExitCode;
use serde_json::json;

/// How thoroughly.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Hash every installed file instead of looking at lengths and times.
    #[arg(long)]
    deep: bool,
    #[command(flatten)]
    pub output: FormatArguments,
}

/// Checks everything, says what to type where something is not in place.
pub fn execute(arguments: DoctorArguments, context: &Context) -> CliResult {
    let depth = if arguments.deep { Depth::Hash } else { Depth::Stamp };
    let found = checks(context, depth);
    let sick = found.iter().any(|c| c.health == Health::Sick);
    if context.format == Format::Json {
        let document = json!({"schema": "proctor.doctor/1", "healthy": !sick, "cache": context.cache, "checks": found});
        context.printer.out(document.to_string());
    } else {
        for check in &found {
            context.printer.out(line(context, check));
        }
    }
    Ok(if sick { ExitCode::NotInstalled } else { ExitCode::Success })
}

fn line(context: &Context, check: &Check) -> String {
    let mark = match check.health {
        Health::Well => context.printer.paint("✓", "32"),
        Health::Note => context.printer.paint("-", "33"),
        Health::Sick => context.printer.paint("✗", "31;1"),
    };
    let mut text = format!("{mark} {:<12} {}", check.name, check.finding);
    if let Some(remedy) = &check.remedy {
        text.push_str(&format!("\n  {:<12} → {remedy}", ""));
    }
    text
}
