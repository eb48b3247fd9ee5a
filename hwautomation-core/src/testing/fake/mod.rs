//! A rack of machines in memory, with a driver for every contract, and faults on demand.
//!
//! One model stands behind every face: what power switched on, the commissioner sees running and the shell
//! reaches. Nothing here waits in real time: what takes long in a real rack takes a number of reads here.

mod bios;
mod bmc;
mod boot;
mod call;
mod commissioner;
mod fault;
mod gate;
mod health;
mod model;
mod power;
mod rack;
mod shell;

pub use call::FakeCall;
pub use fault::{Fault, FaultAction, FaultOn};
pub use model::FakeMachine;
pub use rack::{FakeRack, Logged};
