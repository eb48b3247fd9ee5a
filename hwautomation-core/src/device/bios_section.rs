//! What a profile says about BIOS settings, as data. The `bios` module makes it work.

use super::SettingValue;
use crate::id::{SettingName, SettingPattern};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Says which BIOS settings a kind of machine is to have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiosSection {
    /// The values to set. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<SettingName, SettingValue>,
    /// The settings never to touch, whatever `settings` says. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preserve: Vec<SettingPattern>,
    /// What must hold between the values. Default: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// Says what must hold between settings: wherever all of `when` is so, all of `require` must be so too.
///
/// A rule that requires nothing is a conflict: what `when` says must not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The values that make the rule apply. A file must name at least one.
    pub when: BTreeMap<SettingName, SettingValue>,
    /// The values that must then be there too. Default: none, which is a conflict.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub require: BTreeMap<SettingName, SettingValue>,
    /// The reason, for the person whose template breaks the rule.
    pub why: String,
}
