//! The hwautomation adapter for BMCs that speak IPMI 2.0 over RMCP+.
//!
//! [`IpmiController`] reads and changes power, chooses boot devices, reads sensors and the event log, and configures
//! BMCs: their network, their users, their restart. It brings a machine's serial port as a stream of bytes
//! ([`Console`]). It speaks the protocol itself, with cipher suites 17 and 3; no other program is started.
//!
//! ```
//! use hwautomation_core::plugin::CredentialsByScheme;
//! use hwautomation_ipmi::{IpmiConfig, IpmiController};
//! use std::sync::Arc;
//!
//! let ipmi = Arc::new(IpmiController::new(IpmiConfig::default(), Arc::new(CredentialsByScheme::usual()))?);
//! // builder.power("ipmi", ipmi.clone()).boot("ipmi", ipmi.clone()).bmc("ipmi", ipmi.clone()).health("ipmi", ipmi)
//! # drop(ipmi);
//! # Ok::<(), hwautomation_core::error::Error>(())
//! ```
//!
//! One `Arc` is each of core's drivers: `PowerController`, `BootController`, `BmcConfigurator`, `HealthReader`, and
//! `FleetPower`, which asks many machines in one call. What only IPMI has are methods of its own, such as
//! [`console`](IpmiController::console).
//!
//! # What a machine says
//!
//! Its BMC's address (`addresses.bmc`, port 623; `IpmiConfig::connect` leads to another), where its password lies
//! (`credentials["bmc"]`), and under `settings["ipmi"]`: `username`; `kg`, where the BMC's key K_g lies, if it has one;
//! `channel` and `cipher_suites` where they differ from the configuration's.
//!
//! ```no_run
//! use futures_util::StreamExt;
//! use hwautomation_core::id::{MachineId, PluginName};
//! use hwautomation_core::machine::Machine;
//! use hwautomation_core::plugin::FleetPower;
//! use hwautomation_core::secret::SecretRef;
//! # use hwautomation_ipmi::IpmiController;
//! use tokio::io::AsyncReadExt;
//!
//! # async fn on(ipmi: IpmiController) -> Result<(), Box<dyn std::error::Error>> {
//! let mut machine = Machine::new(MachineId::new("rack1-u01")?);
//! machine.addresses.bmc = Some("10.0.0.1".parse()?);
//! machine.credentials.insert("bmc".to_owned(), SecretRef::new("env:IPMI_PASSWORD")?);
//! machine.settings.insert(PluginName::new("ipmi")?, serde_json::json!({"username": "ADMIN"}));
//!
//! let machines = [machine];
//! let mut answers = ipmi.read_power_of(&machines);
//! while let Some(answer) = answers.next().await {
//!     let id = &machines[answer.index].id;
//!     match answer.result {
//!         Ok(power) => println!("{id} is {power}"),
//!         // An error says what was tried on what. What can be done about it is beside that, and so are its causes.
//!         Err(error) => eprintln!("{error}; {}", error.remedy().unwrap_or("it has no remedy")),
//!     }
//! }
//!
//! let console = ipmi.console(&machines[0]).await?;
//! let mut bytes = [0; 1024];
//! let length = (&console).read(&mut bytes).await?;
//! println!("{}", String::from_utf8_lossy(&bytes[..length]));
//! console.close().await;
//! ipmi.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! What is wrong with a BMC is found out, but for what would cost failed log-ins: that is listed in `quirks`.
//!
//! - `null_user`: only the user without a name gets in; leave out `username`.
//! - `name_and_privilege`: the BMC finds users by their name together with the privilege that is asked for.
//! - `padded_name`: the BMC wants the name padded with zeros to 16 bytes.
//!
//! # Promises
//!
//! - A command that changes power, network or users is sent once. Its lost answer is an error of the class
//!   `UnknownOutcome`; questions, and writes that do no harm twice, are sent again until they are answered.
//! - A wrong password is one try.
//! - A BMC has one session for calls at a time, kept for a short while, and one for a console as long as it is open;
//!   each is closed on every path.
//! - What is typed on a console and what it writes arrives once and in order, or the console ends with an error.
//! - What was set is read back: a BMC that says Ok and forgets is a `Mismatch`, and one that says Ok and falls silent is
//!   an unknown outcome.
//! - `BootDevice::Disk` by UEFI is sent to Supermicro boards as device 9, which IPMI 2.0 calls primary remote media and
//!   they take for the disk.
//! - A BMC that goes to another address is looked for there and known by its MAC address; to another BMC that is there,
//!   nothing is written.
//! - A power cycle, a reset or an interrupt of a machine that is off is `Refused`; a BMC that switches such a machine on
//!   for a cycle has done what was asked for.
//! - The records of a BMC's sensors are read once, and anew when they changed. A long reading lets other calls on the
//!   same BMC in between, at least once a second.
//!
//! # What it cannot prevent
//!
//! - On some boards a restart of the BMC restarts the host, or switches it on. Nothing tells such a BMC beforehand.
//! - Some BMCs tell for seconds after a command how the power was before. A reading is what the BMC says.

mod config;
mod controller;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod model;
mod quirks;
mod transport;
mod wire;

pub use config::IpmiConfig;
pub use controller::{Console, ConsoleLine, IpmiController};
pub use model::device::DeviceId;
pub use model::identify::Identify;
pub use model::restore::RestorePolicy;
