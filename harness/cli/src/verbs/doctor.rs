use crate::args::{Format, FormatArguments};
use crate::context::Context;
use crate::error::CliResult;
use crate::health::{Check, Health, checks};
use crate::settings::{Backend, open_models};
use crate::verbs::{setup, wait};
use clap::Args;
use proctor_assets::{Depth, Layout, Part};
use proctor_core::ExitCode;
use proctor_models::{Finding, Timeouts, Verdict, probe};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How thoroughly, or which model instead.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// A model: asks it about ten short questions and tells what it can do.
    #[arg(value_name = "MODEL")]
    model: Option<String>,
    /// Hash every installed file instead of looking at lengths and times.
    #[arg(long, conflicts_with = "model")]
    deep: bool,
    /// Also find out how long the model's context is, with a prompt of 400,000 words.
    #[arg(long, requires = "model")]
    long_prompt: bool,
    /// An option of the backend, or a field that goes into every request; may be repeated.
    #[arg(short = 'M', value_name = "KEY=VALUE", requires = "model")]
    arguments: Vec<String>,
    /// Base address of the endpoint, e.g. http://localhost:8000/v1.
    #[arg(long, value_name = "URL", requires = "model")]
    base_url: Option<String>,
    #[command(flatten)]
    pub output: FormatArguments,
}

/// Checks everything, says what to type where something is not in place.
pub fn execute(arguments: DoctorArguments, context: &Context) -> CliResult {
    if let Some(model) = &arguments.model {
        return examine(model, &arguments, context);
    }
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

/// Asks one model what it can do.
fn examine(name: &str, arguments: &DoctorArguments, context: &Context) -> CliResult {
    if name == Layout::new(&context.cache).default_model() {
        setup::ensure(context, &[Part::Model])?;
    }
    let names = [name.to_owned()];
    let timeouts = Timeouts { connect: Duration::from_secs(10), idle: Duration::from_secs(60), total: Duration::from_secs(90) };
    let open = |stream: bool| -> Result<_, crate::error::CliError> {
        let backend = Backend { base_url: arguments.base_url.clone(), stream: Some(stream), timeouts, ..Backend::default() };
        open_models(&names, &arguments.arguments, &backend, context)
    };
    let Some(streaming) = open(true)?.pop() else {
        return Ok(ExitCode::Usage);
    };
    // A model in this process is loaded once.
    let whole = match streaming.address() {
        Some(_) => open(false)?.pop().unwrap_or_else(|| Arc::clone(&streaming)),
        None => Arc::clone(&streaming),
    };
    let json = context.format == Format::Json;
    let printer = &context.printer;
    let mut told = |finding: &Finding| {
        if !json {
            printer.out(told_line(context, finding));
        }
    };
    let findings = wait(async { Ok(probe(streaming.as_ref(), whole.as_ref(), arguments.long_prompt, &mut told).await) })?;
    let failed = findings.iter().any(|finding| finding.verdict == Verdict::Fails);
    if json {
        let document = json!({"schema": "proctor.doctor-model/1", "model": name, "usable": !failed, "findings": findings});
        context.printer.out(document.to_string());
    }
    Ok(if failed { ExitCode::Endpoint } else { ExitCode::Success })
}

fn told_line(context: &Context, finding: &Finding) -> String {
    let mark = match finding.verdict {
        Verdict::Works => context.printer.paint("✓", "32"),
        Verdict::Lacks => context.printer.paint("-", "33"),
        Verdict::Fails => context.printer.paint("✗", "31;1"),
    };
    let mut text = format!("{mark} {:<13} {}", finding.name, finding.found);
    if let Some(then) = &finding.then {
        text.push_str(&format!("\n  {:<13} → {then}", ""));
    }
    text
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
