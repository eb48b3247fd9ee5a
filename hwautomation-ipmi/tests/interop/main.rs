//! Against BMCs that others wrote: OpenIPMI's ipmi_sim, alone and before a machine that QEMU plays, and pyghmi's
//! server. Cipher suite 3.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod boot;
mod contracts;
mod machine;
mod network;
mod power;
mod pyghmi;
mod session;
mod weather;
