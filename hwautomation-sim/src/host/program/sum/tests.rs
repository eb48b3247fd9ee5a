use super::{check, collect, reader, writer};
use crate::model::bios::{Bios, Change, Kind, Menu, Setting, Value};

const PARTIAL: &[u8] = include_bytes!("../../../../tests/data/partial.xml");

fn setting(name: &str, order: Option<u32>, kind: Kind) -> Setting {
    Setting { name: name.to_owned(), order, help: "Says <what> & why \"here\"".to_owned(), kind }
}

fn option(selected: &str, options: &[&str]) -> Kind {
    Kind::Option {
        selected: selected.to_owned(),
        default: options[0].to_owned(),
        options: options.iter().zip(0..).map(|(name, value)| (value, (*name).to_owned())).collect(),
    }
}

fn menus() -> Vec<Menu> {
    let boot = Menu {
        name: "Boot Feature".to_owned(),
        help: "Boot Feature Configuration Page".to_owned(),
        settings: vec![
            setting("Quiet Boot", None, Kind::CheckBox { checked: true, default: false }),
            setting("Wait For \"F1\" If Error", None, option("Enabled", &["Disabled", "Enabled"])),
        ],
        menus: Vec::new(),
    };
    let processor = Menu {
        name: "CPU & Cores".to_owned(),
        settings: vec![
            setting("Cores", None, Kind::Numeric { value: 4, default: 0, min: 0, max: 28, step: 2 }),
            setting(
                "Name <é>",
                None,
                Kind::Text { value: "a<b> & ü".to_owned(), default: String::new(), min: 0, max: 20 },
            ),
        ],
        ..Menu::default()
    };
    let order = Menu {
        name: "Boot".to_owned(),
        settings: vec![
            setting("Boot Option #1", None, option("Network", &["Hard Disk", "Network"])),
            setting("Boot Option #1", Some(4), option("Shell", &["Shell", "Disabled"])),
        ],
        ..Menu::default()
    };
    let advanced = Menu { name: "Advanced".to_owned(), menus: vec![boot, processor], ..Menu::default() };
    vec![advanced, order]
}

fn all(menus: &[Menu]) -> Vec<Change> {
    let mut changes = Vec::new();
    menus.iter().for_each(|menu| collect(menu, &mut Vec::new(), &mut changes));
    changes
}

#[test]
fn what_is_written_is_read_again() {
    assert_eq!(reader::changes(&writer::document(&menus())).unwrap(), all(&menus()));
}

#[test]
fn the_file_is_what_its_first_line_declares() {
    let document = writer::document(&menus());
    assert!(document.starts_with(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\""));
    assert!(document.windows(3).any(|bytes| bytes == b"<\xE9>" || bytes == b";\xE9&"), "é is one byte");
    assert!(String::from_utf8(document).is_err());
}

#[test]
fn a_part_written_by_hand_is_read() {
    let changes = reader::changes(PARTIAL).unwrap();
    let said: Vec<(String, Value)> =
        changes.iter().map(|change| (check::place(change), change.value.clone())).collect();
    assert_eq!(
        said,
        [
            ("Advanced|Boot Feature|Quiet Boot".to_owned(), Value::CheckBox(false)),
            (
                "Advanced|Boot Feature|Wait For \"F1\" If Error".to_owned(),
                Value::Option("Disabled".to_owned())
            ),
            ("Advanced|CPU & Cores|Cores".to_owned(), Value::Numeric(6)),
            ("Advanced|CPU & Cores|Name <é>".to_owned(), Value::Text("déjà <vu>".to_owned())),
            ("Boot|Boot Option #1 (order 4)".to_owned(), Value::Option("Disabled".to_owned())),
        ]
    );
    let bios = Bios { menus: menus(), pending: Vec::new() };
    assert!(changes.iter().all(|change| {
        bios.setting(change).is_some_and(|setting| check::refusal(setting, change).is_none())
    }));
}

#[test]
fn one_name_in_two_places_is_two_settings() {
    let menus = menus();
    let bios = Bios { menus: menus.clone(), pending: Vec::new() };
    let values: Vec<Value> = all(&menus)
        .iter()
        .filter(|change| change.name == "Boot Option #1")
        .map(|change| bios.setting(change).unwrap().value())
        .collect();
    assert_eq!(values, [Value::Option("Network".to_owned()), Value::Option("Shell".to_owned())]);
}

#[test]
fn a_value_that_the_setting_cannot_take_is_refused() {
    let cores = &menus()[0].menus[1].settings[0];
    let to = |value| Change { menus: Vec::new(), name: "Cores".to_owned(), order: None, value };
    assert_eq!(check::refusal(cores, &to(Value::Numeric(28))), None);
    assert!(check::refusal(cores, &to(Value::Numeric(3))).unwrap().contains("steps of 2"));
    assert!(check::refusal(cores, &to(Value::Numeric(30))).is_some());
    assert!(check::refusal(cores, &to(Value::CheckBox(true))).is_some());
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let end = PARTIAL.iter().rposition(|byte| *byte == b'>').unwrap();
    for length in 0..end {
        assert!(reader::changes(&PARTIAL[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn random_bytes_and_flipped_ones_never_panic() {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..2000 {
        let mut bytes = PARTIAL.to_vec();
        for _ in 0..random() % 8 {
            let at = random() as usize % bytes.len();
            bytes[at] = random() as u8;
        }
        let _ = reader::changes(&bytes);
        let noise: Vec<u8> = (0..random() % 200).map(|_| random() as u8).collect();
        assert!(reader::changes(&noise).is_err());
    }
}

#[test]
fn odd_documents_are_refused() {
    let deep = format!("<BiosCfg>{}", "<Menu name=\"a\">".repeat(100_000));
    for text in [
        "<Other/>",
        "<BiosCfg/><BiosCfg/>",
        "<BiosCfg><Setting name=\"a\" type=\"CheckBox\" checkedStatus=\"Checked\"/></BiosCfg>",
        "<BiosCfg><Menu><Setting/></Menu></BiosCfg>",
        "<BiosCfg><Menu name=\"a\"><Setting name=\"b\" type=\"Odd\"/></Menu></BiosCfg>",
        "<BiosCfg><Menu name=\"a\"><Setting name=\"b\" type=\"CheckBox\" checkedStatus=\"Maybe\"/></Menu></BiosCfg>",
        "<BiosCfg><Menu name=\"&nope;\"/></BiosCfg>",
        "Supermicro Update Manager\n<BiosCfg/>",
        &deep,
    ] {
        assert!(reader::changes(text.as_bytes()).is_err(), "{}", text.get(..60).unwrap_or(text));
    }
    assert_eq!(reader::changes(b"<BiosCfg/>"), Ok(Vec::new()));
}
