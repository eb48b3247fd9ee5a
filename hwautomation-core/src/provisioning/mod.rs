//! Takes a server from *just racked* to *ready*: seven ordinary steps, made of what any step may use.
//!
//! ```no_run
//! # use hwautomation_core::{actor::Actor, engine::WorkflowManager, error::Result};
//! # use hwautomation_core::device::DeviceProfiles;
//! use hwautomation_core::provisioning::{ProvisioningRequest, ServerProvisioning};
//!
//! # async fn provision(profiles: DeviceProfiles) -> Result<()> {
//! let provisioning = ServerProvisioning::new(profiles.clone());
//! let manager = WorkflowManager::builder()
//!     .profiles(profiles)
//!     .workflow(provisioning.workflow())
//!     // .machines(..) .commissioner("maas", ..) .bmc("ipmi", ..) .bios("sum", ..) .shell("ssh", ..)
//!     .start()
//!     .await?;
//! let request = ProvisioningRequest::new("srv001", "a1.c5.large")?;
//! let id = manager.submit(request.submission()?, &Actor::person("operator")).await?;
//! println!("{}", manager.wait(id).await?);
//! # Ok(())
//! # }
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
//! - A BMC gets a new address only if nothing answers there yet; afterwards it is read back there, and the directory
//!   and the commissioning service follow.
//! - Nothing is undone that was not done here.
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
mod server;
mod tries;

pub use options::ProvisioningOptions;
pub use outputs::{
    BmcConfigured, Commissioned, PlannedBios, Provisioned, PulledBios, PushedBios, ServerAddresses,
};
pub use request::ProvisioningRequest;
pub use server::ServerProvisioning;
