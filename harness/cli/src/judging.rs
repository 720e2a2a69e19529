use crate::context::Context;
use proctor_assets::Layout;
use proctor_core::{Judges, Model};
use proctor_engine::{Panel, Retries};
use proctor_judges::SandboxJudges;
use proctor_sandbox::SandboxConfig;
use std::sync::Arc;

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

/// The same, with judge models whose answers are kept in the engine's store.
pub fn with_models(
    context: &Context,
    models: Vec<Arc<dyn Model>>,
    engine: &proctor_engine::Context,
    retries: Retries,
) -> Arc<dyn Judges> {
    match models.is_empty() {
        true => judges(context),
        false => Arc::new(Panel::new(engine, judges(context), models, retries)),
    }
}
