//! A command to a BMC, and whether it may be sent twice.

use std::fmt;
use zeroize::Zeroizing;

/// Says whether a command does no harm when it arrives twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It reads. Sent again until it is answered.
    Reads,
    /// It writes a value that is the same the second time. Sent again; unanswered, its outcome is unknown.
    Harmless,
    /// Sent once. A BMC should tell a repeated datagram by its number, but not all do.
    Never,
}

/// One command of IPMI 2.0, appendix G.
#[derive(Clone)]
pub(crate) struct Command {
    /// What it is called in errors.
    pub(crate) name: &'static str,
    pub(crate) netfn: u8,
    pub(crate) number: u8,
    pub(crate) repeat: Repeat,
    /// May hold a password.
    pub(crate) data: Zeroizing<Vec<u8>>,
}

impl Command {
    pub(crate) fn new(name: &'static str, [netfn, number]: [u8; 2], repeat: Repeat) -> Self {
        Self { name, netfn, number, repeat, data: Zeroizing::default() }
    }

    pub(crate) fn reads(name: &'static str, code: [u8; 2], data: &[u8]) -> Self {
        Self::new(name, code, Repeat::Reads).with(data)
    }

    pub(crate) fn with(mut self, data: &[u8]) -> Self {
        self.data.extend(data);
        self
    }
}

/// Hides the data.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, netfn, number, repeat, data } = self;
        let code = format_args!("{netfn:02X}h/{number:02X}h");
        let fields = &mut f.debug_struct("Command");
        fields
            .field("name", name)
            .field("code", &code)
            .field("repeat", repeat)
            .field("bytes", &data.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::model::user;

    #[test]
    fn a_command_prints_without_its_password() {
        let text = format!("{:?}", user::set_password(5, b"Secret-4711"));
        let expected =
            "Command { name: \"setting a BMC user's password\", code: 06h/47h, repeat: Never, bytes: 18 }";
        assert_eq!(text, expected);
    }
}
