//! Other crates' types stay out of public signatures: their next version would be ours to announce.

use crate::assert_none;
use crate::manifests::{self, Kind};
use crate::source::{self, Source};
use crate::strip::{is_word, words};
use std::fs;

/// Crates whose types are part of the contract. Of `futures_core` it is the trait `Stream`.
const ALLOWED: [&str; 3] = ["async_trait", "serde", "serde_json"];
const STREAM: &str = "futures_core::Stream";

/// Complains about every public signature that names one of these foreign crates, or a name used from one.
fn check(sources: &[Source], foreign: &[String]) -> Vec<String> {
    sources.iter().flat_map(|source| check_one(source, foreign)).collect()
}

fn check_one(source: &Source, foreign: &[String]) -> Vec<String> {
    let imported = imports(&source.text, foreign);
    let mut complaints = Vec::new();
    for at in words(&source.text, "pub") {
        let text =
            signature(&source.text[at..]).replace(STREAM, "").replace("futures_core::stream::Stream", "");
        let direct = foreign
            .iter()
            .filter(|name| words(&text, name).any(|at| text[at + name.len()..].starts_with("::")));
        let named = direct.chain(imported.iter().filter(|name| words(&text, name).next().is_some()));
        complaints.extend(named.map(|name| {
            format!(
                "{}: a public signature names `{name}` of another crate: wrap it in a type of ours",
                source.at(at)
            )
        }));
    }
    complaints
}

/// Lists the crates that core depends on and that its public signatures may not name.
fn foreign(manifest: &str) -> Vec<String> {
    let normal =
        manifests::dependencies(manifest).into_iter().filter(|dependency| dependency.kind == Kind::Normal);
    normal
        .map(|dependency| dependency.name.replace('-', "_"))
        .filter(|name| !ALLOWED.contains(&name.as_str()))
        .collect()
}

/// Lists the names that `use` declarations bring in from foreign crates.
fn imports(text: &str, foreign: &[String]) -> Vec<String> {
    let declarations = words(text, "use").map(|at| &text[at..][..text[at..].find(';').unwrap_or(0)]);
    let from_foreign = declarations.filter(|declaration| {
        let path = declaration.trim_start_matches("use").trim_start();
        foreign.iter().any(|name| path.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with("::")))
    });
    from_foreign.flat_map(leaves).filter(|name| name != "Stream" && name != "self" && name != "_").collect()
}

/// Returns the last words of the paths of a `use` declaration: what it makes known here.
fn leaves(declaration: &str) -> Vec<String> {
    let ends = declaration.split([',', '}']).filter(|path| !path.trim().is_empty());
    ends.filter_map(|path| path.trim().rsplit(|c| !is_word(c)).next())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Returns what a user of the crate sees of the item or field that begins with this `pub`.
fn signature(text: &str) -> String {
    let rest = &text["pub".len()..];
    if rest.starts_with('(') {
        return String::new();
    }
    let mut before_name = rest.split_whitespace().take_while(|word| !word.contains(['(', ':', '<', '{']));
    match before_name.find(|word| ["fn", "use", "type", "struct", "enum", "trait", "mod"].contains(word)) {
        Some("use" | "type") => until(rest, &[';']),
        Some("fn") => until(rest, &['{', ';']),
        Some("struct") => until(rest, &['{', '(', ';']),
        Some("enum") => body(rest, usize::MAX),
        // The bodies of a trait's methods are its own affair.
        Some("trait") => body(rest, 1),
        Some(_) => String::new(),
        None => field(rest),
    }
}

fn until(text: &str, ends: &[char]) -> String {
    text[..text.find(ends).unwrap_or(text.len())].to_owned()
}

/// Returns an item with its braces, without what lies deeper than this.
fn body(text: &str, depth_max: usize) -> String {
    let (mut depth, mut seen) = (0, String::new());
    for c in text.chars() {
        depth += usize::from(c == '{');
        if depth <= depth_max {
            seen.push(c);
        }
        if c == '}' && depth <= 1 {
            break;
        }
        depth -= usize::from(c == '}');
    }
    seen
}

/// Returns a field or a constant, up to its end outside every bracket.
fn field(text: &str) -> String {
    let (mut depth, mut before) = (0_i32, ' ');
    for (at, c) in text.char_indices() {
        let arrow = c == '>' && (before == '-' || before == '=');
        match c {
            '(' | '[' | '<' => depth += 1,
            ')' | ']' | '>' | '}' if depth == 0 && !arrow => return text[..at].to_owned(),
            ')' | ']' | '>' if !arrow => depth -= 1,
            ',' | '=' | ';' if depth == 0 => return text[..at].to_owned(),
            _ => {}
        }
        before = c;
    }
    text.to_owned()
}

#[test]
fn public_signatures_name_our_own_types() {
    let manifest =
        fs::read_to_string(source::crate_dir().join("Cargo.toml")).expect("the manifest is readable");
    let foreign = foreign(&manifest);
    assert!(foreign.contains(&"tokio".to_owned()), "{foreign:?}");
    assert_none(&check(&source::of_this_crate(), &foreign));
}

fn complaints_about(text: &str) -> Vec<String> {
    let foreign = ["tokio", "jiff", "uuid", "futures_core"].map(str::to_owned);
    check(&source::from_texts([("lib.rs", text)]), &foreign)
}

#[test]
fn a_foreign_type_is_found_wherever_a_user_sees_it() {
    for text in [
        "pub fn f() -> tokio::task::JoinHandle<()> {}",
        "pub async fn f(\n    at: jiff::Timestamp,\n) {}",
        "pub struct Id(pub uuid::Uuid);",
        "pub struct S { pub at: Vec<jiff::Timestamp>, x: u8 }",
        "pub struct S<T: tokio::io::AsyncRead> { x: T }",
        "pub enum E { A, B { at: jiff::Timestamp } }",
        "pub trait T { fn f(&self) -> Box<dyn futures_core::Future>; }",
        "pub type T = uuid::Uuid;",
        "pub use tokio::sync::watch;",
        "pub const EPOCH: jiff::Timestamp = x;",
        "use uuid::Uuid; pub fn f(id: Uuid) {}",
        "use tokio::{sync::{mpsc, watch as live}}; pub fn f(id: live::Receiver<u8>) {}",
    ] {
        assert!(!complaints_about(text).is_empty(), "{text}");
    }
}

#[test]
fn what_no_user_sees_is_no_matter() {
    for text in [
        "pub(crate) fn f(id: uuid::Uuid) {}",
        "pub struct Id(uuid::Uuid);",
        "pub struct S { pub f: fn(u8) -> u8, at: jiff::Timestamp }",
        "pub fn f() { tokio::spawn(x) }",
        "pub trait T { fn f(&self) { tokio::spawn(x) } }",
        "pub fn f() -> impl futures_core::Stream<Item = u8> {}",
        "use futures_core::Stream; pub fn f() -> impl Stream<Item = serde_json::Value> {}",
        "use std::time::Instant; pub fn f(at: Instant) {}",
    ] {
        assert_none(&complaints_about(text));
    }
}

#[test]
fn foreign_crates_are_those_of_the_manifest_without_the_allowed() {
    let manifest =
        "[dependencies]\nserde = \"1\"\nfutures-core = \"0\"\n[dev-dependencies]\nmockall = \"0\"\n";
    assert_eq!(foreign(manifest), ["futures_core"]);
}
