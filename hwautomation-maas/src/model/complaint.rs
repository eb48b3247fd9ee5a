//! What the body of an error answer says.
//!
//! MAAS has three forms: JSON with a list of texts for each wrong field, plain text, and HTML of Django's.

use hwautomation_core::secret::scrub;
use serde_json::Value;

/// How much of a remote text an error repeats, in characters.
const TEXT_CHARS_MAX: usize = 300;
/// How many wrong fields an error repeats.
const FIELDS_MAX: usize = 5;
/// Where MAAS puts what is wrong with no field in particular.
const WHOLE: &str = "__all__";

/// Holds what an error answer says, free of secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// Names the wrong fields.
    pub(crate) fields: Vec<String>,
    /// Says it all, ready to be shown; empty when there is nothing to show.
    pub(crate) text: String,
    /// Whether it is a web page: then no handler of the API wrote it.
    pub(crate) is_page: bool,
}

impl Complaint {
    /// Reads any of the forms, and takes what it can get of a broken one.
    pub(crate) fn read(content_type: &str, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        if content_type.contains("html") {
            return Self { text: title(&text), is_page: true, ..Self::default() };
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Self::of_fields(&fields),
            _ => Self { text: clean(text.trim()), ..Self::default() },
        }
    }

    fn of_fields(fields: &serde_json::Map<String, Value>) -> Self {
        let told = fields.iter().take(FIELDS_MAX).map(|(field, texts)| match field.as_str() {
            WHOLE => texts_of(texts),
            field => format!("{field}: {}", texts_of(texts)),
        });
        let text = clean(&told.collect::<Vec<_>>().join("; "));
        Self {
            fields: fields.keys().take(FIELDS_MAX).map(|field| clean(field)).collect(),
            text,
            is_page: false,
        }
    }

    /// Tells whether MAAS refuses the whole request, as it does when the machine's state does not allow it.
    pub(crate) fn is_about_the_whole(&self) -> bool {
        self.fields.iter().any(|field| field == WHOLE)
    }
}

fn texts_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

/// Returns the title of a web page, which says enough of it.
fn title(page: &str) -> String {
    let title = page.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    title.map_or_else(String::new, |(title, _)| clean(title.trim()))
}

/// Makes a remote text fit to be shown: no secrets, no control characters, not endless.
pub(crate) fn clean(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    scrub(text).chars().map(shown).take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::secret::Secret;

    const JSON: &str = "application/json; charset=utf-8";

    #[test]
    fn wrong_fields_are_told_one_by_one() {
        let body = br#"{"name": ["Enter a valid value.", "Too long."], "comment": "no", "x": 7}"#;
        let complaint = Complaint::read(JSON, body);
        assert_eq!(complaint.fields, ["comment", "name", "x"]);
        assert_eq!(complaint.text, "comment: no; name: Enter a valid value. Too long.; x: ");
        assert!(!complaint.is_about_the_whole());
    }

    #[test]
    fn a_page_is_told_by_its_title() {
        let page = b"<!DOCTYPE html><html><head>\n<title>Error: Conflict Error</title></head>";
        let complaint = Complaint::read("text/html; charset=utf-8", page);
        assert_eq!((complaint.text.as_str(), complaint.is_page), ("Error: Conflict Error", true));
    }

    #[test]
    fn of_a_broken_or_strange_answer_the_text_is_taken() {
        for (body, text) in [
            (&b"{\"name\": [\"Ent"[..], "{\"name\": [\"Ent"),
            (b"[]", "[]"),
            (b"", ""),
            (b"{}", ""),
            (b"\xff\n x", "\u{fffd}  x"),
        ] {
            assert_eq!(Complaint::read(JSON, body).text, text);
        }
    }

    #[test]
    fn a_remote_text_is_scrubbed_kept_on_one_line_and_cut() {
        let _key = Secret::new("key-that-was-echoed");
        assert_eq!(clean("bad key\r\nkey-that-was-echoed"), "bad key  ***");
        assert_eq!(clean(&"é".repeat(1000)).chars().count(), TEXT_CHARS_MAX);
    }
}
