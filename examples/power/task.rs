//! What is asked, and through which drivers.

use crate::power::args::Command;
use hwautomation_core::plugin::{BootController, EventPosition, FleetPower, HealthReader};
use hwautomation_ipmi::IpmiController;
use std::sync::Arc;

/// The drivers, by what they promise.
#[derive(Debug)]
pub struct Drivers {
    pub power: Arc<dyn FleetPower>,
    pub boot: Arc<dyn BootController>,
    pub health: Arc<dyn HealthReader>,
    /// For what only IPMI has.
    pub ipmi: Arc<IpmiController>,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum Task<'a> {
    /// What the command line says.
    Command(&'a Command),
    /// That the event log of each machine is erased up to what was shown.
    Clear(&'a [EventPosition]),
}

impl Task<'_> {
    /// Returns its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Command(command) => command.name(),
            Self::Clear(_) => "clear",
        }
    }

    /// Tells whether it changes anything.
    pub fn changes(&self) -> bool {
        match self {
            Self::Command(command) => command.changes(),
            Self::Clear(_) => true,
        }
    }
}

impl Drivers {
    /// Drives everything through BMCs.
    pub fn new(ipmi: &Arc<IpmiController>) -> Self {
        Self { power: ipmi.clone(), boot: ipmi.clone(), health: ipmi.clone(), ipmi: ipmi.clone() }
    }
}
