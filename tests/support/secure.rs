//! TLS in front of an endpoint, with certificates good and bad, and a proxy that opens tunnels.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// A certificate authority of the test's own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Flaw {
    /// Nothing, where the authority is trusted.
    None,
    Expired,
    NotYetValid,
    OtherHost,
    /// Signed by itself.
    SelfSigned,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, "proctor's tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// Writes its certificate where a program may be told to look for it.
    pub fn write(&self, path: &Path) {
        std::fs::write(path, self.certificate.pem()).expect("written");
    }

    fn config(&self, host: &str, flaw: Flaw) -> ServerConfig {
        let host = if flaw == Flaw::OtherHost { "somebody-else.invalid" } else { host };
        let mut params = CertificateParams::new(vec![host.to_owned()]).expect("parameters");
        match flaw {
            Flaw::Expired => {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 1, 1);
            }
            Flaw::NotYetValid => {
                params.not_before = date_time_ymd(3000, 1, 1);
                params.not_after = date_time_ymd(3001, 1, 1);
            }
            _ => {}
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = match flaw {
            Flaw::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &self.issuer),
        };
        let chain = vec![certificate.expect("a certificate").der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocols")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a configuration")
    }
}

/// TLS on a port of its own, for `host`; what is inside goes to the endpoint on `behind`.
pub struct Secured {
    pub port: u16,
    _runtime: Runtime,
}

impl Secured {
    pub fn start(authority: &Authority, host: &str, flaw: Flaw, behind: u16) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(authority.config(host, flaw)));
        let runtime = runtime();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut inside = acceptor.accept(stream).await.ok()?;
                    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, behind)).await.ok()?;
                    copy_bidirectional(&mut inside, &mut server).await.ok()
                });
            }
        });
        Self { port, _runtime: runtime }
    }
}

/// How a proxy treats those who want a tunnel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gate {
    /// Opens it for whoever knows the password.
    Password(&'static str),
    /// Refuses with this status.
    Refuses(u16),
    /// Says nothing.
    Silent,
}

/// A proxy for HTTPS: every tunnel ends at the port `behind`, whatever host was asked for.
pub struct Proxy {
    pub port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    _runtime: Runtime,
}

impl Proxy {
    pub fn start(gate: Gate, behind: u16) -> Self {
        let runtime = runtime();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(tunnel(stream, gate, behind, seen.clone()));
            }
        });
        Self { port, heads, _runtime: runtime }
    }

    /// The heads of all requests for tunnels.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("not poisoned").clone()
    }
}

async fn tunnel(mut stream: TcpStream, gate: Gate, behind: u16, seen: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    seen.lock().expect("not poisoned").push(head.clone());
    match gate {
        Gate::Password(encoded) if head.to_ascii_lowercase().contains("proxy-authorization") && head.contains(encoded) => {
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
            let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, behind)).await.ok()?;
            copy_bidirectional(&mut stream, &mut server).await.ok()?;
        }
        Gate::Password(_) => {
            stream.write_all(b"HTTP/1.1 407 X\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n").await.ok()?;
        }
        Gate::Refuses(status) => {
            stream.write_all(format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n").as_bytes()).await.ok()?;
        }
        Gate::Silent => tokio::time::sleep(std::time::Duration::from_secs(3600)).await,
    }
    Some(())
}
