//! Every secret issued in this process, and the removal of them from texts.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// Texts are searched by windows of this many bytes; shorter secrets cannot be told from ordinary words.
const WINDOW: usize = 4;
/// A secret shorter than this is only found between characters that are neither letters nor digits, so that
/// the password `test` does not take the word `testing` apart.
const LONG: usize = 8;
const MASK: &str = "***";

/// Secrets that end alike.
type Bucket = Vec<Arc<SecretString>>;

/// Secrets by their last [`WINDOW`] bytes: tokens of one service begin alike and end in a signature. They stay for the life of the process: an error that quotes one
/// may be recorded long after the last user dropped it.
static ISSUED: LazyLock<RwLock<HashMap<[u8; WINDOW], Bucket>>> = LazyLock::new(Default::default);

pub(super) fn remember(secret: &Arc<SecretString>) {
    let Some(window) = secret.expose_secret().as_bytes().last_chunk::<WINDOW>() else { return };
    let mut issued = ISSUED.write().unwrap_or_else(PoisonError::into_inner);
    let bucket = issued.entry(*window).or_default();
    if !bucket.iter().any(|known| known.expose_secret() == secret.expose_secret()) {
        bucket.push(Arc::clone(secret));
    }
}

/// Replaces every secret issued in this process by `***`.
#[must_use]
pub fn scrub(text: &str) -> Cow<'_, str> {
    let found = find(text);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in found {
        if start >= from {
            clean.push_str(&text[from..start]);
            clean.push_str(MASK);
        }
        from = from.max(end);
    }
    clean.push_str(&text[from..]);
    Cow::Owned(clean)
}

/// Tells whether the JSON contains, as a value or a key, a secret issued in this process.
#[must_use]
pub fn contains_secret(value: &Value) -> bool {
    match value {
        Value::String(text) => !find(text).is_empty(),
        Value::Array(items) => items.iter().any(contains_secret),
        Value::Object(fields) => {
            fields.iter().any(|(key, value)| !find(key).is_empty() || contains_secret(value))
        }
        _ => false,
    }
}

/// Replaces every secret in every text value and every key, in place.
pub fn scrub_json(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = scrub(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(scrub_json),
        Value::Object(fields) => {
            fields.values_mut().for_each(scrub_json);
            if fields.keys().any(|key| !find(key).is_empty()) {
                let clean = |(key, value): (String, Value)| (scrub(&key).into_owned(), value);
                *fields = std::mem::take(fields).into_iter().map(clean).collect();
            }
        }
        _ => {}
    }
}

/// Lists the places of secrets as byte ranges, by where they begin; they may overlap.
fn find(text: &str) -> Vec<(usize, usize)> {
    let issued = ISSUED.read().unwrap_or_else(PoisonError::into_inner);
    let mut found = Vec::new();
    if issued.is_empty() {
        return found;
    }
    for (at, window) in text.as_bytes().windows(WINDOW).enumerate() {
        let bucket = <[u8; WINDOW]>::try_from(window).ok().and_then(|window| issued.get(&window));
        let end = at + WINDOW;
        let secrets = bucket.into_iter().flatten().map(|secret| secret.expose_secret());
        found.extend(
            secrets.filter(|secret| ends_at(text, end, secret)).map(|secret| (end - secret.len(), end)),
        );
    }
    found.sort_unstable();
    found
}

fn ends_at(text: &str, end: usize, secret: &str) -> bool {
    let bytes = text.as_bytes();
    let apart = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let Some(start) = end.checked_sub(secret.len()) else { return false };
    &bytes[start..end] == secret.as_bytes()
        && (secret.len() >= LONG
            || (apart(start.checked_sub(1).map(|before| &bytes[before])) && apart(bytes.get(end))))
}

#[cfg(test)]
mod tests {
    use super::super::Secret;
    use super::*;
    use serde_json::json;

    #[test]
    fn an_issued_secret_is_removed_wherever_it_stands() {
        let _secret = Secret::new("correct-horse-7");
        assert_eq!(scrub("sent correct-horse-7!correct-horse-7"), "sent ***!***");
        assert_eq!(scrub("nothing here"), "nothing here");
        let mut value = json!({"a": ["xcorrect-horse-7"]});
        assert!(contains_secret(&value));
        scrub_json(&mut value);
        assert_eq!(value, json!({"a": ["x***"]}));
    }

    #[test]
    fn a_short_secret_leaves_longer_words_alone() {
        let _secret = Secret::new("zulu");
        assert_eq!(scrub("zulus say zulu, zulu"), "zulus say ***, ***");
    }

    #[test]
    fn of_two_secrets_with_one_beginning_the_longer_goes_whole() {
        let _both = (Secret::new("beginning"), Secret::new("beginning-and-end"));
        assert_eq!(scrub("a beginning-and-end b beginning"), "a *** b ***");
        let _overlapping = Secret::new("and-end-of-story");
        assert_eq!(scrub("beginning-and-end-of-story!"), "***!");
    }

    #[test]
    fn multi_byte_text_stays_whole() {
        let _secret = Secret::new("päßwörter");
        assert_eq!(scrub("é päßwörter ü"), "é *** ü");
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("never-to-be-seen")), "Secret(***)");
    }
}
