use crate::context::Context;
use crate::environment;
use crate::error::CliError;
use proctor_assets::Layout;
use proctor_core::{Benchmark, ExitCode, Judges, Model, Needs};
use proctor_data::judging_service::{JudgingService, Patience, ServiceError, ServiceJudges, service_provenance};
use proctor_engine::{Panel, Retries};
use proctor_judges::SandboxJudges;
use proctor_sandbox::SandboxConfig;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Where the sandbox finds its guests: the user's own where one is registered, else what setup installed.
pub fn sandbox_config(context: &Context) -> SandboxConfig {
    let layout = Layout::new(&context.cache);
    let own = layout.config();
    let mut config = SandboxConfig::below(&context.cache);
    if let Some(python) = own.python_guest {
        config.python = python;
    }
    if let Some(small) = own.python_small_guest {
        config.python_small = small;
    }
    config
}

/// The judges of this process; guests are opened when first needed.
pub fn judges(context: &Context) -> Arc<dyn Judges> {
    Arc::new(SandboxJudges::new(sandbox_config(context)))
}

/// The judges that `benchmarks` need: with the judging service where one of them is judged there, and with judge models,
/// whose answers are kept in the engine's store.
pub async fn suiting(
    context: &Context,
    benchmarks: &[Arc<dyn Benchmark>],
    models: Vec<Arc<dyn Model>>,
    engine: &proctor_engine::Context,
    retries: Retries,
) -> Result<Arc<dyn Judges>, CliError> {
    let mut judges = judges(context);
    if benchmarks.iter().any(|benchmark| benchmark.needs().service) {
        judges = Arc::new(with_service(context, judges).await?);
    }
    Ok(match models.is_empty() {
        true => judges,
        false => Arc::new(Panel::new(engine, judges, models, retries)),
    })
}

/// The judging service, once it has said that it knows the user.
async fn with_service(context: &Context, inner: Arc<dyn Judges>) -> Result<ServiceJudges, CliError> {
    let service = JudgingService::new(&environment::judging_service().map_err(told)?, patience()).map_err(told)?;
    let judges = ServiceJudges::new(inner, service, &context.beside_store("submissions.jsonl")).map_err(told)?;
    judges.check().await.map_err(told)?;
    Ok(judges)
}

/// The provenance that judges with the service have, where the service is known; nothing is sent.
pub fn planned(inner: Value, needs: Needs) -> Value {
    let service = environment::judging_service().ok().filter(|_| needs.service);
    service.map_or(inner.clone(), |access| service_provenance(inner, needs, &access.address()))
}

/// The protocol's patience, but that a verdict is waited for no longer than grading may take; the next run asks again.
fn patience() -> Patience {
    Patience { judging: Duration::from_secs(1200), ..Patience::default() }
}

fn told(error: ServiceError) -> CliError {
    match error {
        ServiceError::Input(message) => {
            CliError::usage(message).hint("or leave out -B judge=service: programs are then judged on this machine")
        }
        error => CliError::new(ExitCode::Endpoint, format!("The judging service cannot be used: {error}")),
    }
}
