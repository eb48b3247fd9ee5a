//! A value in a file, which knows its key and its place.

use super::problems::Problems;
use crate::error::{Error, did_you_mean};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use toml::Spanned;
use toml::de::DeValue;

/// Stands at a value. Its readers return nothing when the value is wrong, and say why to [`Problems`].
pub(super) struct Node<'t> {
    pub(super) value: &'t DeValue<'t>,
    name: &'t str,
    path: String,
    key_at: usize,
    value_at: usize,
}

impl<'t> Node<'t> {
    pub(super) fn root(value: &'t DeValue<'t>) -> Self {
        Self { value, name: "", path: String::new(), key_at: 0, value_at: 0 }
    }

    pub(super) fn name(&self) -> &'t str {
        self.name
    }

    /// Returns the keys of a table.
    pub(super) fn children(&self, problems: &mut Problems<'_>) -> Vec<Self> {
        let table = self.value.as_table().or_else(|| self.expected("a table", problems));
        table.into_iter().flatten().map(|(key, value)| self.child(key, value)).collect()
    }

    /// Returns the known keys of a table, and refuses any other.
    pub(super) fn fields(&self, known: &[&str], problems: &mut Problems<'_>) -> BTreeMap<&'t str, Self> {
        let (fields, unknown): (Vec<_>, Vec<_>) =
            self.children(problems).into_iter().partition(|child| known.contains(&child.name));
        for child in unknown {
            let meant = did_you_mean(child.name, known.iter().copied());
            let meant = if meant.is_empty() { format!("; use one of {}", known.join(", ")) } else { meant };
            child.wrong_key(format_args!("unknown key {:?}{meant}", child.name), problems);
        }
        fields.into_iter().map(|child| (child.name, child)).collect()
    }

    /// Returns the items of an array.
    pub(super) fn items(&self, problems: &mut Problems<'_>) -> Vec<Self> {
        let array = self.value.as_array().or_else(|| self.expected("an array", problems));
        let items = array.into_iter().flat_map(|array| array.iter());
        items.enumerate().map(|(index, item)| self.item(index, item)).collect()
    }

    /// Reads a table with checked keys, and each value with `read`.
    pub(super) fn map<K: FromStr<Err = Error> + Ord, V>(
        &self,
        problems: &mut Problems<'_>,
        read: impl Fn(&Self, &mut Problems<'_>) -> Option<V>,
    ) -> BTreeMap<K, V> {
        let children = self.children(problems);
        children.iter().filter_map(|child| child.key(problems).zip(read(child, problems))).collect()
    }

    /// Reads the key itself.
    pub(super) fn key<T: FromStr<Err = Error>>(&self, problems: &mut Problems<'_>) -> Option<T> {
        self.name.parse().map_err(|error| self.wrong_key(explain(&error), problems)).ok()
    }

    /// Reads a text.
    pub(super) fn text(&self, problems: &mut Problems<'_>) -> Option<&'t str> {
        self.value.as_str().or_else(|| self.expected("a text", problems))
    }

    /// Reads a text as something that has rules of its own.
    pub(super) fn parse<T: FromStr<Err = Error>>(&self, problems: &mut Problems<'_>) -> Option<T> {
        let text = self.text(problems)?;
        text.parse().map_err(|error| self.wrong(explain(&error), problems)).ok()
    }

    /// Reads a whole number.
    pub(super) fn integer(&self, problems: &mut Problems<'_>) -> Option<i64> {
        let Some(digits) = self.value.as_integer() else { return self.expected("a whole number", problems) };
        let number = i64::from_str_radix(digits.as_str(), digits.radix());
        number.map_err(|_| self.wrong("the number needs more than 64 bits", problems)).ok()
    }

    /// Says that the value has the wrong type.
    pub(super) fn expected<T>(&self, what: &str, problems: &mut Problems<'_>) -> Option<T> {
        self.wrong(format_args!("expected {what}, found {}", type_name(self.value)), problems);
        None
    }

    /// Says that the value is wrong.
    pub(super) fn wrong(&self, what: impl Display, problems: &mut Problems<'_>) {
        problems.add(self.value_at, &self.path, what);
    }

    /// Says that the key is wrong.
    pub(super) fn wrong_key(&self, what: impl Display, problems: &mut Problems<'_>) {
        problems.add(self.key_at, &self.path, what);
    }

    /// Says that a key is missing, if this is a table at all.
    pub(super) fn missing(&self, key: &str, problems: &mut Problems<'_>) {
        if self.value.is_table() {
            problems.add_missing(self.key_at, &self.path, key);
        }
    }

    fn child(&self, key: &'t Spanned<toml::de::DeString<'t>>, value: &'t Spanned<DeValue<'t>>) -> Self {
        let name = key.get_ref().as_ref();
        let dot = if self.path.is_empty() { "" } else { "." };
        Self {
            value: value.get_ref(),
            name,
            path: format!("{}{dot}{}", self.path, quoted(name)),
            key_at: key.span().start,
            value_at: value.span().start,
        }
    }

    fn item(&self, index: usize, value: &'t Spanned<DeValue<'t>>) -> Self {
        let at = value.span().start;
        let path = format!("{}[{index}]", self.path);
        Self { value: value.get_ref(), name: "", path, key_at: at, value_at: at }
    }
}

/// Quotes a key the way TOML needs it.
fn quoted(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("{key:?}") }
}

fn explain(error: &Error) -> String {
    error
        .remedy()
        .map_or_else(|| error.message().to_owned(), |remedy| format!("{}: {remedy}", error.message()))
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
