//! A machine whose BMC is an ipmi_sim behind a proxy, and a driver for it.

use super::peer::{IpmiSim, PASSWORD, USER};
use super::proxy::Proxy;
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::StaticCredentials;
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Where the BMC is said to be.
pub(crate) const NOMINAL: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
/// Where nobody is.
pub(crate) const NOBODY: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 99);

pub(crate) struct Lab {
    pub(crate) sim: IpmiSim,
    pub(crate) proxy: Proxy,
    pub(crate) credentials: Arc<StaticCredentials>,
    pub(crate) driver: Arc<IpmiController>,
    /// Bound and silent.
    nobody: std::net::UdpSocket,
}

impl Lab {
    /// Nothing when the peer is missing and may be.
    pub(crate) async fn start() -> Option<Self> {
        Self::start_with(1, quick()).await
    }

    pub(crate) async fn start_with(seed: u64, config: IpmiConfig) -> Option<Self> {
        Some(Self::around(IpmiSim::start()?, seed, config).await)
    }

    /// Builds it around a BMC that runs.
    pub(crate) async fn around(sim: IpmiSim, seed: u64, config: IpmiConfig) -> Self {
        let proxy = Proxy::start(sim.address, seed).await;
        let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let connect = ConnectMap::default()
            .with(SocketAddr::new(NOMINAL.into(), 623), proxy.address)
            .with(SocketAddr::new(NOBODY.into(), 623), nobody.local_addr().unwrap());
        let credentials = Arc::new(StaticCredentials::default().with("bmc", Secret::new(PASSWORD)));
        let config = IpmiConfig { connect, ..config };
        let driver = Arc::new(IpmiController::new(config, credentials.clone()).unwrap());
        Self { sim, proxy, credentials, driver, nobody }
    }

    pub(crate) fn machine(&self) -> Machine {
        machine_of(USER)
    }

    /// A second driver: other sessions, the same way.
    pub(crate) fn another_driver(&self, config: IpmiConfig) -> IpmiController {
        let connect = ConnectMap::default().with(SocketAddr::new(NOMINAL.into(), 623), self.proxy.address);
        IpmiController::new(IpmiConfig { connect, ..config }, self.credentials.clone()).unwrap()
    }

    /// A driver for the BMCs of two labs, and a machine for each.
    pub(crate) fn driver_of_both(&self, other: &Self, config: IpmiConfig) -> (IpmiController, [Machine; 2]) {
        let second = Ipv4Addr::new(10, 0, 0, 6);
        let connect = ConnectMap::default()
            .with(SocketAddr::new(NOMINAL.into(), 623), self.proxy.address)
            .with(SocketAddr::new(second.into(), 623), other.proxy.address);
        let config = IpmiConfig { connect, ..config };
        let driver = IpmiController::new(config, self.credentials.clone()).unwrap();
        let mut elsewhere = self.machine();
        elsewhere.addresses.bmc = Some(second.into());
        (driver, [self.machine(), elsewhere])
    }

    pub(crate) fn at(&self) -> IpAddr {
        NOMINAL.into()
    }
}

pub(crate) fn machine_of(username: &str) -> Machine {
    let mut machine = Machine::new(MachineId::from_static("srv001"));
    machine.addresses.bmc = Some(NOMINAL.into());
    machine.credentials.insert("bmc".to_owned(), SecretRef::new("static:bmc").unwrap());
    machine.settings.insert(PluginName::from_static("ipmi"), json!({"username": username}));
    machine
}

/// Waits as short as a BMC on the same computer allows.
pub(crate) fn quick() -> IpmiConfig {
    IpmiConfig {
        retransmit: Duration::from_millis(100),
        command_limit: Duration::from_millis(1_000),
        handshake_limit: Duration::from_millis(1_500),
        ..IpmiConfig::default()
    }
}
