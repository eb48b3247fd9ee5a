//! hwautomation-core
pub mod actor;
pub mod device;
pub mod error;
pub mod id;
pub mod machine;
pub mod record;
pub mod secret;
pub mod time;
