//! What tells a BMC from all others in a network.

use std::fmt;

/// The bit of the first byte that no single device has in its address (IEEE 802).
const GROUP: u8 = 0x01;

/// Is the MAC address of one BMC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mac([u8; 6]);

impl Mac {
    /// Takes the bytes, unless they are what any BMC may say: zeros, or an address of many.
    pub(crate) fn of(bytes: [u8; 6]) -> Option<Self> {
        let [first, ..] = bytes;
        (bytes != [0; 6] && first & GROUP == 0).then_some(Self(bytes))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, last] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{last:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_address_prints_as_people_write_it() {
        let mac = Mac::of([0xAC, 0x1F, 0x6B, 0, 0x0A, 0xFF]).unwrap();
        assert_eq!(mac.to_string(), "ac:1f:6b:00:0a:ff");
    }

    #[test]
    fn what_many_may_have_tells_nobody_from_others() {
        for bytes in [[0; 6], [0xFF; 6], [0x01, 0, 0x5E, 0, 0, 1]] {
            assert_eq!(Mac::of(bytes), None, "{bytes:02x?}");
        }
    }
}
