//! What somebody who works with the rack is given: addresses and keys.

use crate::model::machine::Machine;
use crate::model::state::State;
use crate::net::Ports;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Is all that one needs to work with a rack. It holds passwords and a private key of things that do not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RackSheet {
    /// How MAAS is reached.
    pub maas: MaasSheet,
    /// The servers, in the order of the plan.
    pub servers: Vec<ServerSheet>,
    /// Which socket of this machine stands for a nominal one: `192.168.1.51:623` → `127.0.0.1:41234`.
    pub connect: BTreeMap<String, String>,
}

/// Is how MAAS is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaasSheet {
    /// The address, with `/MAAS` at its end.
    pub url: String,
    /// The API key of the administrator.
    pub api_key: String,
}

/// Is one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSheet {
    /// The name.
    pub name: String,
    /// The name in MAAS.
    pub system_id: String,
    /// Which kind of device it is.
    pub device_type: String,
    /// How its BMC is reached.
    pub bmc: BmcSheet,
    /// How its environments are reached.
    pub host: HostSheet,
}

/// Is how a BMC is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BmcSheet {
    /// The nominal address at which it was racked; a BMC that was moved since is elsewhere.
    pub address: Ipv4Addr,
    /// The administrator.
    pub username: String,
    /// The administrator's password.
    pub password: String,
}

/// Is how a server's environments are reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSheet {
    /// The nominal address.
    pub address: Ipv4Addr,
    /// The user.
    pub username: String,
    /// The user's private key in OpenSSH's form.
    pub private_key: String,
}

impl RackSheet {
    pub(crate) fn of(state: &State, ports: &Ports) -> Self {
        let access = &state.access;
        let api_key = [&*access.maas_consumer, &*access.maas_token, &*access.maas_secret].join(":");
        Self {
            maas: MaasSheet { url: format!("http://{}/MAAS", ports.maas), api_key },
            servers: state.machines.iter().map(|machine| ServerSheet::of(machine, state)).collect(),
            connect: ports.connect(),
        }
    }
}

impl ServerSheet {
    fn of(machine: &Machine, state: &State) -> Self {
        let administrator = machine.bmc.users.iter().find(|user| user.enabled && user.privilege == Some(4));
        let administrator = administrator.cloned().unwrap_or_default();
        Self {
            name: machine.name.clone(),
            system_id: machine.record.system_id.clone(),
            device_type: machine.device_type.clone(),
            bmc: BmcSheet {
                address: machine.bmc_address_racked,
                username: administrator.name,
                password: String::from_utf8_lossy(&administrator.password).into_owned(),
            },
            host: HostSheet {
                address: machine.host_address,
                username: state.access.ssh_user.clone(),
                private_key: state.access.ssh_private_key.clone(),
            },
        }
    }
}
