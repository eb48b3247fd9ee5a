//! The model against a file of the documented form, broken files, and itself.

use super::*;
use hwautomation_core::bios::{Change, Changes};

const X11: &[u8] = include_bytes!("../../../tests/data/x11.xml");

fn x11() -> BiosCfg {
    BiosCfg::read(X11).unwrap()
}

fn name(text: &str) -> SettingName {
    SettingName::new(text).unwrap()
}

fn change(setting: &str, to: impl Into<SettingValue>) -> Change {
    Change { name: name(setting), from: None, to: to.into() }
}

/// Draws numbers, the same in each run (Knuth, MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn every_setting_is_read_under_a_name_of_its_own() {
    let read: Vec<_> = x11().settings().into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    let expected: [(&str, SettingValue); 10] = [
        ("Advanced|CPU & Memory|Slot 1|Option ROM", "EFI <new>".into()),
        ("Advanced|CPU & Memory|Slot 2|Option ROM", "Disabled".into()),
        ("Asset Tag", "rack 7 & up".into()),
        ("Boot|Boot Option #1 (order 1)", "Hard Disk".into()),
        ("Boot|Boot Option #1 (order 2)", "UEFI Network".into()),
        ("Boot|Disk Priorities|Boot Option #1", "P0".into()),
        ("Cores Enabled", 0.into()),
        ("Intel\u{ae} VT for Directed I/O (VT-d)", "Enable".into()),
        ("Quiet Boot", true.into()),
        ("Wait For \"F1\" If Error", "Enabled".into()),
    ];
    assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn a_partial_file_holds_the_changes_in_their_menus_and_nothing_else() {
    let changes: Changes = [
        change("Boot|Boot Option #1 (order 2)", "UEFI Hard Disk"),
        change("Quiet Boot", false),
        change("Intel\u{ae} VT for Directed I/O (VT-d)", "Disable"),
        change("Asset Tag", "a<b & \"c\""),
        change("Cores Enabled", "12"),
    ]
    .into_iter()
    .collect();
    let cfg = x11();
    let written = partial(cfg.encoding, &cfg.changed(&changes).unwrap());
    let expected = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" standalone=\"yes\"?>
<BiosCfg>
  <Menu name=\"Advanced\">
    <Menu name=\"Boot Feature\">
      <Setting name=\"Quiet Boot\" checkedStatus=\"Unchecked\" type=\"CheckBox\"/>
    </Menu>
    <Menu name=\"CPU &amp; Memory\">
      <Setting name=\"Intel\u{ae} VT for Directed I/O (VT-d)\" selectedOption=\"Disable\" type=\"Option\"/>
      <Setting name=\"Cores Enabled\" numericValue=\"12\" type=\"Numeric\"/>
    </Menu>
  </Menu>
  <Menu name=\"Security\">
    <Setting name=\"Asset Tag\" type=\"String\"><StringValue>a&lt;b &amp; &quot;c&quot;</StringValue></Setting>
  </Menu>
  <Menu name=\"Boot\">
    <Setting name=\"Boot Option #1\" order=\"2\" selectedOption=\"UEFI Hard Disk\" type=\"Option\"/>
  </Menu>
</BiosCfg>
";
    let latin1: Vec<u8> = expected.chars().map(|c| u8::try_from(c).unwrap()).collect();
    assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&latin1));
}

#[test]
fn a_change_that_the_bios_does_not_take_is_named_with_what_would_be_right() {
    let refused = |change: Change| {
        let (setting, changes) = (change.name.clone(), [change].into_iter().collect::<Changes>());
        let refusals = x11().changed(&changes).unwrap_err();
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].setting, setting);
        refusals[0].why.clone()
    };
    for (change, advice) in [
        (change("Quiet Bot", true), "no such setting"),
        (change("quiet boot", true), "no such setting"),
        (change("Option ROM", "Disabled"), "\"Advanced|CPU & Memory|Slot 1|Option ROM\" or"),
        (change("Quiet Boot", "Checked"), "true or false"),
        (change("Cores Enabled", 29), "from 0 to 28"),
        (change("Cores Enabled", "05"), "whole number"),
        (change("Cores Enabled", true), "whole number"),
        (change("Wait For \"F1\" If Error", "enabled"), "[\"Disabled\", \"Enabled\"]"),
        (change("Asset Tag", "more than sixteen"), "from 0 to 16"),
        (change("Asset Tag", "\u{6f22}"), "ISO-8859-1"),
        (change("Asset Tag", "a\nb"), "visible"),
        (change("Administrator Password", "x"), "cannot be written"),
    ] {
        let why = refused(change.clone());
        assert!(why.contains(advice), "{change}: {why}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_twice_is_wrong() {
    let changes = [
        change("Quiet Boot", true),
        change("Nope", 1),
        change("Quiet Boot", false),
        change("Cores Enabled", -1),
    ];
    let refusals = x11().changed(&changes.into_iter().collect()).unwrap_err();
    let named: Vec<_> = refusals.iter().map(|refusal| refusal.setting.as_str()).collect();
    assert_eq!(named, ["Nope", "Quiet Boot", "Cores Enabled"]);
}

/// Draws a value that the setting takes.
fn some_value(value: &Value, dice: &mut Dice) -> Option<SettingValue> {
    Some(match value {
        Value::CheckBox { .. } => (dice.below(2) == 0).into(),
        Value::Option { offered, .. } => offered[dice.below(offered.len())].clone().into(),
        Value::Numeric { .. } => i64::try_from(dice.below(29)).unwrap().into(),
        Value::String { .. } => "<&>\"'x y\u{ff}".chars().take(dice.below(10)).collect::<String>().into(),
        Value::Other { .. } => return None,
    })
}

#[test]
fn what_is_written_reads_back_as_it_was_meant() {
    let cfg = x11();
    let mut dice = Dice(7);
    for _ in 0..500 {
        let drawn: Vec<_> = cfg.entries.iter().filter(|_| dice.below(3) > 0).collect();
        let changes: Changes = drawn
            .iter()
            .filter_map(|entry| {
                Some(Change { name: entry.key.clone(), from: None, to: some_value(&entry.value, &mut dice)? })
            })
            .collect();
        let entries = cfg.changed(&changes).unwrap();
        let read = BiosCfg::read(&partial(cfg.encoding, &entries)).unwrap();
        let place = |entry: &Entry| (entry.menus.clone(), entry.name.clone(), entry.order.clone());
        let value = |entry: &Entry| entry.value.setting();
        assert_eq!(
            read.entries.iter().map(place).collect::<Vec<_>>(),
            entries.iter().map(place).collect::<Vec<_>>()
        );
        assert_eq!(
            read.entries.iter().map(value).collect::<Vec<_>>(),
            entries.iter().map(value).collect::<Vec<_>>()
        );
        let wanted = changes.apply_to(&cfg.settings());
        let after: Settings = cfg
            .entries
            .iter()
            .map(|entry| entries.iter().find(|new| new.key == entry.key).unwrap_or(entry))
            .filter_map(|entry| Some((entry.key.clone(), entry.value.setting()?)))
            .collect();
        assert_eq!(after, wanted);
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_an_error() {
    let end = X11.windows(10).position(|window| window == b"</BiosCfg>").unwrap() + 10;
    for length in 0..end {
        assert!(BiosCfg::read(&X11[..length]).is_err(), "cut at {length}");
    }
    for length in end..X11.len() {
        assert_eq!(BiosCfg::read(&X11[..length]).unwrap(), x11());
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let mut dice = Dice(1);
    for _ in 0..3000 {
        let mut bytes = X11.to_vec();
        for _ in 0..=dice.below(8) {
            let at = dice.below(bytes.len());
            match dice.below(3) {
                0 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"<>&\"'/!?]\0"[dice.below(10)]),
            }
        }
        if let Ok(cfg) = BiosCfg::read(&bytes) {
            // Whatever was read can be written and read again.
            BiosCfg::read(&partial(cfg.encoding, &cfg.entries)).unwrap();
        }
    }
    for length in 0..300 {
        let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
        assert!(BiosCfg::read(&[b"<BiosCfg>", bytes.as_slice()].concat()).is_err());
    }
}

#[test]
fn a_bomb_of_menus_or_settings_is_refused() {
    let deep = format!("<BiosCfg>{}", "<Menu name=\"m\">".repeat(100_000));
    assert!(matches!(BiosCfg::read(deep.as_bytes()), Err(Unreadable::TooDeep)));
    let many = format!("<BiosCfg>{}", "<Setting/>".repeat(100_000));
    assert!(matches!(BiosCfg::read(many.as_bytes()), Err(Unreadable::TooMany)));
}

#[test]
fn the_declared_encoding_counts() {
    let file = |declared: &str, name: &[u8]| {
        let head = format!("<?xml version='1.0'{declared}?><BiosCfg><Setting name=\"");
        let tail = b"\" checkedStatus=\"Checked\" type=\"CheckBox\"/></BiosCfg>".as_slice();
        BiosCfg::read(&[head.as_bytes(), name, tail].concat())
    };
    let named = |cfg: BiosCfg| cfg.entries[0].key.to_string();
    assert_eq!(named(file(" encoding='ISO-8859-1'", b"\xe9").unwrap()), "\u{e9}");
    assert_eq!(named(file(" encoding='utf-8'", "\u{e9}".as_bytes()).unwrap()), "\u{e9}");
    assert_eq!(named(file("", "\u{e9}".as_bytes()).unwrap()), "\u{e9}");
    assert!(matches!(file("", b"\xe9"), Err(Unreadable::NotUtf8)));
    assert!(matches!(file(" encoding='EBCDIC'", b"x"), Err(Unreadable::Encoding(_))));
}

#[test]
fn a_name_that_nothing_tells_apart_is_counted_and_one_too_long_is_left_out() {
    let setting =
        |name: &str| format!("<Setting name=\"{name}\" checkedStatus=\"Checked\" type=\"CheckBox\"/>");
    let text = ["<BiosCfg>", &setting("a").repeat(3), &setting(&"x".repeat(300)), &setting(""), "</BiosCfg>"]
        .concat();
    let cfg = BiosCfg::read(text.as_bytes()).unwrap();
    let keys: Vec<_> = cfg.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["a (order 1)", "a (order 1) (2)", "a (order 1) (3)"]);
}
