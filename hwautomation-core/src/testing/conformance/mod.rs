//! The contracts as tests: one function per clause, a fixture per contract, a macro that makes each clause a test.
//!
//! A clause returns `Err` with the expectation that broke, so that broken doubles can prove that it can fail.
//! Nothing here assumes a fake: the device may be a simulator behind a socket, the store a database.
//!
//! ```ignore
//! hwautomation_core::power_conformance!(SimulatedBmc::start().await);
//! ```
//!
//! # For fixture authors
//!
//! - Every clause gets a fixture of its own: the expression is evaluated in each test, and may await.
//! - The truth comes from the device or its simulator, never from the plugin under test.
//! - [`DeviceFixture::settle`] returns when what was accepted has taken effect. Wait there for the event, with
//!   a limit, and do not sleep.
//! - The calling crate needs tokio with `macros` and `rt-multi-thread`.

pub mod bios;
pub mod bmc;
pub mod boot;
mod check;
mod clock;
pub mod commissioner;
pub mod credential;
mod device;
pub mod directory;
pub mod fleet;
pub mod health;
pub mod history;
pub mod power;
pub mod shell;
pub mod step;
mod suite;

pub use clock::TestClock;
pub use device::{DeviceFixture, HostTruth};
