//! A module uses modules of lower floors only, and siblings without going in circles.

use crate::assert_none;
use crate::source::{self, Source};
use crate::strip::{is_word, words};
use std::collections::{BTreeMap, BTreeSet};

const FLOORS: [(u8, &[&str]); 7] = [
    (1, &["error", "id", "time", "secret", "actor"]),
    (2, &["machine", "device"]),
    (3, &["plugin", "record", "bios", "firmware"]),
    (4, &["workflow", "store"]),
    (5, &["engine", "boot"]),
    (6, &["provisioning", "deployment", "discovery", "batch"]),
    (7, &["testing"]),
];
/// The modules of the ground floor know each other: an error is stored without secrets and with times.
const GROUND: u8 = 1;
/// Up to here a module may use its siblings, as long as they do not use it back.
const SIBLINGS_MAX: u8 = 3;

/// One use of a top-level module, or of a name in the root, by another module.
struct Use {
    from: String,
    to: String,
    at: String,
}

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(_, modules)| modules.contains(&module)).map(|(floor, _)| *floor)
}

/// Complains about every use that goes up, sideways or in a circle, and about modules without a floor.
fn check(sources: &[Source]) -> Vec<String> {
    let uses: Vec<_> = sources.iter().flat_map(uses).collect();
    let mut complaints: Vec<_> = homeless(sources).into_iter().collect();
    complaints.extend(uses.iter().filter_map(complaint));
    complaints.extend(circle(&uses));
    complaints
}

fn homeless(sources: &[Source]) -> BTreeSet<String> {
    let declared = sources.iter().filter(|source| source.module.is_empty()).flat_map(|root| {
        words(&root.text, "mod").filter_map(|at| first_word(root.text[at + 3..].trim_start()))
    });
    let modules = sources.iter().filter_map(Source::top).chain(declared);
    let unknown = modules.filter(|module| floor(module).is_none());
    unknown
        .map(|module| format!("module {module} has no floor: give it a floor in tests/layers/floors.rs"))
        .collect()
}

fn complaint(used: &Use) -> Option<String> {
    let Use { from, to, at } = used;
    let own = floor(from)?;
    match floor(to) {
        _ if from == to => None,
        None => Some(format!("{at}: crate::{to} hides its floor: name the module that it lives in")),
        Some(other) if other > own => Some(format!(
            "{at}: {from} (floor {own}) uses {to} (floor {other}): only lower floors may be used"
        )),
        Some(other) if other == own && own > SIBLINGS_MAX => Some(format!(
            "{at}: {from} uses {to}, which is on the same floor {own}: move what both need down"
        )),
        Some(_) => None,
    }
}

/// Finds the modules that this file reaches through `crate::` or through `super::` up to the root.
fn uses(source: &Source) -> Vec<Use> {
    let Some(from) = source.top() else { return Vec::new() };
    let text = source.text.as_str();
    let mut found = Vec::new();
    for at in words(text, "crate") {
        found.extend(text[at..].strip_prefix("crate::").into_iter().flat_map(heads).map(|to| (at, to)));
    }
    for at in words(text, "super").filter(|at| !text[..*at].ends_with("super::")) {
        let mut rest = &text[at..];
        let mut steps = source.module.len() + inline_depth(&text[..at]);
        while let Some(after) = rest.strip_prefix("super::") {
            (rest, steps) = (after, steps.saturating_sub(1));
        }
        if steps == 0 {
            found.extend(heads(rest).into_iter().map(|to| (at, to)));
        }
    }
    found.into_iter().map(|(at, to)| Use { from: from.to_owned(), to, at: source.at(at) }).collect()
}

/// Returns the first word of the path, or of each path of the group, that the text begins with. Macros are left
/// out: an exported one lives in the root, wherever it is written.
fn heads(text: &str) -> Vec<String> {
    let text = text.trim_start();
    let Some(group) = text.strip_prefix('{') else { return head(text).into_iter().collect() };
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.extend(head(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

fn head(path: &str) -> Option<String> {
    match first_word(path) {
        Some(word) if path[word.len()..].starts_with('!') => None,
        Some(word) => Some(word.to_owned()),
        None => path.starts_with('*').then(|| "*".to_owned()),
    }
}

fn first_word(text: &str) -> Option<&str> {
    let word = &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())];
    (!word.is_empty()).then_some(word)
}

/// Counts the inline modules that are open at the end of the text.
fn inline_depth(text: &str) -> usize {
    let mut open = Vec::new();
    let mut header = "";
    let mut from = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| "{};".contains(*c)) {
        header = if c == '{' { &text[from..at] } else { header };
        match c {
            '{' => open.push(words(header, "mod").next().is_some()),
            '}' => drop(open.pop()),
            _ => {}
        }
        from = at + 1;
    }
    open.into_iter().filter(|is_module| *is_module).count()
}

/// Finds one circle of modules, the ground floor aside.
fn circle(uses: &[Use]) -> Option<String> {
    let mut graph: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for used in uses {
        let both_ground = floor(&used.from) == Some(GROUND) && floor(&used.to) == Some(GROUND);
        if used.from != used.to && !both_ground {
            graph.entry(&used.from).or_default().insert(&used.to);
        }
    }
    let path = graph.keys().find_map(|start| way(&graph, start, &mut vec![*start]))?;
    Some(format!("modules use each other in a circle: {}", path.join(" -> ")))
}

/// Walks on from the last module of the path until one comes up again.
fn way<'a>(
    graph: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    from: &str,
    path: &mut Vec<&'a str>,
) -> Option<Vec<&'a str>> {
    for &next in graph.get(from).into_iter().flatten() {
        let seen = path.iter().position(|module| *module == next);
        path.push(next);
        if let Some(seen) = seen {
            return Some(path.split_off(seen));
        }
        if let Some(found) = way(graph, next, path) {
            return Some(found);
        }
        path.pop();
    }
    None
}

#[test]
fn modules_use_lower_floors_only() {
    assert_none(&check(&source::of_this_crate()));
}

fn complaints_about(texts: &[(&str, &str)]) -> String {
    check(&source::from_texts(texts.iter().copied())).join("\n")
}

#[test]
fn a_use_of_a_higher_floor_is_found_in_every_form() {
    for text in [
        "use crate::engine::Runner;",
        "use crate::{id::MachineId, engine::{Runner, plan}};",
        "use crate::{\n    id,\n    engine,\n};",
        "fn f() -> crate::engine::Runner {}",
        "pub(crate) mod inner { use super::super::engine; }",
        "use super::engine;",
    ] {
        let complaints = complaints_about(&[("machine.rs", text)]);
        assert!(complaints.contains("machine (floor 2) uses engine (floor 5)"), "{text}: {complaints:?}");
    }
    let nested = complaints_about(&[("machine/facts.rs", "\n\nuse super::super::{engine};")]);
    assert!(nested.starts_with("src/machine/facts.rs:3: machine"), "{nested}");
}

#[test]
fn lower_floors_the_module_itself_and_tests_are_no_matter() {
    let text = "use crate::{error, machine::Facts};\nmod a { use super::engine; }\n\
                // crate::engine\n#[cfg(test)]\nmod tests { use crate::engine; }";
    assert_eq!(
        complaints_about(&[
            ("machine/mod.rs", text),
            ("machine/facts.rs", "use super::address;"),
            ("lib.rs", "pub use crate::engine::Runner;")
        ]),
        ""
    );
}

#[test]
fn siblings_are_refused_from_floor_four_on() {
    assert!(complaints_about(&[("boot.rs", "use crate::engine;")]).contains("on the same floor 5"));
    assert_eq!(complaints_about(&[("machine.rs", "use crate::device;")]), "");
}

#[test]
fn circles_are_found_above_the_ground_floor() {
    let third = [("bios.rs", "use crate::record;"), ("record.rs", "use crate::plugin;")];
    assert_eq!(complaints_about(&third), "");
    let circle = complaints_about(&[third[0], third[1], ("plugin.rs", "use crate::bios;")]);
    assert!(circle.contains("in a circle: bios -> record -> plugin -> bios"), "{circle}");
    assert_eq!(
        complaints_about(&[("error.rs", "use crate::secret;"), ("secret.rs", "use crate::error;")]),
        ""
    );
}

#[test]
fn a_module_without_a_floor_is_found() {
    assert!(complaints_about(&[("helpers/mod.rs", "")]).contains("helpers has no floor"));
    assert!(complaints_about(&[("lib.rs", "pub mod helpers { }")]).contains("helpers has no floor"));
}

#[test]
fn a_name_in_the_root_hides_its_floor_but_a_macro_lives_there() {
    assert!(
        complaints_about(&[("machine.rs", "use crate::Error;")]).contains("crate::Error hides its floor")
    );
    assert!(complaints_about(&[("machine.rs", "use crate::*;")]).contains("crate::* hides its floor"));
    assert_eq!(complaints_about(&[("machine.rs", "crate::text_id!(X);")]), "");
}
