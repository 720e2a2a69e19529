use async_trait::async_trait;
use proctor_core::{Execution, Interaction, JudgeError, Judges, Needs, Program};
use proctor_sandbox::{Sandbox, SandboxConfig, SandboxError};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Runs programs in the sandbox on as many threads as there are cores. The sandbox is opened when the first program
/// comes, so that whoever runs none pays nothing.
pub struct SandboxJudges {
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
}

struct Shared {
    config: SandboxConfig,
    sandbox: OnceLock<Result<Sandbox, SandboxError>>,
}

impl Shared {
    fn sandbox(&self) -> Result<&Sandbox, JudgeError> {
        self.sandbox.get_or_init(|| Sandbox::open(self.config.clone())).as_ref().map_err(told)
    }

    fn run(&self, program: &Program) -> Result<Execution, JudgeError> {
        let sandbox = self.sandbox()?;
        sandbox.ready(program.language).map_err(|error| told(&error))?;
        Ok(sandbox.run(program))
    }

    fn interact(&self, program: &Program, interactor: &Program) -> Result<Interaction, JudgeError> {
        let sandbox = self.sandbox()?;
        for side in [program, interactor] {
            sandbox.ready(side.language).map_err(|error| told(&error))?;
        }
        Ok(sandbox.interact(program, interactor))
    }
}

fn told(error: &SandboxError) -> JudgeError {
    match error {
        SandboxError::NotInstalled { .. } => JudgeError::Unavailable(error.to_string()),
        _ => JudgeError::Failed(error.to_string()),
    }
}

impl SandboxJudges {
    /// Judges whose sandbox is made of `config` when it is first needed.
    pub fn new(config: SandboxConfig) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shared = Arc::new(Shared { config, sandbox: OnceLock::new() });
        Self { shared, places: Arc::new(Semaphore::new(cores)) }
    }

    /// Judges with the guests that lie where they are looked for by default; `None` where one of those needed is missing.
    pub fn installed(needs: Needs) -> Option<Self> {
        let there = |config: &SandboxConfig| (!needs.python || config.has_python()) && (!needs.cpp || config.has_clang());
        SandboxConfig::discover().filter(there).map(SandboxJudges::new)
    }
}

#[async_trait]
impl Judges for SandboxJudges {
    async fn run(&self, program: Program) -> Result<Execution, JudgeError> {
        let stopped = || JudgeError::Failed("the judges were stopped while a program waited for its turn".to_string());
        let place = self.places.clone().acquire_owned().await.map_err(|_| stopped())?;
        let shared = self.shared.clone();
        let work = tokio::task::spawn_blocking(move || {
            let execution = shared.run(&program);
            drop(place);
            execution
        });
        work.await.map_err(|error| JudgeError::Failed(format!("a judge's thread ended early: {error}")))?
    }

    /// Both programs share one place, since only one of them runs at a time.
    async fn interact(&self, program: Program, interactor: Program) -> Result<Interaction, JudgeError> {
        let stopped = || JudgeError::Failed("the judges were stopped while a program waited for its turn".to_string());
        let place = self.places.clone().acquire_owned().await.map_err(|_| stopped())?;
        let shared = self.shared.clone();
        let work = tokio::task::spawn_blocking(move || {
            let interaction = shared.interact(&program, &interactor);
            drop(place);
            interaction
        });
        work.await.map_err(|error| JudgeError::Failed(format!("a judge's thread ended early: {error}")))?
    }

    /// Opens the sandbox where a guest is needed; where it cannot be opened, says so instead.
    fn provenance(&self, needs: Needs) -> serde_json::Value {
        if !needs.python && !needs.cpp {
            return serde_json::json!({});
        }
        match self.shared.sandbox() {
            Ok(sandbox) => sandbox.provenance(),
            Err(error) => serde_json::json!({ "unavailable": error.to_string() }),
        }
    }
}
