//! What can go wrong with a BMC, and what core is told about it.

mod completion;
mod console;
mod status;

pub(crate) use completion::Completion;
pub(crate) use console::ConsoleError;
pub(crate) use status::{Stage, Status};

use crate::model::mac::Mac;
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::plugin::PowerState;
use std::net::IpAddr;
use std::time::Duration;

/// Says what a call found out about whether its BMC answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It did, whatever it said.
    Answer,
    /// It was asked, and did not.
    Silence,
    /// Nothing: the call did not come so far.
    Nothing,
}

/// Says that a BMC is not asked for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    /// How many calls in a row ended in silence.
    pub(crate) failures: u32,
    /// How long it has been silent.
    pub(crate) silent_for: Duration,
    /// In how long it is asked again.
    pub(crate) again_in: Duration,
}

/// Says why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IpmiError {
    /// Not even the question that everybody may ask was answered.
    #[error("nobody answered within {} ms", .0.as_millis())]
    Silent(Duration),
    /// It answered, and then not while the session was opened.
    #[error("the BMC answers, but the log-in got no further than {stage} within {} ms", .limit.as_millis())]
    LoginSilent { stage: Stage, limit: Duration },
    #[error("{what} was not answered within {} ms", .limit.as_millis())]
    Unanswered { what: &'static str, limit: Duration },
    /// A command that changes something was sent, and nobody knows what came of it.
    #[error("{what} was sent and not answered within {} ms", .limit.as_millis())]
    Lost { what: &'static str, limit: Duration },
    /// The BMC says that it cannot answer: what was asked may have been done.
    #[error("the BMC could not say what came of {what}: {completion}")]
    Unclear { what: &'static str, completion: Completion },
    /// What was written was accepted, and then nobody could see whether it is so.
    #[error("{what} was accepted, and what came of it was not seen: {cause}")]
    Unseen { what: &'static str, cause: Box<IpmiError> },
    /// The BMC fell silent while its network was written, and was not found where and as it should be.
    #[error(
        "the BMC fell silent while its network was written, and was not found at {at} with all that was asked for: {cause}"
    )]
    Moved { at: IpAddr, cause: Box<IpmiError> },
    /// Another BMC is where the one should be whose network was written. No unknown outcome: whoever asks there would take
    /// its answer for that of the other.
    #[error(
        "the BMC at {at} is not the one that should be there, and nothing was written to it: its MAC address is \
         {}, expected {expected}", told(*found)
    )]
    Stranger { at: IpAddr, expected: Mac, found: Option<Mac> },
    #[error("the network did not take or give a datagram")]
    Network(#[from] std::io::Error),
    #[error("the BMC does not have the password that was given for this user")]
    WrongPassword,
    #[error("the BMC has the password, but another key K_g")]
    WrongKg,
    #[error("the BMC refused {0}")]
    Status(Status),
    #[error("the BMC does not give this user the privilege that was asked for: {0}")]
    Privilege(Completion),
    /// Each suite that is allowed was refused, or answered with another one.
    #[error("the BMC takes none of the cipher suites {0:?}")]
    NoSuite(Vec<u8>),
    /// The suite that worked before is refused, and a weaker one was not tried.
    #[error("the BMC refuses cipher suite {0}, with which it let this program in before")]
    Downgrade(u8),
    /// It was silent so often that it is left alone for a while. A silence may have begun in the middle of a log-in.
    #[error(
        "no log-in or command was answered to its end for {} s, in {} calls in a row; it is asked again in {} s",
        .0.silent_for.as_secs(), .0.failures, .0.again_in.as_secs()
    )]
    Resting(Rest),
    #[error("the BMC refused {what}: {completion}")]
    Refused { what: &'static str, completion: Completion },
    /// The power reads as the opposite of what the BMC was told a moment ago.
    #[error("the BMC tells that the power is {found} right after it was told the opposite")]
    Unsettled { found: PowerState, again_in: Duration },
    /// What needs a machine that is on.
    #[error("the machine is off, and the BMC refused {what}: {completion}")]
    IsOff { what: &'static str, completion: Completion },
    #[error("the answer to {what} is not what IPMI 2.0 has: {found}")]
    Malformed { what: &'static str, found: String },
    #[error("{what} was accepted and reads back otherwise: {found}")]
    Mismatch { what: &'static str, found: String },
    /// What was asked for cannot be sent at all.
    #[error("{wrong}")]
    Invalid { wrong: String, right: &'static str },
    #[error("IPMI cannot do this")]
    Unsupported,
    #[error("the calls before this one did not end within {} ms", .0.as_millis())]
    Turn(Duration),
    #[error("as many sessions as may be are open: {0}")]
    Sessions(u32),
    #[error("as many BMCs as may be were talked to for {} ms", .0.as_millis())]
    Lanes(Duration),
    #[error(
        "as many log-ins as may be asked the source of credentials for {} ms, and it was not asked for this one",
        .0.as_millis()
    )]
    Asking(Duration),
    #[error("the source of credentials did not answer within {} ms, and the BMC was not asked", .0.as_millis())]
    Source(Duration),
    /// The runtime that it ran on was shut down, or it panicked.
    #[error("the call ended without an answer: it panicked, or the runtime that it ran on was shut down")]
    Abandoned,
    /// The same, while it waited for a place.
    #[error("the runtime was shut down before the call began, and nothing was sent")]
    NotBegun,
    #[error(transparent)]
    Console(#[from] ConsoleError),
    /// What others said in core's words, such as the source of credentials.
    #[error(transparent)]
    Core(#[from] Error),
}

impl IpmiError {
    pub(crate) fn malformed(what: &'static str, found: impl Into<String>) -> Self {
        Self::Malformed { what, found: found.into() }
    }

    /// Tells whether nothing came back from the BMC, for whatever reason.
    pub(crate) fn is_silence(&self) -> bool {
        match self {
            Self::Network(_) => true,
            Self::Unseen { cause, .. } => cause.is_silence(),
            error => error.heard() == Heard::Silence,
        }
    }

    /// Says that this came after a write that was accepted: it may have happened, unless the error itself says what
    /// was found. Accepted is not done, and not undone either.
    pub(crate) fn after(self, what: &'static str) -> Self {
        match self {
            Self::Mismatch { .. } => self,
            Self::Core(error) => Self::Core(error.unknown_outcome()),
            _ if self.may_have_happened() => self,
            cause => Self::Unseen { what, cause: Box::new(cause) },
        }
    }

    /// Tells whether what was asked for may have been done.
    fn may_have_happened(&self) -> bool {
        matches!(
            self,
            Self::Lost { .. }
                | Self::Unclear { .. }
                | Self::Unseen { .. }
                | Self::Moved { .. }
                | Self::Abandoned
        )
    }

    /// Tells what it says about whether the BMC answers. An error of the network is this side's: a datagram that got
    /// lost on the way is silence.
    pub(crate) fn heard(&self) -> Heard {
        match self {
            Self::Refused { .. }
            | Self::Unclear { .. }
            | Self::Status(_)
            | Self::WrongPassword
            | Self::WrongKg
            | Self::Privilege(_)
            | Self::NoSuite(_)
            | Self::Downgrade(_) => Heard::Answer,
            Self::Lost { .. } | Self::Unanswered { .. } | Self::Silent(_) | Self::LoginSilent { .. } => {
                Heard::Silence
            }
            _ => Heard::Nothing,
        }
    }

    /// Returns the same error if it is that the BMC does not take the credentials.
    pub(crate) fn of_credentials(&self) -> Option<Self> {
        match self {
            Self::WrongPassword => Some(Self::WrongPassword),
            Self::WrongKg => Some(Self::WrongKg),
            Self::Status(status) if self.kind() == ErrorKind::Unauthorized => Some(Self::Status(*status)),
            _ => None,
        }
    }

    /// Tells whether the BMC has no place for one more session.
    pub(crate) fn is_without_room(&self) -> bool {
        matches!(self, Self::Status(status) if status.is_without_room())
    }

    /// Makes core's error of it; `action` says what was tried on what.
    pub(crate) fn into_error(self, action: &str) -> Error {
        if let Self::Core(error) = self {
            return error;
        }
        let error = Error::new(self.kind(), format!("{action}: {self}")).with_remedy(self.remedy());
        let error = match &self {
            _ if self.may_have_happened() => error.unknown_outcome(),
            Self::Status(status) if status.passes() => error.transient(),
            Self::NotBegun => error.transient(),
            Self::Resting(rest) => error.transient_after(rest.again_in),
            Self::Unsettled { again_in, .. } => error.transient_after(*again_in),
            _ => error,
        };
        match self {
            Self::Network(cause) => error.with_source(cause),
            _ => error,
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Silent(_) | Self::LoginSilent { .. } | Self::Resting(_) | Self::Network(_) => {
                ErrorKind::Unreachable
            }
            Self::Unanswered { .. }
            | Self::Lost { .. }
            | Self::Unclear { .. }
            | Self::Moved { .. }
            | Self::Source(_) => ErrorKind::Timeout,
            Self::WrongPassword | Self::WrongKg => ErrorKind::Unauthorized,
            Self::Status(status) => status.kind(),
            Self::NoSuite(_) | Self::Downgrade(_) | Self::Unsupported => ErrorKind::Unsupported,
            Self::Refused { completion, .. } => completion.kind(),
            Self::IsOff { .. } => ErrorKind::Refused,
            Self::Privilege(_) => ErrorKind::Forbidden,
            Self::Malformed { .. } => ErrorKind::Protocol,
            Self::Mismatch { .. } => ErrorKind::Mismatch,
            Self::Stranger { .. } => ErrorKind::Conflict,
            Self::Invalid { .. } => ErrorKind::Invalid,
            Self::Turn(_) | Self::Sessions(_) | Self::Lanes(_) | Self::Asking(_) | Self::Unsettled { .. } => {
                ErrorKind::Busy
            }
            Self::Unseen { cause, .. } => cause.kind(),
            Self::Abandoned | Self::NotBegun => ErrorKind::Internal,
            Self::Console(error) => error.kind(),
            Self::Core(error) => error.kind(),
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Resting(_) => {
                "see the errors of the calls before: either the BMC is not reached at all, or it needs a restart, or \
                 too many datagrams get lost on the way"
            }
            Self::Silent(_) | Self::Network(_) => {
                "check the BMC's address, its cable and VLAN, that UDP port 623 is open on the way, and that \
                 IPMI over LAN is switched on"
            }
            Self::LoginSilent { .. } => {
                "try again; if it stays so, too many datagrams get lost on the way, or the BMC needs a restart"
            }
            Self::Unanswered { .. } => "try again; if it stays so, raise command_limit_ms or restart the BMC",
            Self::Lost { .. } | Self::Unclear { .. } | Self::Unseen { .. } => {
                "read the state before anything is sent again: the command may have taken effect"
            }
            Self::Moved { .. } => {
                "read the network settings at the new address, and at the old one, before anything is sent again"
            }
            Self::Stranger { .. } => {
                "look for the expected BMC at its old address, then by its MAC address from its host or at the switch, \
                 and give it an address that is free"
            }
            Self::WrongPassword => {
                "correct settings.ipmi.username or the secret under credentials.bmc; it is not tried again, \
                 since BMCs lock accounts"
            }
            Self::WrongKg => {
                "enter under settings.ipmi.kg where the BMC's key K_g lies; leave it out where the BMC has none"
            }
            Self::Status(status) => status.remedy(),
            Self::Privilege(_) => {
                "give the BMC user the privilege on the LAN channel, or ask for less: with console_privilege for \
                 consoles, configure_privilege for the BMC's own settings, power_privilege for the rest"
            }
            Self::NoSuite(_) => {
                "enable cipher suite 17 or 3 on the BMC's LAN channel, or allow another one in cipher_suites"
            }
            Self::Downgrade(_) => {
                "find out why the BMC lost the suite; if that is as it should be, leave it out of the machine's \
                 settings.ipmi.cipher_suites"
            }
            Self::Unsupported => "use another driver for this, such as Redfish",
            Self::Refused { completion, .. } => completion.remedy(),
            Self::IsOff { .. } => {
                "request power on: a machine that is off is neither cycled, reset nor interrupted"
            }
            Self::Malformed { .. } => {
                "check that a BMC answers at this address; if it does, report its model and firmware version"
            }
            Self::Mismatch { .. } => {
                "this BMC accepts settings that it does not keep: update its firmware or use another driver"
            }
            Self::Invalid { right, .. } => right,
            Self::Turn(_) => "try again later, or let fewer callers use this BMC at a time",
            Self::Sessions(_) => "try again later, or raise sessions_max",
            Self::Lanes(_) => {
                "try again later, or raise in_flight_max or slow_max; a call that is begun and then not polled keeps \
                 its place"
            }
            Self::Unsettled { .. } => {
                "try again in a few seconds: the machine is on its way, or the BMC tells its power late"
            }
            Self::Asking(_) => {
                "check the source of credentials: it hangs, or is too slow for so many BMCs at a time"
            }
            Self::Source(_) => {
                "check the source of credentials, or raise handshake_limit_ms if it is only slow"
            }
            Self::NotBegun => "keep the runtime on which a call over many machines began until its end",
            Self::Abandoned => {
                "keep the runtime on which a call over many machines began until its end; read the state before \
                 anything is sent again"
            }
            Self::Console(error) => error.remedy(),
            Self::Core(_) => "see the cause",
        }
    }
}

/// Names what a BMC said by which it is told from others.
fn told(mac: Option<Mac>) -> String {
    mac.map_or_else(|| "not told".to_owned(), |mac| mac.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_names_the_settings_as_they_are_written() {
        let limit = Duration::ZERO;
        let source = IpmiError::Source(limit).remedy();
        assert!(source.contains("handshake_limit_ms"), "{source}");
        let status = Status { stage: Stage::Privilege, code: 0x0A };
        for error in [IpmiError::Privilege(Completion(0x81)), IpmiError::Status(status)] {
            for setting in ["power_privilege", "console_privilege", "configure_privilege"] {
                assert!(error.remedy().contains(setting), "{error}: {setting}");
            }
        }
    }
}
