//! Datagrams that arrive in a session.

use super::outside;
use super::peer::{Hash, Peer};
use super::script::{Part, Script};
use crate::wire::{Exchange, Request, Role, Sealed, Suite};

/// The parts of an input: what arrives as it is; the same with a good code behind it; a message that the BMC seals
/// under a number (its first four bytes); one of which a byte is changed on its way (at the place in the first two
/// bytes, by the third); a command (network function, command, number, data) that goes out.
pub(super) const RAW: u8 = 0;
pub(super) const SIGNED: u8 = 1;
pub(super) const SEALED: u8 = 2;
pub(super) const CHANGED: u8 = 3;
pub(super) const ASKED: u8 = 4;
const KINDS: u8 = 5;

/// The ids of the session, which are those of a captured one.
pub(super) const CONSOLE_ID: u32 = 0xA0A2_A3A4;
const MANAGED_ID: u32 = 0x29F6_A3BF;
const PASSWORD: &[u8] = b"ADMIN";

pub(super) fn run(input: &[u8]) {
    let script = Script::new(input);
    let mut session = Session::new(if script.choice & 1 == 0 { Hash::Sha1 } else { Hash::Sha256 });
    script.for_each(|part| session.take(&part));
}

/// A session, and what is on its other side.
struct Session {
    here: Sealed,
    bmc: Peer,
    /// What a client would read, by the independent side.
    reader: Peer,
    asked: u32,
}

impl Session {
    fn new(hash: Hash) -> Self {
        let exchange = Exchange {
            suite: if hash == Hash::Sha1 { Suite::Three } else { Suite::Seventeen },
            console_id: CONSOLE_ID,
            managed_id: MANAGED_ID,
            console_random: [3; 16],
            managed_random: [4; 16],
            guid: [5; 16],
            role: Role { byte: 0x14, username: "ADMIN".to_owned() },
        };
        let sik = hash.hmac(PASSWORD, &[&[3; 16], &[4; 16], &b"\x14\x05ADMIN"[..]].concat());
        let keys = exchange.keys(&exchange.sik(PASSWORD));
        Self {
            here: Sealed::new(CONSOLE_ID, MANAGED_ID, keys),
            bmc: Peer::new(hash, &sik, CONSOLE_ID, MANAGED_ID),
            reader: Peer::new(hash, &sik, MANAGED_ID, CONSOLE_ID),
            asked: 0,
        }
    }

    fn take(&mut self, part: &Part<'_>) {
        match part.kind % KINDS {
            RAW => {
                outside::read(part.bytes);
                drop(self.arrive(part.bytes));
            }
            SIGNED => drop(self.arrive(&self.bmc.sign(part.bytes.to_vec()))),
            SEALED => self.sealed(part.bytes),
            CHANGED => self.changed(part.bytes),
            ASKED.. => self.ask(part.bytes),
        }
    }

    /// Opens what the independent side opens, to the same, and nothing else.
    fn arrive(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let found = self.here.open(datagram.to_vec()).map(|message| message.to_vec());
        assert_eq!(found, self.reader.open(datagram), "{datagram:02x?}");
        found
    }

    fn sealed(&mut self, bytes: &[u8]) {
        let Some((number, message)) = bytes.split_first_chunk() else { return };
        let packet = self.bmc.seal(u32::from_le_bytes(*number), message);
        let found = self.arrive(&packet);
        assert!(found.is_none_or(|found| found == message));
        assert_eq!(self.arrive(&packet), None, "a duplicate");
    }

    /// What was changed on its way does not arrive, and does not keep the packet from arriving.
    fn changed(&mut self, bytes: &[u8]) {
        let Some((&[low, high, by], message)) = bytes.split_first_chunk() else { return };
        let Some(number) = self.reader.newest().checked_add(1) else { return };
        let packet = self.bmc.seal(number, message);
        let mut changed = packet.clone();
        let at = usize::from(u16::from_le_bytes([low, high])) % packet.len();
        changed[at] ^= by.max(1);
        assert_eq!(self.arrive(&changed), None, "byte {at} was changed by {by:#x}");
        assert_eq!(self.arrive(&packet).as_deref(), Some(message));
    }

    /// Seals a command, which the BMC reads as it was meant.
    fn ask(&mut self, bytes: &[u8]) {
        let Some((&[netfn, command, number], data)) = bytes.split_first_chunk() else { return };
        let netfn = netfn & 0x3E;
        let packet = self.here.seal(&Request { netfn, command, number, data }, &[0xA5; 16]);
        self.asked += 1;
        assert_eq!(
            self.bmc.open_strictly(&packet),
            Some((self.asked, message(netfn, command, number, data)))
        );
    }
}

/// Writes a command to a BMC (section 13.8): two parts, each of which adds up to zero.
fn message(netfn: u8, command: u8, number: u8, data: &[u8]) -> Vec<u8> {
    let mut message = vec![0x20, netfn << 2];
    close(&mut message, 0);
    message.extend([0x81, number << 2, command]);
    message.extend(data);
    close(&mut message, 3);
    message
}

fn close(message: &mut Vec<u8>, begin: usize) {
    let sum = message[begin..].iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    message.push(0u8.wrapping_sub(sum));
}
