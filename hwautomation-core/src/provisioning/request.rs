//! What is asked for.

use super::network::BmcNetwork;
use crate::bios::Template;
use crate::device::DeviceProfiles;
use crate::engine::Submission;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DeviceType, MachineId};
use crate::machine::Machine;
use crate::workflow::Limits;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::time::Duration;

/// Asks for one server to be provisioned. Its JSON is the request that operators know:
///
/// ```
/// # use hwautomation_core::provisioning::ProvisioningRequest;
/// let request: ProvisioningRequest = serde_json::from_str(
///     r#"{"server_id": "srv001", "device_type": "a1.c5.large", "target_ipmi_ip": "192.168.1.100",
///         "gateway": "192.168.1.1", "timeout": 3600, "retry_count": 3}"#,
/// )?;
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvisioningRequest {
    /// The machine, by the directory's id or an alias of it.
    pub server_id: String,
    /// Which profile describes it.
    pub device_type: DeviceType,
    /// The address that the BMC shall have. Absent: the BMC is left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "target_ipmi_ip")]
    pub target_ipmi_ip: Option<Ipv4Addr>,
    /// The BMC's default gateway. Absent: it keeps the one it has, which must lie in its network.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "gateway")]
    pub gateway: Option<Ipv4Addr>,
    /// The BMC's subnet mask. Absent: it keeps the one it has, if target and gateway lie in that network.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "subnet_mask")]
    pub subnet_mask: Option<Ipv4Addr>,
    /// How long the whole may take, in seconds, at most 30 days. Default 3600.
    #[serde(default = "an_hour")]
    pub timeout: u64,
    /// How many attempts each step has, the first included. Absent: as many as the step says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_count: Option<u32>,
    /// Whether firmware is brought up to date first. Not yet: `true` is refused. Default `false`.
    #[serde(default)]
    pub firmware_first: bool,
}

/// An error about an address that does not name its field leaves the reader to count columns.
macro_rules! addresses {
    ($($field:ident),+) => {
        $(fn $field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Ipv4Addr>, D::Error> {
            let text: Option<String> = Option::deserialize(deserializer)?;
            let wrong = |text: &str| format!("{} {text:?} is no IPv4 address, such as 192.168.1.100", stringify!($field));
            text.map(|text| text.parse().map_err(|_| D::Error::custom(wrong(&text)))).transpose()
        })+
    };
}

addresses!(target_ipmi_ip, gateway, subnet_mask);

/// Thirty days, in seconds: what takes longer than that, nobody waits for.
const TIMEOUT_MAX: u64 = 30 * 24 * 3600;

fn an_hour() -> u64 {
    3600
}

impl ProvisioningRequest {
    /// The name of the workflow that takes it.
    pub const WORKFLOW: &'static str = "server_provisioning";

    /// Asks for a server to be provisioned and its BMC to be left where it is.
    ///
    /// # Errors
    ///
    /// `Invalid` for a device type that cannot be one.
    pub fn new(server_id: impl Into<String>, device_type: impl Into<String>) -> Result<Self> {
        Ok(Self {
            server_id: server_id.into(),
            device_type: DeviceType::new(device_type)?,
            target_ipmi_ip: None,
            gateway: None,
            subnet_mask: None,
            timeout: an_hour(),
            retry_count: None,
            firmware_first: false,
        })
    }

    /// Asks for the BMC to be moved.
    #[must_use]
    pub fn target_ipmi_ip(mut self, address: Ipv4Addr) -> Self {
        self.target_ipmi_ip = Some(address);
        self
    }

    /// Makes what a manager takes.
    ///
    /// # Errors
    ///
    /// `Invalid` when it cannot be written as JSON.
    pub fn submission(&self) -> Result<Submission> {
        Submission::new(Self::WORKFLOW).machine(self.server_id.clone()).request(self)
    }

    /// Returns what is asked for the BMC's network.
    pub(super) fn network(&self) -> Option<BmcNetwork> {
        let target = self.target_ipmi_ip?;
        Some(BmcNetwork { target, mask: self.subnet_mask, gateway: self.gateway })
    }

    /// Reads a request, and refuses all that is wrong about it without a look at the hardware.
    pub(super) fn check(request: &Value, machine: Option<&Machine>, profiles: &DeviceProfiles) -> Result<()> {
        let request: Self = serde_json::from_value(request.clone()).map_err(|cause| {
            Error::invalid(format!("reading the provisioning request: {cause}"))
                .with_remedy("correct the named field; server_id and device_type are required")
        })?;
        request.check_alone()?;
        Template::from_profile(profiles.get(&request.device_type)?)?;
        machine.map_or(Ok(()), |machine| request.check_machine(machine))
    }

    fn check_alone(&self) -> Result<()> {
        if self.firmware_first {
            return Err(Error::new(ErrorKind::Unsupported, "firmware_first is not supported yet")
                .with_remedy("leave firmware_first out; firmware stays as it is"));
        }
        if !(1..=TIMEOUT_MAX).contains(&self.timeout) {
            return Err(Error::invalid(format!("timeout is {} seconds", self.timeout))
                .with_remedy(format!("give 1 to {TIMEOUT_MAX}, or leave it out")));
        }
        match self.network() {
            Some(network) => network.check(),
            None if self.gateway.is_some() || self.subnet_mask.is_some() => {
                Err(Error::invalid("gateway or subnet_mask is given without target_ipmi_ip")
                    .with_remedy("give target_ipmi_ip too, or leave them out"))
            }
            None => Ok(()),
        }
    }

    fn check_machine(&self, machine: &Machine) -> Result<()> {
        let id = MachineId::new(&self.server_id).ok();
        if id.as_ref() != Some(&machine.id) && !machine.aliases.contains(&self.server_id) {
            let message =
                format!("the request names server {}, the submission machine {}", self.server_id, machine.id);
            return Err(Error::invalid(message).with_remedy("name the same machine in both"));
        }
        match &machine.device_type {
            Some(known) if *known != self.device_type => Err(Error::invalid(format!(
                "machine {} is of type {known}, and the request says {}",
                machine.id, self.device_type
            ))
            .with_remedy("correct the request, or the machine's entry in the directory")),
            _ => Ok(()),
        }
    }

    /// Returns the limits in a request that was checked.
    pub(super) fn limits(request: &Value) -> Limits {
        let Ok(request) = serde_json::from_value::<Self>(request.clone()) else { return Limits::default() };
        Limits { deadline: Some(Duration::from_secs(request.timeout)), attempts: request.retry_count }
    }
}
