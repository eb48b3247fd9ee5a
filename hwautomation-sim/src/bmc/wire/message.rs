//! The IPMI message inside a packet: addresses, function, command, data, two checksums (IPMI 2.0, section 13.8).

use super::Reader;

/// The slave address of a BMC.
const BMC: u8 = 0x20;

/// A request to the BMC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) net_fn: u8,
    pub(crate) command: u8,
    pub(crate) data: Vec<u8>,
    /// The logical unit that is asked.
    pub(crate) lun: u8,
    /// Who asks: address, then sequence number and logical unit.
    from: u8,
    sequence_and_lun: u8,
}

impl Request {
    /// Reads a request to this BMC; wrong checksums, other addresses and answers are nothing.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (head, body) = bytes.split_at_checked(3)?;
        if sum(head) != 0 || sum(body) != 0 {
            return None;
        }
        let (body, _checksum) = body.split_at_checked(body.len().checked_sub(1)?)?;
        let (mut head, mut body) = (Reader::new(head), Reader::new(body));
        let (to, function) = (head.u8()?, head.u8()?);
        let (from, sequence_and_lun, command) = (body.u8()?, body.u8()?, body.u8()?);
        let (net_fn, lun) = (function >> 2, function & 3);
        let request = Self { net_fn, command, data: body.rest().to_vec(), lun, from, sequence_and_lun };
        (to == BMC && net_fn % 2 == 0).then_some(request)
    }

    /// Writes the answer to it.
    pub(crate) fn answer(&self, completion: u8, data: &[u8]) -> Vec<u8> {
        let head = [self.from, (self.net_fn | 1) << 2 | self.sequence_and_lun & 3];
        let body = [BMC, self.sequence_and_lun & !3 | self.lun, self.command, completion];
        let mut bytes = Vec::with_capacity(head.len() + 1 + body.len() + data.len() + 1);
        bytes.extend(head);
        bytes.push(checksum(&head));
        bytes.extend(body);
        bytes.extend(data);
        bytes.push(sum(&body).wrapping_add(sum(data)).wrapping_neg());
        bytes
    }
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// Makes the sum of `bytes` and itself zero.
fn checksum(bytes: &[u8]) -> u8 {
    sum(bytes).wrapping_neg()
}
