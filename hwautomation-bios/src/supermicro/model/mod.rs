//! SUM's BIOS configuration file, and core's settings. Pure.
//!
//! The file is XML with menus in menus; a `Setting` has its value in an attribute that depends on its type. It was
//! looked up in output of SUM 2.5.0 on an X11DPH-T; `tests/data/README.md` says what else is known.
//!
//! # Names
//!
//! A setting's key is its plain name where no other setting of the file has it (`Quiet Boot`). Where several have it,
//! the key is the menus and the name, joined by `|` (`Boot|Hard Disk Drive BBS Priorities|Boot Option #1`), as SUM
//! itself wrote menus in the older text files. Where even that is not unique, the file tells the settings apart by
//! `order`, and so does the key (`Boot|Boot Option #1 (order 2)`); the first has none, which is order 1.
//!
//! # Values
//!
//! | type | value |
//! |---|---|
//! | `CheckBox` | a boolean: `Checked` is true |
//! | `Option` | the text of the option, one of those offered |
//! | `Numeric` | a whole number, from `MinValue` to `MaxValue` by `StepSize` |
//! | `String` | a text |
//!
//! A type that is not listed, such as a password, is neither read nor written.

mod check;
mod decode;
mod key;
mod range;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(super) use check::Refusal;
pub(super) use decode::Encoding;
use range::Range;
pub(super) use read::Unreadable;
pub(super) use write::partial;

use hwautomation_core::bios::{SettingName, SettingValue, Settings};

/// Holds a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BiosCfg {
    pub(super) encoding: Encoding,
    /// In the order of the file.
    pub(super) entries: Vec<Entry>,
}

/// Is one setting of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// What core calls it.
    pub(super) key: SettingName,
    /// The menus that it is in, outermost first.
    pub(super) menus: Vec<String>,
    pub(super) name: String,
    pub(super) order: Option<String>,
    pub(super) value: Value,
}

/// Is a value with what it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    CheckBox {
        checked: bool,
    },
    Option {
        selected: String,
        offered: Vec<String>,
    },
    Numeric {
        number: i64,
        range: Range,
    },
    String {
        text: String,
        length: Range,
    },
    /// A type or a value that this program does not know.
    Other {
        kind: String,
    },
}

impl Value {
    /// Returns the value as core says it, if it can be read.
    pub(super) fn setting(&self) -> Option<SettingValue> {
        Some(match self {
            Self::CheckBox { checked } => (*checked).into(),
            Self::Option { selected, .. } => selected.clone().into(),
            Self::Numeric { number, .. } => (*number).into(),
            Self::String { text, .. } => text.clone().into(),
            Self::Other { .. } => return None,
        })
    }
}

impl BiosCfg {
    /// Returns every setting that can be read.
    pub(super) fn settings(&self) -> Settings {
        self.entries.iter().filter_map(|entry| Some((entry.key.clone(), entry.value.setting()?))).collect()
    }
}
