//! Programs over text, as coreutils have them.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Call;
use crate::host::files::{Failure, Keep};

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
pub(super) fn operands(call: &Call) -> Vec<String> {
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
pub(super) fn contents(call: &mut Call, names: &[String], input: &[u8]) -> (Vec<(String, Vec<u8>)>, u8) {
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
