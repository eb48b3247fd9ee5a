//! What a driver can do for a machine.

use crate::error::{Error, Result, did_you_mean};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Names one thing that drivers do. A profile or a machine says which driver does it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Capability {
    /// Reads and changes the power state.
    Power,
    /// Sets the next boot device.
    Boot,
    /// Reads and stages BIOS settings.
    Bios,
    /// Sets the LAN address and the users of the BMC.
    Bmc,
    /// Commissions and releases machines.
    Commissioner,
    /// Runs programs on the host.
    Shell,
    /// Reads and updates firmware.
    Firmware,
    /// Reads sensors and the event log.
    Health,
}

impl Capability {
    /// Lists every capability.
    pub const ALL: &'static [Self] = &[
        Self::Power,
        Self::Boot,
        Self::Bios,
        Self::Bmc,
        Self::Commissioner,
        Self::Shell,
        Self::Firmware,
        Self::Health,
    ];

    /// Returns the name, as files and JSON have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Boot => "boot",
            Self::Bios => "bios",
            Self::Bmc => "bmc",
            Self::Commissioner => "commissioner",
            Self::Shell => "shell",
            Self::Firmware => "firmware",
            Self::Health => "health",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Capability {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|known| known.as_str()).collect();
            let meant = did_you_mean(text, names.iter().copied());
            let error = Error::invalid(format!("unknown capability {text:?}{meant}"));
            if meant.is_empty() {
                error.with_remedy(format!("use one of {}", names.join(", ")))
            } else {
                error
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_json_agree_and_read_back() {
        for capability in Capability::ALL {
            assert_eq!(capability.to_string().parse::<Capability>().unwrap(), *capability);
            assert_eq!(serde_json::to_value(capability).unwrap(), capability.as_str());
        }
    }

    #[test]
    fn a_wrong_name_is_refused_with_the_near_one() {
        let error = "powr".parse::<Capability>().unwrap_err();
        assert_eq!(error.message(), "unknown capability \"powr\"; did you mean \"power\"?");
        let error = "gpu".parse::<Capability>().unwrap_err();
        assert!(error.remedy().is_some_and(|remedy| remedy.starts_with("use one of power, boot, bios")));
    }
}
