//! `test` and `[`.

use super::Call;
use crate::host::files::Stat;

pub(super) fn test(call: &mut Call) -> u8 {
    let mut words = call.rest();
    if call.name().ends_with('[') && words.pop().as_deref() != Some("]") {
        call.fail("missing ]");
        return 2;
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match either(call, &words) {
        Some(true) => 0,
        Some(false) => 1,
        None => {
            call.fail("unexpected operator");
            2
        }
    }
}

fn either(call: &Call, words: &[&str]) -> Option<bool> {
    let mut found = false;
    for part in words.split(|word| *word == "-o") {
        found |= all(call, part)?;
    }
    Some(found)
}

fn all(call: &Call, words: &[&str]) -> Option<bool> {
    let mut found = true;
    for part in words.split(|word| *word == "-a") {
        found &= one(call, part)?;
    }
    Some(found)
}

fn one(call: &Call, words: &[&str]) -> Option<bool> {
    match words {
        [] => Some(false),
        [word] => Some(!word.is_empty()),
        ["!", rest @ ..] => one(call, rest).map(|found| !found),
        [sign, word] => unary(call, sign, word),
        [left, sign, right] => binary(left, sign, right),
        _ => None,
    }
}

fn unary(call: &Call, sign: &str, word: &str) -> Option<bool> {
    let stat = || call.host.files().stat(&call.path(word), call.user).ok();
    let has = |wanted: fn(&Stat) -> bool| Some(stat().is_some_and(|stat| wanted(&stat)));
    match sign {
        "-n" => Some(!word.is_empty()),
        "-z" => Some(word.is_empty()),
        "-e" => has(|_| true),
        "-f" => has(|stat| !stat.folder),
        "-d" => has(|stat| stat.folder),
        "-s" => has(|stat| stat.size > 0),
        "-x" => has(|stat| stat.folder || stat.mode & 0o111 != 0),
        "-r" => Some(call.host.files().read(&call.path(word), call.user).is_ok()),
        "-w" => has(|stat| stat.mode & 0o222 != 0),
        "-L" | "-h" | "-p" | "-S" | "-b" | "-c" | "-t" => Some(false),
        _ => None,
    }
}

fn binary(left: &str, sign: &str, right: &str) -> Option<bool> {
    let numbers = || Some((left.parse::<i64>().ok()?, right.parse::<i64>().ok()?));
    match sign {
        "=" | "==" => Some(left == right),
        "!=" => Some(left != right),
        "-eq" => numbers().map(|(left, right)| left == right),
        "-ne" => numbers().map(|(left, right)| left != right),
        "-lt" => numbers().map(|(left, right)| left < right),
        "-le" => numbers().map(|(left, right)| left <= right),
        "-gt" => numbers().map(|(left, right)| left > right),
        "-ge" => numbers().map(|(left, right)| left >= right),
        _ => None,
    }
}
