//! Whether settings keep the rules between them.

use super::{Rule, SettingName, SettingValue, Settings};

/// Says how the settings break the rule, if they do.
///
/// What `require` names must be there: a setting that the BIOS lacks does not fulfil it.
pub(super) fn broken(rule: &Rule, settings: &Settings) -> Option<String> {
    let holds = |(name, value): (&SettingName, &SettingValue)| {
        settings.get(name).is_some_and(|found| found.same_as(value))
    };
    let applies = rule.when.iter().all(holds);
    let kept = !rule.require.is_empty() && rule.require.iter().all(holds);
    (applies && !kept).then(|| format!("{} ({})", rule.why, found(rule, settings)))
}

/// Says how a template breaks the rule on any machine, if it does.
///
/// What the template leaves open is taken to be as the rule requires it.
pub(super) fn contradicted(rule: &Rule, template: &Settings) -> Option<String> {
    let mut best: Settings = rule.require.clone().into_iter().collect();
    best.extend(template.clone());
    broken(rule, &best)
}

/// Lists the settings that the rule names.
pub(super) fn names(rule: &Rule) -> impl Iterator<Item = &SettingName> {
    rule.when.keys().chain(rule.require.keys())
}

fn found(rule: &Rule, settings: &Settings) -> String {
    let one = |name| match settings.get(name) {
        Some(value) => format!("{name} is {value}"),
        None => format!("{name} is missing"),
    };
    names(rule).map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn settings(json: Value) -> Settings {
        serde_json::from_value(json).unwrap()
    }

    fn legacy_needs_no_secure_boot() -> Rule {
        serde_json::from_value(json!({
            "when": {"BootMode": "Legacy"},
            "require": {"SecureBoot": "Disabled"},
            "why": "no secure boot in legacy",
        }))
        .unwrap()
    }

    #[test]
    fn a_requirement_binds_only_where_the_rule_applies() {
        let rule = legacy_needs_no_secure_boot();
        assert_eq!(broken(&rule, &settings(json!({"BootMode": "UEFI", "SecureBoot": "Enabled"}))), None);
        assert_eq!(broken(&rule, &settings(json!({"BootMode": "Legacy", "SecureBoot": "Disabled"}))), None);
        let said = broken(&rule, &settings(json!({"BootMode": "Legacy", "SecureBoot": "Enabled"})));
        assert_eq!(said.unwrap(), "no secure boot in legacy (BootMode is Legacy, SecureBoot is Enabled)");
        assert!(
            broken(&rule, &settings(json!({"BootMode": "Legacy"})))
                .unwrap()
                .contains("SecureBoot is missing")
        );
    }

    #[test]
    fn a_rule_that_requires_nothing_is_a_conflict() {
        let rule: Rule =
            serde_json::from_value(json!({"when": {"A": 1, "B": true}, "why": "not both"})).unwrap();
        assert!(broken(&rule, &settings(json!({"A": "1", "B": true}))).is_some());
        assert!(broken(&rule, &settings(json!({"A": 1, "B": false}))).is_none());
        assert!(broken(&rule, &settings(json!({"A": 1}))).is_none());
    }

    #[test]
    fn a_template_contradicts_a_rule_only_by_what_it_says_itself() {
        let rule = legacy_needs_no_secure_boot();
        assert_eq!(contradicted(&rule, &settings(json!({"BootMode": "Legacy"}))), None);
        assert_eq!(contradicted(&rule, &settings(json!({"SecureBoot": "Enabled"}))), None);
        let both = settings(json!({"BootMode": "Legacy", "SecureBoot": "Enabled"}));
        assert!(contradicted(&rule, &both).is_some());
    }
}
