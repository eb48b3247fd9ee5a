//! A machine together with the plugin that serves it. Reads are plain; what changes hardware is a
//! [`Call`](super::Call) that only `once` can send.

mod bios;
mod bmc;
mod boot;
mod commissioner;
mod health;
mod power;
mod shell;

pub use bios::BiosHandle;
pub use bmc::BmcHandle;
pub use boot::BootHandle;
pub use commissioner::CommissionerHandle;
pub use health::HealthHandle;
pub use power::PowerHandle;
pub(crate) use power::PowerLedger;
pub use shell::ShellHandle;
