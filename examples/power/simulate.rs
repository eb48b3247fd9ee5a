//! Simulated BMCs in this process, so that everything can be tried at once.

use hwautomation_core::error::{Error, Result};
use hwautomation_sim::{BmcFarm, FarmPlan, Power, Tempo};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The user of every simulated BMC, and the password.
pub const USER: &str = "ADMIN";
pub const PASSWORD: &str = "simulated-1";

/// Long enough to be seen waiting for, short enough to wait for.
const EDGE: Duration = Duration::from_millis(400);
const PAUSE: Duration = Duration::from_millis(1_200);

/// A farm of simulated BMCs.
#[derive(Debug)]
pub struct Simulation(BmcFarm);

impl Simulation {
    /// Starts so many, at 127.64.0.1 and up, on a port that is free. The first two thirds of the machines are on.
    pub async fn start(count: u32) -> Result<Self> {
        let tempo = Tempo { power_edge: EDGE, cycle_pause: PAUSE, ..Tempo::quick() };
        let plan = FarmPlan::new(count as usize).port(0).user(USER, PASSWORD).tempo(tempo);
        let farm = plan.start().await.map_err(|cause| {
            Error::invalid(format!("starting {count} simulated BMCs"))
                .with_remedy("loopback must be usable; --simulate takes 1 to 65536")
                .with_source(cause)
        })?;
        let on = farm.addresses().take((count as usize * 2).div_ceil(3));
        on.for_each(|address| farm.set_power(address, Power::On));
        Ok(Self(farm))
    }

    /// Returns the hosts, and where each is: they share one port, which is not IPMI's.
    pub fn hosts(&self) -> (Vec<String>, HashMap<String, SocketAddr>) {
        let socket = |address: Ipv4Addr| SocketAddr::from((address, self.0.port()));
        let names = self.0.addresses().map(|address| address.to_string()).collect();
        (names, self.0.addresses().map(|address| (address.to_string(), socket(address))).collect())
    }

    /// Ends it.
    pub async fn stop(&self) {
        self.0.stop().await;
    }
}
