//! What a region controller answers: status, content type and body, as recorded from a real one.

use crate::fault::Refusal;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
/// What Django writes for a text.
const TEXT: &str = "text/plain; charset=utf-8";
/// What the API framework (piston) writes for a text.
const PLAIN: &str = "text/plain";
/// The hash of the API's description in MAAS 3.7.3, sent with every answer that a handler gave.
const API_HASH: &str = "36763f1444f05f8c565d0292aabefcaa9ece4369";

/// Is an answer, before it becomes HTTP.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    content_type: &'static str,
    body: String,
    more: Vec<(&'static str, String)>,
}

impl Answer {
    fn new(status: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        let more = vec![("x-frame-options", "DENY".to_owned())];
        Self { status, content_type, body: body.into(), more }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    fn by_handler(self) -> Self {
        self.with("vary", "Authorization, Cookie").with("x-maas-api-hash", API_HASH)
    }

    /// Returns what was asked for.
    pub(super) fn json(value: &Value) -> Self {
        Self::new(200, JSON, value.to_string()).by_handler()
    }

    /// Returns the answer to a deletion.
    pub(super) fn deleted() -> Self {
        Self::new(204, PLAIN, "").by_handler()
    }

    /// Returns a sentence for something that does not exist.
    pub(super) fn no_such(kind: &str) -> Self {
        Self::new(404, PLAIN, format!("No {kind} matches the given query.")).by_handler()
    }

    /// Returns what every unknown path answers, also one without its last slash.
    pub(super) fn no_endpoint(path: &str) -> Self {
        Self::new(404, TEXT, format!("Unknown API endpoint: {path}."))
    }

    /// Returns the answer of the API that is gone.
    pub(super) fn gone() -> Self {
        Self::new(410, PLAIN, "The 1.0 API is no longer available. Please use API version 2.0.")
    }

    /// Returns what a method and an `op` that do not belong together answer.
    pub(super) fn unrecognised(method: &str, op: Option<&str>) -> Self {
        let op = op.unwrap_or("None");
        Self::text(400, format!("Unrecognised signature: method={method} op={op}"))
    }

    /// Returns what a method that a resource does not have answers.
    pub(super) fn method_not_allowed(allow: &'static str) -> Self {
        Self::new(405, HTML, "").with("allow", allow).by_handler()
    }

    /// Returns an error of a form: sentences by field.
    pub(super) fn fields(errors: &[(&str, String)]) -> Self {
        let fields: Map<String, Value> =
            errors.iter().map(|(field, text)| ((*field).to_owned(), json!([text]))).collect();
        Self::new(400, JSON, Value::Object(fields).to_string()).with("vary", "Cookie")
    }

    /// Returns an error in a sentence.
    pub(super) fn text(status: u16, text: impl Into<String>) -> Self {
        Self::new(status, TEXT, text).with("vary", "Cookie")
    }

    /// Returns what a conflict in the database answers; MAAS itself has tried for half a minute by then.
    pub(super) fn conflict() -> Self {
        let body =
            "<html><head><title>Error: Conflict Error</title></head><body>Conflict error.</body></html>\n";
        Self::new(409, HTML, body).with("retry-after", "5")
    }

    /// Returns what an unreadable body answers.
    pub(super) fn bad_request() -> Self {
        Self::new(400, PLAIN, "Bad Request").by_handler()
    }

    /// Returns what a request without usable credentials answers.
    pub(super) fn forbidden() -> Self {
        Self::new(401, PLAIN, "Forbidden").by_handler()
    }

    /// Returns what credentials that were looked at and refused answer.
    pub(super) fn unauthorized(reason: &str) -> Self {
        let body = format!("Authorization Error: {reason}");
        Self::new(401, HTML, body).with("www-authenticate", "OAuth realm=\"OAuth\"").with("vary", "Cookie")
    }

    /// Returns what a server in front of MAAS, or a simulated fault, answers.
    pub(super) fn refusal(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Http { status, body, retry_after_secs: Some(secs) } => {
                Self::new(status, TEXT, body).with("retry-after", secs.to_string())
            }
            Refusal::Http { status, body, retry_after_secs: None } => Self::new(status, TEXT, body),
            Refusal::Code(_) | Refusal::Exit { .. } => Self::new(500, TEXT, "Internal server error."),
        }
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        for (name, value) in self.more {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}
