//! Names as records have them: a byte with type and length, then the text (IPMI 2.0, section 43.15).

/// The length's bits of the first byte.
const LENGTH: u8 = 0x1F;
/// What the two letters of a BCD plus byte can be.
const BCD_PLUS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ' ', '-', '.', ':', ',', '_'];
/// Packed characters count from the space.
const PACKED_FROM: u8 = 0x20;

/// Reads a name from its type and length byte on. What is longer than the record is as long as the record.
pub(crate) fn name(bytes: &[u8]) -> String {
    let Some((first, rest)) = bytes.split_first() else { return String::new() };
    let length = usize::from(first & LENGTH);
    let bytes = rest.get(..length).unwrap_or(rest);
    let text: String = match first >> 6 {
        0 => unicode(bytes),
        1 => bcd_plus(bytes),
        // The specification counts characters and BMCs count bytes: never more than either.
        2 if bytes.len() < length => packed(bytes).take(length).collect(),
        2 => packed(bytes).collect(),
        _ => bytes.iter().copied().map(char::from).collect(),
    };
    printable(&text)
}

/// Some BMCs give plain text this type. What is not that, is UTF-16, with the low byte first as all numbers here.
fn unicode(bytes: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    if bytes.iter().all(is_plain) {
        return bytes.iter().copied().map(char::from).collect();
    }
    let (pairs, _) = bytes.as_chunks::<2>();
    char::decode_utf16(pairs.iter().copied().map(u16::from_le_bytes))
        .map(|each| each.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn bcd_plus(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    digits.filter_map(|digit| BCD_PLUS.get(usize::from(digit))).collect()
}

/// Four characters in three bytes, the first one in the lowest bits.
fn packed(bytes: &[u8]) -> impl Iterator<Item = char> {
    (0..bytes.len() * 8 / 6).map(|index| {
        let (byte, shift) = (index * 6 / 8, index * 6 % 8);
        let low = bytes.get(byte).copied().unwrap_or_default();
        let high = bytes.get(byte + 1).copied().unwrap_or_default();
        let bits = u16::from_le_bytes([low, high]) >> shift & 0x3F;
        char::from(PACKED_FROM + bits.to_le_bytes()[0])
    })
}

/// Names are padded with zeros and spaces, and end at the first zero.
fn printable(text: &str) -> String {
    let text = text.split('\0').next().unwrap_or_default().trim();
    text.chars().map(|each| if each.is_control() { char::REPLACEMENT_CHARACTER } else { each }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_encoding_gives_its_text() {
        assert_eq!(name(b"\xC6CPU1 T"), "CPU1 T");
        assert_eq!(name(&[0xC3, b'2', 0xB0, b'C']), "2°C");
        // The example of the FRU specification, section 13.3.
        assert_eq!(name(&[0x83, 0x29, 0xDC, 0xA6]), "IPMI");
        assert_eq!(name(&[0x45, 0x12, 0x3A, 0xB4, 0xCD, 0xEF]), "123 -4.:,_");
        assert_eq!(name(&[0x06, b'F', 0, 0xE4, 0, b'n', 0]), "Fän");
        assert_eq!(name(b"\x04Fan1"), "Fan1");
    }

    #[test]
    fn padding_is_no_part_of_a_name_and_a_control_character_is_not_printed() {
        assert_eq!(name(b"\xC8Fan1\0\0xx"), "Fan1");
        assert_eq!(name(b"\xC6Fan1  "), "Fan1");
        assert_eq!(name(b"\xC4F\x1B[2"), "F\u{FFFD}[2");
    }

    #[test]
    fn a_length_in_characters_is_read_as_well_as_one_in_bytes() {
        assert_eq!(name(&[0x84, 0x29, 0xDC, 0xA6]), "IPMI");
        assert_eq!(name(&[0x9F, 0x29, 0xDC, 0xA6]), "IPMI");
        assert_eq!(name(b"\xDFshort"), "short");
    }

    #[test]
    fn nothing_is_a_name_of_nothing() {
        for none in [&[][..], &[0xC0], &[0xC5], &[0]] {
            assert_eq!(name(none), "");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic_and_no_name_is_long(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let name = name(&bytes);
            prop_assert!(name.chars().count() <= 62, "{name}");
            prop_assert!(!name.chars().any(char::is_control));
        }

        #[test]
        fn packed_text_reads_back(text in "[ -_]{1,16}") {
            let mut bits = text.bytes().flat_map(|byte| (0..6).map(move |bit| (byte - 0x20) >> bit & 1));
            let mut bytes = Vec::new();
            loop {
                let byte: Vec<u8> = bits.by_ref().take(8).collect();
                if byte.is_empty() { break }
                bytes.push(byte.iter().enumerate().fold(0, |sum, (at, bit)| sum | bit << at));
            }
            let front = 0x80 | u8::try_from(bytes.len()).unwrap();
            prop_assert_eq!(name(&[&[front][..], &bytes].concat()), text.trim());
        }
    }
}
