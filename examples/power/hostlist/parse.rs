//! From a list to its hosts.

use super::span::{Span, wrong};
use hwautomation_core::error::{Error, Result};

/// How many hosts one call may have: the driver remembers so many BMCs.
pub const HOSTS_MAX: usize = 65_536;

/// A part of a word: a text that means itself, or numbers of which each is meant.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    Numbers(Vec<Span>),
}

/// Lists the hosts that a text stands for, in its order. One that is there twice comes twice.
///
/// # Errors
///
/// `Invalid`: an empty word or range, one that runs backwards, a bracket too few or too many, more than
/// [`HOSTS_MAX`] hosts.
pub fn expand(text: &str) -> Result<Vec<String>> {
    let words = words(text)?.into_iter().map(pieces).collect::<Result<Vec<_>>>()?;
    let count = words.iter().map(|word| count(word)).fold(0, u64::saturating_add);
    if count > HOSTS_MAX as u64 {
        return Err(too_many(&format!("{text:?} stands for {count} hosts")));
    }
    Ok(words.iter().flat_map(|word| hosts(word)).collect())
}

/// Refuses more hosts than may be.
pub fn too_many(what: &str) -> Error {
    wrong(format!("{what}, and {HOSTS_MAX} are the most"), "ask them in several calls")
}

/// Cuts a list at the commas outside of brackets.
fn words(text: &str) -> Result<Vec<&str>> {
    let (mut words, mut start, mut open) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match (c, open) {
            ('[', Some(_)) => return Err(bracket(text, at, "is opened inside of another one")),
            ('[', None) => open = Some(at),
            (']', None) => return Err(bracket(text, at, "is closed and was not opened")),
            (']', Some(_)) => open = None,
            (',', None) => {
                words.push(&text[start..at]);
                start = at + 1;
            }
            (c, _) if !c.is_ascii_graphic() => {
                let right = "use visible ASCII without blanks; several lists are several arguments";
                return Err(wrong(format!("{text:?} holds {c:?}, which no host has"), right));
            }
            _ => {}
        }
    }
    if let Some(at) = open {
        return Err(bracket(text, at, "is not closed"));
    }
    words.push(&text[start..]);
    match words.iter().find(|word| word.is_empty()) {
        Some(_) => Err(wrong(format!("{text:?} has an empty word"), "write a host between any two commas")),
        None => Ok(words),
    }
}

fn bracket(text: &str, at: usize, what: &str) -> Error {
    let right = "write ranges as rack[1-4], each in a bracket of its own";
    wrong(format!("in {text:?} the bracket at character {} {what}", at + 1), right)
}

/// Cuts a word at its brackets, which are balanced.
fn pieces(word: &str) -> Result<Vec<Piece<'_>>> {
    let (mut pieces, mut rest) = (Vec::new(), word);
    while let Some((before, bracket)) = rest.split_once('[') {
        let (inside, after) = bracket.split_once(']').unwrap_or((bracket, ""));
        if inside.contains(':') {
            let end = before.len() + inside.len() + 2;
            pieces.push(Piece::Text(&rest[..end]));
        } else {
            pieces.push(Piece::Text(before));
            pieces.push(Piece::Numbers(spans(inside).map_err(|error| in_word(word, &error))?));
        }
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

fn spans(inside: &str) -> Result<Vec<Span>> {
    inside.split(',').map(Span::parse).collect()
}

fn in_word(word: &str, error: &Error) -> Error {
    wrong(format!("in {word}: {error}"), error.remedy().unwrap_or_default())
}

fn count(word: &[Piece<'_>]) -> u64 {
    let of_piece = |piece: &Piece<'_>| match piece {
        Piece::Text(_) => 1,
        Piece::Numbers(spans) => spans.iter().map(|span| span.count()).fold(0, u64::saturating_add),
    };
    word.iter().map(of_piece).fold(1, u64::saturating_mul)
}

fn hosts(word: &[Piece<'_>]) -> Vec<String> {
    word.iter().fold(vec![String::new()], |hosts, piece| match piece {
        Piece::Text(text) => hosts.into_iter().map(|host| host + text).collect(),
        Piece::Numbers(spans) => {
            let numbers: Vec<String> = spans.iter().flat_map(|span| span.texts()).collect();
            let longer = |host: String| numbers.iter().map(move |number| format!("{host}{number}"));
            hosts.into_iter().flat_map(longer).collect()
        }
    })
}
