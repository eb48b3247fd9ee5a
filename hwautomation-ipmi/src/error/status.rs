//! Status codes of RMCP+ and RAKP (IPMI 2.0, table 13-15), and at which message they came.

use hwautomation_core::error::ErrorKind;
use std::fmt;

/// "Invalid integrity check value".
const WRONG_PROOF: u8 = 0x0F;
/// "Unauthorized name".
const UNKNOWN_NAME: u8 = 0x0D;

/// Names a message of the log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Open,
    Rakp1,
    Rakp3,
    Privilege,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "Open Session",
            Self::Rakp1 => "RAKP message 1 (the user's name)",
            Self::Rakp3 => "RAKP message 3 (the proof of the password)",
            Self::Privilege => "the privilege that was asked for",
        })
    }
}

/// A status other than zero, and the message that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) stage: Stage,
    pub(crate) code: u8,
}

impl Status {
    /// Tells whether the two sides only lost each other, as happens when datagrams come twice or late: a log-in
    /// from the start may succeed. A "wrong code" after RAKP message 3 is one of these, since by then the BMC
    /// has proved that both know the same password.
    pub(crate) fn lost_each_other(self) -> bool {
        match self.stage {
            Stage::Open => false,
            Stage::Rakp1 => matches!(self.code, 0x02 | 0x08),
            Stage::Rakp3 | Stage::Privilege => matches!(self.code, 0x02 | 0x03 | 0x08 | WRONG_PROOF),
        }
    }

    /// Tells whether the BMC did not take the proof of a password that both sides know.
    pub(crate) fn refuses_the_proof(self) -> bool {
        self.stage == Stage::Rakp3 && self.code == WRONG_PROOF
    }

    /// Tells whether it says more than "not this cipher suite": no room, or no such privilege.
    pub(crate) fn is_about_the_session(self) -> bool {
        matches!(self.kind(), ErrorKind::Busy | ErrorKind::Forbidden)
    }

    /// Tells whether the BMC has no place for one more session.
    pub(crate) fn is_without_room(self) -> bool {
        self.kind() == ErrorKind::Busy
    }

    /// Tells whether a later log-in may succeed.
    pub(super) fn passes(self) -> bool {
        self.lost_each_other() || self.kind() == ErrorKind::Busy
    }

    pub(super) fn kind(self) -> ErrorKind {
        if self.lost_each_other() {
            return ErrorKind::Protocol;
        }
        match self.code {
            0x01 | 0x0B => ErrorKind::Busy,
            0x04..=0x07 | 0x10 | 0x11 => ErrorKind::Unsupported,
            0x09 | 0x0A => ErrorKind::Forbidden,
            0x0C | UNKNOWN_NAME | WRONG_PROOF => ErrorKind::Unauthorized,
            _ => ErrorKind::Protocol,
        }
    }

    pub(super) fn remedy(self) -> &'static str {
        match self.kind() {
            ErrorKind::Busy => {
                "wait a minute until the BMC drops idle sessions, and close other consoles; if it stays so, restart \
                 the BMC: some never free a place. A few say this of a cipher suite that they do not take: allow \
                 another one in cipher_suites"
            }
            ErrorKind::Unsupported => {
                "enable cipher suite 17 or 3 on the BMC's LAN channel, or allow another one in cipher_suites"
            }
            ErrorKind::Forbidden => {
                "give the BMC user the privilege on the LAN channel, or ask for less: with console_privilege for \
                 consoles, configure_privilege for the BMC's own settings, power_privilege for the rest; where the \
                 BMC takes a cipher suite with its highest privilege only, raise the same setting to administrator, \
                 or allow another suite in cipher_suites"
            }
            ErrorKind::Unauthorized if self.code == UNKNOWN_NAME => {
                "enter under settings.ipmi.username a user whom the BMC has and lets in over the LAN; a BMC that lets \
                 nobody in but the user without a name needs null_user under settings.ipmi.quirks, and one that wants \
                 padded names padded_name"
            }
            ErrorKind::Unauthorized => {
                "correct settings.ipmi.username or the secret under credentials.bmc; it is not tried again, \
                 since BMCs lock accounts"
            }
            _ => "try again; if it stays so, report the BMC's model and firmware version",
        }
    }

    fn text(self) -> &'static str {
        match self.code {
            0x01 => "insufficient resources for a session",
            0x02 => "invalid session id",
            0x03 => "invalid payload type",
            0x04 => "invalid authentication algorithm",
            0x05 => "invalid integrity algorithm",
            0x06 => "no matching authentication payload",
            0x07 => "no matching integrity payload",
            0x08 => "inactive session id",
            0x09 => "invalid role",
            0x0A => "unauthorized role or privilege level",
            0x0B => "insufficient resources for a session of this role",
            0x0C => "invalid name length",
            0x0D => "unauthorized name",
            0x0E => "unauthorized GUID",
            0x0F => "invalid integrity check value",
            0x10 => "invalid confidentiality algorithm",
            0x11 => "no cipher suite match",
            0x12 => "illegal or unrecognized parameter",
            _ => "a code that is not defined",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (status {:02X}h)", self.stage, self.text(), self.code)
    }
}
