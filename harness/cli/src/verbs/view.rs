use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::live_figures::StoreFigures;
use crate::verbs::wait;
use clap::Args;
use proctor_core::{ExitCode, sha256_hex};
use proctor_store::{Location, Store};
use proctor_view::{ViewError, ViewOptions, serve};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// How the pages are served.
#[derive(Debug, Args)]
pub struct ViewArguments {
    /// The port on this machine's loopback address; the next free one where it is taken.
    #[arg(long, value_name = "PORT", default_value_t = 7357)]
    port: u16,
    /// Only print the address; open no browser.
    #[arg(long)]
    no_open: bool,
}

/// Serves the pages until Ctrl-C.
pub fn execute(arguments: ViewArguments, context: &Context) -> CliResult {
    wait(async {
        let store = Store::open_existing(&context.store).await?;
        let options = ViewOptions { port: arguments.port, index: index_path(&context.store, context) };
        let figures = Arc::new(StoreFigures::new(store.clone()));
        let serving = serve(store.clone(), figures, &options).await.map_err(failed)?;
        context.printer.out(serving.address());
        context.printer.note("the address holds the key to the pages: keep it to yourself; Ctrl-C ends the view");
        if !arguments.no_open && context.printer.is_terminal() {
            open_browser(serving.address());
        }
        let stop = async {
            // Where the signal cannot be listened for, it ends the program as it always does.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        serving.run(stop).await.map_err(failed)?;
        store.close().await;
        Ok(ExitCode::Success)
    })
}

fn failed(error: ViewError) -> CliError {
    match error {
        ViewError::Store(error) => error.into(),
        other => CliError::failure(other),
    }
}

/// Where the view keeps what it has read of a store: in the cache, since nothing is written beside the store.
fn index_path(location: &Location, context: &Context) -> PathBuf {
    let name = match location.path() {
        Some(path) => path.canonicalize().unwrap_or_else(|_| path.to_path_buf()).to_string_lossy().into_owned(),
        None => location.to_string(),
    };
    context.cache.join("view").join(format!("{}.index", &sha256_hex(name.as_bytes())[..16]))
}

/// Asks the desktop to open an address; where there is none, the printed address is all there is.
fn open_browser(address: &str) {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let quiet = || Stdio::null();
    let _ = Command::new(program).args(arguments).arg(address).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
}
