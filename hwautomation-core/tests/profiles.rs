//! Profile files: a good one gives what it says, a bad one is answered with every fault and its place.

#![cfg(feature = "profiles")]

use hwautomation_core::bios::{Settings, Template};
use hwautomation_core::device::{Capability, DeviceProfile, DeviceProfiles};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::id::{DeviceType, PluginName, SettingName, SettingPattern, StepName};
use serde_json::json;
use std::time::Duration;

const GOOD: &str = r#"
[device."a1.c5.large"]
description = "compute, one socket"
vendor = "supermicro"
plugins = { power = "ipmi", boot = "ipmi", bios = "sum", commissioner = "maas" }
timeouts = { commission_server = 1_800 }

[device."a1.c5.large".bios]
settings = { BootMode = "UEFI", "Intel VT-d" = true, NumaNodes = 0x10 }
preserve = ["BMC*", "SerialNumber"]

[[device."a1.c5.large".bios.rules]]
when = { BootMode = "Legacy" }
require = { SecureBoot = "Disabled" }
why = "Secure Boot cannot be enabled in Legacy boot mode"

[device."a1.c5.large".settings.sum]
path = "/opt/supermicro/sum/sum"
password = "env:SUM_PASSWORD"
token_lifetime = 30
ratio = 0.5
lines = [1, { since = 1979-05-27 }]

[device.small]
vendor = "dell"
"#;

fn good() -> DeviceProfiles {
    DeviceProfiles::from_toml(GOOD, "profiles.toml").expect("the good file is good")
}

fn refused(text: &str) -> Error {
    DeviceProfiles::from_toml(text, "p.toml").expect_err("the file is bad")
}

/// Puts lines into a profile, of which they begin at line 3, and returns what is said about them.
fn refused_in_profile(lines: &str) -> String {
    refused(&format!("[device.\"a.1\"]\nvendor = \"dell\"\n{lines}")).message().to_owned()
}

#[test]
fn a_good_file_gives_what_it_says() {
    let profiles = good();
    let profile = profiles.get(&DeviceType::from_static("a1.c5.large")).unwrap();
    assert_eq!((&*profile.description, &*profile.vendor), ("compute, one socket", "supermicro"));
    assert_eq!(profile.plugins[&Capability::Bios], PluginName::from_static("sum"));
    assert_eq!(profile.timeouts[&StepName::from_static("commission_server")], Duration::from_secs(1800));
    assert_eq!(profile.bios.settings[&SettingName::from_static("Intel VT-d")], true.into());
    assert_eq!(profile.bios.settings[&SettingName::from_static("NumaNodes")], 16.into());
    assert_eq!(profile.bios.preserve[0], SettingPattern::from_static("BMC*"));
    assert_eq!(profile.bios.rules[0].require[&SettingName::from_static("SecureBoot")], "Disabled".into());
    assert_eq!(
        profile.settings[&PluginName::from_static("sum")],
        json!({
            "path": "/opt/supermicro/sum/sum", "password": "env:SUM_PASSWORD", "token_lifetime": 30,
            "ratio": 0.5, "lines": [1, {"since": "1979-05-27"}],
        })
    );
    let small = DeviceProfile::new(DeviceType::from_static("small"), "dell");
    assert_eq!(profiles.get(&small.device_type).unwrap(), &small);
}

#[test]
fn profiles_written_as_toml_read_back_the_same() {
    let text = toml::to_string(&good()).unwrap();
    assert_eq!(DeviceProfiles::from_toml(&text, "again.toml").unwrap(), good());
}

#[test]
fn a_profile_read_from_a_file_makes_a_template() {
    let template = Template::from_profile(good().iter().next().unwrap()).unwrap();
    let current =
        json!({"BootMode": "Legacy", "Intel VT-d": "true", "NumaNodes": 1, "SecureBoot": "Disabled"});
    let current: Settings = serde_json::from_value(current).unwrap();
    let applied = template.apply(&current).unwrap();
    assert_eq!(applied.changes.to_string(), "BootMode: Legacy -> UEFI\nNumaNodes: 1 -> 16");
}

#[test]
fn a_file_is_called_by_its_path_and_a_missing_one_is_not_found() {
    let directory = env!("CARGO_TARGET_TMPDIR");
    let path = format!("{directory}/bad_profiles.toml");
    std::fs::write(&path, "devices = 1").unwrap();
    let error = DeviceProfiles::from_file(&path).unwrap_err();
    assert!(error.message().starts_with(&format!("{path}:1:1: devices: unknown key")), "{error}");
    std::fs::write(&path, GOOD).unwrap();
    assert_eq!(DeviceProfiles::from_file(&path).unwrap(), good());
    std::fs::write(&path, [0xff]).unwrap();
    assert_eq!(DeviceProfiles::from_file(&path).unwrap_err().kind(), ErrorKind::Invalid);
    let error = DeviceProfiles::from_file(format!("{directory}/no-such-file.toml")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn an_unknown_capability_is_answered_with_the_near_one() {
    assert_eq!(
        refused_in_profile("\nplugins = { powr = \"ipmi\" }"),
        r#"p.toml:4:13: device."a.1".plugins.powr: unknown capability "powr"; did you mean "power"?"#
    );
}

#[test]
fn an_unknown_key_is_refused_at_every_level() {
    assert_eq!(
        refused("[devise.x]\nvendor = \"dell\"").message(),
        r#"p.toml:1:2: devise: unknown key "devise"; did you mean "device"?"#
    );
    assert_eq!(
        refused_in_profile("timeout = 3"),
        r#"p.toml:3:1: device."a.1".timeout: unknown key "timeout"; did you mean "timeouts"?"#
    );
    assert_eq!(
        refused_in_profile("[device.\"a.1\".bios]\nxyz = 1"),
        r#"p.toml:4:1: device."a.1".bios.xyz: unknown key "xyz"; use one of settings, preserve, rules"#
    );
    assert_eq!(
        refused_in_profile("[[device.\"a.1\".bios.rules]]\nwhen = { A = 1 }\nwhy = \"w\"\nrequires = {}"),
        r#"p.toml:6:1: device."a.1".bios.rules[0].requires: unknown key "requires"; did you mean "require"?"#
    );
}

#[test]
fn a_wrong_type_is_answered_with_the_right_one() {
    let cases = [
        ("description = 1", "3:15: device.\"a.1\".description: expected a text, found a whole number"),
        ("plugins = []", "3:11: device.\"a.1\".plugins: expected a table, found an array"),
        ("plugins.power = true", "3:17: device.\"a.1\".plugins.power: expected a text, found true or false"),
        ("timeouts.a = \"1\"", "3:14: device.\"a.1\".timeouts.a: expected a whole number, found a text"),
        ("bios.preserve = \"*\"", "3:17: device.\"a.1\".bios.preserve: expected an array, found a text"),
        (
            "bios.preserve = [\"a\", 2]",
            "3:23: device.\"a.1\".bios.preserve[1]: expected a text, found a whole number",
        ),
        (
            "bios.settings = { \"VT d\" = 1.5 }",
            "3:28: device.\"a.1\".bios.settings.\"VT d\": expected a text, a whole number or true/false, \
             found a number with a fraction",
        ),
        (
            "settings.sum = 1979-05-27",
            "3:16: device.\"a.1\".settings.sum: expected a table, found a date or time",
        ),
        (
            "settings.sum = { x = nan }",
            "3:22: device.\"a.1\".settings.sum.x: expected a finite number, found a number with a fraction",
        ),
    ];
    for (line, said) in cases {
        assert_eq!(refused_in_profile(line), format!("p.toml:{said}"), "{line}");
    }
}

#[test]
fn a_name_that_breaks_its_rules_is_refused_where_it_stands() {
    let cases = [
        (
            "plugins.power = \"I P\"",
            "3:17: device.\"a.1\".plugins.power: \"I P\" is no plugin name: use 1 to 128",
        ),
        ("timeouts.\"A b\" = 1", "3:10: device.\"a.1\".timeouts.\"A b\": \"A b\" is no step name: use"),
        ("bios.settings.\"\" = 1", "3:15: device.\"a.1\".bios.settings.\"\": \"\" is no setting name: use"),
        (
            "bios.preserve = [\" \"]",
            "3:18: device.\"a.1\".bios.preserve[0]: \" \" is no setting pattern: use",
        ),
        ("settings.Sum = {}", "3:10: device.\"a.1\".settings.Sum: \"Sum\" is no plugin name: use"),
        ("[device.Big]\nvendor = \"hpe\"", "3:9: device.Big: \"Big\" is no device type: use"),
    ];
    for (line, said) in cases {
        assert!(
            refused_in_profile(line).starts_with(&format!("p.toml:{said}")),
            "{}",
            refused_in_profile(line)
        );
    }
}

#[test]
fn a_number_out_of_range_is_refused() {
    for seconds in ["0", "-5"] {
        let said = refused_in_profile(&format!("timeouts = {{ a = {seconds} }}"));
        let place = "p.toml:3:18: device.\"a.1\".timeouts.a";
        assert_eq!(said, format!("{place}: expected seconds above 0, found {seconds}"));
    }
    let said = refused_in_profile("bios.settings.A = 99999999999999999999");
    assert_eq!(said, "p.toml:3:19: device.\"a.1\".bios.settings.A: the number needs more than 64 bits");
}

#[test]
fn what_is_missing_is_told_at_its_table() {
    assert_eq!(refused("\n[device.x]").message(), "p.toml:2:9: device.x: missing key \"vendor\"");
    assert_eq!(
        refused("[device.x]\nvendor = \" \"").message(),
        "p.toml:2:10: device.x.vendor: expected a text that is not blank"
    );
    let rule = refused_in_profile("bios.rules = [{ require = { A = 1 } }]");
    let place = "p.toml:3:15: device.\"a.1\".bios.rules[0]";
    assert_eq!(rule, format!("{place}: missing key \"when\"\n{place}: missing key \"why\""));
    let rule = refused_in_profile("bios.rules = [{ when = {}, why = \"w\" }]");
    assert_eq!(rule, "p.toml:3:24: device.\"a.1\".bios.rules[0].when: expected at least one setting");
}

#[test]
fn a_device_type_without_quotes_is_understood_and_refused() {
    let said = refused("[device.a1.c5.large]\nvendor = \"dell\"");
    assert_eq!(
        said.message(),
        "p.toml:1:9: device.a1: a device type with dots needs quotes, such as device.\"a1.c5.large\""
    );
}

#[test]
fn a_secret_is_refused_and_not_repeated() {
    let cases = [
        ("password = \"hunter2\"", "4:12: device.\"a.1\".settings.sum.password"),
        ("\"API-Token\" = \"hunter2\"", "4:15: device.\"a.1\".settings.sum.API-Token"),
        ("a = [{ client_secret = \"hunter2\" }]", "4:24: device.\"a.1\".settings.sum.a[0].client_secret"),
        ("credentials = { bmc = [\"hunter2\"] }", "4:24: device.\"a.1\".settings.sum.credentials.bmc[0]"),
    ];
    for (line, place) in cases {
        let said = refused_in_profile(&format!("[device.\"a.1\".settings.sum]\n{line}"));
        assert!(said.starts_with(&format!("p.toml:{place}: expected where the secret lies")), "{said}");
        assert!(!said.contains("hunter2"));
    }
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_line() {
    for (line, place) in
        [("x", "3:2"), ("a = = 1", "3:5"), ("vendor = \"again\"", "3:1"), ("a = 'é' b", "3:9")]
    {
        let said = refused_in_profile(line);
        assert!(said.starts_with(&format!("p.toml:{place}: ")), "{line} gives {said}");
        assert_eq!(said.lines().filter(|said| said.starts_with("p.toml:3:")).count(), 1, "{said}");
    }
}

#[test]
fn every_fault_is_told_at_once_in_the_order_of_the_file() {
    let text = "\
[device.b]
vendor = 1
plugins = { powr = \"ipmi\", boot = 2 }
timeouts = { a = }
[device.a.settings.x]
list = [{ password = \"p\" }, nan]
more = inf
";
    let error = refused(text);
    let places: Vec<_> = error.message().lines().map(|line| line.split(": ").next().unwrap()).collect();
    let all = [
        "p.toml:2:10",
        "p.toml:3:13",
        "p.toml:3:35",
        "p.toml:4:18",
        "p.toml:6:22",
        "p.toml:6:29",
        "p.toml:7:8",
    ];
    assert_eq!(places, all, "{error}");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.remedy(), Some("correct the file; no profile of it was taken"));
}

#[test]
fn an_empty_file_is_an_empty_catalog() {
    assert_eq!(DeviceProfiles::from_toml("", "empty.toml").unwrap().iter().count(), 0);
}
