//! Programs that start another one.

use std::time::Duration;

use super::{Call, Start, table};
use crate::host::files::User;

/// Returns whether a shell was started that reads its script from its input.
pub(super) fn wants_input(arguments: &[String]) -> bool {
    let shell =
        arguments.first().is_some_and(|name| matches!(name.rsplit('/').next(), Some("sh" | "bash" | "dash")));
    shell && arguments.iter().skip(1).all(|word| word.starts_with('-') && !is_script_flag(word))
}

fn is_script_flag(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains('c')
}

/// Raises the user: on a MAAS image the login user may do all without a password.
pub(super) fn sudo(call: &mut Call, _: &[u8]) -> Start {
    let mut words = call.rest().into_iter().peekable();
    let mut user = User::ROOT;
    while let Some(word) = words.next_if(|word| word.starts_with('-')) {
        match word.as_str() {
            "--" => break,
            "-u" | "--user" => match words.next().as_deref() {
                Some("root") => user = User::ROOT,
                Some(name) if name == call.host.login() => user = User::LOGIN,
                _ => return Start::Done(call.fail("unknown user")),
            },
            "-n" | "-S" | "-E" | "-H" | "-k" | "-i" | "-nE" | "-nH" | "-Sn" => {}
            "-v" | "-l" => return Start::Done(0),
            _ => return Start::Done(call.fail(&format!("simulated sudo does not know {word}"))),
        }
    }
    while words.next_if(|word| word.contains('=') && !word.starts_with('/')).is_some() {}
    let arguments: Vec<String> = words.collect();
    let Some(name) = arguments.first().cloned() else {
        call.error.extend_from_slice(b"usage: sudo -h | -K | -k | -V\n");
        return Start::Done(1);
    };
    let known = match name.contains('/') {
        true => table::find_at(&name).is_some() || call.host.files().stat(&call.path(&name), user).is_ok(),
        false => table::find(&name).is_some(),
    };
    match known {
        true => Start::Again { arguments, user },
        false => Start::Done(call.fail(&format!("{name}: command not found"))),
    }
}

/// Is `sh`: `-c`, a file, or its input.
pub(super) fn shell(call: &mut Call, input: &[u8]) -> Start {
    let words = call.rest();
    let flags = words.iter().take_while(|word| word.starts_with('-') && *word != "--").count();
    let (flags, rest) = words.split_at(flags);
    let rest = rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest);
    let stop_on_error = flags.iter().any(|flag| !flag.starts_with("--") && flag.contains('e'));
    let (text, arguments) = match (flags.iter().any(|flag| is_script_flag(flag)), rest.split_first()) {
        (true, Some((text, []))) => (text.clone(), vec![call.name().to_owned()]),
        (true, Some((text, rest))) => (text.clone(), rest.to_vec()),
        (true, None) => {
            call.fail("0: -c requires an argument");
            return Start::Done(2);
        }
        (false, Some((file, _))) => match call.host.files().read(&call.path(file), call.user) {
            Ok(text) => (String::from_utf8_lossy(&text).into_owned(), rest.to_vec()),
            Err(failure) => {
                call.fail(&format!("0: cannot open {file}: {failure}"));
                return Start::Done(2);
            }
        },
        (false, None) => (String::from_utf8_lossy(input).into_owned(), vec![call.name().to_owned()]),
    };
    Start::Script { text, arguments, user: call.user, stop_on_error }
}

/// Starts a file that is named by its path: a script of the user's.
pub(super) fn file(call: &Call) -> Start {
    let name = call.name();
    let path = call.path(name);
    let missing = |why: String, status| Start::Missing(format!("{name}: {why}"), status);
    match call.host.files().stat(&path, call.user) {
        Err(failure) => missing(failure.to_string(), 127),
        Ok(stat) if stat.folder => missing("Is a directory".to_owned(), 126),
        Ok(stat) if stat.mode & 0o111 == 0 => missing("Permission denied".to_owned(), 126),
        Ok(_) => match call.host.files().read(&path, call.user) {
            Ok(text) if text.starts_with(b"#!/bin/sh") || text.starts_with(b"#!/bin/bash") => Start::Script {
                text: String::from_utf8_lossy(&text).into_owned(),
                arguments: call.arguments.clone(),
                user: call.user,
                stop_on_error: false,
            },
            _ => missing("cannot execute binary file: Exec format error".to_owned(), 126),
        },
    }
}

/// Is `env`: assignments are dropped, no program here looks at them.
pub(super) fn env(call: &mut Call, _: &[u8]) -> Start {
    let words = call.rest();
    let words: Vec<String> =
        words.into_iter().skip_while(|word| word.contains('=') || word == "-i").collect();
    again(call, words)
}

/// Is a wrapper that changes nothing here: `nohup`, `setsid`.
pub(super) fn plainly(call: &mut Call, _: &[u8]) -> Start {
    let words = call.rest();
    again(call, words)
}

fn again(call: &mut Call, arguments: Vec<String>) -> Start {
    match arguments.is_empty() {
        true => {
            call.fail("missing operand");
            Start::Done(125)
        }
        false => Start::Again { arguments, user: call.user },
    }
}

/// Is `timeout SECONDS program ..`.
pub(super) fn timeout(call: &mut Call, _: &[u8]) -> Start {
    let mut words = call.rest().into_iter().peekable();
    while let Some(word) = words.next_if(|word| word.starts_with('-')) {
        if matches!(word.as_str(), "-k" | "-s" | "--signal" | "--kill-after") {
            words.next();
        }
    }
    match (words.next().and_then(|text| duration(&text)), words.collect::<Vec<_>>()) {
        (Some(limit), arguments) if !arguments.is_empty() => Start::Limited { arguments, limit },
        _ => {
            call.fail("missing operand");
            Start::Done(125)
        }
    }
}

/// Reads a time as coreutils write it: seconds, or with `m`, `h`, `d`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => (number, text.chars().next_back()?),
        None => (text, 's'),
    };
    let factor = match unit {
        'm' => 60.0,
        'h' => 3600.0,
        'd' => 86_400.0,
        _ => 1.0,
    };
    let seconds = number.parse::<f64>().ok()? * factor;
    Duration::try_from_secs_f64(seconds).ok()
}
