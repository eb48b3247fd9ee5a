//! What a console asks for. It becomes a text where a log or a fault rule wants one.

use super::command::Command;

/// A message that a BMC is asked to answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked<'a> {
    Ping,
    OpenSession,
    Rakp1,
    Rakp3,
    /// A packet of characters for the serial port.
    Characters,
    Command(&'a Command),
    /// A command that is not understood.
    Unknown {
        net_fn: u8,
        command: u8,
    },
}

impl std::fmt::Display for Asked<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ping => formatter.write_str("ping"),
            Self::OpenSession => formatter.write_str("open session"),
            Self::Rakp1 => formatter.write_str("rakp 1"),
            Self::Rakp3 => formatter.write_str("rakp 3"),
            Self::Characters => formatter.write_str("sol packet"),
            Self::Command(command) => formatter.write_str(&command.text()),
            Self::Unknown { net_fn, command } => write!(formatter, "command {net_fn:02X}/{command:02X}"),
        }
    }
}
