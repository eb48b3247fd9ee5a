//! Where a nominal address is truly reached.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Leads nominal addresses to the sockets where they are reached: behind address translation, through a tunnel,
/// or in a simulation. What it does not name is reached at its own address.
///
/// Its JSON is an object such as `{"10.0.0.5:623": "127.0.0.1:40001"}`.
///
/// ```
/// use hwautomation_core::machine::ConnectMap;
///
/// let map = ConnectMap::default().with("10.0.0.5:623".parse()?, "127.0.0.1:40001".parse()?);
/// assert_eq!(map.resolve("10.0.0.5:623".parse()?).to_string(), "127.0.0.1:40001");
/// assert_eq!(map.resolve("10.0.0.6:623".parse()?).to_string(), "10.0.0.6:623");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectMap(BTreeMap<SocketAddr, SocketAddr>);

impl ConnectMap {
    /// Adds or replaces where one nominal address is reached.
    #[must_use]
    pub fn with(mut self, nominal: SocketAddr, socket: SocketAddr) -> Self {
        self.0.insert(nominal, socket);
        self
    }

    /// Returns where this nominal address is reached.
    #[must_use]
    pub fn resolve(&self, nominal: SocketAddr) -> SocketAddr {
        self.0.get(&nominal).copied().unwrap_or(nominal)
    }
}

impl FromIterator<(SocketAddr, SocketAddr)> for ConnectMap {
    fn from_iter<I: IntoIterator<Item = (SocketAddr, SocketAddr)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
