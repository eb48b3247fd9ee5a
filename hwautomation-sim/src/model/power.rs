//! Power, and what a machine does with it.

use serde::{Deserialize, Serialize};

/// Says whether a machine has power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// It has none.
    Off,
    /// It has.
    On,
}

/// Is what a chassis control asks for (IPMI 2.0, section 28.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Takes the power away at once.
    PowerOff,
    /// Gives power; a machine that has it goes on.
    PowerOn,
    /// Takes the power away and gives it back.
    PowerCycle,
    /// Resets without taking the power away.
    HardReset,
    /// Pulses the diagnostic interrupt, which nothing here reacts to.
    DiagnosticInterrupt,
    /// Asks the environment to end itself; without one, nothing happens.
    SoftOff,
}

impl Control {
    /// Returns the text of the log: `power on`, `hard reset`, …
    pub const fn text(self) -> &'static str {
        match self {
            Self::PowerOff => "power off",
            Self::PowerOn => "power on",
            Self::PowerCycle => "power cycle",
            Self::HardReset => "hard reset",
            Self::DiagnosticInterrupt => "diagnostic interrupt",
            Self::SoftOff => "soft off",
        }
    }
}

/// Means that a machine without power cannot do what was asked (completion code D5h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the machine has no power")]
pub struct NotInThisState;

/// Is what runs on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// MAAS's temporary system from the network: commissioning, testing or rescue mode. SSH answers.
    Ephemeral,
    /// MAAS's temporary system, started only to switch the machine off. Nothing answers.
    Farewell,
    /// The installer of a deployment. Nothing answers.
    Installer,
    /// The system on the disk. SSH answers.
    Disk,
    /// No system: an empty disk or the setup page. The machine stays on and nothing answers.
    Nothing,
}

impl Environment {
    /// Says whether SSH answers in it.
    pub const fn answers_ssh(self) -> bool {
        matches!(self, Self::Ephemeral | Self::Disk)
    }

    /// Says whether it reacts to the power button.
    pub const fn can_end_itself(self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

/// Is how far a machine has come. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Off,
    /// In the middle of a power cycle.
    Pause {
        until: u64,
    },
    Post {
        until: u64,
    },
    Load {
        environment: Environment,
        until: u64,
    },
    Up(Environment),
    /// The environment ends itself.
    Leaving {
        until: u64,
        then: Then,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Then {
    StayOff,
    Boot,
}

/// Is an accepted control that the power does not show yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edge {
    pub(crate) at: u64,
    pub(crate) control: Control,
}

impl Stage {
    pub(crate) const fn power(self) -> Power {
        match self {
            Self::Off | Self::Pause { .. } => Power::Off,
            _ => Power::On,
        }
    }

    pub(crate) const fn environment(self) -> Option<Environment> {
        match self {
            Self::Up(environment) => Some(environment),
            _ => None,
        }
    }

    pub(crate) const fn due(self) -> Option<u64> {
        match self {
            Self::Pause { until }
            | Self::Post { until }
            | Self::Load { until, .. }
            | Self::Leaving { until, .. } => Some(until),
            Self::Off | Self::Up(_) => None,
        }
    }
}
