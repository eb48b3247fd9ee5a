//! What a driver can be asked for.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Names one contract of [`crate::plugin`], as profiles and machines write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Capability {
    /// Power state and power commands.
    Power,
    /// Boot device.
    Boot,
    /// BIOS settings.
    Bios,
    /// BMC network and users.
    Bmc,
    /// Commissioning service.
    Commissioner,
    /// Commands on the host.
    Shell,
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Power => "power",
            Self::Boot => "boot",
            Self::Bios => "bios",
            Self::Bmc => "bmc",
            Self::Commissioner => "commissioner",
            Self::Shell => "shell",
        })
    }
}
