use crate::args::Format;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::guests::SandboxCompiler;
use crate::hub_models::{self, HubModel};
use crate::steps::Steps;
use clap::{Args, ValueEnum};
use proctor_assets::{
    self as assets, AssetError, Blame, CATALOGUE, Compiler, Config, Depth, Fetcher, Guest, Layout, Outcome, OwnGuest, Part,
    Request, State,
};
use proctor_core::ExitCode;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What stands for the catalogue's own guest or model, to undo `--python-guest` and `--model-file`.
const DEFAULT: &str = "default";

/// What to install and how.
#[derive(Debug, Args)]
pub struct SetupArguments {
    /// The 12 MB Python guest (standard library only) instead of the full one.
    #[arg(long)]
    small: bool,
    /// Only this part; may be repeated.
    #[arg(long, value_enum, value_name = "PART")]
    only: Vec<OnlyPart>,
    /// Fetch nothing: use archives that lie in the cache's downloads folder.
    #[arg(long)]
    offline: bool,
    /// Your own Python guest: a wheel, a folder or a .wasm file; `default` goes back.
    #[arg(long, value_name = "PATH")]
    python_guest: Option<PathBuf>,
    /// Your own model, a GGUF file, used where the default model is asked for; `default` goes back.
    #[arg(long, value_name = "PATH")]
    model_file: Option<PathBuf>,
    /// A model of the Hub, to run as candle/MODEL: ORG/NAME or ORG/NAME@REVISION with safetensors, ORG/NAME:FILE.gguf or
    /// ORG/NAME:Q4_K_M with GGUF files; may be repeated. Without --only nothing else is installed.
    #[arg(long, value_name = "MODEL")]
    model: Vec<String>,
    /// Keep the archives after unpacking.
    #[arg(long)]
    keep: bool,
    /// Fetch, unpack and compile again what is there.
    #[arg(long)]
    force: bool,
}

/// A part by its word on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnlyPart {
    /// The Python interpreter for the sandbox.
    Python,
    /// The C++ compiler for the sandbox.
    Clang,
    /// The default local model.
    Model,
}

impl From<OnlyPart> for Part {
    fn from(part: OnlyPart) -> Self {
        match part {
            OnlyPart::Python => Part::Python,
            OnlyPart::Clang => Part::Clang,
            OnlyPart::Model => Part::Model,
        }
    }
}

/// Fetches, verifies, unpacks and compiles what is missing.
pub fn execute(arguments: SetupArguments, context: &Context) -> CliResult {
    let layout = Layout::new(&context.cache);
    let steps = Steps::new(&context.printer);
    let mut parts: Vec<Part> = arguments.only.iter().copied().map(Part::from).collect();
    let mut small = arguments.small;
    let mut lines = Vec::new();
    if let Some(path) = &arguments.python_guest {
        match own_guest(&layout, path, &steps, &mut lines)? {
            Some(OwnGuest::Pinned(name)) => small |= name == "python-small",
            Some(OwnGuest::Registered(..)) | None => {}
        }
    }
    if let Some(path) = &arguments.model_file {
        own_model(&layout, path, &mut lines)?;
    }
    let models = hub_models::fetch(&arguments.model, arguments.offline, context)?;
    if parts.is_empty() && models.is_empty() {
        parts = without_own(&layout.config(), small);
    }
    let outcomes = if parts.is_empty() {
        Vec::new()
    } else {
        let request = Request {
            parts,
            small,
            offline: arguments.offline,
            keep: arguments.keep,
            force: arguments.force,
            ..Request::default()
        };
        assets::install(&request, &layout, CATALOGUE, &Fetcher::new(), &SandboxCompiler, &steps)?
    };
    report(context, &layout, &lines, &models, &outcomes);
    Ok(ExitCode::Success)
}

/// Registers the user's own guest and compiles it; `None` when it was let go.
fn own_guest(layout: &Layout, path: &Path, steps: &Steps, lines: &mut Vec<String>) -> Result<Option<OwnGuest>, CliError> {
    assets::prepare(layout)?;
    if path == Path::new(DEFAULT) {
        let config = Config { python_guest: None, python_small_guest: None, ..layout.config() };
        layout.write_config(&config)?;
        return Ok(None);
    }
    let guest = assets::register_python_guest(layout, CATALOGUE, path, steps)?;
    if let OwnGuest::Registered(kind, image) = &guest {
        assets::compile(*kind, "Python guest of your own", image, layout, &SandboxCompiler, steps)?;
        lines.push(format!("python: your own, {}", image.display()));
    }
    Ok(Some(guest))
}

fn own_model(layout: &Layout, path: &Path, lines: &mut Vec<String>) -> Result<(), CliError> {
    assets::prepare(layout)?;
    if path == Path::new(DEFAULT) {
        layout.write_config(&Config { model_file: None, ..layout.config() })?;
        return Ok(());
    }
    let path = assets::register_model_file(layout, path)?;
    lines.push(format!("model: your own, {}", path.display()));
    Ok(())
}

/// All parts but those for which the user brought their own.
fn without_own(config: &Config, small: bool) -> Vec<Part> {
    let own_python = if small { config.python_small_guest.is_some() } else { config.python_guest.is_some() };
    let mut parts = Vec::new();
    if !own_python {
        parts.push(Part::Python);
    }
    parts.push(Part::Clang);
    if config.model_file.is_none() {
        parts.push(Part::Model);
    }
    parts
}

fn report(context: &Context, layout: &Layout, lines: &[String], models: &[HubModel], outcomes: &[Outcome]) {
    if context.format == Format::Json {
        let assets: Vec<_> = outcomes
            .iter()
            .map(|o| json!({"name": o.name, "installed": o.installed, "compiled": o.compiled, "seconds": o.seconds}))
            .collect();
        let config = layout.config();
        let models: Vec<_> = models.iter().map(HubModel::json).collect();
        let document =
            json!({"schema": "proctor.setup/1", "cache": layout.root(), "assets": assets, "models": models, "own": config});
        context.printer.out(document.to_string());
        return;
    }
    for line in lines {
        context.printer.out(line);
    }
    for model in models {
        context.printer.out(model.line());
    }
    for outcome in outcomes {
        let what = match (outcome.installed, outcome.compiled) {
            (true, true) => "installed and compiled",
            (true, false) => "installed",
            (false, true) => "compiled",
            (false, false) => "ok",
        };
        context.printer.out(format!("{:<13} {what}: {} ({})", outcome.name, outcome.title, outcome.detail));
    }
}

/// What a verb needs before it can begin. A guest that is there but not compiled for this machine yet, as after an
/// update, is compiled.
///
/// # Errors
/// Something is missing: the message is one command to type. With `--yes` it is installed right here instead, and an
/// error says why that failed.
pub fn ensure(context: &Context, needs: &[Part]) -> Result<(), CliError> {
    let layout = Layout::new(&context.cache);
    let missing: Vec<Part> = needs.iter().copied().filter(|part| !available(&layout, *part)).collect();
    if !missing.is_empty() && !context.yes {
        return Err(not_installed(&layout, &missing));
    }
    let steps = Steps::new(&context.printer);
    if !missing.is_empty() {
        let request = Request { parts: missing, ..Request::default() };
        assets::install(&request, &layout, CATALOGUE, &Fetcher::new(), &SandboxCompiler, &steps)?;
    }
    for part in needs {
        if let Some((guest, title, wasm)) = image(&layout, *part)
            && SandboxCompiler.compiled(guest, &wasm, &layout.compiled()).is_none()
        {
            assets::compile(guest, title, &wasm, &layout, &SandboxCompiler, &steps)?;
        }
    }
    Ok(())
}

fn not_installed(layout: &Layout, missing: &[Part]) -> CliError {
    let titles: Vec<&str> = missing.iter().map(|p| title(*p)).collect();
    let message = format!("not installed in {}: {}", layout.root().display(), titles.join(", "));
    let nothing = [Part::Python, Part::Clang, Part::Model].iter().all(|part| !available(layout, *part));
    let command = if nothing {
        "proctor setup".to_string()
    } else {
        let flags: Vec<String> = missing.iter().map(|p| format!("--only {}", p.as_str())).collect();
        format!("proctor setup {}", flags.join(" "))
    };
    CliError::new(ExitCode::NotInstalled, message).hint(format!("type `{command}`, or add --yes to this command"))
}

/// Whether a part can be used: the user's own, or installed as the catalogue says.
pub fn available(layout: &Layout, part: Part) -> bool {
    let config = layout.config();
    let own = match part {
        Part::Python => config.python_guest.or(config.python_small_guest).is_some_and(|p| p.exists()),
        Part::Model => config.model_file.is_some_and(|p| p.exists()),
        Part::Clang => false,
    };
    own || installed(layout, part, false) || (part == Part::Python && installed(layout, part, true))
}

/// Whether all assets of a part, in the small or the full set, are installed as the catalogue says.
fn installed(layout: &Layout, part: Part, small: bool) -> bool {
    let mut assets = CATALOGUE.iter().filter(|a| a.part == part && a.belongs(small));
    assets.all(|a| assets::state(layout, a, Depth::Stamp) == State::Ready)
}

/// The image that stands behind a part, the full Python before the small one.
pub fn image(layout: &Layout, part: Part) -> Option<(Guest, &'static str, PathBuf)> {
    let full = (Guest::Python, "Python guest", layout.python().join("python-snapshot.wasm"));
    let small = (Guest::PythonSmall, "small Python guest", layout.python_small());
    let clang = (Guest::Clang, title(Part::Clang), layout.clang().join("llvm.core.wasm"));
    let images = match part {
        Part::Python => vec![full, small],
        Part::Clang => vec![clang],
        Part::Model => vec![],
    };
    images.into_iter().find(|(_, _, wasm)| wasm.is_file())
}

/// A part for people.
fn title(part: Part) -> &'static str {
    match part {
        Part::Python => "Python guest",
        Part::Clang => "C++ compiler guest",
        Part::Model => "default model",
    }
}

impl From<AssetError> for CliError {
    fn from(error: AssetError) -> Self {
        let code = match error.blame {
            Blame::Usage => ExitCode::Usage,
            Blame::NotInstalled => ExitCode::NotInstalled,
            Blame::Environment => ExitCode::Failure,
        };
        CliError { code, message: error.message, hint: error.hint }
    }
}
