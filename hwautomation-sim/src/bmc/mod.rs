//! The BMC face: RMCP+ over UDP, written from the IPMI 2.0 specification.

mod board;
mod command;
mod controller;
mod crypto;
#[cfg(test)]
mod fake;
mod ground;
mod handshake;
mod privilege;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod wire;
