//! Where there are no simulated BMCs: they need every address of 127.0.0.0/8, which Linux has.

use hwautomation_core::error::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;

/// The user of every simulated BMC, and the password.
pub const USER: &str = "ADMIN";
pub const PASSWORD: &str = "simulated-1";

/// A farm of simulated BMCs, of which there is none.
#[derive(Debug)]
pub struct Simulation(Infallible);

impl Simulation {
    /// Says that it cannot be.
    pub async fn start(count: u32) -> Result<Self> {
        let error = Error::new(ErrorKind::Unsupported, format!("starting {count} simulated BMCs"));
        Err(error.with_remedy("use --simulate on Linux, which has the addresses from 127.64.0.1 on"))
    }

    /// Returns the hosts of none.
    pub fn hosts(&self) -> (Vec<String>, HashMap<String, SocketAddr>) {
        match self.0 {}
    }

    /// Ends none.
    pub async fn stop(&self) {
        match self.0 {}
    }
}
