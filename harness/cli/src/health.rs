use crate::context::Context;
use crate::guests::SandboxCompiler;
use crate::judging;
use crate::verbs;
use proctor_assets::{
    Asset, CATALOGUE, Compiler, Depth, Layout, Part, State, Tools, free_bytes, gguf_header, megabytes, state, version,
};
use proctor_core::{Entry, Program, Verdict};
use proctor_store::{Location, Store, StoreError};
use serde::Serialize;
use std::ffi::OsString;
use std::path::Path;
use std::time::Instant;

/// Less room than this in the cache is worth a note, in bytes; a full setup takes about this much.
const LITTLE_ROOM: u64 = 1_500_000_000;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// In place.
    Well,
    /// Worth knowing; nothing fails for it.
    Note,
    /// Something would fail.
    Sick,
}

/// One thing looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub finding: String,
    /// What to type, where something is to be done.
    pub remedy: Option<String>,
}

impl Check {
    fn well(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, health: Health::Well, finding: finding.into(), remedy: None }
    }

    fn note(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, health: Health::Note, finding: finding.into(), remedy: None }
    }

    fn sick(name: &'static str, finding: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, health: Health::Sick, finding: finding.into(), remedy: Some(remedy.into()) }
    }
}

/// Looks at everything proctor needs.
pub fn checks(context: &Context, depth: Depth) -> Vec<Check> {
    let layout = Layout::new(&context.cache);
    let mut checks = vec![cache(&context.cache)];
    checks.extend(own_files(&layout));
    let python = verbs::setup::available(&layout, Part::Python);
    let assets: Vec<Check> = CATALOGUE.iter().map(|asset| installed(&layout, asset, depth, python)).collect();
    let complete = assets.iter().all(|c| c.health != Health::Sick);
    checks.extend(tools(complete));
    checks.extend(assets);
    if python {
        checks.push(sandbox(context));
    }
    if verbs::setup::available(&layout, Part::Model) {
        checks.push(model(&layout));
    }
    checks.push(store(&context.store));
    checks.push(terminal(context));
    checks
}

fn cache(root: &Path) -> Check {
    let shown = root.display();
    if !root.exists() {
        return Check::sick("cache", format!("{shown} does not exist"), "type `proctor setup`; it is made there");
    }
    if let Err(e) = proctor_assets::trust(root) {
        return Check::sick("cache", e.message, e.hint.unwrap_or_default());
    }
    if let Err(e) = proctor_assets::writable(root) {
        return Check::sick(
            "cache",
            format!("{shown} cannot be written: {e}"),
            "choose another place with PROCTOR_CACHE or --cache",
        );
    }
    match free_bytes(root) {
        Ok(free) if free < LITTLE_ROOM => Check::note("cache", format!("{shown}, only {} free", megabytes(free))),
        Ok(free) => Check::well("cache", format!("{shown}, {} free", megabytes(free))),
        Err(e) => Check::note("cache", format!("{shown}, free space unknown: {e}")),
    }
}

/// The user's own guests and model, if any are registered.
fn own_files(layout: &Layout) -> Vec<Check> {
    let config = match layout.read_config() {
        Ok(config) => config,
        Err(e) => {
            let file = layout.config_file();
            return vec![Check::sick(
                "own files",
                format!("{} is unreadable: {e}", file.display()),
                format!("remove it: `rm {}`", file.display()),
            )];
        }
    };
    let kinds = [
        ("own guest", "--python-guest", config.python_guest),
        ("own guest", "--python-guest", config.python_small_guest),
        ("own model", "--model-file", config.model_file),
    ];
    let check = |(name, flag, path): (&'static str, &str, Option<std::path::PathBuf>)| {
        let path = path?;
        let shown = path.display();
        Some(match path.exists() {
            true => Check::well(name, shown.to_string()),
            false => Check::sick(
                name,
                format!("{shown} is registered and does not exist"),
                format!("type `proctor setup {flag} PATH`, or `proctor setup {flag} default` to go back"),
            ),
        })
    };
    kinds.into_iter().filter_map(check).collect()
}

/// pip and npm; with everything installed they are not needed.
fn tools(complete: bool) -> Vec<Check> {
    let found = Tools::find(&std::env::var_os("PATH").unwrap_or_default());
    let check = |name: &'static str, start: Option<Vec<OsString>>, package: &str| {
        let (finding, package) = match start {
            None => ("not on PATH".to_string(), package),
            Some(start) => match version(&start) {
                Some(version) => return Check::well(name, version.strip_prefix("pip ").unwrap_or(&version)),
                None => (format!("{} does not answer to --version", start[0].to_string_lossy()), package),
            },
        };
        match complete {
            true => Check::note(name, format!("{finding}; not needed while everything is installed")),
            false => Check::sick(name, finding, format!("Debian, Ubuntu: `sudo apt install {package}`")),
        }
    };
    vec![check("pip", found.pip, "python3-pip"), check("npm", found.npm, "npm")]
}

fn installed(layout: &Layout, asset: &Asset, depth: Depth, python: bool) -> Check {
    let what = format!("{} ({})", asset.title, asset.detail);
    let part = asset.part.as_str();
    let small = if asset.small == Some(true) { " --small" } else { "" };
    let remedy = format!("type `proctor setup --only {part}{small}`");
    let sick = |finding: String| Check::sick(asset.name, finding, remedy.clone());
    match state(layout, asset, depth) {
        State::Missing if asset.part == Part::Python && python => {
            return Check::note(asset.name, format!("{what}: not installed; another Python guest is in use"));
        }
        State::Missing if asset.small == Some(true) => {
            return Check::note(asset.name, format!("{what}: not installed; optional"));
        }
        State::Missing if asset.part == Part::Model && layout.config().model_file.is_some() => {
            return Check::note(asset.name, format!("{what}: not installed; your own model is in use"));
        }
        State::Missing => return sick(format!("{what}: not installed")),
        State::Outdated => return sick(format!("installed from another version than this proctor's: {}", what)),
        State::Changed(why) => return sick(why),
        State::Ready => {}
    }
    if let Some((guest, wasm)) = asset.guest {
        let compiled = SandboxCompiler.compiled(guest, &layout.root().join(wasm), &layout.compiled());
        if compiled.is_none() {
            return sick(format!("installed, but not compiled for this machine and this proctor: {}", what));
        }
    }
    let how = if depth == Depth::Hash { "all hashes verified" } else { "verified when installed, unchanged since" };
    Check::well(asset.name, format!("{} ({how})", what))
}

/// Runs one line of Python.
fn sandbox(context: &Context) -> Check {
    let began = Instant::now();
    let judges = judging::judges(context);
    let program = Program::python("print(6 * 7)", Entry::Script);
    let ran = verbs::wait(async { judges.run(program).await.map_err(crate::error::CliError::failure) });
    match ran {
        Ok(ran) if ran.verdict == Verdict::Ok && ran.stdout.trim() == "42" => {
            Check::well("sandbox", format!("`print(6 * 7)` gave 42 in {} ms", began.elapsed().as_millis()))
        }
        Ok(ran) => {
            let raised = ran.raised.map(|r| format!(", {}: {}", r.kind, r.message)).unwrap_or_default();
            Check::sick(
                "sandbox",
                format!("`print(6 * 7)` ended with {}{raised} and wrote {:?}", ran.verdict, ran.stdout),
                "type `proctor setup --only python --force`",
            )
        }
        Err(e) => Check::sick("sandbox", e.message, "type `proctor setup --only python --force`"),
    }
}

/// Opens the default model: its metadata and tokenizer, not its weights.
fn model(layout: &Layout) -> Check {
    let path = layout.model();
    let remedy = "type `proctor setup --only model --force`, or `proctor setup --model-file PATH` for another";
    let header = match gguf_header(&path) {
        Ok(header) => header,
        Err(e) => return Check::sick("model file", format!("{}: {e}", path.display()), remedy),
    };
    match proctor_models::open(&format!("candle/{}", path.display()), &proctor_models::ModelOptions::default()) {
        Ok(_) => Check::well(
            "model file",
            format!("{}, GGUF {}, {} tensors, tokenizer understood", path.display(), header.version, header.tensors),
        ),
        Err(e) => Check::sick("model file", e.message, remedy),
    }
}

fn store(location: &Location) -> Check {
    let shown = location;
    let remedy = "choose another place with PROCTOR_STORE or --store";
    if location.path().is_none_or(Path::exists) {
        let opened = verbs::wait(async {
            let opened = Store::open_existing(location).await;
            if let Ok(store) = &opened {
                store.close().await;
            }
            Ok(opened)
        });
        match (opened, location.path()) {
            (Ok(Ok(_)), None) => return Check::well("store", format!("{shown}, the server answers")),
            (Ok(Err(StoreError::Missing(_))), None) => return Check::well("store", format!("{shown}, made by the first run")),
            (Ok(Err(e)), _) => return Check::sick("store", e.to_string(), remedy),
            (Err(e), _) => return Check::sick("store", e.message, remedy),
            (Ok(Ok(_)), Some(_)) => {}
        }
    }
    let path = location.path().unwrap_or(Path::new("."));
    let folder = path.ancestors().skip(1).map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p }).find(|p| p.exists());
    match folder.map(proctor_assets::writable) {
        Some(Ok(())) if path.exists() => Check::well("store", format!("{shown}, readable and writable")),
        Some(Ok(())) => Check::well("store", format!("{shown}, made by the first run")),
        Some(Err(e)) => Check::sick("store", format!("{shown} cannot be written: {e}"), remedy),
        None => Check::sick("store", format!("{shown}: no folder above it exists"), remedy),
    }
}

fn terminal(context: &Context) -> Check {
    match context.printer.is_terminal() {
        true => Check::well("terminal", "progress is drawn as bars"),
        false => Check::note("terminal", "standard error is no terminal: progress is told in lines, at least every 10 s"),
    }
}
