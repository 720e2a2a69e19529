use crate::context::Context;
use crate::environment;
use crate::error::CliError;
use crate::steps::Steps;
use crate::verbs::wait;
use proctor_core::ExitCode;
use proctor_data::{FetchedModel, ModelSettings, RemoteFile, fetch_model};
use proctor_models::ModelOptions;
use proctor_models::candle::{Repository, wanted_files};
use serde_json::{Value, json};
use std::time::Duration;

/// A model of the Hub that is in its cache now.
pub struct HubModel {
    name: Repository,
    fetched: FetchedModel,
    context_tokens: Option<usize>,
}

impl HubModel {
    /// For people.
    pub fn line(&self) -> String {
        let Self { name, fetched, context_tokens } = self;
        let what = if fetched.downloaded > 0 { "installed" } else { "ok" };
        let commit: String = fetched.commit.chars().take(12).collect();
        let size = fetched.bytes as f64 / 1e6;
        let tokens = context_tokens.map_or(String::new(), |tokens| format!(", {tokens} tokens of context"));
        format!("{:<13} {what}: candle/{name} (commit {commit}, {size:.1} MB{tokens})", "model")
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let Self { name, fetched, context_tokens } = self;
        json!({
            "name": format!("candle/{name}"),
            "commit": fetched.commit,
            "folder": fetched.snapshot,
            "files": fetched.files,
            "bytes": fetched.bytes,
            "downloaded": fetched.downloaded,
            "context_tokens": context_tokens,
        })
    }
}

/// Fetches models of the Hub, each into the Hub's cache, and opens them: a model that cannot be run says so now.
pub fn fetch(names: &[String], offline: bool, context: &Context) -> Result<Vec<HubModel>, CliError> {
    let mut repositories = Vec::new();
    for name in names {
        let own = name.strip_prefix("candle/").unwrap_or(name);
        let Some(repository) = Repository::parse(own) else {
            let message = format!("`{name}` names no model of the Hub");
            let hint = "the forms are ORG/NAME, ORG/NAME@REVISION, and with GGUF files ORG/NAME:FILE.gguf or ORG/NAME:Q4_K_M";
            return Err(CliError::usage(message).hint(hint));
        };
        repositories.push(repository);
    }
    let mut environment = environment::hub();
    environment.offline |= offline;
    let settings = ModelSettings { environment, first_wait: Duration::from_secs(1) };
    let steps = Steps::new(&context.printer);
    let mut models = Vec::new();
    for name in repositories {
        let choose = |files: &[RemoteFile]| {
            let listed: Vec<(&str, Option<u64>)> = files.iter().map(|file| (file.path.as_str(), file.size)).collect();
            wanted_files(&name.name, &listed, name.choice.as_deref())
        };
        let revision = name.revision.as_deref();
        let fetched = wait(async { Ok(fetch_model(&name.name, revision, &choose, &settings, &steps).await?) })?;
        let opened = proctor_models::open(&format!("candle/{name}"), &ModelOptions::default());
        let opened = opened.map_err(|error| {
            CliError::new(ExitCode::Failure, format!("{name} was fetched and cannot be run: {}", error.message))
        })?;
        models.push(HubModel { context_tokens: opened.capabilities().context_tokens, name, fetched });
    }
    Ok(models)
}
