//! From hosts back to a short list.

use super::span::{self, Span};
use std::collections::HashMap;

/// A part of a host's name. Ordered so that `u9` comes before `u10`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    Text(&'a str),
    Number(u64, &'a str),
}

/// A part of a word of the list: a text, or the numbers that stand there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part<'a> {
    Text(&'a str),
    Numbers(Vec<Span>),
}

/// Writes hosts as a short list that [`expand`](super::expand) turns into the same hosts. It is sorted; a host that is
/// there twice is in it once.
pub fn fold<'a>(hosts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hosts: Vec<Vec<Token<'a>>> = hosts.into_iter().map(tokens).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let places = hosts.iter().map(Vec::len).max().unwrap_or(0);
    let words: Vec<Vec<Part<'a>>> =
        hosts.into_iter().map(|host| host.into_iter().map(part).collect()).collect();
    let words = (0..places).rev().fold(words, join_at);
    words.iter().map(|word| word.iter().map(written).collect::<String>()).collect::<Vec<_>>().join(",")
}

/// Cuts a name between digits and others. A bracket, which is an IPv6 address then, stays whole.
fn tokens(host: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut rest) = (Vec::new(), host);
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(end_of_token(rest));
        tokens.push(match head.parse() {
            Ok(number) if span::is_number(head) => Token::Number(number, head),
            _ => Token::Text(head),
        });
        rest = tail;
    }
    tokens
}

fn end_of_token(text: &str) -> usize {
    let is_digit = |c: char| c.is_ascii_digit();
    let end = if text.starts_with('[') {
        text.find(']').map(|at| at + 1)
    } else if text.starts_with(is_digit) {
        text.find(|c: char| !is_digit(c))
    } else {
        text.find(|c: char| is_digit(c) || c == '[')
    };
    end.unwrap_or(text.len())
}

fn part(token: Token<'_>) -> Part<'_> {
    match token {
        Token::Text(text) => Part::Text(text),
        Token::Number(_, text) => Span::one(text).map_or(Part::Text(text), |span| Part::Numbers(vec![span])),
    }
}

/// Makes one word of all that differ only in the numbers at one place.
fn join_at(words: Vec<Vec<Part<'_>>>, place: usize) -> Vec<Vec<Part<'_>>> {
    let mut joined: Vec<Vec<Part<'_>>> = Vec::new();
    let mut known: HashMap<Vec<Part<'_>>, usize> = HashMap::new();
    for mut word in words {
        let Some(Part::Numbers(spans)) = word.get_mut(place) else {
            joined.push(word);
            continue;
        };
        let spans = std::mem::take(spans);
        let at = *known.entry(word.clone()).or_insert_with(|| {
            joined.push(word);
            joined.len() - 1
        });
        if let Some(Part::Numbers(all)) = joined.get_mut(at).and_then(|word| word.get_mut(place)) {
            spans.into_iter().for_each(|span| append(all, span));
        }
    }
    joined
}

/// Adds a range behind others; they come sorted.
fn append(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut().and_then(|last| last.join(span).map(|longer| *last = longer)) {
        Some(()) => {}
        None => spans.push(span),
    }
}

fn written(part: &Part<'_>) -> String {
    match part {
        Part::Text(text) => (*text).to_owned(),
        Part::Numbers(spans) => match &spans[..] {
            [one] if one.low == one.high => one.to_string(),
            spans => format!("[{}]", spans.iter().map(Span::to_string).collect::<Vec<_>>().join(",")),
        },
    }
}
