//! Who asks: OAuth 1.0a with the PLAINTEXT signature, checked in the order and with the words of a real region controller.
//!
//! A request with a wrong secret is answered with the right one ("Expected signature base string"), as a real MAAS does: a client must never show
//! or log the body of a 401.

use super::answer::Answer;
use super::form;
use crate::model::state::Access;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How old a timestamp may be, in seconds. One in the future is not refused.
const AGE_MAX: u64 = 300;
/// The longest nonce that fits into the column of the database.
const NONCE_LENGTH_MAX: usize = 255;
/// How many nonces are remembered: more requests than a client sends in the time in which a timestamp counts.
const NONCES_MAX: usize = 65_536;
/// What must be in the header, else it is not looked at.
const REQUIRED: [&str; 6] = [
    "oauth_consumer_key",
    "oauth_token",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_nonce",
];

/// Checks the signatures of requests against one API key and remembers nonces.
pub(super) struct Gate {
    consumer: String,
    token: String,
    secret: String,
    nonces: Mutex<Nonces>,
}

impl Gate {
    /// Returns the gate of the one API key.
    pub(super) fn new(access: &Access) -> Self {
        let Access { maas_consumer: consumer, maas_token: token, maas_secret: secret, .. } = access.clone();
        Self { consumer, token, secret, nonces: Mutex::default() }
    }

    /// Lets a request pass, or returns what it is answered. The time is in seconds since 1970.
    pub(super) fn check(&self, header: Option<&str>, now: u64) -> Result<(), Answer> {
        let Some(header) = header.filter(|header| is_signed(header)) else {
            return Err(Answer::forbidden());
        };
        let parameters = Parameters::read(header);
        parameters.check_version()?;
        self.check_key(&parameters)?;
        check_timestamp(parameters.get("oauth_timestamp")?, now)?;
        self.check_nonce(parameters.get("oauth_nonce")?)?;
        self.check_signature(&parameters)
    }

    fn check_key(&self, parameters: &Parameters) -> Result<(), Answer> {
        if parameters.get("oauth_consumer_key")? != self.consumer {
            return Err(Answer::unauthorized("Invalid API key."));
        }
        match parameters.get("oauth_token")? {
            token if token == self.token => Ok(()),
            token => Err(Answer::unauthorized(&format!("'Invalid access token: {token}'"))),
        }
    }

    fn check_nonce(&self, nonce: &str) -> Result<(), Answer> {
        if nonce.chars().count() > NONCE_LENGTH_MAX {
            return Err(Answer::text(500, "value too long for type character varying(255)\n"));
        }
        if self.nonces.lock().unwrap_or_else(PoisonError::into_inner).is_new(nonce) {
            return Ok(());
        }
        Err(Answer::unauthorized(&format!("'Nonce already used: {nonce}'")))
    }

    fn check_signature(&self, parameters: &Parameters) -> Result<(), Answer> {
        let method = parameters.get("oauth_signature_method")?;
        if method != "PLAINTEXT" {
            let text = "try one of the following: PLAINTEXT, HMAC-SHA1";
            return Err(Answer::unauthorized(&format!("'Signature method {method} not supported {text}'")));
        }
        let expected = format!("&{}", self.secret);
        if parameters.get("oauth_signature")? == expected {
            return Ok(());
        }
        let text = "Invalid signature. Expected signature base string:";
        Err(Answer::unauthorized(&format!("'{text} {expected}'")))
    }
}

/// Says whether a header names all that a signature needs. One that does not is treated like none.
pub(super) fn is_signed(header: &str) -> bool {
    REQUIRED.iter().all(|name| header.contains(name))
}

fn check_timestamp(text: &str, now: u64) -> Result<(), Answer> {
    let Ok(given) = text.parse::<u64>() else {
        return Err(Answer::text(400, "'Bad Request: Missing or invalid oauth_timestamp'"));
    };
    if now.saturating_sub(given) <= AGE_MAX {
        return Ok(());
    }
    let text = format!("given {given} and now {now} has a greater difference than threshold {AGE_MAX}");
    Err(Answer::unauthorized(&format!("'Expired timestamp: {text}'")))
}

/// Holds the parameters of the header.
struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `OAuth name="value", …`; the scheme counts with its case, quotes and spaces do not.
    fn read(header: &str) -> Self {
        let list = header.strip_prefix("OAuth ").unwrap_or_default();
        let pairs =
            list.split(',').filter(|part| !part.contains("realm")).filter_map(|part| part.split_once('='));
        Self(pairs.map(|(name, value)| (name.trim().to_owned(), unquote(value))).collect())
    }

    fn get(&self, name: &str) -> Result<&str, Answer> {
        let missing = || Answer::unauthorized(&format!("'Parameter not found: {name}'"));
        self.0.get(name).map(String::as_str).ok_or_else(missing)
    }

    fn check_version(&self) -> Result<(), Answer> {
        match self.0.get("oauth_version") {
            Some(version) if version != "1.0" => {
                Err(Answer::unauthorized(&format!("'OAuth version {version} not supported.'")))
            }
            _ => Ok(()),
        }
    }
}

fn unquote(value: &str) -> String {
    form::percent_decoded(value.trim().trim_matches('"').as_bytes())
}

/// Remembers nonces, the oldest forgotten first.
#[derive(Default)]
struct Nonces {
    known: BTreeSet<String>,
    order: VecDeque<String>,
}

impl Nonces {
    fn is_new(&mut self, nonce: &str) -> bool {
        if !self.known.insert(nonce.to_owned()) {
            return false;
        }
        self.order.push_back(nonce.to_owned());
        if self.order.len() > NONCES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        let [consumer, token, secret] = ["consumer", "token", "secret"].map(str::to_owned);
        Gate { consumer, token, secret, nonces: Mutex::default() }
    }

    fn header(nonce: &str, timestamp: u64) -> String {
        format!(
            "OAuth oauth_nonce=\"{nonce}\", oauth_timestamp=\"{timestamp}\", oauth_version=\"1.0\", \
             oauth_signature_method=\"PLAINTEXT\", oauth_consumer_key=\"consumer\", oauth_token=\"token\", \
             oauth_signature=\"%26secret\""
        )
    }

    #[test]
    fn a_signed_request_passes_once() {
        let gate = gate();
        assert_eq!(gate.check(Some(&header("n", 1000)), 1000), Ok(()));
        let refused = gate.check(Some(&header("n", 1001)), 1001);
        assert_eq!(refused, Err(Answer::unauthorized("'Nonce already used: n'")));
    }

    #[test]
    fn a_timestamp_may_be_300_seconds_old_and_any_time_ahead() {
        let gate = gate();
        assert_eq!(gate.check(Some(&header("a", 1000)), 1300), Ok(()));
        assert_eq!(gate.check(Some(&header("b", 9000)), 1300), Ok(()));
        assert_eq!(gate.check(Some(&header("c", 1000)), 1301).unwrap_err().status, 401);
    }

    #[test]
    fn old_nonces_are_forgotten_and_young_ones_are_not() {
        let mut nonces = Nonces::default();
        for number in 0..=NONCES_MAX {
            assert!(nonces.is_new(&number.to_string()));
        }
        assert!(!nonces.is_new("1"));
        assert!(nonces.is_new("0"));
        assert_eq!(nonces.order.len(), NONCES_MAX);
    }

    #[test]
    fn broken_headers_are_refused_and_never_a_panic() {
        let whole = header("n", 1000);
        // Without its last quote it says the same.
        for end in 0..whole.len() - 1 {
            let gate = gate();
            assert!(gate.check(whole.get(..end), 1000).is_err(), "{end}");
        }
        assert_eq!(gate().check(None, 1000), Err(Answer::forbidden()));
    }
}
