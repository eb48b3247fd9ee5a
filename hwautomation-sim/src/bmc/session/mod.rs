//! Sessions: how few there are, how each of them reads and writes packets.

mod table;
mod window;

pub(crate) use table::{Limits, Table};

use super::crypto::{Exchange, IV_LENGTH, Keys, Suite};
use super::privilege::Privilege;
use super::sol::Sol;
use super::wire::{Envelope, Payload, Request, sign_and_wrap};
use std::net::SocketAddr;
use std::sync::Arc;
use window::Window;

/// A session that a console opened or is opening.
#[derive(Debug)]
pub(crate) struct Session {
    /// The number that the console's packets carry.
    pub(crate) id: u32,
    /// The number that our packets carry.
    pub(crate) console: u32,
    pub(crate) suite: Suite,
    /// When its console was last heard, in milliseconds of the world.
    pub(crate) heard: u64,
    /// Where the console is.
    pub(crate) peer: SocketAddr,
    /// The number by which consoles may speak of it; the table gives it.
    pub(crate) handle: u8,
    pub(crate) stage: Stage,
}

/// What may be known of a session whose console has proved itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) id: u32,
    pub(crate) handle: u8,
    /// The number of its user.
    pub(crate) user: u8,
    pub(crate) privilege: Privilege,
    pub(crate) peer: SocketAddr,
    /// Whether it listens to the serial port.
    pub(crate) listens: bool,
}

/// How far a session has come.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The session was promised, up to this privilege; the byte is what was asked for.
    Opened(Privilege, u8),
    /// RAKP 2 was sent.
    Challenged(Box<Challenge>),
    /// RAKP 4 was sent.
    Active(Box<Active>),
}

/// What is known of a console that has yet to prove itself.
#[derive(Debug)]
pub(crate) struct Challenge {
    pub(crate) exchange: Exchange,
    pub(crate) account: Arc<Account>,
    pub(crate) answered: Answered,
}

/// A message of the handshake and its answer: the same message again gets the same answer.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) asked: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

/// Whose session it is.
pub(crate) struct Account {
    pub(crate) number: u8,
    pub(crate) name: String,
    pub(crate) password: Vec<u8>,
    /// The highest privilege that the session may take.
    pub(crate) limit: Privilege,
}

/// Hides the password.
impl std::fmt::Debug for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Account({:?} {:?})", self.name, self.limit)
    }
}

/// A session whose console has proved itself.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) keys: Keys,
    pub(crate) account: Arc<Account>,
    pub(crate) privilege: Privilege,
    pub(crate) answered: Answered,
    /// The last request that was understood.
    pub(crate) last: Option<Request>,
    /// The serial port, when its console listens to it.
    pub(crate) sol: Option<Sol>,
    inbound: Window,
    outbound: u32,
}

impl Active {
    /// Begins as the specification says: with the privilege of a user, however much may be asked for later.
    pub(crate) fn new(keys: Keys, account: Arc<Account>, answered: Answered) -> Self {
        let privilege = account.limit.min(Privilege::User);
        Self {
            keys,
            account,
            privilege,
            answered,
            last: None,
            sol: None,
            inbound: Window::default(),
            outbound: 0,
        }
    }

    /// Reads a packet that carries a message of this session; a forged, damaged or repeated one is nothing.
    pub(crate) fn unseal(&self, suite: Suite, envelope: &Envelope<'_>) -> Option<Vec<u8>> {
        let (signed, code) = envelope.signature(suite.code_length())?;
        if !self.keys.signed_by_us(signed, code) || !self.inbound.takes(envelope.sequence) {
            return None;
        }
        self.keys.cipher.decrypt(envelope.payload)
    }

    /// Notes that a packet was received, so that it is not taken twice.
    pub(crate) fn received(&mut self, sequence: u32) {
        self.inbound.mark(sequence);
    }

    /// Writes a packet for the console.
    pub(crate) fn seal(
        &mut self,
        kind: Payload,
        console: u32,
        iv: [u8; IV_LENGTH],
        message: &[u8],
    ) -> Vec<u8> {
        // Zero is kept for packets outside of sessions.
        self.outbound = self.outbound.checked_add(1).unwrap_or(1);
        let payload = self.keys.cipher.encrypt(iv, message);
        sign_and_wrap(kind, console, self.outbound, &payload, |signed| self.keys.sign(signed))
    }
}
