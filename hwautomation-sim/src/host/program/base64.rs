//! `base64`.

use super::Call;
use super::text::{contents, operands};

/// Is `base64` and `base64 -d`.
pub(super) fn base64(call: &mut Call, input: &[u8]) -> u8 {
    let decode = call.rest().iter().any(|word| matches!(word.as_str(), "-d" | "--decode"));
    let unbroken = call.rest().iter().any(|word| matches!(word.as_str(), "-w0" | "--wrap=0"));
    let names: Vec<String> =
        operands(call).into_iter().filter(|word| word.parse::<usize>().is_err()).collect();
    let (found, mut status) = contents(call, &names, input);
    for (_, bytes) in found {
        match decode {
            true => match decoded(&bytes) {
                Some(bytes) => call.output.extend_from_slice(&bytes),
                None => status = call.fail("invalid input"),
            },
            false => {
                let text = encoded(&bytes);
                let width = if unbroken { text.len().max(1) } else { 76 };
                for line in text.as_bytes().chunks(width) {
                    call.output.extend_from_slice(line);
                    if !unbroken {
                        call.output.push(b'\n');
                    }
                }
            }
        }
    }
    status
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let index = (group >> (18 - 6 * place)) & 63;
            let sign = ALPHABET.get(index as usize).copied().unwrap_or(b'=');
            text.push(if place > chunk.len() { '=' } else { char::from(sign) });
        }
    }
    text
}

fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut group, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for byte in bytes.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'=') {
        let value = ALPHABET.iter().position(|sign| sign == byte)?;
        group = group << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((group >> bits & 0xFF) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_there_and_back() {
        for length in 0..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            assert_eq!(decoded(encoded(&bytes).as_bytes()).unwrap(), bytes);
        }
        assert_eq!(encoded(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
        assert!(decoded(b"!!").is_none());
    }
}
