//! The BIOS keys of a device profile.

use super::node::Node;
use super::problems::Problems;
use super::profile::filled;
use crate::device::{BiosSection, Rule, SettingValue};
use toml::de::{DeTable, DeValue};

/// Reads the BIOS section.
pub(super) fn read(bios: &Node<'_>, problems: &mut Problems<'_>) -> BiosSection {
    let mut section = BiosSection::default();
    for (key, node) in &bios.fields(&["settings", "preserve", "rules"], problems) {
        match *key {
            "settings" => section.settings = node.map(problems, value),
            "preserve" => section.preserve = list(node, problems, Node::parse),
            _ => section.rules = list(node, problems, rule),
        }
    }
    section
}

fn list<'t, T>(
    node: &Node<'t>,
    problems: &mut Problems<'_>,
    read: impl Fn(&Node<'t>, &mut Problems<'_>) -> Option<T>,
) -> Vec<T> {
    let items = node.items(problems);
    items.iter().filter_map(|item| read(item, problems)).collect()
}

fn rule(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Rule> {
    let fields = node.fields(&["when", "require", "why"], problems);
    for key in ["when", "why"] {
        if !fields.contains_key(key) {
            node.missing(key, problems);
        }
    }
    let require = fields.get("require").map(|require| require.map(problems, value)).unwrap_or_default();
    let why = fields.get("why").and_then(|why| filled(why, problems));
    let when = fields.get("when")?;
    if when.value.as_table().is_some_and(DeTable::is_empty) {
        when.wrong("expected at least one setting", problems);
    }
    Some(Rule { when: when.map(problems, value), require, why: why?.to_owned() })
}

fn value(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<SettingValue> {
    match node.value {
        DeValue::String(text) => Some(SettingValue::Text(text.to_string())),
        DeValue::Integer(_) => node.integer(problems).map(SettingValue::Integer),
        DeValue::Boolean(value) => Some(SettingValue::Boolean(*value)),
        _ => node.expected("a text, a whole number or true/false", problems),
    }
}
