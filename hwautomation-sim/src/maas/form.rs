//! The fields of a request: from the query, and from a body that is a form, a multipart form or JSON.

use super::answer::Answer;
use serde_json::Value;

/// How many fields one request may have; beyond it Django refuses with 400 (`DATA_UPLOAD_MAX_NUMBER_FIELDS`).
const FIELDS_MAX: usize = 1000;

/// Holds fields in their order; a name may be there more than once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body by its content type. What is in another type than the three is not understood, which fails without naming a field.
    pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Self, Answer> {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let form = match kind.as_str() {
            "application/x-www-form-urlencoded" => Self::urlencoded(body),
            "multipart/form-data" => super::multipart::read(content_type, body)?,
            "application/json" => Self::json(body)?,
            _ if body.is_empty() => Self::default(),
            _ => return Err(Answer::fields(&[])),
        };
        if form.0.len() > FIELDS_MAX { Err(Answer::bad_request()) } else { Ok(form) }
    }

    /// Reads `name=value&name=value`.
    pub(super) fn urlencoded(text: &[u8]) -> Self {
        let fields = text.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
        Self(fields.take(FIELDS_MAX + 1).map(field).collect())
    }

    fn json(body: &[u8]) -> Result<Self, Answer> {
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
            return Err(Answer::bad_request());
        };
        let mut form = Self::default();
        for (name, value) in object {
            match value {
                Value::Array(values) => values.into_iter().for_each(|value| form.push(&name, plain(value))),
                value => form.push(&name, plain(value)),
            }
        }
        Ok(form)
    }

    pub(super) fn push(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// Returns the last value of a field, as Django does.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns every value of a field.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Says whether a field is there and means yes.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| {
            !matches!(value.to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "off")
        })
    }

    /// Returns the fields but one.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self
    }

    /// Returns the fields in their order.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn field(text: &[u8]) -> (String, String) {
    let mut halves = text.splitn(2, |byte| *byte == b'=');
    let mut half = || plus_decoded(halves.next().unwrap_or_default());
    (half(), half())
}

fn plus_decoded(text: &[u8]) -> String {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decoded(&spaced)
}

/// Replaces `%41` by `A`; what is no such sequence stays, what is no UTF-8 becomes a replacement character.
pub(super) fn percent_decoded(mut text: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    while let Some((first, rest)) = text.split_first() {
        match (first, rest.get(..2).and_then(hexadecimal)) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                text = rest.get(2..).unwrap_or_default();
            }
            _ => {
                decoded.push(*first);
                text = rest;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    if digits.starts_with('+') { None } else { u8::from_str_radix(digits, 16).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_and_json_say_the_same() {
        let form = Form::read("application/x-www-form-urlencoded", b"add=a%26b&add=c+d&name=").unwrap();
        let json = Form::read("application/json", br#"{"add": ["a&b", "c d"], "name": ""}"#).unwrap();
        assert_eq!(form, json);
        assert_eq!(form.all("add").collect::<Vec<_>>(), ["a&b", "c d"]);
        assert_eq!((form.get("add"), form.get("name"), form.get("other")), (Some("c d"), Some(""), None));
    }

    #[test]
    fn percent_signs_that_say_nothing_stay() {
        assert_eq!(percent_decoded(b"100%&%4&%zz&%+1%41"), "100%&%4&%zz&%+1A");
    }

    #[test]
    fn any_body_is_fields_or_an_error_and_never_a_panic() {
        let mut seed = 7_u32;
        for length in 0..300 {
            let body: Vec<u8> = (0..length).map(|_| noise(&mut seed)).collect();
            for kind in
                ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]
            {
                let _ = Form::read(kind, &body);
            }
        }
    }

    fn noise(seed: &mut u32) -> u8 {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    }

    #[test]
    fn too_many_fields_are_refused() {
        let body = "a=1&".repeat(FIELDS_MAX + 1);
        assert!(Form::read("application/x-www-form-urlencoded", body.as_bytes()).is_err());
    }
}
