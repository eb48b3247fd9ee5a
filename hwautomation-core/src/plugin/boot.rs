//! Which device a machine boots from.

use crate::error::Result;
use crate::machine::Machine;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Names where to boot from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BootDevice {
    /// The network.
    Pxe,
    /// The first disk.
    Disk,
    /// The optical or virtual drive.
    Cd,
    /// The BIOS setup screen.
    BiosSetup,
}

/// Says for how long a boot device holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootLasting {
    /// For the next boot only.
    Once,
    /// Until changed.
    Persistent,
}

/// Names how the firmware starts the boot device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootFirmware {
    /// By UEFI.
    Uefi,
    /// By the legacy BIOS.
    Legacy,
}

/// Asks for a boot device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BootRequest {
    /// Where to boot from.
    pub device: BootDevice,
    /// For how long.
    pub lasting: BootLasting,
    /// By which firmware.
    pub firmware: BootFirmware,
}

/// Says what the machine will boot from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "boot", rename_all = "snake_case")]
pub enum BootSetting {
    /// What the BIOS boot order says.
    Unchanged,
    /// An override stands.
    Override(BootRequest),
}

impl fmt::Display for BootDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pxe => "pxe",
            Self::Disk => "disk",
            Self::Cd => "cd",
            Self::BiosSetup => "bios",
        })
    }
}

impl fmt::Display for BootLasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Once => "for the next boot",
            Self::Persistent => "until it is changed",
        })
    }
}

impl fmt::Display for BootFirmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uefi => "UEFI",
            Self::Legacy => "legacy BIOS",
        })
    }
}

impl fmt::Display for BootSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("boot order"),
            Self::Override(BootRequest { device, lasting, firmware }) => {
                write!(f, "{device} {lasting}, by {firmware}")
            }
        }
    }
}

/// Chooses the boot device of machines.
///
/// # Contract
///
/// - `what_was_set_reads_back`: after Ok, `boot_setting` returns the request. A device that says Ok and forgets
///   is an error (`Mismatch`): accepted is not done.
/// - `clearing_restores_the_boot_order`: after `clear_boot`, the setting is `Unchanged`.
/// - `setting_twice_is_as_good_as_once`.
/// - `never_changes_the_power_state`.
/// - `silence_is_an_error`: an unreachable BMC is `Unreachable` or `Timeout`.
/// - `a_wrong_password_is_unauthorized`.
/// - `errors_have_a_remedy_and_show_no_secret`.
#[async_trait]
pub trait BootController: fmt::Debug + Send + Sync + 'static {
    /// Reads what the machine will boot from.
    ///
    /// # Errors
    ///
    /// `Unreachable`, `Timeout`, `Unauthorized`, `Protocol`.
    async fn boot_setting(&self, machine: &Machine) -> Result<BootSetting>;

    /// Sets the boot device and reads it back.
    ///
    /// # Errors
    ///
    /// Those of [`boot_setting`](Self::boot_setting), `Unsupported`, and `Mismatch` when it did not take.
    async fn set_boot(&self, machine: &Machine, request: BootRequest) -> Result<()>;

    /// Removes an override.
    ///
    /// # Errors
    ///
    /// Those of [`set_boot`](Self::set_boot).
    async fn clear_boot(&self, machine: &Machine) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_says_what_for_how_long_and_by_what() {
        assert_eq!(BootSetting::Unchanged.to_string(), "boot order");
        let (device, lasting) = (BootDevice::Disk, BootLasting::Persistent);
        let request = BootRequest { device, lasting, firmware: BootFirmware::Legacy };
        assert_eq!(BootSetting::Override(request).to_string(), "disk until it is changed, by legacy BIOS");
    }
}
