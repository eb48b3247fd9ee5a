//! hwautomation-core
pub mod actor;
pub mod error;
pub mod id;
pub mod secret;
pub mod time;
