//! A simulated rack for tests and first steps: machines behind a BMC, the MAAS API and SSH, on real sockets.
//!
//! One machine model stands behind every face: what IPMI switches on, MAAS sees running. Addresses are nominal (`192.168.1.51`) and reached by a map
//! from nominal sockets to sockets of the loopback interface, which [`Rack::sheet`] holds. Written from the protocols' documents and recordings of
//! the real programs, and from no client: it depends on no other crate of this project.
//!
//! A [`Rack`] is right about behaviour. A `BmcFarm` (on Linux) is thousands of its BMCs at once, as fast as one socket answers, for a client's speed.
//!
//! ```
//! use hwautomation_sim::{Power, RackPlan};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let rack = RackPlan::servers(3).start().await?;
//! println!("{}", rack.sheet().maas.url);
//! assert_eq!(rack.truth("srv001").power, Power::Off);
//! rack.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # A BMC as one wants it
//!
//! A BMC is plain data that [`Rack::change`] lends, and all of it is seen over IPMI at once:
//!
//! - [`Bmc::sensors`] are the sensors, with factors, thresholds and what they read without power. What crosses a threshold, loses or gets power, or
//!   restarts the BMC is an entry of [`Bmc::sel`].
//! - [`Bmc::login`] says who comes in: the key K_g, cipher suites and their privileges, sessions and their time-outs, when a user is locked out.
//! - [`Bmc::quirks`] are the defects of its firmware. A BMC may have several; each says where it was seen.
//! - Its serial port over the LAN says what the machine does, and echoes what is typed while a system runs.
//! - [`Fault`]s are what goes wrong now and then, by count or by a chance that a seed repeats: see the constructors of [`Fault`].
//!
//! ```
//! use hwautomation_sim::{Fault, Power, Quirk, RackPlan};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let rack = RackPlan::servers(1).start().await?;
//! rack.change("srv001", |machine| {
//!     machine.bmc.quirks.add(Quirk::WrongChecksum);
//!     machine.set_power(Power::On);
//! });
//! rack.change("srv001", |machine| machine.bmc.sensor_named("CPU1 Temp").unwrap().set_value(91.0));
//! // The machine got power, and two thresholds were crossed.
//! assert_eq!(rack.truth("srv001").events.len(), 3);
//! rack.inject(Fault::busy_at_times(100, 7).machine("srv001"));
//! # rack.stop().await;
//! # Ok(())
//! # }
//! ```

mod bmc;
mod chance;
mod faces;
#[cfg(target_os = "linux")]
mod farm;
mod fault;
mod host;
mod keep;
mod log;
mod maas;
mod model;
mod net;
mod plan;
mod rack;
mod secret;
mod sheet;
mod world;

#[cfg(target_os = "linux")]
pub use farm::{BmcFarm, FARM_BMCS_MAX, FarmCounts, FarmFault, FarmPlan};
pub use fault::{Action, Fault, Refusal};
pub use log::{Face, Kind, LogEntry, Outcome};
pub use model::bios::{Bios, Change, Kind as SettingKind, Menu, Setting, Value};
pub use model::bmc::{Bmc, SdrReads};
pub use model::boot::{BootDevice, BootFlags, BootOverride};
pub use model::hardware::Hardware;
pub use model::identify::Identify;
pub use model::lan::{Lan, LanSource};
pub use model::login::{BMC_KEY_MAX, ChannelAccess, LockOut, Login, SuitePrivileges};
pub use model::machine::Machine;
pub use model::power::{Control, Environment, NotInThisState, Power};
pub use model::preset::supermicro_x11;
pub use model::quirk::{Quirk, Quirks};
pub use model::record::{Record, ScriptResult, SeenPower};
pub use model::sel::{SEL_ENTRY_LENGTH, Sel, SelEntry};
pub use model::sensor::{
    Analog, Discrete, Entity, Factors, Linearisation, Reads, SENSOR_NAME_MAX, SENSOR_SPECIFIC, Sensor,
    SensorKind, Threshold, Thresholds, Unit, WhenOff, server_sensors,
};
pub use model::status::Status;
pub use model::tag::Tag;
pub use model::tempo::Tempo;
pub use model::truth::Truth;
pub use model::users::{USERS, User};
pub use model::watch::Meter;
pub use plan::{RackPlan, SERVERS_MAX, ServerPlan};
pub use rack::Rack;
pub use sheet::{BmcSheet, HostSheet, MaasSheet, RackSheet, ServerSheet};
