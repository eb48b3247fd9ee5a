//! Against BMCs that others wrote: OpenIPMI's ipmi_sim, alone and before a machine that QEMU plays, and pyghmi's
//! server, all with cipher suite 3; and beside clients that others wrote.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test binary uses its part")]
#[path = "../conformance/rack.rs"]
mod rack;
#[path = "../support/mod.rs"]
mod support;

mod boot;
mod console;
mod contracts;
mod events;
mod identity;
mod machine;
mod network;
mod power;
mod pyghmi;
mod sensors;
mod session;
mod shelf;
mod tool;
mod weather;
