//! The serial port as a payload of a session: who listens, and how much fits in a packet (IPMI 2.0, sections 24.1,
//! 24.2 and 24.6).

use super::command::{Command, Repeat};
use crate::error::{Completion, IpmiError};
use crate::wire::sol::{CHARACTERS_MAX, HEADER_BYTES};

/// The payload of characters (table 13-16), and its first instance: no BMC is known to have a second one.
const CHARACTERS: u8 = 0x01;
const INSTANCE: u8 = 0x01;
/// Packets are encrypted and authenticated, and what the BMC reports to the serial port meanwhile is deferred, as
/// ipmitool has it.
const HOW: [u8; 4] = [0xC4, 0, 0, 0];

const ACTIVATING: &str = "activating the console";

/// The completion codes of Activate Payload alone.
pub(crate) const ACTIVE: u8 = 0x80;
pub(crate) const DISABLED: u8 = 0x81;
pub(crate) const TOO_MANY: u8 = 0x82;
pub(crate) const UNENCRYPTED: u8 = 0x83;

/// That of Deactivate Payload: nobody has it.
pub(crate) const INACTIVE: Completion = Completion(0x80);

/// How a BMC wants a console's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// How many bytes a packet to the BMC has at most, with its header.
    pub(crate) inbound_bytes: u16,
    /// To which UDP port packets go.
    pub(crate) port: u16,
}

/// Activate Payload. Asked again, a BMC says that it is active, the same session's or another's: no copy takes the
/// console from anybody.
pub(crate) fn activate() -> Command {
    Command::reads(ACTIVATING, [0x06, 0x48], &[CHARACTERS, INSTANCE]).with(&HOW)
}

/// Deactivate Payload. Whoever sends it ends it, also when another session listens: who has a console asks first, and a
/// copy could end the console of who took it meanwhile.
pub(crate) fn deactivate() -> Command {
    let command = Command::new("deactivating the console", [0x06, 0x49], Repeat::Never);
    command.with(&[CHARACTERS, INSTANCE, 0, 0, 0, 0])
}

/// Get Payload Instance Info.
pub(crate) fn who_listens() -> Command {
    Command::reads("asking who has the console", [0x06, 0x4B], &[CHARACTERS, INSTANCE])
}

/// Reads the answer to [`activate`]; the number of a VLAN may follow.
pub(crate) fn terms(data: &[u8]) -> Result<Terms, IpmiError> {
    let Some(&[_, _, _, _, low, high, _, _, port_low, port_high]) = data.first_chunk() else {
        return Err(IpmiError::malformed(ACTIVATING, format!("{} bytes", data.len())));
    };
    Ok(Terms {
        inbound_bytes: u16::from_le_bytes([low, high]),
        port: u16::from_le_bytes([port_low, port_high]),
    })
}

/// Reads the answer to [`who_listens`]: the BMC's number of the session; nothing when it is nobody's.
pub(crate) fn listener(data: &[u8]) -> Option<u32> {
    data.first_chunk().map(|id| u32::from_le_bytes(*id)).filter(|id| *id != 0)
}

impl Terms {
    /// Returns how many characters a packet to the BMC may have, if its length can be true.
    pub(crate) fn characters_max(&self) -> Option<usize> {
        let bytes = usize::from(self.inbound_bytes);
        let is_plausible = (HEADER_BYTES + 1..=PLAUSIBLE_BYTES_MAX).contains(&bytes);
        is_plausible.then(|| (bytes - HEADER_BYTES).min(CHARACTERS_MAX))
    }
}

/// A BMC that takes more in one datagram has its two bytes in the wrong order.
const PLAUSIBLE_BYTES_MAX: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_those_of_the_specification() {
        assert_eq!(activate().data.as_slice(), [1, 1, 0xC4, 0, 0, 0]);
        assert_eq!(deactivate().data.as_slice(), [1, 1, 0, 0, 0, 0]);
        assert_eq!(who_listens().data.as_slice(), [1, 1]);
    }

    #[test]
    fn the_terms_are_read_with_and_without_a_vlan() {
        let answer = [0, 0, 0, 0, 204, 0, 100, 0, 0x6F, 2, 0xFF, 0xFF];
        let expected = Terms { inbound_bytes: 204, port: 623 };
        assert_eq!(terms(&answer).unwrap(), expected);
        assert_eq!(terms(&answer[..10]).unwrap(), expected);
        assert!(terms(&answer[..9]).is_err());
    }

    #[test]
    fn a_packet_has_room_for_its_header_and_for_what_can_be_told_of() {
        let most = |inbound_bytes| Terms { inbound_bytes, port: 623 }.characters_max();
        assert_eq!((most(5), most(204), most(259), most(1_024)), (Some(1), Some(200), Some(255), Some(255)));
        assert_eq!((most(0), most(4), most(0xCC00)), (None, None, None));
    }

    #[test]
    fn who_listens_is_read() {
        assert_eq!(listener(&[1, 2, 3, 4, 1, 0]), Some(0x0403_0201));
        assert_eq!((listener(&[0; 12]), listener(&[1, 2, 3])), (None, None));
    }
}
