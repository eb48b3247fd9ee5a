//! A farm of BMCs, seen from a client and from the test that runs it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may end where it is wrong")]

#[path = "../../benches/farm/console.rs"]
mod console;
mod faults;
mod lab;
mod network;
mod sessions;
#[path = "../../benches/farm/suite.rs"]
mod suite;
