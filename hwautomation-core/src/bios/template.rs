//! What a kind of machine's BIOS is to be like.

use super::{Changes, PreserveList, Rule, SettingName, Settings, rule};
use crate::device::DeviceProfile;
use crate::error::{Error, ErrorKind, Result, did_you_mean};
use serde::{Deserialize, Serialize};

/// Says which values the BIOS settings of a machine are to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Where it comes from, as messages begin, such as `device profile a1.c5.large`.
    pub origin: String,
    /// The values to set.
    pub settings: Settings,
    /// The settings never to touch, whatever `settings` says.
    pub preserve: PreserveList,
    /// What must hold between the values once they are set.
    pub rules: Vec<Rule>,
}

/// Says what a template means for one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The changes to make.
    pub changes: Changes,
    /// The changes not to make, since their settings are preserved.
    pub skipped: Changes,
    /// The preserve patterns and rules that do nothing here, because the machine lacks what they name. One
    /// sentence each: perhaps a name is misspelt.
    pub idle: Vec<String>,
}

impl Template {
    /// Takes the BIOS section of a profile.
    ///
    /// # Errors
    ///
    /// `Invalid` when its settings break its own rules on any machine.
    pub fn from_profile(profile: &DeviceProfile) -> Result<Self> {
        let bios = profile.bios.clone();
        let template = Self {
            origin: format!("device profile {}", profile.device_type),
            settings: bios.settings.into_iter().collect(),
            preserve: bios.preserve.into_iter().collect(),
            rules: bios.rules,
        };
        let broken = template.rules.iter().filter_map(|rule| rule::contradicted(rule, &template.settings));
        template.refuse(ErrorKind::Invalid, broken.collect()).map(|()| template)
    }

    /// Says what has to change on a machine with these settings.
    ///
    /// # Errors
    ///
    /// `NotFound` when the template names settings that the machine does not have, with the nearest that it
    /// has; `Invalid` when the settings would break a rule. The message has a line for each.
    pub fn apply(&self, current: &Settings) -> Result<Applied> {
        self.refuse(ErrorKind::NotFound, self.unknown(current))?;
        let (skipped, changes): (Changes, Changes) = Changes::diff(current, &self.settings)
            .into_iter()
            .partition(|change| self.preserve.matches(&change.name));
        let result = changes.apply_to(current);
        let broken = self.rules.iter().filter_map(|rule| rule::broken(rule, &result));
        self.refuse(ErrorKind::Invalid, broken.collect())?;
        Ok(Applied { changes, skipped, idle: self.idle(current) })
    }

    fn refuse(&self, kind: ErrorKind, faults: Vec<String>) -> Result<()> {
        if faults.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = faults.into_iter().map(|fault| format!("{}: {fault}", self.origin)).collect();
        Err(Error::new(kind, lines.join("\n")).with_remedy("correct the template; nothing was changed"))
    }

    fn unknown(&self, current: &Settings) -> Vec<String> {
        let names = || current.iter().map(|(name, _)| name.as_str());
        let unknown = |name: &SettingName| {
            let meant = did_you_mean(name.as_str(), names());
            format!("the machine has no BIOS setting {:?}{meant}", name.as_str())
        };
        let missing = self.settings.iter().filter(|(name, _)| current.get(name).is_none());
        missing.map(|(name, _)| unknown(name)).collect()
    }

    fn idle(&self, current: &Settings) -> Vec<String> {
        let patterns = self.preserve.idle(current);
        let patterns = patterns.map(|pattern| format!("preserve pattern {pattern:?} matches no setting"));
        let lacking = self.rules.iter().filter_map(|rule| {
            let lacks = rule::names(rule).find(|name| current.get(name).is_none())?;
            Some(format!("the machine has no BIOS setting {lacks:?} of the rule {:?}", rule.why))
        });
        patterns.chain(lacking).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn settings(json: Value) -> Settings {
        serde_json::from_value(json).unwrap()
    }

    fn template(set: Value, preserve: Value, rules: Value) -> Template {
        let preserve = serde_json::from_value(preserve).unwrap();
        let rules = serde_json::from_value(rules).unwrap();
        Template { origin: "lab".to_owned(), settings: settings(set), preserve, rules }
    }

    fn secure_boot_rule() -> Value {
        json!([{"when": {"BootMode": "Legacy", "SecureBoot": "Enabled"}, "why": "no secure boot in legacy"}])
    }

    #[test]
    fn only_what_differs_changes() {
        let template = template(json!({"BootMode": "UEFI", "NumaNodes": "2"}), json!([]), json!([]));
        let current = settings(json!({"BootMode": "Legacy", "NumaNodes": 2, "Other": 1}));
        let applied = template.apply(&current).unwrap();
        assert_eq!(applied.changes.to_string(), "BootMode: Legacy -> UEFI");
        assert!(applied.skipped.is_empty() && applied.idle.is_empty());
    }

    #[test]
    fn once_applied_nothing_is_left_to_change() {
        let template = template(json!({"A": 1, "B": "x", "C": true}), json!(["C"]), json!([]));
        let current = settings(json!({"A": "0", "B": "y", "C": false, "D": 4}));
        let applied = template.apply(&current).unwrap();
        let after = applied.changes.apply_to(&current);
        assert!(applied.changes.not_in_force(&after).is_empty());
        assert!(template.apply(&after).unwrap().changes.is_empty());
    }

    #[test]
    fn an_unknown_setting_is_refused_with_the_nearest_names_and_where() {
        let template = template(json!({"BotMode": 1, "boot_mode": 1, "Zzz": 1}), json!(["*"]), json!([]));
        let error = template.apply(&settings(json!({"BootMode": 1, "BootOrder": 2}))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let lines: Vec<_> = error.message().lines().collect();
        assert!(
            lines[0]
                .starts_with("lab: the machine has no BIOS setting \"BotMode\"; did you mean \"BootMode\"")
        );
        assert_eq!(lines[1], "lab: the machine has no BIOS setting \"Zzz\"");
        assert!(lines[2].contains("\"boot_mode\"; did you mean \"BootMode\""));
    }

    #[test]
    fn a_preserved_setting_is_skipped_and_told() {
        let template = template(json!({"BMC LAN": "dhcp", "A": 1}), json!(["BMC*", "dimm_*"]), json!([]));
        let applied = template.apply(&settings(json!({"BMC LAN": "static", "A": 0}))).unwrap();
        assert_eq!(applied.changes.to_string(), "A: 0 -> 1");
        assert_eq!(applied.skipped.to_string(), "BMC LAN: static -> dhcp");
        assert_eq!(applied.idle, ["preserve pattern \"dimm_*\" matches no setting"]);
    }

    #[test]
    fn a_rule_sees_what_the_machine_has_and_what_changes() {
        let template = template(json!({"BootMode": "Legacy"}), json!([]), secure_boot_rule());
        let current = settings(json!({"BootMode": "UEFI", "SecureBoot": "Enabled"}));
        let error = template.apply(&current).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let said = "lab: no secure boot in legacy (BootMode is Legacy, SecureBoot is Enabled)";
        assert_eq!(error.message(), said);
        assert!(template.apply(&settings(json!({"BootMode": "UEFI", "SecureBoot": "Disabled"}))).is_ok());
    }

    #[test]
    fn a_preserved_setting_counts_for_rules_with_the_value_it_keeps() {
        let set = json!({"BootMode": "Legacy", "SecureBoot": "Disabled"});
        let template = template(set, json!(["Secure*"]), secure_boot_rule());
        assert!(template.apply(&settings(json!({"BootMode": "UEFI", "SecureBoot": "Enabled"}))).is_err());
    }

    #[test]
    fn a_rule_about_a_setting_that_the_machine_lacks_is_told() {
        let template = template(json!({}), json!([]), secure_boot_rule());
        let applied = template.apply(&settings(json!({"BootMode": "Legacy"}))).unwrap();
        let said = "the machine has no BIOS setting \"SecureBoot\" of the rule \"no secure boot in legacy\"";
        assert_eq!(applied.idle, [said]);
    }

    #[test]
    fn a_profile_that_breaks_its_own_rules_is_refused_before_any_machine_is_seen() {
        let mut profile = DeviceProfile::new(crate::id::DeviceType::from_static("a1.c5.large"), "dell");
        let section = json!({"settings": {"BootMode": "Legacy"}, "rules": secure_boot_rule()});
        profile.bios = serde_json::from_value(section).unwrap();
        assert_eq!(Template::from_profile(&profile).unwrap().origin, "device profile a1.c5.large");
        profile.bios.settings.insert(SettingName::from_static("SecureBoot"), "Enabled".into());
        let error = Template::from_profile(&profile).unwrap_err();
        assert!(error.message().starts_with("device profile a1.c5.large: no secure boot in legacy"));
    }
}
