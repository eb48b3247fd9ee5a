//! Machines whose BMCs are those of a farm, and a driver for them.

use crate::Outcome;
use futures_util::StreamExt;
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::{FleetPower, PowerState, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// The port of RMCP.
pub const RMCP: u16 = 623;
/// Who may log in to a farm's BMCs.
pub const USER: &str = "ADMIN";
pub const PASSWORD: &str = "ADMIN";

/// Lists the addresses of a farm's BMCs: from 127.64.0.1 on, without .0 and .255.
pub fn addresses(bmcs: usize) -> Vec<Ipv4Addr> {
    let first = u32::from(Ipv4Addr::new(127, 64, 0, 1));
    let all = (first..).map(Ipv4Addr::from);
    all.filter(|address| !matches!(address.octets(), [.., 0 | 255])).take(bmcs).collect()
}

pub fn machines(bmcs: usize) -> Outcome<Vec<Machine>> {
    let machine = |address: Ipv4Addr| -> Outcome<Machine> {
        let mut machine = Machine::new(MachineId::new(format!("m{}", u32::from(address)))?);
        machine.addresses.bmc = Some(address.into());
        machine.credentials.insert("bmc".to_owned(), SecretRef::new("static:bmc")?);
        machine.settings.insert(PluginName::from_static("ipmi"), json!({"username": USER}));
        Ok(machine)
    };
    addresses(bmcs).into_iter().map(machine).collect()
}

/// Makes a driver that reaches a farm's BMCs at its port.
pub fn driver(bmcs: usize, port: u16, config: IpmiConfig) -> Outcome<Arc<IpmiController>> {
    let to = |map: ConnectMap, address: Ipv4Addr| {
        map.with(SocketAddr::from((address, RMCP)), SocketAddr::from((address, port)))
    };
    let elsewhere = addresses(bmcs).into_iter().filter(|_| port != RMCP);
    let connect = elsewhere.fold(ConnectMap::default(), to);
    let credentials = StaticCredentials::default().with("bmc", Secret::new(PASSWORD));
    Ok(Arc::new(IpmiController::new(IpmiConfig { connect, ..config }, Arc::new(credentials))?))
}

/// Reads the power of all once, and returns how many said that they are on.
pub async fn pass(driver: &IpmiController, machines: &[Machine]) -> usize {
    let mut answers = driver.read_power_of(machines);
    let mut on = 0;
    while let Some(answer) = answers.next().await {
        on += usize::from(answer.result.is_ok_and(|state| state == PowerState::On));
    }
    on
}

pub fn runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
