//! The simulated MAAS, asked over HTTP.

mod bench;
mod client;
mod faults;
mod machines;
mod recordings;
