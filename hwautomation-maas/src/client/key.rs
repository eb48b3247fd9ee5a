//! The API key, and how a request is signed with it.
//!
//! OAuth 1.0a with the method PLAINTEXT (RFC 5849, section 3.4.4): the signature is the consumer's secret, which
//! MAAS leaves empty, `&`, and the token's secret. What it signs does not matter to it, but MAAS takes each nonce
//! once and no timestamp that is older than five minutes.

use hwautomation_core::error::{Error, Result};
use hwautomation_core::secret::Secret;
use hwautomation_core::time::Timestamp;
use reqwest::header::HeaderValue;
use uuid::Uuid;

/// Holds an API key in its three parts.
#[derive(Debug)]
pub(crate) struct ApiKey {
    consumer: Secret,
    token: Secret,
    secret: Secret,
}

impl ApiKey {
    /// Takes apart a key as `maas apikey` prints it. What is wrong is told without repeating any of it.
    pub(crate) fn parse(key: &Secret) -> Result<Self> {
        let parts: Vec<&str> = key.expose().split(':').collect();
        let [consumer, token, secret] = parts[..] else {
            return Err(wrong(&format!("it has {} parts between colons, not three", parts.len())));
        };
        if ![consumer, token, secret].into_iter().all(is_part) {
            return Err(wrong("a part of it is empty or has blanks or other strange characters"));
        }
        // A part alone is a secret too: MAAS's answers may quote one.
        let [consumer, token, secret] = [consumer, token, secret].map(Secret::new);
        Ok(Self { consumer, token, secret })
    }

    /// Makes the header for one request.
    pub(crate) fn sign(&self, now: Timestamp) -> HeaderValue {
        let [consumer, token, secret] = [&self.consumer, &self.token, &self.secret].map(Secret::expose);
        let (nonce, seconds) = (Uuid::new_v4().simple(), now.as_micros() / 1_000_000);
        let header = format!(
            "OAuth oauth_nonce=\"{nonce}\", oauth_timestamp=\"{seconds}\", oauth_version=\"1.0\", \
             oauth_signature_method=\"PLAINTEXT\", oauth_consumer_key=\"{consumer}\", \
             oauth_token=\"{token}\", oauth_signature=\"%26{secret}\""
        );
        let mut header = HeaderValue::try_from(header).expect("its parts are ASCII letters and the like");
        header.set_sensitive(true);
        header
    }
}

/// Tells whether a text can be part of a key: MAAS makes them of letters and digits, and these characters need
/// no escape (RFC 3986, section 2.3).
fn is_part(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    !text.is_empty() && text.chars().all(fine)
}

fn wrong(what: &str) -> Error {
    Error::invalid(format!("reading the MAAS API key: {what}"))
        .with_remedy("store the key as MAAS shows it, consumer:token:secret, where api_key points")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiKey {
        ApiKey::parse(&Secret::new("EXAMPLEconsumer000:EXAMPLEtokenkey000:EXAMPLEsecret00000")).unwrap()
    }

    #[test]
    fn a_header_is_as_recorded_and_never_the_same_twice() {
        let sign = || key().sign(Timestamp::from_micros(1_795_208_257_000_000)).to_str().unwrap().to_owned();
        let (one, two) = (sign(), sign());
        assert_ne!(one, two);
        let (nonce, rest) = one.strip_prefix("OAuth oauth_nonce=\"").unwrap().split_once('"').unwrap();
        assert!((1..256).contains(&nonce.len()));
        assert_eq!(
            rest,
            ", oauth_timestamp=\"1795208257\", oauth_version=\"1.0\", oauth_signature_method=\"PLAINTEXT\", \
             oauth_consumer_key=\"EXAMPLEconsumer000\", oauth_token=\"EXAMPLEtokenkey000\", \
             oauth_signature=\"%26EXAMPLEsecret00000\""
        );
    }

    #[test]
    fn what_is_no_key_is_refused_unrepeated() {
        for text in
            ["", "hunter22", "hunter22:b", "hunter22:b:c:d", "hunter22::c", "hunter22:b:c\n", "a:b:ü\""]
        {
            let error = ApiKey::parse(&Secret::new(text)).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter22"), "{error:?}");
            assert!(error.remedy().unwrap().contains("consumer:token:secret"));
        }
    }

    #[test]
    fn a_key_does_not_print() {
        assert!(!format!("{:?}", key()).contains("EXAMPLE"));
        let header = key().sign(Timestamp::from_micros(0));
        assert!(!format!("{header:?}").contains("EXAMPLE"));
    }
}
