//! The contracts of [`crate::plugin`] and [`crate::store`] as suites that any implementation can run.
//!
//! Each suite has one function for each bullet of its contract, of the same name, and a fixture trait by which
//! you lend it your plugin, the truth about the machine behind it, and ways to break things. Nothing in them
//! assumes a fake: the device may be a simulator behind a socket. A macro makes each clause a test:
//!
//! ```ignore
//! hwautomation_core::power_conformance!(SimulatedBmc::start().await);
//! ```
//!
//! A clause returns `Err` with what it expected and what it found.
//!
//! # For fixture authors
//!
//! - Every clause gets a fixture of its own: the expression is evaluated in each test, and may await.
//! - The truth comes from the device or its simulator, never from the plugin under test.
//! - [`DeviceFixture::settle`] returns when what was accepted has taken effect. Wait there for the event, with
//!   a limit, and do not sleep.
//! - The calling crate needs tokio with `macros` and `rt`.

pub mod bios;
pub mod bmc;
pub mod boot;
mod check;
mod clock;
pub mod commissioner;
pub mod credential;
mod device;
pub mod directory;
pub mod history;
pub mod power;
pub mod shell;
mod suite;
mod tests;

pub use clock::TestClock;
pub use device::{DeviceFixture, HostTruth};
