//! What became of a host. Data only.

use hwautomation_core::error::{ErrorClass, ErrorKind, ErrorRecord};
use hwautomation_core::plugin::{BootSetting, EventLog, Health, LogEvent, PowerState, Sensor};
use serde::Serialize;
use std::time::Duration;

/// What one host answered, and after what time.
#[derive(Debug, Clone)]
pub struct Answer {
    pub result: Result<Said, Failure>,
    pub took: Duration,
}

/// What it said, if it is as asked.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Said {
    /// How its power is, and of a command, what is to be known beside it.
    Power {
        #[serde(flatten)]
        power: PowerState,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<&'static str>,
    },
    /// The command was accepted, and nobody looked what came of it.
    Accepted { accepted: bool },
    /// What it boots from.
    Boot(BootSetting),
    /// What its sensors read.
    Sensors {
        sensors: Vec<Sensor>,
        /// How bad the worst of all is, also of those that are not in the list; absent when there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        health: Option<Health>,
        /// How many of all nobody knows.
        unknown: usize,
        /// Something is bad enough to be told by the exit status.
        #[serde(skip)]
        alarms: bool,
    },
    /// What its event log holds, the oldest entry first.
    Events { entries: Vec<LogEvent>, log: EventLog },
    /// Its event log was erased.
    Cleared { cleared: bool },
    /// Its lamp was told.
    Lamp { lamp: &'static str },
}

/// Why it is not as asked.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// The BMC has taken the command.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub accepted: bool,
    /// How its power was when somebody last looked.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub power: Option<PowerState>,
    pub error: Box<ErrorRecord>,
}

impl Said {
    /// Returns a power state that needs no word beside it.
    pub fn power(power: PowerState) -> Self {
        Self::Power { power, note: None }
    }

    /// Returns that a command was taken.
    pub fn accepted() -> Self {
        Self::Accepted { accepted: true }
    }
}

impl From<ErrorRecord> for Failure {
    fn from(error: ErrorRecord) -> Self {
        Self { accepted: false, power: None, error: Box::new(error) }
    }
}

impl Failure {
    /// Tells whether a BMC was heard: a refusal is an answer, and who lets us in and then falls silent was heard, too.
    pub fn was_heard(&self) -> bool {
        let unheard = matches!(self.error.kind, ErrorKind::Unreachable | ErrorKind::NotFound);
        self.accepted || self.power.is_some() || !unheard
    }

    /// Tells whether a command was sent, and nobody knows what came of it.
    pub fn is_unclear(&self) -> bool {
        self.error.class == ErrorClass::UnknownOutcome
    }
}
