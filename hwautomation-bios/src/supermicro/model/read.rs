//! From the file to its settings.

use super::range::Range;
use super::{BiosCfg, Value, decode, key};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// How deep menus and elements may be nested: SUM's are 8 deep at most.
const DEPTH_MAX: usize = 64;
/// How many settings a file may have: an X11 board has 600.
const SETTINGS_MAX: usize = 20_000;

/// Says why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("there is no <BiosCfg> in it")]
    NoDocument,
    #[error("it ends before </BiosCfg>")]
    CutOff,
    #[error("it says to be UTF-8 and is not")]
    NotUtf8,
    #[error("its encoding {0:?} is not known")]
    Encoding(String),
    #[error("it is no XML: {0}")]
    Xml(#[source] quick_xml::Error),
    #[error("it is nested more than {DEPTH_MAX} deep")]
    TooDeep,
    #[error("it has more than {SETTINGS_MAX} settings")]
    TooMany,
}

/// A setting as it stands in the file, before it has a key.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) menus: Vec<String>,
    pub(super) name: String,
    pub(super) order: Option<String>,
    kind: String,
    /// The attribute that holds the value of its type.
    shown: Option<String>,
    offered: Vec<String>,
    text: Option<String>,
    range: Range,
}

impl BiosCfg {
    /// Reads what SUM prints or writes. What stands before the document or after it is left out.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let (encoding, text) = decode::document(bytes)?;
        let mut reader = Reader::from_str(&text);
        reader.config_mut().expand_empty_elements = true;
        let mut walk = Walk::default();
        loop {
            let event = reader.read_event().map_err(Unreadable::Xml)?;
            if walk.step(event)? {
                return Ok(Self { encoding, entries: key::name_all(walk.found) });
            }
        }
    }
}

/// Goes through a document.
#[derive(Debug, Default)]
struct Walk {
    /// The names of the open elements.
    open: Vec<String>,
    menus: Vec<String>,
    setting: Option<Found>,
    /// The text of the innermost open element.
    text: String,
    found: Vec<Found>,
}

impl Walk {
    /// Takes the next event; tells whether the document is at its end.
    fn step(&mut self, event: Event<'_>) -> Result<bool, Unreadable> {
        match event {
            Event::Start(start) => self.start(&start)?,
            Event::End(_) => return self.end(),
            Event::Text(text) => self.text.push_str(&text.xml10_content()),
            Event::CData(text) => self.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                self.text.push_str(&resolve(&reference).map_err(Unreadable::Xml)?);
            }
            Event::Eof => return Err(Unreadable::CutOff),
            _ => {}
        }
        Ok(false)
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Unreadable> {
        if self.open.len() >= DEPTH_MAX {
            return Err(Unreadable::TooDeep);
        }
        let name = start.local_name().as_ref().to_owned();
        match name.as_str() {
            "Menu" => self.menus.push(attribute(start, "name")?.unwrap_or_default()),
            "Setting" => self.setting = Some(self.setting(start)?),
            _ => {}
        }
        self.open.push(name);
        self.text.clear();
        Ok(())
    }

    fn setting(&self, start: &BytesStart<'_>) -> Result<Found, Unreadable> {
        let kind = attribute(start, "type")?.unwrap_or_default();
        let shown = match kind.as_str() {
            "CheckBox" => attribute(start, "checkedStatus")?,
            "Option" => attribute(start, "selectedOption")?,
            "Numeric" => attribute(start, "numericValue")?,
            _ => None,
        };
        let name = attribute(start, "name")?.unwrap_or_default();
        let order = attribute(start, "order")?;
        Ok(Found { menus: self.menus.clone(), name, order, kind, shown, ..Found::default() })
    }

    fn end(&mut self) -> Result<bool, Unreadable> {
        let name = self.open.pop().unwrap_or_default();
        let text = std::mem::take(&mut self.text);
        match name.as_str() {
            "Menu" => drop(self.menus.pop()),
            "Setting" => self.found.extend(self.setting.take()),
            _ => {
                if let Some(setting) = &mut self.setting {
                    setting.tell(&name, text);
                }
            }
        }
        if self.found.len() > SETTINGS_MAX { Err(Unreadable::TooMany) } else { Ok(self.open.is_empty()) }
    }
}

impl Found {
    /// Takes in an element inside the setting.
    fn tell(&mut self, element: &str, text: String) {
        match element {
            "Option" => self.offered.push(text),
            "StringValue" => self.text = Some(text),
            "MinValue" | "MinSize" => self.range.min = text.trim().parse().ok(),
            "StepSize" => self.range.step = text.trim().parse().ok(),
            "MaxValue" | "MaxSize" => self.range.max = text.trim().parse().ok(),
            _ => {}
        }
    }

    /// Makes the value of its type, or says that it is none that we know.
    pub(super) fn value(&self) -> Value {
        let range = self.range;
        let known = match (self.kind.as_str(), self.shown.as_deref()) {
            ("CheckBox", Some("Checked")) => Some(Value::CheckBox { checked: true }),
            ("CheckBox", Some("Unchecked")) => Some(Value::CheckBox { checked: false }),
            ("Option", Some(selected)) => {
                Some(Value::Option { selected: selected.to_owned(), offered: self.offered.clone() })
            }
            ("Numeric", Some(number)) => number.parse().ok().map(|number| Value::Numeric { number, range }),
            ("String", _) => self.text.clone().map(|text| Value::String { text, length: range }),
            _ => None,
        };
        known.unwrap_or_else(|| Value::Other { kind: self.kind.clone() })
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, Unreadable> {
    let found = start.try_get_attribute(name).map_err(|cause| Unreadable::Xml(cause.into()))?;
    let value =
        found.map(|found| found.normalized_value(XmlVersion::Implicit1_0).map(|value| value.into_owned()));
    value.transpose().map_err(Unreadable::Xml)
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, quick_xml::Error> {
    if let Some(character) = reference.resolve_char_ref()? {
        return Ok(character.to_string());
    }
    let name = reference.xml10_content();
    // An entity that nobody defined stays as it stands.
    Ok(resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned))
}
