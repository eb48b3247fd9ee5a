//! Reads a configuration file that is to be applied. A part of the settings is enough; what the tool wrote for people is passed over.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::model::bios::{Change, Value};

/// How deep a document may nest: the deepest menu seen on a real board is the sixth.
const DEPTH_MAX: usize = 64;
/// How large a file may be: that of a real board is 240 KiB.
const FILE_MAX: usize = 8 * 1024 * 1024;

type Result<T> = std::result::Result<T, String>;

/// Reads the settings of a file in their order.
///
/// # Errors
/// What is wrong with the file, in a sentence.
pub(super) fn changes(bytes: &[u8]) -> Result<Vec<Change>> {
    let text = decoded(bytes)?;
    let mut reader = Reader::from_str(&text);
    let mut document = Document::default();
    loop {
        let event = reader.read_event().map_err(|error| format!("the file is not well-formed: {error}"))?;
        let empty = matches!(event, Event::Empty(_));
        match event {
            Event::Start(element) | Event::Empty(element) => document.open(&element, empty)?,
            Event::End(_) => document.close()?,
            Event::Text(text) => document.text(&text.xml10_content()),
            Event::CData(text) => document.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let text = resolved(&format!("&{};", &*reference))?;
                document.text(&text);
            }
            Event::Eof => return document.end(),
            _ => {}
        }
    }
}

/// Decodes a file by what its first line declares.
fn decoded(bytes: &[u8]) -> Result<String> {
    if bytes.len() > FILE_MAX {
        return Err("the file is too large".to_owned());
    }
    let start: String = bytes.iter().take(128).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    if !start.trim_start_matches("ï»¿").trim_start().starts_with('<') {
        return Err("the file does not begin as XML".to_owned());
    }
    let declared = start.split_once("encoding=").map(|(_, rest)| rest.trim_start_matches(['"', '\'']));
    if declared.is_some_and(|name| name.starts_with("iso-8859-1")) {
        return Ok(bytes.iter().copied().map(char::from).collect());
    }
    String::from_utf8(bytes.to_vec())
        .map_err(|_| "the file is not in the encoding that it declares".to_owned())
}

fn resolved(text: &str) -> Result<String> {
    quick_xml::escape::unescape(text)
        .map(std::borrow::Cow::into_owned)
        .map_err(|error| format!("the file is not well-formed: {error}"))
}

#[derive(Default)]
struct Document {
    /// Names of the elements that are open.
    open: Vec<String>,
    menus: Vec<String>,
    setting: Option<Draft>,
    rooted: bool,
    changes: Vec<Change>,
}

struct Draft {
    name: String,
    order: Option<u32>,
    kind: String,
    value: Option<String>,
    /// The text of `StringValue`, when that element is there.
    text: Option<String>,
}

impl Document {
    fn open(&mut self, element: &BytesStart<'_>, empty: bool) -> Result<()> {
        let name = element.name().as_ref().to_owned();
        let name: String = AsRef::<str>::as_ref(&name).to_owned();
        self.check_place(&name)?;
        match name.as_str() {
            "Menu" => {
                let menu = attribute(element, "name")?.ok_or("a Menu has no name")?;
                self.menus.push(menu);
            }
            "Setting" => self.setting = Some(draft(element)?),
            "StringValue" => {
                if let Some(setting) = self.setting.as_mut() {
                    setting.text = Some(String::new());
                }
            }
            _ => {}
        }
        self.open.push(name);
        if empty { self.close() } else { Ok(()) }
    }

    fn check_place(&mut self, name: &str) -> Result<()> {
        if self.open.len() >= DEPTH_MAX {
            return Err("the elements nest too deep".to_owned());
        }
        let above = self.open.last().map(String::as_str);
        let fits = match (name, above) {
            ("BiosCfg", None) => !self.rooted,
            (_, None) => return Err(format!("the root element is {name}, not BiosCfg")),
            ("Menu", Some(above)) => matches!(above, "BiosCfg" | "Menu"),
            ("Setting", Some(above)) => above == "Menu",
            _ => true,
        };
        self.rooted = true;
        match fits {
            true => Ok(()),
            false => Err(format!("{name} stands where it may not")),
        }
    }

    fn close(&mut self) -> Result<()> {
        match self.open.pop().as_deref() {
            Some("Menu") => {
                self.menus.pop();
            }
            Some("Setting") => {
                if let Some(draft) = self.setting.take() {
                    self.changes.push(draft.finish(&self.menus)?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let inside = self.open.last().is_some_and(|name| name == "StringValue");
        if let Some(value) =
            self.setting.as_mut().and_then(|setting| setting.text.as_mut()).filter(|_| inside)
        {
            value.push_str(text);
        }
    }

    fn end(self) -> Result<Vec<Change>> {
        match (self.rooted, self.open.is_empty()) {
            (true, true) => Ok(self.changes),
            (false, _) => Err("the file has no BiosCfg".to_owned()),
            (true, false) => Err("the file ends too early".to_owned()),
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>> {
    let broken = |error: &dyn std::fmt::Display| format!("an attribute is broken: {error}");
    let Some(found) = element.try_get_attribute(name).map_err(|error| broken(&error))? else {
        return Ok(None);
    };
    let value = found.normalized_value(XmlVersion::Implicit1_0).map_err(|error| broken(&error))?;
    Ok(Some(value.into_owned()))
}

fn draft(element: &BytesStart<'_>) -> Result<Draft> {
    let name = attribute(element, "name")?.ok_or("a Setting has no name")?;
    let kind = attribute(element, "type")?.ok_or_else(|| format!("Setting \"{name}\" has no type"))?;
    let order = match attribute(element, "order")? {
        None => None,
        Some(text) => {
            Some(text.parse().map_err(|_| format!("Setting \"{name}\": order \"{text}\" is no number"))?)
        }
    };
    let value = match kind.as_str() {
        "Option" => attribute(element, "selectedOption")?,
        "CheckBox" => attribute(element, "checkedStatus")?,
        "Numeric" => attribute(element, "numericValue")?,
        "String" => None,
        _ => return Err(format!("Setting \"{name}\": type \"{kind}\" is not known")),
    };
    Ok(Draft { name, order, kind, value, text: None })
}

impl Draft {
    fn finish(self, menus: &[String]) -> Result<Change> {
        let name = self.name.clone();
        let given = if self.kind == "String" { self.text } else { self.value };
        let given = given.ok_or_else(|| format!("Setting \"{name}\" has no value"))?;
        let value = match (self.kind.as_str(), given.as_str()) {
            ("Option", _) => Value::Option(given),
            ("CheckBox", "Checked") => Value::CheckBox(true),
            ("CheckBox", "Unchecked") => Value::CheckBox(false),
            ("Numeric", text) => Value::Numeric(
                text.parse().map_err(|_| format!("Setting \"{name}\": \"{text}\" is no number"))?,
            ),
            ("String", _) => Value::Text(given),
            (_, text) => return Err(format!("Setting \"{name}\": \"{text}\" is no status")),
        };
        Ok(Change { menus: menus.to_vec(), name, order: self.order, value })
    }
}
