//! Firmware settings: menus as Supermicro's tool shows them, in force and pending.

use serde::{Deserialize, Serialize};

/// Is the firmware's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bios {
    /// The settings that are in force.
    pub menus: Vec<Menu>,
    /// What comes into force at the next reset, in the order in which it was staged.
    pub pending: Vec<Change>,
}

/// Is one page of settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// The title.
    pub name: String,
    /// What it is about.
    pub help: String,
    /// Its settings.
    pub settings: Vec<Setting>,
    /// The pages below it.
    pub menus: Vec<Menu>,
}

/// Is one setting. Name and `order` together are unique in a page; the name alone is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The name.
    pub name: String,
    /// Tells settings of the same name in one page apart.
    pub order: Option<u32>,
    /// What it is for.
    pub help: String,
    /// Its type, with its value, its default and what it may be.
    pub kind: Kind,
}

/// Is a setting's type with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "value, default and limits say it")]
pub enum Kind {
    /// One of several texts; each has the number that the firmware stores.
    Option { selected: String, default: String, options: Vec<(u32, String)> },
    /// Yes or no.
    CheckBox { checked: bool, default: bool },
    /// A number.
    Numeric { value: i64, default: i64, min: i64, max: i64, step: i64 },
    /// A text; the limits are characters.
    Text { value: String, default: String, min: usize, max: usize },
}

/// Is the value of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// One of several texts.
    Option(String),
    /// Yes or no.
    CheckBox(bool),
    /// A number.
    Numeric(i64),
    /// A text.
    Text(String),
}

/// Is one setting that is to be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The pages that lead to the setting, the outermost first.
    pub menus: Vec<String>,
    /// The name of the setting.
    pub name: String,
    /// Which of the settings of that name.
    pub order: Option<u32>,
    /// The new value.
    pub value: Value,
}

impl Bios {
    /// Returns the value in force of the first setting with a path: page names and the setting's name, separated by `|`.
    pub fn value(&self, path: &str) -> Option<Value> {
        let mut names: Vec<&str> = path.split('|').collect();
        let name = names.pop()?;
        let page = page(&self.menus, &names)?;
        page.settings.iter().find(|setting| setting.name == name).map(Setting::value)
    }

    /// Stages changes; the later of two for one setting counts.
    pub fn stage(&mut self, changes: &[Change]) {
        for change in changes {
            self.pending.retain(|pending| !pending.is_for_the_same_as(change));
            self.pending.push(change.clone());
        }
    }

    /// Returns the settings with their defaults.
    pub fn defaults(&self) -> Vec<Menu> {
        let mut menus = self.menus.clone();
        each(&mut menus, &mut |setting| setting.set(setting.default()));
        menus
    }

    /// Lends the setting that a change is about.
    pub fn setting(&self, change: &Change) -> Option<&Setting> {
        let names: Vec<&str> = change.menus.iter().map(String::as_str).collect();
        page(&self.menus, &names)?.settings.iter().find(|setting| change.names(setting))
    }

    /// Lets what is pending come into force, as a reset does. What the setting cannot take is dropped.
    pub(crate) fn come_into_force(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            let found = page_mut(&mut self.menus, &change.menus)
                .and_then(|page| page.settings.iter_mut().find(|setting| change.names(setting)));
            if let Some(setting) = found {
                setting.set(change.value);
            }
        }
    }
}

impl Setting {
    /// Returns the value.
    pub fn value(&self) -> Value {
        match &self.kind {
            Kind::Option { selected, .. } => Value::Option(selected.clone()),
            Kind::CheckBox { checked, .. } => Value::CheckBox(*checked),
            Kind::Numeric { value, .. } => Value::Numeric(*value),
            Kind::Text { value, .. } => Value::Text(value.clone()),
        }
    }

    /// Returns the default.
    pub fn default(&self) -> Value {
        match &self.kind {
            Kind::Option { default, .. } => Value::Option(default.clone()),
            Kind::CheckBox { default, .. } => Value::CheckBox(*default),
            Kind::Numeric { default, .. } => Value::Numeric(*default),
            Kind::Text { default, .. } => Value::Text(default.clone()),
        }
    }

    /// Says whether the setting can take a value.
    pub fn takes(&self, wanted: &Value) -> bool {
        match (&self.kind, wanted) {
            (Kind::Option { options, .. }, Value::Option(wanted)) => {
                options.iter().any(|(_, option)| option == wanted)
            }
            (Kind::CheckBox { .. }, Value::CheckBox(_)) => true,
            (Kind::Numeric { min, max, step, .. }, Value::Numeric(wanted)) => {
                (min..=max).contains(&wanted) && (*step <= 1 || (wanted - min) % step == 0)
            }
            (Kind::Text { min, max, .. }, Value::Text(wanted)) => {
                (*min..=*max).contains(&wanted.chars().count())
            }
            _ => false,
        }
    }

    /// Sets a value that the setting can take; any other leaves it as it is.
    pub fn set(&mut self, wanted: Value) {
        if !self.takes(&wanted) {
            return;
        }
        match (&mut self.kind, wanted) {
            (Kind::Option { selected, .. }, Value::Option(wanted)) => *selected = wanted,
            (Kind::CheckBox { checked, .. }, Value::CheckBox(wanted)) => *checked = wanted,
            (Kind::Numeric { value, .. }, Value::Numeric(wanted)) => *value = wanted,
            (Kind::Text { value, .. }, Value::Text(wanted)) => *value = wanted,
            _ => {}
        }
    }
}

impl Change {
    fn names(&self, setting: &Setting) -> bool {
        setting.name == self.name && setting.order == self.order
    }

    fn is_for_the_same_as(&self, other: &Self) -> bool {
        self.menus == other.menus && self.name == other.name && self.order == other.order
    }
}

fn page<'a>(menus: &'a [Menu], names: &[&str]) -> Option<&'a Menu> {
    let (first, rest) = names.split_first()?;
    let menu = menus.iter().find(|menu| menu.name == *first)?;
    if rest.is_empty() { Some(menu) } else { page(&menu.menus, rest) }
}

fn page_mut<'a>(menus: &'a mut [Menu], names: &[String]) -> Option<&'a mut Menu> {
    let (first, rest) = names.split_first()?;
    let menu = menus.iter_mut().find(|menu| menu.name == *first)?;
    if rest.is_empty() { Some(menu) } else { page_mut(&mut menu.menus, rest) }
}

fn each(menus: &mut [Menu], act: &mut impl FnMut(&mut Setting)) {
    for menu in menus {
        menu.settings.iter_mut().for_each(&mut *act);
        each(&mut menu.menus, act);
    }
}
