//! What a machine does when mains power comes back: Set Power Restore Policy (IPMI 2.0, section 28.8), read back in
//! the chassis status (section 28.2).

use super::command::{Command, Repeat};
use crate::error::IpmiError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Says what a machine does when mains power comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestorePolicy {
    /// It stays off.
    StayOff,
    /// It is as it was before.
    Previous,
    /// It powers up.
    PowerUp,
}

impl fmt::Display for RestorePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::StayOff => "stay off",
            Self::Previous => "previous",
            Self::PowerUp => "power up",
        })
    }
}

/// Reads it from a chassis status; nothing when the BMC does not know.
pub(crate) fn of(status: &[u8]) -> Result<Option<RestorePolicy>, IpmiError> {
    let Some(first) = status.first() else {
        return Err(IpmiError::malformed("reading the restore policy", "no chassis status"));
    };
    Ok(match first >> 5 & 0x03 {
        0 => Some(RestorePolicy::StayOff),
        1 => Some(RestorePolicy::Previous),
        2 => Some(RestorePolicy::PowerUp),
        _ => None,
    })
}

/// Returns the command that sets it.
pub(crate) fn set(policy: RestorePolicy) -> Command {
    let number = match policy {
        RestorePolicy::StayOff => 0,
        RestorePolicy::Previous => 1,
        RestorePolicy::PowerUp => 2,
    };
    Command::new("setting the restore policy", [0x00, 0x06], Repeat::Harmless).with(&[number])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_what_a_status_with_its_bits_says() {
        for policy in [RestorePolicy::StayOff, RestorePolicy::Previous, RestorePolicy::PowerUp] {
            let number = set(policy).data[0];
            assert_eq!(of(&[number << 5 | 0x81, 0, 0]).unwrap(), Some(policy));
        }
        assert_eq!(of(&[0x60, 0, 0]).unwrap(), None);
        assert!(of(&[]).is_err());
    }
}
