//! hwautomation-core
pub mod actor;
pub mod bios;
pub mod device;
pub mod engine;
pub mod error;
pub mod id;
pub mod machine;
pub mod plugin;
pub mod record;
pub mod secret;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod workflow;
