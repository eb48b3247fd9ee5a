//! What a driver promises: one trait per capability, and the registry that holds them by name.
//!
//! A plugin is one per driver, not one per machine: the machine is an argument. Plugins hold no loops and no
//! retries: they classify an error and return, and the engine decides (re-sending a lost datagram and logging
//! in again are protocol and stay inside). *Accepted is not reached*: a command returns when the device
//! accepted it, and a workflow step polls until it is so.
//!
//! Every trait states its contract as bullets; each bullet is a function of that name in
//! `testing::conformance`, which any implementation can run.

mod bios;
mod bmc;
mod boot;
mod commissioner;
mod credential;
mod each_power;
mod fleet;
mod health;
mod power;
mod registry;
mod shell;
mod vlan;

pub use bios::{BiosBackend, BiosReading, Pending};
pub use bmc::{BmcConfigurator, BmcUser, LanAddressSource, LanChange, LanSettings, Privilege};
pub use boot::{BootController, BootDevice, BootFirmware, BootLasting, BootRequest, BootSetting};
pub use commissioner::{
    CommissionOptions, CommissionReading, CommissionRun, CommissionState, Commissioner, HardwareSummary,
    KeepReachable,
};
pub use credential::{
    CredentialSource, CredentialsByScheme, EnvCredentials, FileCredentials, StaticCredentials,
};
pub use each_power::EachPower;
pub use fleet::{FleetAnswer, FleetAnswers, FleetPower};
pub use health::{
    EventChange, EventLog, EventPage, EventPosition, Health, HealthReader, LogEvent, Sensor, SensorKind,
    SensorReading, Thresholds, Unit,
};
pub use power::{PowerAction, PowerController, PowerState};
pub use registry::Plugins;
pub use shell::{RemoteShell, ShellCommand, ShellOutput};
pub use vlan::{VlanChange, VlanId};
