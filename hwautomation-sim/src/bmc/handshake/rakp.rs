//! RAKP 1 and RAKP 3, and their answers (IPMI 2.0, sections 13.20 to 13.23).

use super::{Status, refusal};
use crate::bmc::crypto::Exchange;
use crate::bmc::privilege::Privilege;
use crate::bmc::wire::Reader;
use subtle::ConstantTimeEq;

/// How long a user's name may be, in bytes.
const NAME_MAX: usize = 16;
/// Says in RAKP 1 that the name alone finds the user, whatever their privilege.
const NAME_ONLY: u8 = 0x10;

/// A console says who its user is.
#[derive(Debug)]
pub(crate) struct Rakp1 {
    tag: u8,
    pub(crate) managed: u32,
    pub(crate) console_random: [u8; 16],
    /// The whole byte: privilege, and how to look the user up.
    pub(crate) role: u8,
    /// The name, or why it is none.
    pub(crate) username: Result<Vec<u8>, Status>,
}

impl Rakp1 {
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let tag = reader.u8()?;
        reader.take(3)?;
        let (managed, console_random, role) = (reader.u32()?, reader.array()?, reader.u8()?);
        reader.take(2)?;
        let length = usize::from(reader.u8()?);
        let username =
            if length > NAME_MAX { Err(Status::NAME_LENGTH) } else { Ok(reader.take(length)?.to_vec()) };
        Some(Self { tag, managed, console_random, role, username })
    }

    /// Returns the privilege asked for; nothing is "the highest that the user has".
    pub(crate) fn privilege(&self) -> Result<Option<Privilege>, Status> {
        match self.role & 0x0F {
            0 => Ok(None),
            asked => Privilege::read(asked).map(Some).ok_or(Status::INVALID_ROLE),
        }
    }

    /// Says whether only a user with enough privilege is meant, where a name is used twice.
    pub(crate) fn looks_for_privilege(&self) -> bool {
        self.role & NAME_ONLY == 0
    }

    /// Answers with RAKP 2: the BMC proves that it knows the password.
    pub(crate) fn challenge(&self, exchange: &Exchange, password: &[u8]) -> Vec<u8> {
        let mut payload = refusal(self.tag, Status(0), exchange.console);
        payload.extend(exchange.managed_random);
        payload.extend(exchange.guid);
        payload.extend(exchange.managed_proof(password));
        payload
    }

    pub(crate) fn refuse(&self, status: Status, console: u32) -> Vec<u8> {
        refusal(self.tag, status, console)
    }
}

/// A console proves that it knows the password, or gives up.
#[derive(Debug)]
pub(crate) struct Rakp3<'a> {
    tag: u8,
    /// What the console says of RAKP 2; only zero goes on.
    pub(crate) status: u8,
    pub(crate) managed: u32,
    proof: &'a [u8],
}

impl<'a> Rakp3<'a> {
    pub(crate) fn read(payload: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let (tag, status) = (reader.u8()?, reader.u8()?);
        reader.take(2)?;
        let managed = reader.u32()?;
        Some(Self { tag, status, managed, proof: reader.rest() })
    }

    /// Says whether the console knows the password.
    pub(crate) fn proves(&self, exchange: &Exchange, password: &[u8]) -> bool {
        exchange.console_proof(password).ct_eq(self.proof).into()
    }

    /// Answers with RAKP 4: the BMC has the same key.
    pub(crate) fn accept(&self, exchange: &Exchange, session_key: &[u8]) -> Vec<u8> {
        let mut payload = refusal(self.tag, Status(0), exchange.console);
        payload.extend(exchange.key_proof(session_key));
        payload
    }

    pub(crate) fn refuse(&self, status: Status, console: u32) -> Vec<u8> {
        refusal(self.tag, status, console)
    }
}
