//! How long things take.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Says how long each transition of a machine takes.
///
/// Every field may hold any value; the constructors are starting points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tempo {
    /// From an accepted power command until the power shows it.
    pub power_edge: Duration,
    /// How long the power is off in the middle of a power cycle.
    pub cycle_pause: Duration,
    /// From power on, or a reset, until the boot device is asked.
    pub post: Duration,
    /// From there until the environment answers.
    pub load: Duration,
    /// How long an environment needs to end itself.
    pub shutdown: Duration,
    /// How long the scripts of a commissioning run.
    pub commission: Duration,
    /// How long testing scripts run.
    pub test: Duration,
    /// After how long without an end MAAS gives a commissioning, a test or a rescue mode up.
    pub give_up: Duration,
    /// How long a BMC says nothing after a cold reset.
    pub bmc_reset: Duration,
    /// How long erasing the event log takes.
    pub sel_erase: Duration,
    /// How long a lease is listed after the last environment that used it.
    pub lease: Duration,
}

impl Tempo {
    /// Returns transitions that take tenths of a second: a whole provisioning takes a few seconds.
    pub const fn quick() -> Self {
        Self {
            power_edge: Duration::from_millis(50),
            cycle_pause: Duration::from_millis(100),
            post: Duration::from_millis(200),
            load: Duration::from_millis(200),
            shutdown: Duration::from_millis(150),
            commission: Duration::from_millis(400),
            test: Duration::from_millis(200),
            give_up: Duration::from_millis(60_000),
            bmc_reset: Duration::from_millis(300),
            sel_erase: Duration::from_millis(100),
            lease: Duration::from_millis(2_000),
        }
    }

    /// Returns transitions that take no time, for tests that look at ends only.
    pub const fn instant() -> Self {
        Self {
            power_edge: Duration::from_millis(0),
            cycle_pause: Duration::from_millis(0),
            post: Duration::from_millis(0),
            load: Duration::from_millis(0),
            shutdown: Duration::from_millis(0),
            commission: Duration::from_millis(0),
            test: Duration::from_millis(0),
            give_up: Duration::from_millis(60_000),
            bmc_reset: Duration::from_millis(0),
            sel_erase: Duration::from_millis(0),
            lease: Duration::from_millis(0),
        }
    }

    /// Returns what a two-socket server needs: minutes for POST, ten for a commissioning.
    pub const fn realistic() -> Self {
        Self {
            power_edge: Duration::from_millis(2_000),
            cycle_pause: Duration::from_millis(5_000),
            post: Duration::from_millis(120_000),
            load: Duration::from_millis(90_000),
            shutdown: Duration::from_millis(20_000),
            commission: Duration::from_millis(300_000),
            test: Duration::from_millis(120_000),
            give_up: Duration::from_millis(1_800_000),
            bmc_reset: Duration::from_millis(90_000),
            sel_erase: Duration::from_millis(3_000),
            lease: Duration::from_millis(600_000),
        }
    }

    /// Returns the longest a machine needs from off until an environment answers.
    pub fn start(&self) -> Duration {
        self.power_edge + self.cycle_pause + self.post + self.load
    }
}

impl Default for Tempo {
    /// Returns [`Tempo::quick`].
    fn default() -> Self {
        Self::quick()
    }
}

/// Returns the time that comes a while after another, both in milliseconds since 1970.
pub(crate) fn later(at: u64, by: Duration) -> u64 {
    at.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX))
}
