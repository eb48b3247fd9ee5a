//! Names of BMCs.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

/// Asks this computer's resolver for a name's address, IPv4 first.
pub(crate) async fn lookup(name: &str, limit: Duration) -> io::Result<IpAddr> {
    let found = tokio::time::timeout(limit, tokio::net::lookup_host((name, 0))).await??;
    let found = found.map(|socket| socket.ip()).min_by_key(IpAddr::is_ipv6);
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
}
