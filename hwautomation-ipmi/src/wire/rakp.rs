//! The messages that open a session (IPMI 2.0, sections 13.17 to 13.23).

use super::keys::Exchange;
use super::reader::Reader;
use super::suite::Suite;

/// Looks the user up by name alone, whatever privilege was asked for.
const BY_NAME_ONLY: u8 = 0x10;
/// The status by which RAKP message 3 says that the code of message 2 was wrong.
const WRONG_CODE: u8 = 0x0F;

/// The role byte for a privilege level of a user that is found by name alone.
pub(crate) fn role_by_name(privilege: u8) -> u8 {
    privilege | BY_NAME_ONLY
}

/// Asks for a session: explicit about the privilege, since many BMCs compute with it and not with "the highest".
pub(crate) fn open_session(tag: u8, privilege: u8, console_id: u32, suite: Suite) -> Vec<u8> {
    let mut body = vec![tag, privilege, 0, 0];
    body.extend(console_id.to_le_bytes());
    for (kind, algorithm) in (0u8..).zip(suite.algorithms()) {
        body.extend([kind, 0, 0, 8, algorithm, 0, 0, 0]);
    }
    body
}

/// What the BMC said to [`open_session`]: a status other than zero, or a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OpenAnswer {
    Refused(u8),
    Opened { managed_id: u32, algorithms: [u8; 3] },
}

impl OpenAnswer {
    /// Reads it if it answers the message with this tag and names this session.
    pub(crate) fn read(body: &[u8], tag: u8, console_id: u32) -> Option<Self> {
        let mut reader = Reader::new(body);
        if let Head::Refused(status) = Head::read(&mut reader, tag, console_id)? {
            return Some(Self::Refused(status));
        }
        let managed_id = reader.u32()?;
        let mut algorithms = [0; 3];
        for (kind, algorithm) in (0u8..).zip(&mut algorithms) {
            let [found, _, _, _, number, _, _, _] = reader.array::<8>()?;
            if found != kind {
                return None;
            }
            *algorithm = number & 0x3F;
        }
        Some(Self::Opened { managed_id, algorithms })
    }
}

/// Says who wants in.
pub(crate) fn rakp1(tag: u8, exchange: &Exchange) -> Vec<u8> {
    let mut body = vec![tag, 0, 0, 0];
    body.extend(exchange.managed_id.to_le_bytes());
    body.extend(exchange.console_random);
    let role = exchange.role.bytes();
    let (byte, name) = role.split_first().map_or((0, [].as_slice()), |(byte, name)| (*byte, name));
    body.extend([byte, 0, 0]);
    body.extend(name);
    body
}

/// What the BMC said to RAKP message 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rakp2 {
    Refused(u8),
    Proof { managed_random: [u8; 16], guid: [u8; 16], code: Vec<u8> },
}

impl Rakp2 {
    /// Reads it if it answers the message with this tag and names this session.
    pub(crate) fn read(body: &[u8], tag: u8, console_id: u32, suite: Suite) -> Option<Self> {
        let mut reader = Reader::new(body);
        if let Head::Refused(status) = Head::read(&mut reader, tag, console_id)? {
            return Some(Self::Refused(status));
        }
        let (managed_random, guid) = (reader.array()?, reader.array()?);
        let code = reader.take(suite.hash_bytes())?.to_vec();
        Some(Self::Proof { managed_random, guid, code })
    }
}

/// Proves that this side knows the password.
pub(crate) fn rakp3(tag: u8, managed_id: u32, code: &[u8]) -> Vec<u8> {
    [&[tag, 0, 0, 0], managed_id.to_le_bytes().as_slice(), code].concat()
}

/// Tells the BMC that its proof was wrong or did not come, so that it forgets the session.
pub(crate) fn rakp3_refusal(tag: u8, managed_id: u32) -> Vec<u8> {
    [&[tag, WRONG_CODE, 0, 0], managed_id.to_le_bytes().as_slice()].concat()
}

/// What the BMC said to RAKP message 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rakp4 {
    Refused(u8),
    Proof { code: Vec<u8> },
}

impl Rakp4 {
    /// Reads it if it answers the message with this tag and names this session.
    pub(crate) fn read(body: &[u8], tag: u8, console_id: u32, suite: Suite) -> Option<Self> {
        let mut reader = Reader::new(body);
        if let Head::Refused(status) = Head::read(&mut reader, tag, console_id)? {
            return Some(Self::Refused(status));
        }
        let code = reader.take(suite.code_bytes())?.to_vec();
        Some(Self::Proof { code })
    }
}

/// What every answer begins with.
enum Head {
    Good,
    Refused(u8),
}

impl Head {
    /// Reads it, if the answer has this tag and is about this session. ipmi_sim ends a refusal after the status,
    /// and some BMCs put zero where the session's id belongs.
    fn read(reader: &mut Reader<'_>, tag: u8, console_id: u32) -> Option<Self> {
        let [found, status] = reader.array()?;
        let id = reader.array::<2>().and_then(|_| reader.u32());
        match (status, id) {
            _ if found != tag => None,
            (0, Some(id)) if id == console_id => Some(Self::Good),
            (1.., None | Some(0)) => Some(Self::Refused(status)),
            (1.., Some(id)) if id == console_id => Some(Self::Refused(status)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: u32 = 0xA0A2_A3A4;

    #[test]
    fn a_refusal_is_read_however_short_it_is_and_belongs_to_its_tag() {
        // As captured from ipmi_sim, which was asked for suite 17.
        assert_eq!(OpenAnswer::read(&[0, 4], 0, ID), Some(OpenAnswer::Refused(4)));
        assert_eq!(OpenAnswer::read(&[7, 4], 0, ID), None);
        let whole = [0, 0x11, 0, 0, 0xA4, 0xA3, 0xA2, 0xA0];
        assert_eq!(OpenAnswer::read(&whole, 0, ID), Some(OpenAnswer::Refused(0x11)));
        assert_eq!(OpenAnswer::read(&whole, 0, ID + 1), None);
        assert_eq!(Rakp2::read(&[0, 0x0D], 0, ID, Suite::Three), Some(Rakp2::Refused(0x0D)));
        assert_eq!(Rakp4::read(&[0, 0x0F], 0, ID, Suite::Three), Some(Rakp4::Refused(0x0F)));
    }
}
