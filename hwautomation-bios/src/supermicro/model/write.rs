//! A file with some settings only, which SUM takes as: leave the others alone.

use super::{Encoding, Entry, Value};
use quick_xml::escape::escape;

/// Writes these settings in their menus, as bytes of this encoding.
pub(crate) fn partial(encoding: Encoding, entries: &[Entry]) -> Vec<u8> {
    let mut out =
        format!("<?xml version=\"1.0\" encoding=\"{}\" standalone=\"yes\"?>\n<BiosCfg>\n", encoding.name());
    let mut open: &[String] = &[];
    for entry in entries {
        move_to(&mut out, open, &entry.menus);
        setting(&mut out, entry);
        open = &entry.menus;
    }
    move_to(&mut out, open, &[]);
    out.push_str("</BiosCfg>\n");
    encoding.encode(&out)
}

/// Closes the menus that the next setting is not in, and opens those that it is.
fn move_to(out: &mut String, from: &[String], to: &[String]) {
    let shared = from.iter().zip(to).take_while(|(from, to)| from == to).count();
    for depth in (shared..from.len()).rev() {
        out.push_str(&format!("{}</Menu>\n", indent(depth)));
    }
    for (depth, menu) in to.iter().enumerate().skip(shared) {
        out.push_str(&format!("{}<Menu name=\"{}\">\n", indent(depth), escape(menu.as_str())));
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth + 1)
}

fn setting(out: &mut String, entry: &Entry) {
    let name = escape(entry.name.as_str());
    let order =
        entry.order.as_deref().map(|order| format!(" order=\"{}\"", escape(order))).unwrap_or_default();
    let head = format!("{}<Setting name=\"{name}\"{order}", indent(entry.menus.len()));
    let rest = match &entry.value {
        Value::CheckBox { checked } => {
            let status = if *checked { "Checked" } else { "Unchecked" };
            format!(" checkedStatus=\"{status}\" type=\"CheckBox\"/>")
        }
        Value::Option { selected, .. } => {
            format!(" selectedOption=\"{}\" type=\"Option\"/>", escape(selected.as_str()))
        }
        Value::Numeric { number, .. } => format!(" numericValue=\"{number}\" type=\"Numeric\"/>"),
        Value::String { text, .. } => {
            format!(" type=\"String\"><StringValue>{}</StringValue></Setting>", escape(text.as_str()))
        }
        // Not to be reached: a change of one is refused. Nothing is written rather than something wrong.
        Value::Other { .. } => return,
    };
    out.push_str(&head);
    out.push_str(&rest);
    out.push('\n');
}
