//! How an input of many parts is written: a byte that chooses, then parts, each a kind, a length and its bytes.

/// How long the head of a part is: its kind, and its length in two bytes, the lower first.
const HEAD_BYTES: usize = 3;
/// How long a part is at most: commands are short, and a datagram that arrives is not longer either.
const PART_BYTES_MAX: usize = 2048;

/// Takes an input apart, whatever it is.
#[derive(Debug, Clone)]
pub(super) struct Script<'a> {
    pub(super) choice: u8,
    rest: &'a [u8],
}

/// One part of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) kind: u8,
    pub(super) bytes: &'a [u8],
}

impl<'a> Script<'a> {
    /// Reads an input. An empty one chooses zero and has no parts.
    pub(super) fn new(input: &'a [u8]) -> Self {
        let (choice, rest) = input.split_first().map_or((0, input), |(choice, rest)| (*choice, rest));
        Self { choice, rest }
    }
}

impl<'a> Iterator for Script<'a> {
    type Item = Part<'a>;

    /// Takes the next part. One that says that it is longer than the rest is the rest; what is too long is cut.
    fn next(&mut self) -> Option<Part<'a>> {
        let (&[kind, low, high], rest) = self.rest.split_first_chunk::<HEAD_BYTES>()?;
        let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        self.rest = rest;
        Some(Part { kind, bytes: &bytes[..length.min(PART_BYTES_MAX)] })
    }
}

/// Writes an input.
#[cfg(test)]
pub(super) fn write<'a>(choice: u8, parts: impl IntoIterator<Item = (u8, &'a [u8])>) -> Vec<u8> {
    let mut input = vec![choice];
    for (kind, bytes) in parts {
        let length = u16::try_from(bytes.len()).expect("a datagram is shorter than 64 KiB");
        input.push(kind);
        input.extend(length.to_le_bytes());
        input.extend(bytes);
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_part_that_is_too_long_is_the_rest() {
        let input = write(7, [(1, b"one".as_slice()), (2, b""), (3, b"three")]);
        let script = Script::new(&input);
        assert_eq!(script.choice, 7);
        let parts: Vec<_> = script.map(|part| (part.kind, part.bytes)).collect();
        assert_eq!(parts, [(1, b"one".as_slice()), (2, b""), (3, b"three")]);
        let mut cut = Script::new(&input[..input.len() - 2]);
        assert_eq!(cut.by_ref().last().unwrap().bytes, b"thr");
        assert_eq!((Script::new(&[]).choice, Script::new(&[]).count()), (0, 0));
    }
}
