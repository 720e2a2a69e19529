use super::background;
use super::guard::guard;
use super::state::App;
use super::token::Token;
use crate::index::Index;
use crate::{Figures, ViewError, pages};
use axum::Router;
use axum::middleware::from_fn_with_state;
use proctor_store::Store;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Ports that are tried after the first.
const MORE_PORTS: u16 = 50;

/// How the view is served.
#[derive(Debug, Clone)]
pub struct ViewOptions {
    /// The port; the next free one where it is taken.
    pub port: u16,
    /// Where the read index lies.
    pub index: PathBuf,
}

/// A view that listens.
pub struct Serving {
    address: String,
    app: Arc<App>,
    listener: TcpListener,
}

/// Opens the index and listens; nothing is answered before [`Serving::run`].
pub async fn serve(store: Store, figures: Arc<dyn Figures>, options: &ViewOptions) -> Result<Serving, ViewError> {
    let index = Index::open(&options.index).await?;
    let templates = pages::templates()?;
    let listener = listen(options.port).await?;
    let port = listener.local_addr().map(|address| address.port()).unwrap_or(options.port);
    let token = Token::new()?;
    let address = format!("http://127.0.0.1:{port}/?token={}", token.reveal());
    let app = Arc::new(App::new(store, index, figures, templates, token, port));
    Ok(Serving { address, app, listener })
}

impl Serving {
    /// The address with its token, for the user's browser.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Serves until `stop` is done. What is being answered then is not waited for.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<(), ViewError> {
        let work = background::start(&self.app);
        let router =
            Router::new().merge(pages::router()).layer(from_fn_with_state(self.app.clone(), guard)).with_state(self.app.clone());
        let served = async { axum::serve(self.listener, router).await };
        let result = tokio::select! {
            result = served => result.map_err(|e| ViewError::Port { address: self.address.clone(), reason: e.to_string() }),
            () = stop => Ok(()),
        };
        for task in work {
            task.abort();
        }
        self.app.index.close().await;
        result
    }
}

/// Listens on the loopback address, on `port` or the next free one.
async fn listen(port: u16) -> Result<TcpListener, ViewError> {
    let mut reason = String::new();
    for port in (port..=port.saturating_add(MORE_PORTS)).chain([0]) {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Ok(listener) => return Ok(listener),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(ViewError::Port { address: format!("127.0.0.1:{port}"), reason })
}
