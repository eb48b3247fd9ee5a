//! The keys of a device profile.

use super::node::Node;
use super::problems::Problems;
use super::{bios, opaque};
use crate::device::DeviceProfile;
use crate::id::DeviceType;
use std::time::Duration;

const KEYS: &[&str] = &["description", "vendor", "plugins", "timeouts", "bios", "settings"];

/// Reads the profiles of a file.
pub(super) fn read_all(root: &Node<'_>, problems: &mut Problems<'_>) -> Vec<DeviceProfile> {
    let fields = root.fields(&["device"], problems);
    let devices = fields.get("device").map(|device| device.children(problems)).unwrap_or_default();
    devices.iter().filter_map(|device| read(device, problems)).collect()
}

fn read(device: &Node<'_>, problems: &mut Problems<'_>) -> Option<DeviceProfile> {
    if lacks_quotes(device) {
        device.wrong_key("a device type with dots needs quotes, such as device.\"a1.c5.large\"", problems);
        return None;
    }
    // Where these are wrong the profile is thrown away, but first read to its end, for its other faults.
    let device_type = device.key(problems).unwrap_or_else(|| DeviceType::from_static("unreadable"));
    let fields = device.fields(KEYS, problems);
    if !fields.contains_key("vendor") {
        device.missing("vendor", problems);
    }
    let mut profile = DeviceProfile::new(device_type, "");
    for (key, node) in &fields {
        fill(&mut profile, key, node, problems);
    }
    Some(profile)
}

fn fill(profile: &mut DeviceProfile, key: &str, node: &Node<'_>, problems: &mut Problems<'_>) {
    match key {
        "description" => profile.description = node.text(problems).unwrap_or("").to_owned(),
        "vendor" => profile.vendor = filled(node, problems).unwrap_or("").to_owned(),
        "plugins" => profile.plugins = node.map(problems, Node::parse),
        "timeouts" => profile.timeouts = node.map(problems, seconds),
        "bios" => profile.bios = bios::read(node, problems),
        "settings" => profile.settings = node.map(problems, opaque::read),
        _ => {}
    }
}

/// Tells whether TOML took the dots of `[device.a1.c5.large]` as levels.
fn lacks_quotes(device: &Node<'_>) -> bool {
    let Some(table) = device.value.as_table() else { return false };
    let known = |key: &str| KEYS.contains(&key);
    !table.keys().any(|key| known(key.get_ref())) && table.values().any(|value| value.get_ref().is_table())
}

/// Reads a text that is not blank.
pub(super) fn filled<'t>(node: &Node<'t>, problems: &mut Problems<'_>) -> Option<&'t str> {
    let text = node.text(problems)?;
    if text.trim().is_empty() {
        node.wrong("expected a text that is not blank", problems);
        return None;
    }
    Some(text)
}

fn seconds(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Duration> {
    let number = node.integer(problems)?;
    let seconds = u64::try_from(number).ok().filter(|seconds| *seconds > 0);
    if seconds.is_none() {
        node.wrong(format_args!("expected seconds above 0, found {number}"), problems);
    }
    seconds.map(Duration::from_secs)
}
