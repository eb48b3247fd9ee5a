//! Gives each setting of a file a name of its own.

use super::Entry;
use super::read::Found;
use hwautomation_core::bios::SettingName;
use std::collections::HashMap;

/// Names every setting. One whose name core cannot hold is left out and told in the log.
pub(super) fn name_all(found: Vec<Found>) -> Vec<Entry> {
    let names = count(found.iter().map(|found| found.name.clone()));
    let paths = count(found.iter().map(path));
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut entries = Vec::with_capacity(found.len());
    for found in found {
        let key = if names.get(&found.name) == Some(&1) {
            found.name.clone()
        } else if paths.get(&path(&found)) == Some(&1) {
            path(&found)
        } else {
            format!("{} (order {})", path(&found), found.order.as_deref().unwrap_or("1"))
        };
        entries.extend(entry(unique(key, &mut taken), found));
    }
    entries
}

/// Joins menus and name as SUM's older text files join menus.
fn path(found: &Found) -> String {
    let words = found.menus.iter().chain([&found.name]);
    words.map(String::as_str).collect::<Vec<_>>().join("|")
}

fn count(texts: impl Iterator<Item = String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    texts.for_each(|text| *counts.entry(text).or_default() += 1);
    counts
}

/// Counts those that not even their order tells apart.
fn unique(key: String, taken: &mut HashMap<String, usize>) -> String {
    let nth = taken.entry(key.clone()).or_default();
    *nth += 1;
    if *nth == 1 { key } else { format!("{key} ({nth})") }
}

fn entry(key: String, found: Found) -> Option<Entry> {
    match SettingName::new(key) {
        Ok(key) => {
            let value = found.value();
            Some(Entry { key, menus: found.menus, name: found.name, order: found.order, value })
        }
        Err(error) => {
            tracing::warn!(error = %error, "a BIOS setting is left out");
            None
        }
    }
}
