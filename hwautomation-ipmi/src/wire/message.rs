//! Messages inside a session: commands and their answers (IPMI 2.0, section 13.8).

use super::reader::Reader;
use std::fmt;
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
#[derive(Clone, Copy)]
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

/// Hides the data, which may hold a password.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { netfn, command, number, data } = self;
        let code = format_args!("{netfn:02X}h/{command:02X}h");
        let fields = &mut f.debug_struct("Request");
        fields.field("code", &code).field("number", number).field("bytes", &data.len()).finish()
    }
}

/// One answer.
#[derive(Clone, PartialEq, Eq)]
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

/// Hides the data: who asks for a key gets one.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let completion = format_args!("{:02X}h", self.completion);
        f.debug_struct("Answer").field("completion", &completion).field("bytes", &self.data.len()).finish()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_print_without_their_data() {
        let request = Request { netfn: 0x06, command: 0x47, number: 3, data: b"Secret-4711" };
        assert_eq!(format!("{request:?}"), "Request { code: 06h/47h, number: 3, bytes: 11 }");
        let answer = Answer { completion: 0xC1, data: Zeroizing::new(b"Secret-4711".to_vec()) };
        assert_eq!(format!("{answer:?}"), "Answer { completion: C1h, bytes: 11 }");
    }
}
