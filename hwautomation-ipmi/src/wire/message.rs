//! Messages inside a session: commands and their answers (IPMI 2.0, section 13.8).

use super::reader::Reader;
use zeroize::Zeroizing;

/// The BMC's address on its own bus.
const BMC: u8 = 0x20;
/// The address of remote consoles.
const CONSOLE: u8 = 0x81;
/// How many bytes of an answer stand before its data: addresses, numbers and the completion code.
const FRONT_BYTES: usize = 7;
/// How many numbers a message can have: the field is six bits wide.
pub(crate) const NUMBERS: u8 = 64;

/// One command as it goes out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) netfn: u8,
    pub(crate) command: u8,
    pub(crate) number: u8,
    pub(crate) data: &'a [u8],
}

impl Request<'_> {
    /// Writes it with its two checksums.
    pub(crate) fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.length()));
        self.append_to(&mut bytes);
        bytes
    }

    /// Returns the copy that was sent so many before this one. Each has a number of its own, since some BMCs answer
    /// none twice.
    pub(crate) fn copy_before(&self, copies: u8) -> Self {
        Self { number: self.number.wrapping_sub(copies), ..*self }
    }

    /// Tells how many bytes that are.
    pub(crate) fn length(&self) -> usize {
        7 + self.data.len()
    }

    /// Tells whether a message answers it.
    pub(crate) fn is_answered_by(&self, message: &[u8]) -> bool {
        completion(self, message).is_some()
    }

    /// Appends it with its two checksums.
    pub(crate) fn append_to(&self, bytes: &mut Vec<u8>) {
        let front = [BMC, self.netfn << 2];
        let back = [CONSOLE, (self.number % NUMBERS) << 2, self.command];
        bytes.extend(front);
        bytes.push(checksum(&front));
        bytes.extend(back);
        bytes.extend(self.data);
        bytes.push(checksum(&back).wrapping_add(checksum(self.data)));
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) completion: u8,
    pub(crate) data: Zeroizing<Vec<u8>>,
}

impl Answer {
    /// Reads the answer to this command out of a session's message, or nothing when it answers another one.
    /// Addresses do not count, and neither do checksums: BMCs write both wrongly, and the packet's code protects them.
    pub(crate) fn inside(request: &Request<'_>, mut message: Zeroizing<Vec<u8>>) -> Option<Self> {
        let completion = completion(request, &message)?;
        message.pop();
        message.drain(..FRONT_BYTES);
        Some(Self { completion, data: message })
    }

    /// Reads the answer outside of a session, which nothing but its checksums protects.
    pub(crate) fn of_unprotected(request: &Request<'_>, message: &[u8]) -> Option<Self> {
        let (front, back) = message.split_at_checked(3)?;
        let is_whole = checksum(front) == 0 && checksum(back) == 0;
        if is_whole { Self::inside(request, Zeroizing::new(message.to_vec())) } else { None }
    }
}

/// Returns the completion code of a message if it answers this command.
fn completion(request: &Request<'_>, message: &[u8]) -> Option<u8> {
    let mut reader = Reader::new(message);
    let [_, netfn, _, _, number, command, completion] = reader.array::<FRONT_BYTES>()?;
    reader.byte()?;
    let fits = netfn >> 2 == request.netfn | 1
        && number >> 2 == request.number % NUMBERS
        && command == request.command;
    fits.then_some(completion)
}

/// The two's complement of the sum: bytes and their checksum add up to zero.
fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg()
}
