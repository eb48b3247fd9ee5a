//! From a host's name to the socket of its BMC.

use crate::power::fleet::PORT;
use futures_util::{StreamExt, stream};
use hwautomation_core::error::{Error, Result};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::lookup_host;
use tokio::time::timeout;

/// How many names the system is asked for at a time: it has a thread for each.
const LOOKUPS_MAX: usize = 128;
/// How long the system may take for one.
const LOOKUP_LIMIT: Duration = Duration::from_secs(15);

/// What the standard library says before the system's reason, and our message says already.
const NOISE: &str = "failed to lookup address information: ";

/// What a host's name says. Pure.
#[derive(Debug, PartialEq)]
enum Place<'a> {
    Socket(SocketAddr),
    /// A name that the system must be asked for, and a port.
    Name(&'a str, u16),
}

/// Looks, before anybody is asked, that each host can be a name or an address.
///
/// # Errors
///
/// `Invalid` for the first that cannot.
pub fn check(hosts: &[String]) -> Result<()> {
    hosts.iter().try_for_each(|host| place(host).map(drop))
}

/// Finds out where each host's BMC is: in `known`, by itself if it is an address, else by asking the system. A name that
/// is not found is that host's error. The order stays.
pub async fn resolve(
    hosts: Vec<String>,
    known: &HashMap<String, SocketAddr>,
) -> Vec<(String, Result<SocketAddr>)> {
    let look = |host: String| async move {
        let socket = match known.get(&host) {
            Some(socket) => Ok(*socket),
            None => find(&host).await,
        };
        (host, socket)
    };
    stream::iter(hosts).map(look).buffered(LOOKUPS_MAX).collect().await
}

async fn find(host: &str) -> Result<SocketAddr> {
    let (name, port) = match place(host)? {
        Place::Socket(socket) => return Ok(socket),
        Place::Name(name, port) => (name, port),
    };
    let unresolved = |why: String| {
        Error::not_found(format!("the name {name} does not resolve: {why}"))
            .with_remedy("correct the name, or name the BMC's address; its BMC was not asked")
    };
    match timeout(LOOKUP_LIMIT, lookup_host((name, port))).await {
        Ok(Ok(mut sockets)) => sockets.next().ok_or_else(|| unresolved("it has no address".to_owned())),
        Ok(Err(cause)) => Err(unresolved(cause.to_string().replace(NOISE, ""))),
        Err(_) => Err(unresolved(format!("nobody said so within {} s", LOOKUP_LIMIT.as_secs()))),
    }
}

/// Reads `name`, `name:port`, `10.0.0.1`, `10.0.0.1:623`, `fd00::1` and `[fd00::1]:623`.
fn place(host: &str) -> Result<Place<'_>> {
    if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return Ok(Place::Socket(SocketAddr::new(address, PORT)));
    }
    if let Ok(socket) = host.parse::<SocketAddr>() {
        return if socket.port() == 0 { Err(no_port(host)) } else { Ok(Place::Socket(socket)) };
    }
    match host.split_once(':') {
        None => Ok(Place::Name(host, PORT)),
        Some((name, port)) => match port.parse() {
            Ok(port) if port > 0 && !name.is_empty() => Ok(Place::Name(name, port)),
            _ => Err(no_port(host)),
        },
    }
}

fn no_port(host: &str) -> Error {
    Error::invalid(format!("{host} is neither a name nor an address with a port"))
        .with_remedy("write name:623, 10.0.0.1:623 or [fd00::1]:623; a port is 1 to 65535")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        let socket = |text: &str| Place::Socket(text.parse().unwrap());
        for (host, expected) in [
            ("rack1-u01", Place::Name("rack1-u01", 623)),
            ("rack1-u01:6230", Place::Name("rack1-u01", 6230)),
            ("10.0.0.1", socket("10.0.0.1:623")),
            ("10.0.0.1:9001", socket("10.0.0.1:9001")),
            ("fd00::1", socket("[fd00::1]:623")),
            ("[fd00::1]", socket("[fd00::1]:623")),
            ("[fd00::1]:9001", socket("[fd00::1]:9001")),
        ] {
            assert_eq!(place(host).unwrap(), expected, "{host}");
        }
        for host in ["u1:", "u1:0", "u1:65536", ":623", "10.0.0.1:0", "u1:x"] {
            assert!(check(&["u1".to_owned(), host.to_owned()]).unwrap_err().remedy().is_some(), "{host}");
        }
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_is_its_own_error_and_the_order_stays() {
        let known = HashMap::from([("known".to_owned(), "127.0.0.9:7".parse().unwrap())]);
        let hosts = ["nosuch.invalid", "127.0.0.1", "known"].map(str::to_owned).to_vec();
        let found = resolve(hosts, &known).await;
        let names: Vec<_> = found.iter().map(|(host, _)| host.as_str()).collect();
        assert_eq!(names, ["nosuch.invalid", "127.0.0.1", "known"]);
        let error = found[0].1.as_ref().unwrap_err();
        assert!(error.message().contains("nosuch.invalid does not resolve"), "{error}");
        assert_eq!(found[2].1.as_ref().unwrap().port(), 7);
    }
}
