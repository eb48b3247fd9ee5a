//! Completion codes (IPMI 2.0, table 5-2), and what they mean for a caller.

use hwautomation_core::error::ErrorKind;
use std::fmt;

/// The first byte of an answer, other than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Completion(pub(crate) u8);

impl Completion {
    /// "Cannot execute command, request parameters not supported in present state": power on when on, on some.
    pub(crate) const NOT_IN_THIS_STATE: Self = Self(0xD5);

    /// "Invalid command".
    pub(crate) const INVALID_COMMAND: Self = Self(0xC1);

    /// Tells whether the BMC did not get to an answer and so the command may have been carried out.
    pub(crate) fn may_have_happened(self) -> bool {
        matches!(self.0, 0xC3 | 0xCE | 0xCF | 0xFF)
    }

    /// Tells whether a reading was answered with "I cannot say", rather than with an error of the question.
    pub(crate) fn cannot_say(self) -> bool {
        matches!(self.0, 0xCE | 0xD5 | 0xFF)
    }

    /// Tells whether the BMC has no such command, parameter or place, as codes of different BMCs say it.
    pub(crate) fn is_absent(self) -> bool {
        matches!(self.0, 0x80 | 0xC1 | 0xC2 | 0xC9 | 0xCB | 0xCC | 0xD5 | 0xD6)
    }

    /// Tells whether the same command may succeed in a moment.
    pub(crate) fn passes(self) -> bool {
        self.kind() == ErrorKind::Busy
    }

    pub(crate) fn kind(self) -> ErrorKind {
        match self.0 {
            0xC0 | 0xC3 | 0xC4 | 0xCE | 0xCF | 0xD0 | 0xD1 | 0xD2 => ErrorKind::Busy,
            0xC1 | 0xC2 | 0xD6 => ErrorKind::Unsupported,
            0xD4 => ErrorKind::Forbidden,
            _ => ErrorKind::Refused,
        }
    }

    pub(super) fn remedy(self) -> &'static str {
        match self.kind() {
            ErrorKind::Busy => "try again in a few seconds; if it stays so, restart the BMC",
            ErrorKind::Unsupported => "use another driver for this, or another action",
            ErrorKind::Forbidden => {
                "give the BMC user more privilege on the LAN channel, or use another user"
            }
            _ if self == Self::NOT_IN_THIS_STATE => "read the power state, and ask for what fits it",
            _ => "look at the BMC's own log, and check that this board allows the change over the network",
        }
    }

    fn text(self) -> &'static str {
        match self.0 {
            0x80..=0xBE => "a code of this command alone",
            0xC0 => "node busy",
            0xC1 => "invalid command",
            0xC2 => "invalid command for the logical unit",
            0xC3 => "timeout",
            0xC4 => "out of space",
            0xC5 => "reservation lost",
            0xC6 => "request truncated",
            0xC7 => "request length invalid",
            0xC8 => "request too long",
            0xC9 => "parameter out of range",
            0xCA => "cannot return as many bytes",
            0xCB => "not present",
            0xCC => "invalid field",
            0xCD => "illegal for this sensor or record",
            0xCE => "no response could be provided",
            0xCF => "duplicate request",
            0xD0 => "sensor records are being updated",
            0xD1 => "firmware is being updated",
            0xD2 => "the BMC is starting",
            0xD3 => "destination unavailable",
            0xD4 => "insufficient privilege",
            0xD5 => "not supported in the present state",
            0xD6 => "disabled",
            0xFF => "unspecified error",
            _ => "a code that is not defined",
        }
    }
}

impl fmt::Display for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (completion code {:02X}h)", self.text(), self.0)
    }
}
