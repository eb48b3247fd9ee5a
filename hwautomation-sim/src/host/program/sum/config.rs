//! A BIOS's menus and settings as the vendor's tool shows them.

/// Is one menu page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Menu {
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) settings: Vec<Setting>,
    pub(crate) menus: Vec<Menu>,
}

/// Is one setting of a page. Name and `order` together are unique in a page, the name alone is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) order: Option<u32>,
    pub(crate) help: String,
    pub(crate) kind: Kind,
}

/// Is a setting's type with its value, its default and what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Option { selected: String, default: String, options: Vec<(u32, String)> },
    CheckBox { checked: bool, default: bool },
    Numeric { value: i64, default: i64, min: i64, max: i64, step: i64 },
    Text { value: String, default: String, min: usize, max: usize },
}

/// Is one setting of a file that is to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) menus: Vec<String>,
    pub(crate) name: String,
    pub(crate) order: Option<u32>,
    pub(crate) value: Value,
}

/// Is a value as the file writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Option(String),
    CheckBox(bool),
    Numeric(i64),
    Text(String),
}

impl Setting {
    /// Returns the value that is set.
    pub(crate) fn value(&self) -> Value {
        match &self.kind {
            Kind::Option { selected, .. } => Value::Option(selected.clone()),
            Kind::CheckBox { checked, .. } => Value::CheckBox(*checked),
            Kind::Numeric { value, .. } => Value::Numeric(*value),
            Kind::Text { value, .. } => Value::Text(value.clone()),
        }
    }

    /// Says why the setting cannot take a value.
    pub(super) fn refusal(&self, value: &Value) -> Option<String> {
        match (&self.kind, value) {
            (Kind::Option { options, .. }, Value::Option(wanted)) => {
                let known = options.iter().any(|(_, option)| option == wanted);
                (!known).then(|| format!("option \"{wanted}\" is not available"))
            }
            (Kind::CheckBox { .. }, Value::CheckBox(_)) => None,
            (Kind::Numeric { min, max, step, .. }, Value::Numeric(wanted)) => {
                let fits = (min..=max).contains(&wanted) && (*step <= 1 || (wanted - min) % step == 0);
                (!fits).then(|| format!("value {wanted} is not in {min}..{max} by steps of {step}"))
            }
            (Kind::Text { min, max, .. }, Value::Text(wanted)) => {
                let fits = (*min..=*max).contains(&wanted.chars().count());
                (!fits).then(|| format!("the text must have {min} to {max} characters"))
            }
            _ => Some("the setting is of another type".to_owned()),
        }
    }
}

impl Change {
    /// Writes where a change belongs, for messages.
    pub(super) fn place(&self) -> String {
        let order = self.order.map(|order| format!(" (order {order})")).unwrap_or_default();
        format!("{}|{}{order}", self.menus.join("|"), self.name)
    }

    /// Finds the setting that a change is about.
    pub(super) fn setting<'a>(&self, menus: &'a [Menu]) -> Option<&'a Setting> {
        let (first, rest) = self.menus.split_first()?;
        let mut menu = menus.iter().find(|menu| menu.name == *first)?;
        for name in rest {
            menu = menu.menus.iter().find(|menu| menu.name == *name)?;
        }
        let same = |setting: &&Setting| setting.name == self.name && setting.order == self.order;
        menu.settings.iter().find(same)
    }
}
