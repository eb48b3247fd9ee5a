//! hwautomation-core
pub mod actor;
pub mod bios;
pub mod device;
pub mod error;
pub mod id;
pub mod secret;
pub mod time;
