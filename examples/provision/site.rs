//! A site: the machines of a rack, and the drivers that reach them.

use hwautomation_bios::{FilePins, HostKeyPins, MemoryPins, SshConfig, SshShell, SumBackend, SumConfig};
use hwautomation_core::device::DeviceProfiles;
use hwautomation_core::engine::{ManagerBuilder, WorkflowManager};
use hwautomation_core::error::{Error, Result};
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::StaticCredentials;
use hwautomation_core::provisioning::{ProvisioningOptions, ServerProvisioning};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::store::MemoryDirectory;
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use hwautomation_maas::{MaasCommissioner, MaasConfig};
use hwautomation_sim::{RackSheet, ServerSheet};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Simulated servers boot in a moment, so that a look each quarter of a second is worth it.
const POLL: Duration = Duration::from_millis(250);
/// Nothing lies between this program and its simulated servers in which a command could wait.
const SETTLE: Duration = Duration::from_secs(2);

/// Simulated BMCs answer within milliseconds: one that has not answered within this is not there.
const QUICK: Duration = Duration::from_secs(1);

/// Says whose sheet it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// This process's own.
    Own,
    /// Another process's, written some time ago.
    Old,
}

/// Makes a manager of everything on the sheet. Host keys that were seen are remembered in `pins`.
///
/// A BMC may have moved since the sheet of another process was written; MAAS is asked where it is then.
pub fn manager(
    sheet: &RackSheet,
    profiles: DeviceProfiles,
    pins: Option<&Path>,
    freshness: Freshness,
) -> Result<ManagerBuilder> {
    let credentials = Arc::new(credentials(sheet));
    let connect = connect_map(sheet)?;

    let maas = MaasConfig::new(sheet.maas.url.clone(), SecretRef::new("static:maas")?);
    let maas = MaasCommissioner::new(&maas, credentials.clone())?;
    let ipmi = IpmiConfig {
        retransmit: QUICK / 10,
        command_limit: QUICK,
        handshake_limit: QUICK,
        connect: connect.clone(),
        ..IpmiConfig::default()
    };
    let ipmi = Arc::new(IpmiController::new(ipmi, credentials.clone())?);
    let pins: Arc<dyn HostKeyPins> = match pins {
        Some(file) => Arc::new(FilePins::open(file)?),
        None => Arc::new(MemoryPins::default()),
    };
    let shell = Arc::new(SshShell::new(SshConfig { connect, ..SshConfig::default() }, credentials, pins)?);
    let bios = SumBackend::new(shell.clone(), SumConfig::default())?;

    let options = ProvisioningOptions { poll: POLL, settle: SETTLE, ..ProvisioningOptions::default() };
    let provisioning = ServerProvisioning::new(profiles.clone()).options(options);
    let machines =
        sheet.servers.iter().map(|server| machine(server, freshness)).collect::<Result<Vec<_>>>()?;
    Ok(WorkflowManager::builder()
        .machines(Arc::new(MemoryDirectory::new(machines)))
        .profiles(profiles)
        .workflow(provisioning.workflow())
        .commissioner("maas", Arc::new(maas))
        .power("ipmi", ipmi.clone())
        .boot("ipmi", ipmi.clone())
        .bmc("ipmi", ipmi)
        .shell("ssh", shell)
        .bios("sum", Arc::new(bios)))
}

fn connect_map(sheet: &RackSheet) -> Result<ConnectMap> {
    serde_json::to_value(&sheet.connect).and_then(serde_json::from_value).map_err(|cause| {
        Error::invalid("reading the connect map of the rack's sheet")
            .with_remedy("each line is like \"192.168.1.51:623\": \"127.0.0.1:41234\"")
            .with_source(cause)
    })
}

/// What the directory says about a server; the rest is in its device profile.
fn machine(server: &ServerSheet, freshness: Freshness) -> Result<Machine> {
    let mut machine = Machine::new(MachineId::new(&server.name)?);
    machine.aliases.insert(server.system_id.clone());
    machine.device_type = Some(server.device_type.parse()?);
    machine.addresses.bmc = (freshness == Freshness::Own).then_some(server.bmc.address.into());
    for (purpose, place) in [("bmc", bmc_secret(server)), ("ssh", ssh_secret(server))] {
        machine.credentials.insert(purpose.to_owned(), SecretRef::new(format!("static:{place}"))?);
    }
    let settings = [
        ("maas", json!({"system_id": server.system_id})),
        ("ipmi", json!({"username": server.bmc.username})),
        ("ssh", json!({"username": server.host.username})),
    ];
    for (plugin, value) in settings {
        machine.settings.insert(PluginName::new(plugin)?, value);
    }
    Ok(machine)
}

fn credentials(sheet: &RackSheet) -> StaticCredentials {
    let known = StaticCredentials::default().with("maas", Secret::new(sheet.maas.api_key.clone()));
    sheet.servers.iter().fold(known, |known, server| {
        known
            .with(bmc_secret(server), Secret::new(server.bmc.password.clone()))
            .with(ssh_secret(server), Secret::new(server.host.private_key.clone()))
    })
}

fn bmc_secret(server: &ServerSheet) -> String {
    format!("{}/bmc", server.name)
}

fn ssh_secret(server: &ServerSheet) -> String {
    format!("{}/ssh", server.name)
}
