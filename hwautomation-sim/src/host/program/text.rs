//! Programs over text, as coreutils have them.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Call;
use crate::host::files::{Failure, Keep};

pub(super) fn echo(call: &mut Call) -> u8 {
    let words = call.rest();
    let (end, words) = match words.split_first() {
        Some((flag, rest)) if flag == "-n" => ("", rest.to_vec()),
        _ => ("\n", words),
    };
    call.print(&format!("{}{end}", words.join(" ")));
    0
}

pub(super) fn printf(call: &mut Call) -> u8 {
    let words = call.rest();
    let words = words.strip_prefix(&["--".to_owned()]).unwrap_or(&words);
    let Some((format, values)) = words.split_first() else {
        return call.fail("usage: printf format [arguments]");
    };
    let mut values = values.iter();
    loop {
        let before = values.len();
        match formatted(format, &mut values) {
            Ok(bytes) => call.output.extend_from_slice(&bytes),
            Err(sign) => return call.fail(&format!("%{sign}: invalid directive")),
        }
        // The format is used again while it takes arguments and some are left.
        if values.len() == 0 || values.len() == before {
            return 0;
        }
    }
}

fn formatted(format: &str, values: &mut std::slice::Iter<'_, String>) -> Result<Vec<u8>, char> {
    let mut out = Vec::new();
    let mut signs = format.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '%' => match signs.next() {
                Some('%') => out.push(b'%'),
                Some('s') => out.extend_from_slice(values.next().map_or("", String::as_str).as_bytes()),
                Some('b') => out.extend_from_slice(&escapes(values.next().map_or("", String::as_str))),
                Some('d' | 'i' | 'u') => {
                    let value = values.next().and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
                    out.extend_from_slice(value.to_string().as_bytes());
                }
                other => return Err(other.unwrap_or(' ')),
            },
            '\\' => {
                let mut text = String::from('\\');
                let octal = signs.peek().is_some_and(|sign| sign.is_digit(8));
                while let Some(digit) = signs.next_if(|sign| octal && text.len() < 4 && sign.is_digit(8)) {
                    text.push(digit);
                }
                if !octal {
                    text.extend(signs.next());
                }
                out.extend_from_slice(&escapes(&text));
            }
            other => push(&mut out, other),
        }
    }
    Ok(out)
}

fn escapes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match (sign, signs.peek().copied()) {
            ('\\', Some(digit)) if digit.is_digit(8) => {
                let mut value = 0;
                for _ in 0..4 {
                    match signs.next_if(|sign| sign.is_digit(8)).and_then(|sign| sign.to_digit(8)) {
                        Some(digit) => value = value * 8 + digit,
                        None => break,
                    }
                }
                out.push((value & 0xFF) as u8);
            }
            ('\\', Some(letter)) => {
                signs.next();
                match letter {
                    'n' => out.push(b'\n'),
                    't' => out.push(b'\t'),
                    'r' => out.push(b'\r'),
                    '\\' => out.push(b'\\'),
                    other => {
                        out.push(b'\\');
                        push(&mut out, other);
                    }
                }
            }
            (other, _) => push(&mut out, other),
        }
    }
    out
}

fn push(out: &mut Vec<u8>, sign: char) {
    out.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Returns whether the arguments name no file, or `-`: then the input is read.
pub(super) fn names_no_file(arguments: &[String]) -> bool {
    let skipped = |word: &&String| word.starts_with('-') && word.len() > 1;
    let numbers = |word: &&String| word.chars().all(|sign| sign.is_ascii_digit());
    arguments.iter().filter(|word| !skipped(word) && !numbers(word)).all(|word| word == "-")
}

/// Returns whether the arguments name a pattern and no file.
pub(super) fn names_one_word(arguments: &[String]) -> bool {
    arguments.iter().filter(|word| !word.starts_with('-')).count() < 2
}

/// Returns the words that are no flags.
fn operands(call: &Call) -> Vec<String> {
    let mut plain = false;
    let mut words = Vec::new();
    for word in call.rest() {
        match word.as_str() {
            "--" if !plain => plain = true,
            "-" => words.push(word),
            text if text.starts_with('-') && !plain => {}
            _ => words.push(word),
        }
    }
    words
}

/// Reads the named files, or the input when none is named.
fn contents(call: &mut Call, names: &[String], input: &[u8]) -> (Vec<(String, Vec<u8>)>, u8) {
    if names.is_empty() {
        return (vec![(String::new(), input.to_vec())], 0);
    }
    let (mut found, mut status) = (Vec::new(), 0);
    for name in names {
        match open(call, name, input) {
            Ok(bytes) => found.push((name.clone(), bytes)),
            Err(failure) => status = call.fail(&format!("{name}: {failure}")),
        }
    }
    (found, status)
}

fn open(call: &Call, name: &str, input: &[u8]) -> Result<Vec<u8>, Failure> {
    match name {
        "-" | "/dev/stdin" => Ok(input.to_vec()),
        "/dev/null" => Ok(Vec::new()),
        _ => call.host.files().read(&call.path(name), call.user),
    }
}

pub(super) fn cat(call: &mut Call, input: &[u8]) -> u8 {
    let names = operands(call);
    let (found, status) = contents(call, &names, input);
    for (_, bytes) in found {
        call.output.extend_from_slice(&bytes);
    }
    status
}

pub(super) fn tee(call: &mut Call, input: &[u8]) -> u8 {
    let keep = match call.rest().iter().any(|word| word == "-a") {
        true => Keep::Content,
        false => Keep::Nothing,
    };
    let mut status = 0;
    for name in operands(call) {
        let path = call.path(&name);
        let files = call.host.clone();
        let files = files.files();
        let made = files.create(&path, call.user, 0o666 & !call.umask, keep);
        if let Err(failure) = made.and_then(|()| files.append(&path, input)) {
            status = call.fail(&format!("{name}: {failure}"));
        }
    }
    call.output.extend_from_slice(input);
    status
}

pub(super) fn wc(call: &mut Call, input: &[u8]) -> u8 {
    let flag = call.rest().into_iter().find(|word| word.starts_with('-') && word.len() > 1);
    let names = operands(call);
    let (found, status) = contents(call, &names, input);
    for (name, bytes) in found {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        let words = String::from_utf8_lossy(&bytes).split_whitespace().count();
        let count = match flag.as_deref() {
            Some("-c") => bytes.len().to_string(),
            Some("-l") => lines.to_string(),
            Some("-w") => words.to_string(),
            _ => format!("{lines} {words} {}", bytes.len()),
        };
        call.print(format!("{count} {name}").trim_end());
        call.print("\n");
    }
    status
}

pub(super) fn head(call: &mut Call, input: &[u8]) -> u8 {
    let words = call.rest();
    let after = |flag: &str| {
        let at = words.iter().position(|word| word.starts_with(flag))?;
        let word = words.get(at)?;
        let number = word.strip_prefix(flag).filter(|rest| !rest.is_empty());
        number.or_else(|| words.get(at + 1).map(String::as_str))?.parse::<usize>().ok()
    };
    let names: Vec<String> =
        operands(call).into_iter().filter(|word| word.parse::<usize>().is_err()).collect();
    let (found, status) = contents(call, &names, input);
    for (_, bytes) in found {
        let end = match (after("-c"), after("-n").unwrap_or(10)) {
            (Some(count), _) => count.min(bytes.len()),
            (None, lines) => bytes.split_inclusive(|byte| *byte == b'\n').take(lines).map(<[u8]>::len).sum(),
        };
        call.output.extend_from_slice(bytes.get(..end).unwrap_or_default());
    }
    status
}

/// Finds lines that contain a fixed text; regular expressions are not known here.
pub(super) fn grep(call: &mut Call, input: &[u8]) -> u8 {
    let words = call.rest();
    let flagged = |letter| {
        words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
    };
    let (quiet, inverted, folded) = (flagged('q'), flagged('v'), flagged('i'));
    let operands = operands(call);
    let Some((pattern, names)) = operands.split_first() else {
        call.fail("no pattern");
        return 2;
    };
    if pattern.contains(['*', '[', '\\', '^', '$']) {
        call.fail("the simulated grep knows fixed texts only");
        return 2;
    }
    let fold = |text: &str| if folded { text.to_lowercase() } else { text.to_owned() };
    let (found, status) = contents(call, names, input);
    let mut any = false;
    for (_, bytes) in found {
        for line in String::from_utf8_lossy(&bytes).lines() {
            if fold(line).contains(&fold(pattern)) != inverted {
                any = true;
                if !quiet {
                    call.print(&format!("{line}\n"));
                }
            }
        }
    }
    match (any, status) {
        (true, _) => 0,
        (false, 0) => 1,
        _ => 2,
    }
}

pub(super) fn sha256sum(call: &mut Call, input: &[u8]) -> u8 {
    let names = operands(call);
    let (found, status) = contents(call, &names, input);
    for (name, bytes) in found {
        let name = if name.is_empty() { "-" } else { &name };
        let sum = Sha256::digest(&bytes).iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        call.print(&format!("{sum}  {name}\n"));
    }
    status
}

/// Is coreutils' `sum`: the BSD checksum in 1 KiB blocks. It takes the words of the vendor's tool for file names, as on a real host.
pub(super) fn checksum(call: &mut Call, input: &[u8]) -> u8 {
    if let Some(flag) = call
        .rest()
        .iter()
        .find(|word| word.starts_with('-') && !matches!(word.as_str(), "-" | "-r" | "-s" | "--"))
    {
        return call.fail(&format!(
            "invalid option -- '{}'\nTry 'sum --help' for more information.",
            flag.trim_start_matches('-').chars().next().unwrap_or('-')
        ));
    }
    let names = operands(call);
    let (found, status) = contents(call, &names, input);
    for (name, bytes) in found {
        let sum = bytes.iter().fold(0_u16, |sum, byte| sum.rotate_right(1).wrapping_add(u16::from(*byte)));
        call.print(format!("{sum:05} {:5} {name}", bytes.len().div_ceil(1024)).trim_end());
        call.print("\n");
    }
    status
}

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

pub(super) fn dd_reads_input(arguments: &[String]) -> bool {
    !arguments.iter().any(|word| word.starts_with("if="))
}

/// Is `dd if= of=` without block sizes: it copies all.
pub(super) fn dd(call: &mut Call, input: &[u8]) -> u8 {
    let words = call.rest();
    let after = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)).map(ToOwned::to_owned);
    let bytes = match after("if=").map(|name| (open(call, &name, input), name)) {
        None => input.to_vec(),
        Some((Ok(bytes), _)) => bytes,
        Some((Err(failure), name)) => return call.fail_on("failed to open ", &name, failure),
    };
    match after("of=") {
        None => call.output.extend_from_slice(&bytes),
        Some(name) => {
            let written = call.host.files().write(&call.path(&name), call.user, 0o666 & !call.umask, &bytes);
            if let Err(failure) = written {
                return call.fail_on("failed to open ", &name, failure);
            }
        }
    }
    let line = format!("{} bytes copied\n", bytes.len());
    call.error.extend_from_slice(line.as_bytes());
    0
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

    #[test]
    fn printf_knows_its_signs() {
        let values = ["a".to_owned(), "7".to_owned()];
        assert_eq!(formatted("%s-%d%%\\n\\101", &mut values.iter()).unwrap(), b"a-7%\nA");
        assert_eq!(formatted("%q", &mut values.iter()), Err('q'));
    }
}
