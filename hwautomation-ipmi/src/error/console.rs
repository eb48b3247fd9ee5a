//! What can go wrong with a machine's console.

use hwautomation_core::error::ErrorKind;
use std::time::Duration;

/// Says why there is no console, or why it ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsoleError {
    /// Completion codes 80h and 82h of Activate Payload.
    #[error("another session has the machine's console")]
    Taken,
    /// 81h.
    #[error("serial over LAN is switched off on the BMC, or this user may not use it")]
    Off,
    /// 83h.
    #[error("the BMC does not encrypt the console")]
    Unprotected,
    #[error("the BMC wants the console at UDP port {0}, and sessions to that port are not opened")]
    Port(u16),
    #[error("the BMC ended the console")]
    Ended,
    #[error("the BMC did not answer on the console for {} ms", .0.as_millis())]
    Silent(Duration),
    /// Only a program that goes away leaves a console like this.
    #[error("the console's task ended before it")]
    Abandoned,
}

impl ConsoleError {
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Taken | Self::Ended => ErrorKind::Conflict,
            Self::Off | Self::Unprotected | Self::Port(_) => ErrorKind::Unsupported,
            Self::Silent(_) => ErrorKind::Unreachable,
            Self::Abandoned => ErrorKind::Cancelled,
        }
    }

    pub(super) fn remedy(&self) -> &'static str {
        match self {
            Self::Taken => {
                "close the other console (`end_console`, or `ipmitool sol deactivate`, ends it wherever it is), or \
                 wait until the BMC drops a session that nobody uses any more, which takes a minute"
            }
            Self::Off => {
                "switch serial over LAN on for the channel (`ipmitool sol set enabled true`) and for the user \
                 (`ipmitool sol payload enable`)"
            }
            Self::Unprotected => {
                "allow encryption for serial over LAN (`ipmitool sol set force-encryption true`)"
            }
            Self::Port(_) => "set the BMC's port for serial over LAN to 623",
            Self::Ended => {
                "open it anew; if it ends again, somebody else takes it, or the BMC restarts or switched serial over \
                 LAN off"
            }
            Self::Silent(_) => "open it anew; if nobody answers then, check the way to the BMC",
            Self::Abandoned => "open it anew, on a runtime that stays",
        }
    }
}
