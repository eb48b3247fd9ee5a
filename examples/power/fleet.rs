//! The machines that are asked: who they are, where their BMCs are, and those that cannot be asked at all.

use crate::power::advice::in_options;
use hwautomation_core::error::{Error, ErrorRecord, Result};
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::secret::SecretRef;
use serde_json::json;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The port of RMCP, at which the driver expects a BMC (IPMI 2.0, section 13.1.1).
pub const PORT: u16 = 623;
/// From where addresses are made up, for BMCs that share one: nothing that is sent there arrives anywhere (RFC 6666).
const NOMINAL: u128 = 0x0100_u128 << 112;

/// As whom to log in on every BMC. It holds no secret, only where it lies.
#[derive(Debug, Clone)]
pub struct Login {
    pub username: String,
    pub password: SecretRef,
    pub kg: Option<SecretRef>,
    pub by_privilege: bool,
}

/// Every host of the call, in its order.
#[derive(Debug, Default)]
pub struct Fleet {
    pub hosts: Vec<String>,
    /// Those that can be asked.
    pub machines: Vec<Machine>,
    /// Which host each machine is.
    pub places: Vec<usize>,
    /// Where each machine's BMC is.
    pub sockets: Vec<SocketAddr>,
    /// The hosts that have no address, and why.
    pub lost: Vec<(usize, Error)>,
    /// Hosts whose BMC is that of a host before them: both names.
    pub aliases: Vec<(String, String)>,
}

impl Fleet {
    /// Makes machines of hosts and of where they were found.
    pub fn new(found: Vec<(String, Result<SocketAddr>)>, login: &Login) -> Result<Self> {
        let (mut fleet, mut owners) = (Self::default(), HashMap::<SocketAddr, usize>::new());
        for (host, socket) in found {
            let place = fleet.hosts.len();
            match socket {
                Err(error) => fleet.lost.push((place, error)),
                Ok(socket) => {
                    if let Some(first) = owners.get(&socket) {
                        fleet.aliases.push((host, fleet.hosts[*first].clone()));
                        continue;
                    }
                    owners.insert(socket, place);
                    fleet.places.push(place);
                    fleet.sockets.push(socket);
                    fleet.machines.push(machine(&host, login)?);
                }
            }
            fleet.hosts.push(host);
        }
        fleet.address();
        Ok(fleet)
    }

    /// Returns where each nominal address is reached.
    pub fn connect(&self) -> ConnectMap {
        let nominal = self.machines.iter().filter_map(|machine| machine.addresses.bmc);
        let ways =
            nominal.zip(&self.sockets).map(|(nominal, socket)| (SocketAddr::new(nominal, PORT), *socket));
        ways.filter(|(nominal, socket)| nominal != socket).collect()
    }

    /// Returns the fleet of some of its machines.
    pub fn only(&self, machines: &[usize]) -> Self {
        let pick = |index: &usize| {
            Some((self.machines.get(*index)?, self.places.get(*index)?, self.sockets.get(*index)?))
        };
        let mut fleet = Self::default();
        for (machine, place, socket) in machines.iter().filter_map(pick) {
            fleet.places.push(fleet.hosts.len());
            fleet.hosts.push(self.hosts[*place].clone());
            fleet.machines.push(machine.clone());
            fleet.sockets.push(*socket);
        }
        fleet
    }

    /// Puts an error into the words of this program: with the address at which the BMC truly is, and with options.
    pub fn in_our_words(&self, machine: usize, error: ErrorRecord) -> ErrorRecord {
        let text = |text: &str| {
            let place = self
                .machines
                .get(machine)
                .and_then(|machine| machine.addresses.bmc)
                .zip(self.sockets.get(machine));
            let text = match place {
                Some((nominal, socket)) if SocketAddr::new(nominal, PORT) != *socket => text
                    .replace(&format!("its BMC at {nominal}:"), &format!("its BMC at {socket}:"))
                    .replace("UDP port 623", &format!("UDP port {}", socket.port())),
                _ => text.to_owned(),
            };
            in_options(&text)
        };
        ErrorRecord { message: text(&error.message), remedy: error.remedy.as_deref().map(text), ..error }
    }

    /// Gives each machine an address of its own: that of its BMC, and where several BMCs are at one address behind
    /// different ports, one that is made up for all but the first.
    fn address(&mut self) {
        let mut taken: HashMap<IpAddr, usize> = HashMap::new();
        // A BMC at the usual port has the first right to its address.
        let usual = self.sockets.iter().enumerate().filter(|(_, socket)| socket.port() == PORT);
        taken.extend(usual.map(|(place, socket)| (socket.ip(), place)));
        for (place, (machine, socket)) in self.machines.iter_mut().zip(&self.sockets).enumerate() {
            let owner = *taken.entry(socket.ip()).or_insert(place);
            let made_up = || Ipv6Addr::from_bits(NOMINAL + 1 + place as u128).into();
            machine.addresses.bmc = Some(if owner == place { socket.ip() } else { made_up() });
        }
    }
}

fn machine(host: &str, login: &Login) -> Result<Machine> {
    let mut machine = Machine::new(MachineId::new(host)?);
    machine.credentials.insert("bmc".to_owned(), login.password.clone());
    let quirks: &[&str] = if login.by_privilege { &["name_and_privilege"] } else { &[] };
    let mut settings = json!({"username": login.username, "quirks": quirks});
    if let Some(kg) = &login.kg {
        settings["kg"] = json!(kg);
    }
    machine.settings.insert(PluginName::from_static("ipmi"), settings);
    Ok(machine)
}

#[cfg(test)]
mod tests;
