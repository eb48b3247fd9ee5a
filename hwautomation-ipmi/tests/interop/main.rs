//! Against a BMC that others wrote: OpenIPMI's ipmi_sim, cipher suite 3.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod boot;
mod contracts;
mod identity;
mod network;
mod power;
mod session;
mod tool;
mod weather;
