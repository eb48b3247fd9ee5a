//! Takes a server from *just racked* to *ready*: seven ordinary steps, made of what any step may use.
//!
//! On a rack of fakes; with real drivers, name them in the builder instead of `plugins(rack.plugins())`:
//! `.commissioner("maas", ..) .bmc("ipmi", ..) .bios("sum", ..) .shell("ssh", ..)`, and in the device profile.
//!
//! ```
//! # #[cfg(feature = "testing")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> hwautomation_core::error::Result<()> {
//! use hwautomation_core::actor::Actor;
//! use hwautomation_core::device::DeviceProfiles;
//! use hwautomation_core::engine::WorkflowManager;
//! use hwautomation_core::provisioning::{ProvisioningOptions, ProvisioningRequest, ServerProvisioning};
//! use hwautomation_core::record::RunState;
//! use hwautomation_core::testing::fake::FakeRack;
//! use std::time::Duration;
//!
//! let profile = r#"
//!     [device."a1.c5.large"]
//!     vendor = "Fake"
//!     bios.settings = { BootMode = "UEFI", HyperThreading = false }
//! "#;
//! let profiles = DeviceProfiles::from_toml(profile, "profiles.toml")?;
//! // Fakes are ready at the next look, so it comes soon.
//! let options = ProvisioningOptions { poll: Duration::from_millis(20), ..ProvisioningOptions::default() };
//! let provisioning = ServerProvisioning::new(profiles.clone()).options(options);
//! let rack = FakeRack::new(["srv001"]);
//! let manager = WorkflowManager::builder()
//!     .machines(rack.directory())
//!     .plugins(rack.plugins())
//!     .profiles(profiles)
//!     .workflow(provisioning.workflow())
//!     .start()
//!     .await?;
//! let request = ProvisioningRequest::new("srv001", "a1.c5.large")?.target_ipmi_ip([192, 0, 2, 100].into());
//! let id = manager.submit(request.submission()?, &Actor::person("operator")).await?;
//! // A step that fails for good halts the run: `wait` would wait for a person's decision.
//! let status = manager.wait_or_halt(id).await?;
//! println!("{status}");
//! # assert_eq!(status.state, RunState::Completed);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "testing"))]
//! # fn main() {}
//! ```
//!
//! | step | limit of one attempt / attempts | after a crash | undo |
//! |---|---|---|---|
//! | `commission_server` | 1800 s / 2 | asks whether ours runs or is done | aborts a commissioning that it started |
//! | `get_server_ip` | 300 s / 5 | again | nothing |
//! | `pull_bios_config` | 600 s / 3 | again | nothing |
//! | `modify_bios_config` | 180 s / 1 | again | nothing |
//! | `push_bios_config` | 600 s / 2 | compares what is in force and what waits | the pulled values again, and a reboot |
//! | `configure_ipmi` | 300 s / 3 | reads at both addresses | the old address |
//! | `finalize_server` | 180 s / 2 | again | removes the tags that it added |
//!
//! # What it guarantees
//!
//! - A machine that runs somebody's system, is reserved, or was marked broken is refused, not commissioned.
//! - A *Ready* left over from an older commissioning is never taken for success.
//! - After a BIOS change the machine is booted into rescue mode, every changed setting is read back, and one that did
//!   not take is a failure that names it.
//! - A BMC gets a new address only if the directory knows it as nobody's and nothing answers there; afterwards it is
//!   read back there, and the directory and the commissioning service follow. The same holds on the way back.
//! - What was accepted and did nothing is sent again by the next attempt, under an intent of its own; what may still
//!   be on its way is waited for first ([`ProvisioningOptions::settle`]).
//! - What somebody else staged in the BIOS is not brought into force where the tool can say what waits; where it
//!   cannot, what changed besides is told.
//! - Nothing is undone that was not done here, and what may be somebody else's is named, not undone.
//!
//! # What it leaves to you
//!
//! A machine whose BIOS needed no change stays on, reachable by SSH, as the commissioning left it; one that was
//! changed is powered off by the commissioning service when it leaves rescue mode.

mod address;
mod bmc;
mod commission;
mod finalize;
mod in_band;
mod modify;
mod network;
mod options;
mod outputs;
mod pull;
mod push;
mod reach;
mod request;
mod rescue;
mod server;
mod tries;

pub use options::ProvisioningOptions;
pub use outputs::{
    BmcConfigured, Commissioned, PlannedBios, Provisioned, PulledBios, PushedBios, ServerAddresses,
};
pub use request::ProvisioningRequest;
pub use server::ServerProvisioning;
