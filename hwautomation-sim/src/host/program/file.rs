//! Programs over files and folders, as coreutils have them.

use super::Call;
use crate::host::files::{Failure, Keep, User, file_name};

/// Splits flags from names.
fn split(call: &Call) -> (String, Vec<String>) {
    let (mut flags, mut names, mut plain) = (String::new(), Vec::new(), false);
    for word in call.rest() {
        match word.as_str() {
            "--" if !plain => plain = true,
            "--parents" => flags.push('p'),
            "--recursive" => flags.push('r'),
            "--force" => flags.push('f'),
            "--directory" => flags.push('d'),
            text if !plain && text.starts_with('-') && text.len() > 1 => flags.push_str(&text[1..]),
            _ => names.push(word),
        }
    }
    (flags, names)
}

pub(super) fn mkdir(call: &mut Call) -> u8 {
    let (mut mode, mut parents, mut names) = (0o777 & !call.umask, false, Vec::new());
    let mut words = call.rest().into_iter();
    while let Some(word) = words.next() {
        let given = match word.as_str() {
            "-p" | "--parents" => {
                parents = true;
                continue;
            }
            "--" => continue,
            "-m" => words.next(),
            _ => word.strip_prefix("-m").or_else(|| word.strip_prefix("--mode=")).map(ToOwned::to_owned),
        };
        match given.map(|text| u32::from_str_radix(&text, 8)) {
            None => names.push(word),
            Some(Ok(given)) => mode = given & 0o7777,
            Some(Err(_)) => return call.fail("invalid mode"),
        }
    }
    if names.is_empty() {
        return call.fail("missing operand");
    }
    names.into_iter().fold(0, |status, name| status | make_folder(call, &name, mode, parents))
}

fn make_folder(call: &mut Call, name: &str, mode: u32, parents: bool) -> u8 {
    let path = call.path(name);
    if parents {
        let mut above = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            above = format!("{above}/{part}");
            if above != path {
                let _ = call.host.files().make_folder(&above, call.user, 0o777 & !call.umask);
            }
        }
    }
    match call.host.files().make_folder(&path, call.user, mode) {
        Err(Failure::Exists)
            if parents && call.host.files().stat(&path, call.user).is_ok_and(|stat| stat.folder) =>
        {
            0
        }
        Err(failure) => call.fail(&format!("cannot create directory '{name}': {failure}")),
        Ok(()) => 0,
    }
}

pub(super) fn rmdir(call: &mut Call) -> u8 {
    let (_, names) = split(call);
    let mut status = 0;
    for name in names {
        let path = call.path(&name);
        let folder = call.host.files().stat(&path, call.user).map(|stat| stat.folder);
        let removed = match folder {
            Ok(true) => call.host.files().remove(&path, call.user),
            Ok(false) => Err(Failure::NotFolder),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = removed {
            status = call.fail_on("failed to remove ", &name, failure);
        }
    }
    status
}

pub(super) fn rm(call: &mut Call) -> u8 {
    let (flags, names) = split(call);
    let (force, recursive) = (flags.contains('f'), flags.contains(['r', 'R']));
    if names.is_empty() && !force {
        return call.fail("missing operand");
    }
    let mut status = 0;
    for name in names {
        let path = call.path(&name);
        let removed = match recursive {
            true => remove_all(call, &path),
            false => remove_file(call, &path, flags.contains('d')),
        };
        match removed {
            Err(Failure::Missing) if force => {}
            Err(failure) => status = call.fail(&format!("cannot remove '{name}': {failure}")),
            Ok(()) => {}
        }
    }
    status
}

fn remove_file(call: &Call, path: &str, folders: bool) -> Result<(), Failure> {
    match call.host.files().stat(path, call.user)?.folder && !folders {
        true => Err(Failure::IsFolder),
        false => call.host.files().remove(path, call.user),
    }
}

/// Removes what is below a path first. A path has at most 4095 signs, which bounds the depth.
fn remove_all(call: &Call, path: &str) -> Result<(), Failure> {
    if path == "/" {
        return Err(Failure::Denied);
    }
    if call.host.files().stat(path, call.user)?.folder {
        for name in call.host.files().list(path, call.user)? {
            remove_all(call, &format!("{path}/{name}"))?;
        }
    }
    call.host.files().remove(path, call.user)
}

/// Returns the path that a file gets when it is moved or copied to a name: a folder takes it under its own name.
fn destination(call: &Call, from: &str, to: &str) -> String {
    let path = call.path(to);
    match call.host.files().stat(&path, call.user) {
        Ok(stat) if stat.folder => format!("{}/{}", path.trim_end_matches('/'), file_name(from)),
        _ => path,
    }
}

pub(super) fn mv(call: &mut Call) -> u8 {
    each_to_last(call, "cannot move ", |call, from, to| call.host.files().rename(from, to, call.user))
}

pub(super) fn cp(call: &mut Call) -> u8 {
    each_to_last(call, "cannot copy ", |call, from, to| {
        let bytes = call.host.files().read(from, call.user)?;
        let mode = call.host.files().stat(from, call.user)?.mode & !call.umask;
        call.host.files().write(to, call.user, mode, &bytes)
    })
}

fn each_to_last(call: &mut Call, doing: &str, act: fn(&Call, &str, &str) -> Result<(), Failure>) -> u8 {
    let (_, mut names) = split(call);
    let Some(to) = names.pop().filter(|_| !names.is_empty()) else {
        return call.fail("missing file operand");
    };
    let mut status = 0;
    for name in names {
        let from = call.path(&name);
        let to = destination(call, &from, &to);
        if let Err(failure) = act(call, &from, &to) {
            status = call.fail_on(doing, &name, failure);
        }
    }
    status
}

pub(super) fn chmod(call: &mut Call) -> u8 {
    let words: Vec<String> = call.rest().into_iter().filter(|word| word != "--").collect();
    let Some((mode, names)) = words.split_first() else {
        return call.fail("missing operand");
    };
    let mut status = 0;
    for name in names {
        let path = call.path(name);
        let changed = call.host.files().stat(&path, call.user).and_then(|stat| {
            let mode = changed_mode(stat.mode, mode).ok_or(Failure::Invalid)?;
            call.host.files().change_mode(&path, call.user, mode)
        });
        if let Err(failure) = changed {
            status = call.fail_on("cannot access ", name, failure);
        }
    }
    status
}

/// Reads `0600`, `+x`, `u+rw` or `go-w`.
fn changed_mode(now: u32, text: &str) -> Option<u32> {
    if let Ok(mode) = u32::from_str_radix(text, 8) {
        return Some(mode & 0o7777);
    }
    let at = text.find(['+', '-', '='])?;
    let (who, rest) = text.split_at(at);
    let places = who.chars().try_fold(0, |places, sign| match sign {
        'u' => Some(places | 0o700),
        'g' => Some(places | 0o070),
        'o' => Some(places | 0o007),
        'a' => Some(places | 0o777),
        _ => None,
    })?;
    let places = if who.is_empty() { 0o777 } else { places };
    let bits = rest.chars().skip(1).try_fold(0, |bits, sign| match sign {
        'r' => Some(bits | 0o444),
        'w' => Some(bits | 0o222),
        'x' => Some(bits | 0o111),
        _ => None,
    })? & places;
    match rest.chars().next()? {
        '+' => Some(now | bits),
        '-' => Some(now & !bits),
        _ => Some(now & !places | bits),
    }
}

pub(super) fn mktemp(call: &mut Call) -> u8 {
    let (mut folder, mut template, mut make_folder) = ("/tmp".to_owned(), None, false);
    let mut words = call.rest().into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-d" | "--directory" => make_folder = true,
            "-p" => folder = words.next().unwrap_or(folder),
            "-t" | "-q" | "--" => {}
            text if text.starts_with("--tmpdir=") => folder = text.trim_start_matches("--tmpdir=").to_owned(),
            text if text.starts_with('-') => return call.fail(&format!("invalid option '{text}'")),
            _ => template = Some(word),
        }
    }
    let template = template.unwrap_or_else(|| format!("{folder}/tmp.XXXXXXXXXX"));
    let stem = template.trim_end_matches('X');
    if template.len() - stem.len() < 3 {
        return call.fail(&format!("too few X's in template '{template}'"));
    }
    let letters = random_letters(template.len() - stem.len());
    let path = call.path(&format!("{stem}{letters}"));
    let files = call.host.clone();
    let made = match make_folder {
        true => files.files().make_folder(&path, call.user, 0o700),
        false => files.files().create(&path, call.user, 0o600, Keep::Nothing),
    };
    match made {
        Ok(()) => {
            call.print(&format!("{path}\n"));
            0
        }
        Err(failure) => call.fail(&format!("failed to create file via template '{template}': {failure}")),
    }
}

fn random_letters(count: usize) -> String {
    let mut bytes = vec![0; count];
    // Without random numbers the name is guessable, which harms nobody in a simulator.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect()
}

pub(super) fn touch(call: &mut Call) -> u8 {
    let (_, names) = split(call);
    let mut status = 0;
    for name in names {
        let path = call.path(&name);
        let mode = 0o666 & !call.umask;
        if call.host.files().stat(&path, call.user).is_ok_and(|stat| stat.folder) {
            continue;
        }
        if let Err(failure) = call.host.files().create(&path, call.user, mode, Keep::Content) {
            status = call.fail(&format!("cannot touch '{name}': {failure}"));
        }
    }
    status
}

pub(super) fn ls(call: &mut Call) -> u8 {
    let (flags, names) = split(call);
    let names = if names.is_empty() { vec![".".to_owned()] } else { names };
    let mut status = 0;
    for name in names {
        let path = call.path(&name);
        let listed = match call.host.files().stat(&path, call.user) {
            Ok(stat) if stat.folder && !flags.contains('d') => call.host.files().list(&path, call.user),
            Ok(_) => Ok(vec![name.clone()]),
            Err(failure) => Err(failure),
        };
        match listed {
            Ok(names) => names.iter().for_each(|name| call.print(&format!("{name}\n"))),
            Err(failure) => {
                call.fail(&format!("cannot access '{name}': {failure}"));
                status = 2;
            }
        }
    }
    status
}

/// Is `stat -c FORMAT file`, with the signs that scripts use.
pub(super) fn stat(call: &mut Call) -> u8 {
    let mut format = "%n %s\n".to_owned();
    let mut names = Vec::new();
    let mut words = call.rest().into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-c" | "--format" => format = format!("{}\n", words.next().unwrap_or_default()),
            "--" | "-L" => {}
            text if text.starts_with("-c") || text.starts_with("--format=") => {
                format = format!("{}\n", text.trim_start_matches("--format=").trim_start_matches("-c"));
            }
            _ => names.push(word),
        }
    }
    let mut status = 0;
    for name in names {
        match call.host.files().stat(&call.path(&name), call.user) {
            Ok(stat) => {
                let owner = if stat.owner == User::ROOT { "root" } else { call.host.login() };
                let line = format
                    .replace("%s", &stat.size.to_string())
                    .replace("%a", &format!("{:o}", stat.mode))
                    .replace("%u", &stat.owner.0.to_string())
                    .replace("%U", owner)
                    .replace("%F", if stat.folder { "directory" } else { "regular file" })
                    .replace("%n", &name);
                call.print(&line);
            }
            Err(failure) => status = call.fail(&format!("cannot stat '{name}': {failure}")),
        }
    }
    status
}

pub(super) fn basename(call: &mut Call) -> u8 {
    let words = call.rest();
    match words.first() {
        Some(name) => call.print(&format!("{}\n", file_name(name))),
        None => return call.fail("missing operand"),
    }
    0
}

pub(super) fn dirname(call: &mut Call) -> u8 {
    let words = call.rest();
    let Some(name) = words.first() else {
        return call.fail("missing operand");
    };
    let folder = match name.trim_end_matches('/').rsplit_once('/') {
        None => ".",
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
    };
    call.print(&format!("{folder}\n"));
    0
}

pub(super) fn pwd(call: &mut Call) -> u8 {
    let folder = call.folder.clone();
    call.print(&format!("{folder}\n"));
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_read_in_numbers_and_letters() {
        assert_eq!(changed_mode(0o644, "600"), Some(0o600));
        assert_eq!(changed_mode(0o644, "+x"), Some(0o755));
        assert_eq!(changed_mode(0o644, "u+x"), Some(0o744));
        assert_eq!(changed_mode(0o666, "go-w"), Some(0o644));
        assert_eq!(changed_mode(0o666, "u=r"), Some(0o466));
        assert_eq!(changed_mode(0o666, "nonsense"), None);
    }
}
