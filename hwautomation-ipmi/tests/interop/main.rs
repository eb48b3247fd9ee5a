//! Against a BMC that others wrote: OpenIPMI's ipmi_sim, cipher suite 3; and beside clients that others wrote.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test binary uses its part")]
#[path = "../conformance/rack.rs"]
mod rack;
#[path = "../support/mod.rs"]
mod support;

mod boot;
mod contracts;
mod events;
mod identity;
mod network;
mod power;
mod sensors;
mod session;
mod shelf;
mod tool;
mod weather;
