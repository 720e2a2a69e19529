use super::finding::Finding;
use proctor_core::ModelAddress;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::{TcpStream, lookup_host};

/// The longest wait for a name or a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Finds out how far a connection gets: the name, then the port. What comes after, TLS and HTTP, the first request shows.
/// `Err` where it goes no further.
pub(super) async fn reach(address: &ModelAddress) -> Result<Vec<Finding>, Vec<Finding>> {
    let (host, port) = (address.host.as_str(), address.port);
    if let Some(proxy) = proxy_for(address) {
        return Ok(vec![Finding::works("proxy", format!("{host} is reached over the proxy that {proxy} names"))]);
    }
    let began = Instant::now();
    let found = tokio::time::timeout(PATIENCE, lookup_host((host, port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => {
            return Err(vec![Finding::fails(
                "name",
                format!("{host} is not found: {error}"),
                "check the base address and the name server",
            )]);
        }
        Err(_) => {
            let message = format!("the name server gave no answer about {host} within {} s", PATIENCE.as_secs());
            return Err(vec![Finding::fails("name", message, "check the network")]);
        }
    };
    let shown: Vec<String> = addresses.iter().map(|a| a.ip().to_string()).take(3).collect();
    let mut findings =
        vec![Finding::works("name", format!("{host} is {} ({} ms)", shown.join(", "), began.elapsed().as_millis()))];
    let began = Instant::now();
    let mut last = String::from("it has no address");
    for socket in addresses.iter().take(4) {
        match tokio::time::timeout(PATIENCE, TcpStream::connect(socket)).await {
            Ok(Ok(_)) => {
                findings.push(Finding::works("connection", format!("port {port} is open ({} ms)", began.elapsed().as_millis())));
                return Ok(findings);
            }
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => last = format!("no answer within {} s", PATIENCE.as_secs()),
        }
    }
    let then = "check that the server runs, the port, and any firewall or proxy (HTTPS_PROXY)";
    findings.push(Finding::fails("connection", format!("port {port} of {host} cannot be reached: {last}"), then));
    Err(findings)
}

/// The variable that names a proxy for this address, if one does. Loopback is never reached over a proxy.
fn proxy_for(address: &ModelAddress) -> Option<&'static str> {
    let loopback = address.host == "localhost" || address.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let set = |name: &str| std::env::var(name).is_ok_and(|v| !v.trim().is_empty());
    let excepted = ["NO_PROXY", "no_proxy"].iter().filter_map(|name| std::env::var(name).ok()).any(|list| {
        list.split(',').map(|part| part.trim().trim_start_matches('.')).any(|part| {
            part == "*" || (!part.is_empty() && (address.host == part || address.host.ends_with(&format!(".{part}"))))
        })
    });
    if loopback || excepted {
        return None;
    }
    let names: &[&'static str] = if address.encrypted {
        &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        &["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"]
    };
    names.iter().copied().find(|name| set(name))
}
