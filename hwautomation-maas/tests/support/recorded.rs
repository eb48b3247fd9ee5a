//! Requests and answers recorded from a real MAAS 3.7.3; see `tests/data/README.md`.

use super::{Request, reply};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) request: RecordedRequest,
    answer: RecordedAnswer,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RecordedRequest {
    pub(crate) line: String,
    content_type: Option<String>,
    body: Option<String>,
    authorization: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct RecordedAnswer {
    status: u16,
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    text: Option<String>,
}

/// Reads a recording by the beginning of its file's name.
pub(crate) fn recorded(number: &str) -> Recorded {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let is_it = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().starts_with(number);
    let file = files.find(is_it).unwrap_or_else(|| panic!("no recording {number}"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

impl Recorded {
    /// Writes the answer as it was.
    pub(crate) fn answer(&self) -> Vec<u8> {
        let headers: Vec<String> =
            self.answer.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        reply(self.answer.status, &headers, &self.body())
    }

    /// Changes a name in the form and in the answer's JSON.
    pub(crate) fn but(mut self, from: &str, to: &str) -> Self {
        self.request.body = self.request.body.map(|body| body.replace(from, to));
        let json = self.answer.json.map(|json| json.to_string().replace(from, to));
        self.answer.json = json.map(|json| serde_json::from_str(&json).unwrap());
        self
    }

    /// Returns the body of the answer.
    pub(crate) fn body(&self) -> String {
        self.answer
            .json
            .as_ref()
            .map_or_else(|| self.answer.text.clone().unwrap_or_default(), Value::to_string)
    }
}

impl RecordedRequest {
    /// Checks that a request of ours is this one: line, form and how it is signed.
    pub(crate) fn check(&self, ours: &Request) {
        assert_eq!(ours.line, self.line);
        assert_eq!(ours.body, self.body.clone().unwrap_or_default(), "the form of {}", ours.line);
        if self.body.is_some() {
            assert_eq!(ours.header("content-type"), self.content_type.as_deref(), "{}", ours.line);
        }
        let (recorded, ours) = (self.authorization.as_deref(), ours.header("authorization"));
        assert_eq!(signature(ours.unwrap()), signature(recorded.unwrap()));
    }
}

/// Takes an OAuth header apart, without what is another each time and without the secret.
fn signature(header: &str) -> BTreeMap<String, String> {
    let parts = header.strip_prefix("OAuth ").unwrap().split(", ").map(|part| part.split_once('=').unwrap());
    let shown = |(name, value): (&str, &str)| {
        let value = match name {
            "oauth_nonce" | "oauth_timestamp" => "another each time",
            "oauth_signature" => &value[..4],
            _ => value,
        };
        (name.to_owned(), value.to_owned())
    };
    parts.map(shown).collect()
}
