//! The Open Session Request (IPMI 2.0, sections 13.17 and 13.18).

use super::{Status, refusal};
use crate::bmc::crypto::Suite;
use crate::bmc::privilege::Privilege;
use crate::bmc::wire::Reader;

/// How long a block that proposes an algorithm is.
const BLOCK_LENGTH: u8 = 8;

/// A console asks for a session.
#[derive(Debug)]
pub(crate) struct Open {
    tag: u8,
    /// The privilege asked for; zero is "the highest that there is".
    pub(crate) privilege: u8,
    pub(crate) console: u32,
    /// Authentication, integrity, confidentiality; nothing leaves the choice to us.
    algorithms: [Option<u8>; 3],
}

impl Open {
    /// Reads it; what is cut off or has other blocks than the three is nothing.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let (tag, privilege) = (reader.u8()?, reader.u8()? & 0x0F);
        reader.take(2)?;
        let console = reader.u32()?;
        let algorithms = [block(&mut reader, 0)?, block(&mut reader, 1)?, block(&mut reader, 2)?];
        Some(Self { tag, privilege, console, algorithms })
    }

    /// Chooses the suite that is offered and was asked for.
    pub(crate) fn suite(&self, offered: &[Suite]) -> Result<Suite, Status> {
        let fits = |suite: &Suite| {
            self.algorithms
                .iter()
                .zip(suite.algorithms())
                .all(|(asked, ours)| asked.is_none_or(|asked| asked == ours))
        };
        // The strongest first, for who leaves the choice to us.
        offered.iter().copied().filter(fits).max_by_key(|suite| suite.id()).ok_or(Status::NO_CIPHER_SUITE)
    }

    /// Returns the privilege that the session may reach at most.
    pub(crate) fn privilege(&self) -> Result<Privilege, Status> {
        match self.privilege {
            0 => Ok(Privilege::Administrator),
            asked => Privilege::read(asked).ok_or(Status::INVALID_ROLE),
        }
    }

    /// Answers with a session.
    pub(crate) fn accept(&self, managed: u32, suite: Suite, privilege: Privilege) -> Vec<u8> {
        let mut payload = vec![self.tag, 0, privilege.code(), 0];
        payload.extend(self.console.to_le_bytes());
        payload.extend(managed.to_le_bytes());
        for (kind, algorithm) in (0_u8..).zip(suite.algorithms()) {
            payload.extend([kind, 0, 0, BLOCK_LENGTH, algorithm, 0, 0, 0]);
        }
        payload
    }

    /// Answers without one.
    pub(crate) fn refuse(&self, status: Status) -> Vec<u8> {
        refusal(self.tag, status, self.console)
    }
}

/// Reads the block of that kind: an algorithm, or a length of zero that leaves the choice to us.
fn block(reader: &mut Reader<'_>, kind: u8) -> Option<Option<u8>> {
    let [found, _, _, length, algorithm, ..] = reader.array::<{ BLOCK_LENGTH as usize }>()?;
    match length {
        0 => (found == kind).then_some(None),
        BLOCK_LENGTH => (found == kind).then_some(Some(algorithm & 0x3F)),
        _ => None,
    }
}
