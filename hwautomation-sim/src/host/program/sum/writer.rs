//! Writes a configuration file as the tool does: XML that is declared ISO-8859-1, and is.

use std::fmt::Write as _;

use crate::model::bios::{Kind, Menu, Setting};

/// Writes the whole document.
pub(super) fn document(menus: &[Menu]) -> Vec<u8> {
    let mut text =
        String::from("<?xml version=\"1.0\" encoding=\"ISO-8859-1\" standalone=\"yes\"?>\n<BiosCfg>\n");
    text.push_str("  <!--Supermicro Update Manager 2.5.0 (2020/07/22)-->\n");
    for menu in menus {
        write_menu(&mut text, menu, 1);
    }
    text.push_str("</BiosCfg>\n");
    latin(&text)
}

/// Turns text into ISO-8859-1; what that cannot say becomes a question mark.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|sign| u8::try_from(u32::from(sign)).unwrap_or(b'?')).collect()
}

fn line(text: &mut String, depth: usize, what: &str) {
    let _ = writeln!(text, "{:1$}{what}", "", depth * 2);
}

fn write_menu(text: &mut String, menu: &Menu, depth: usize) {
    line(text, depth, &format!("<Menu name=\"{}\">", attribute(&menu.name)));
    match menu.help.is_empty() {
        true => line(text, depth + 1, "<Information />"),
        false => {
            line(text, depth + 1, "<Information>");
            help(text, &menu.help, depth + 2);
            line(text, depth + 1, "</Information>");
        }
    }
    line(text, depth + 1, "<Subtitle></Subtitle>");
    for setting in &menu.settings {
        write_setting(text, setting, depth + 1);
    }
    for menu in &menu.menus {
        write_menu(text, menu, depth + 1);
    }
    line(text, depth, "</Menu>");
}

fn help(text: &mut String, help: &str, depth: usize) {
    // The end of a CDATA section cannot stand in one.
    line(text, depth, &format!("<Help><![CDATA[{}]]></Help>", help.replace("]]>", "]] >")));
}

fn write_setting(text: &mut String, setting: &Setting, depth: usize) {
    let order = setting.order.map(|order| format!(" order=\"{order}\"")).unwrap_or_default();
    let name = attribute(&setting.name);
    let (value, name_of_type) = head(&setting.kind);
    line(text, depth, &format!("<Setting name=\"{name}\"{order}{value} type=\"{name_of_type}\">"));
    if matches!(setting.kind, Kind::CheckBox { .. }) {
        line(text, depth + 1, "<!--Checked/Unchecked-->");
    }
    line(text, depth + 1, "<Information>");
    for information in information(&setting.kind) {
        line(text, depth + 2, &information);
    }
    help(text, &setting.help, depth + 2);
    line(text, depth + 1, "</Information>");
    if let Kind::Text { value, .. } = &setting.kind {
        line(
            text,
            depth + 1,
            &format!("<StringValue><![CDATA[{}]]></StringValue>", value.replace("]]>", "]] >")),
        );
    }
    line(text, depth, "</Setting>");
}

fn head(kind: &Kind) -> (String, &'static str) {
    match kind {
        Kind::Option { selected, .. } => (format!(" selectedOption=\"{}\"", attribute(selected)), "Option"),
        Kind::CheckBox { checked, .. } => (format!(" checkedStatus=\"{}\"", status(*checked)), "CheckBox"),
        Kind::Numeric { value, .. } => (format!(" numericValue=\"{value}\""), "Numeric"),
        Kind::Text { .. } => (String::new(), "String"),
    }
}

fn information(kind: &Kind) -> Vec<String> {
    match kind {
        Kind::Option { default, options, .. } => {
            let mut lines = vec!["<AvailableOptions>".to_owned()];
            for (value, name) in options {
                lines.push(format!("  <Option value=\"{value}\">{}</Option>", content(name)));
            }
            lines.push("</AvailableOptions>".to_owned());
            lines.push(format!("<DefaultOption>{}</DefaultOption>", content(default)));
            lines
        }
        Kind::CheckBox { default, .. } => {
            vec![format!("<DefaultStatus>{}</DefaultStatus>", status(*default))]
        }
        Kind::Numeric { default, min, max, step, .. } => vec![
            format!("<MaxValue>{max}</MaxValue>"),
            format!("<MinValue>{min}</MinValue>"),
            format!("<StepSize>{step}</StepSize>"),
            format!("<DefaultValue>{default}</DefaultValue>"),
        ],
        Kind::Text { default, min, max, .. } => vec![
            format!("<MinSize>{min}</MinSize>"),
            format!("<MaxSize>{max}</MaxSize>"),
            format!("<DefaultString><![CDATA[{}]]></DefaultString>", default.replace("]]>", "]] >")),
            "<AllowingMultipleLine>False</AllowingMultipleLine>".to_owned(),
        ],
    }
}

fn status(checked: bool) -> &'static str {
    match checked {
        true => "Checked",
        false => "Unchecked",
    }
}

fn content(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;")
}
