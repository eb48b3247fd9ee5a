//! Whether a setting can take a value, and why not.

use crate::model::bios::{Change, Kind, Setting, Value};

/// Says why a change cannot be made.
pub(super) fn refusal(setting: &Setting, change: &Change) -> Option<String> {
    match setting.takes(&change.value) {
        true => None,
        false => Some(why(&setting.kind, &change.value)),
    }
}

fn why(kind: &Kind, wanted: &Value) -> String {
    let wanted = shown(wanted);
    match kind {
        Kind::Option { options, .. } => {
            let names: Vec<&str> = options.iter().map(|(_, name)| name.as_str()).collect();
            format!("option \"{wanted}\" is not available ({})", names.join(", "))
        }
        Kind::CheckBox { .. } => format!("\"{wanted}\" is no status of a CheckBox"),
        Kind::Numeric { min, max, step, .. } => {
            format!("value \"{wanted}\" is no number from {min} to {max} in steps of {step}")
        }
        Kind::Text { min, max, .. } => format!("\"{wanted}\" is no text of {min} to {max} characters"),
    }
}

/// Writes where a change belongs, for messages.
pub(super) fn place(change: &Change) -> String {
    let order = change.order.map(|order| format!(" (order {order})")).unwrap_or_default();
    format!("{}|{}{order}", change.menus.join("|"), change.name)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Option(text) | Value::Text(text) => text.clone(),
        Value::CheckBox(true) => "Checked".to_owned(),
        Value::CheckBox(false) => "Unchecked".to_owned(),
        Value::Numeric(number) => number.to_string(),
    }
}
