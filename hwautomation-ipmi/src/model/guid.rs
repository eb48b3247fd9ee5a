//! The number of a system, unlike that of any other: Get System GUID (IPMI 2.0, section 22.14).

use super::command::Command;
use crate::error::IpmiError;

const ASKING: &str = "asking for the system's GUID";

/// Asks for it.
pub(crate) fn ask() -> Command {
    Command::reads(ASKING, [0x06, 0x37], &[])
}

/// Reads the answer as text; nothing when the BMC has none and sends zeros or blanks.
///
/// The specification sends it with its last byte first (section 20.8). Many BMCs send it as SMBIOS stores it, with
/// the first three numbers turned round, or plainly. Which it is shows in the digits for version and variant; where
/// no way fits, it is the specification's. One that is a text, as some makers send it, stays one.
pub(crate) fn of(data: &[u8]) -> Result<Option<String>, IpmiError> {
    let Some(bytes) = data.first_chunk::<16>() else {
        return Err(IpmiError::malformed(ASKING, format!("{} bytes, not 16", data.len())));
    };
    if *bytes == [0; 16] {
        return Ok(None);
    }
    if bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
        let text: String = bytes.iter().copied().map(char::from).collect();
        return Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()));
    }
    let ways = [reversed(*bytes), as_smbios(*bytes), *bytes];
    let found = ways.iter().find(|bytes| is_valid(bytes)).unwrap_or(&ways[0]);
    Ok(Some(text(found)))
}

fn reversed(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes.reverse();
    bytes
}

fn as_smbios(bytes: [u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

/// Tells whether version and variant are those of RFC 9562.
fn is_valid(bytes: &[u8; 16]) -> bool {
    let (version, variant) = (bytes[6] >> 4, bytes[8] >> 6);
    (1..=8).contains(&version) && variant == 0b10
}

fn text(bytes: &[u8; 16]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "12345678-9abc-4def-8123-456789abcdef";

    fn bytes() -> [u8; 16] {
        let digits = UUID.replace('-', "");
        std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
    }

    #[test]
    fn it_is_the_same_whichever_way_the_bmc_sends_it() {
        for sent in [reversed(bytes()), as_smbios(bytes()), bytes()] {
            assert_eq!(of(&sent).unwrap().unwrap(), UUID, "{sent:02x?}");
        }
    }

    #[test]
    fn one_that_fits_no_way_is_read_as_the_specification_says() {
        let sent: [u8; 16] = std::array::from_fn(|at| at as u8);
        assert_eq!(of(&sent).unwrap().unwrap(), "0f0e0d0c-0b0a-0908-0706-050403020100");
    }

    #[test]
    fn zeros_and_blanks_are_none_a_text_is_one_and_a_short_answer_is_an_error() {
        assert_eq!((of(&[0; 16]).unwrap(), of(&[b' '; 16]).unwrap()), (None, None));
        assert_eq!(of(b"SERIAL-0042-ABC ").unwrap().unwrap(), "SERIAL-0042-ABC");
        assert!(of(&[1; 15]).is_err());
    }
}
