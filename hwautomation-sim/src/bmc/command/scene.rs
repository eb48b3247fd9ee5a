//! What a command finds: the machine, the BMC's own memory, and who gives it.

use super::{Completion, Rights, boot, lan, sdr};
use crate::bmc::privilege::Privilege;
use crate::bmc::session::Seen;
use crate::model::machine::Machine;

/// Everything that a command may read and change.
pub(crate) struct Scene<'a> {
    pub(crate) machine: &'a mut Machine,
    pub(crate) memory: &'a mut Memory,
    /// Who gives the command; nobody, outside of a session.
    pub(crate) caller: Option<Caller>,
    /// The port at which the BMC is reached.
    pub(crate) port: u16,
    /// The sessions whose consoles have proved themselves.
    pub(crate) sessions: &'a [Seen],
    /// What happens to sessions once the answer is written.
    pub(crate) after: After,
}

/// The session that a command came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) session: u32,
    pub(crate) privilege: Privilege,
    /// What the session may rise to.
    pub(crate) limit: Privilege,
}

/// What a command does to sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Nothing,
    Privilege(Privilege),
    /// The caller listens to what the serial port gets behind so many bytes.
    Listen(u64),
    /// A session listens no more.
    ListenNoMore(u32),
    Close(u32),
    /// The BMC restarts, or is to be found at another address.
    CloseAll,
}

/// What the BMC itself remembers until it restarts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(super) lan: lan::Memory,
    pub(super) boot: boot::Memory,
    pub(super) sdr: sdr::Memory,
}

impl Memory {
    /// Forgets what a session left half done.
    pub(crate) fn session_ended(&mut self, is_there: impl Fn(u32) -> bool) {
        self.lan.session_ended(&is_there);
        self.boot.session_ended(is_there);
    }
}

impl Scene<'_> {
    /// Says whether the caller may.
    pub(super) fn may(&self, rights: Rights) -> Result<(), Completion> {
        let needed = match rights {
            Rights::Anybody => return Ok(()),
            Rights::Read(needed) | Rights::Write(needed) => needed,
        };
        let allowed = self.caller.is_some_and(|caller| caller.privilege >= needed);
        if allowed { Ok(()) } else { Err(Completion::INSUFFICIENT_PRIVILEGE) }
    }
}
