//! Programs that others wrote, as clients of the simulated rack.

#![allow(clippy::unwrap_used, reason = "a test may end where it is wrong")]

mod bmc;
#[cfg(target_os = "linux")]
mod farm;
mod health;
mod host;
mod lab;
mod login;
mod peer;
mod pyghmi;
mod quirks;
mod sol;
