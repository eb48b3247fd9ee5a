//! Which hosts are meant: lists, files of lists, and standard input, each host once.

use crate::power::hostlist::{HOSTS_MAX, expand};
use hwautomation_core::error::{Error, Result};
use std::collections::HashSet;
use std::io::Read;

/// No list of hosts is longer, in bytes.
const TEXT_MAX: u64 = 16 << 20;

/// The hosts that are meant, in the order in which they were first named.
#[derive(Debug, Default, PartialEq)]
pub struct Hosts {
    pub names: Vec<String>,
    /// Those that were named more than once.
    pub repeated: Vec<String>,
}

/// Reads the arguments: a list, `^FILE` for the lists in a file, `-` for those on standard input.
pub fn read(arguments: &[String]) -> Result<Hosts> {
    let mut names = Vec::new();
    for argument in arguments {
        match (argument.as_str(), argument.strip_prefix('^')) {
            ("-", _) => names.extend(of_text(&standard_input()?, "standard input")?),
            (_, Some(path)) => names.extend(of_text(&file(path)?, path)?),
            (list, None) => names.extend(expand(list)?),
        }
        if names.len() > HOSTS_MAX {
            let message = format!("these are more than {HOSTS_MAX} hosts");
            return Err(Error::invalid(message).with_remedy("ask them in several calls"));
        }
    }
    match names.is_empty() {
        true => Err(Error::invalid("no host is named").with_remedy("name some, such as rack[1-4]-u[01-40]")),
        false => Ok(once(names)),
    }
}

/// Reads lists between blanks and line ends; `#` begins a comment.
fn of_text(text: &str, place: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let lists = line.split('#').next().unwrap_or_default().split_whitespace();
        for list in lists {
            let hosts = expand(list).map_err(|error| {
                Error::invalid(format!("line {number} of {place}: {error}"))
                    .with_remedy(error.remedy().unwrap_or_default().to_owned())
            })?;
            names.extend(hosts);
        }
    }
    Ok(names)
}

fn once(all: Vec<String>) -> Hosts {
    let (mut seen, mut told) = (HashSet::new(), HashSet::new());
    let mut hosts = Hosts::default();
    for name in all {
        if seen.insert(name.clone()) {
            hosts.names.push(name);
        } else if told.insert(name.clone()) {
            hosts.repeated.push(name);
        }
    }
    hosts
}

fn standard_input() -> Result<String> {
    text(std::io::stdin().lock(), "standard input")
}

fn file(path: &str) -> Result<String> {
    let file = std::fs::File::open(path).map_err(|cause| unreadable(path, cause))?;
    text(file, path)
}

fn text(source: impl Read, place: &str) -> Result<String> {
    let mut text = String::new();
    let read =
        source.take(TEXT_MAX + 1).read_to_string(&mut text).map_err(|cause| unreadable(place, cause))?;
    if read as u64 > TEXT_MAX {
        let message = format!("{place} holds more than {TEXT_MAX} bytes");
        return Err(Error::invalid(message).with_remedy("name a list of hosts"));
    }
    Ok(text)
}

fn unreadable(place: &str, cause: std::io::Error) -> Error {
    Error::invalid(format!("reading the hosts in {place}"))
        .with_remedy("name a text file that can be read")
        .with_source(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_named_again_is_told_once_and_asked_once() {
        let hosts = read(&["b,a".to_owned(), "a[1-2],a".to_owned(), "a".to_owned()]).unwrap();
        assert_eq!(
            (hosts.names.join(" "), hosts.repeated.join(" ")),
            ("b a a1 a2".to_owned(), "a".to_owned())
        );
    }

    #[test]
    fn a_text_holds_lists_and_comments_and_what_is_wrong_has_its_line() {
        let text = "a[1-2] b # not c\n\n# nor d\ne";
        assert_eq!(of_text(text, "racks").unwrap().join(" "), "a1 a2 b e");
        let error = of_text("a\nb[2-1]", "racks").unwrap_err();
        assert!(error.message().contains("line 2 of racks: in b[2-1]"), "{error}");
        assert!(error.remedy().is_some_and(|right| right.contains("[1-2]")), "{error}");
    }

    #[test]
    fn no_hosts_and_too_many_are_refused() {
        assert!(read(&[]).unwrap_err().message().contains("no host"));
        let error = read(&["a[1-40000]".to_owned(), "b[1-40000]".to_owned()]).unwrap_err();
        assert!(error.message().contains("more than 65536"), "{error}");
        let error = read(&["^/no/such/file".to_owned()]).unwrap_err();
        assert!(error.message().contains("/no/such/file"), "{error}");
    }
}
