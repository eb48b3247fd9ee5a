//! What the example `power` promises: the compiled program, against simulated BMCs on real sockets.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../program/mod.rs"]
mod program;

mod change;
mod health;
mod hosts;
mod lab;
mod rack;
mod status;
mod stop;
mod unwritten;
