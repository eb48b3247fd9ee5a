//! Settings that only a driver understands, and the watch that no secret is among them.

use super::node::Node;
use super::problems::Problems;
use crate::secret::SecretRef;
use serde_json::{Number, Value};
use toml::de::DeValue;

/// What the key of a secret contains, without blanks, punctuation and capitals.
const SECRET_WORDS: &[&str] =
    &["password", "passwd", "passphrase", "secret", "token", "apikey", "privatekey", "credential"];

/// Reads the settings of one driver.
pub(super) fn read(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Value> {
    if node.value.is_table() { json(node, Secret::No, problems) } else { node.expected("a table", problems) }
}

/// Says whether a key further out already names a secret.
#[derive(Clone, Copy, PartialEq)]
enum Secret {
    Yes,
    No,
}

fn json(node: &Node<'_>, outside: Secret, problems: &mut Problems<'_>) -> Option<Value> {
    let secret = if names_a_secret(node.name()) { Secret::Yes } else { outside };
    match node.value {
        DeValue::String(text) => {
            if secret == Secret::Yes && SecretRef::new(text.as_ref()).is_err() {
                // The text is not repeated: it is the secret.
                node.wrong(
                    "expected where the secret lies, such as env:NAME or file:/path, not a secret",
                    problems,
                );
            }
            Some(Value::String(text.to_string()))
        }
        DeValue::Integer(_) => node.integer(problems).map(Value::from),
        DeValue::Float(digits) => {
            let number = digits.as_str().parse().ok().and_then(Number::from_f64).map(Value::Number);
            number.or_else(|| node.expected("a finite number", problems))
        }
        DeValue::Boolean(value) => Some(Value::Bool(*value)),
        DeValue::Datetime(at) => Some(Value::String(at.to_string())),
        DeValue::Array(_) => {
            let items = node.items(problems);
            Some(items.iter().filter_map(|item| json(item, secret, problems)).collect())
        }
        DeValue::Table(_) => {
            let children = node.children(problems);
            let field = |child: &Node<'_>| Some((child.name().to_owned(), json(child, secret, problems)?));
            Some(children.iter().filter_map(field).collect())
        }
    }
}

fn names_a_secret(key: &str) -> bool {
    let letters: String = key.chars().filter(char::is_ascii_alphabetic).collect();
    let letters = letters.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| letters.contains(word))
}
