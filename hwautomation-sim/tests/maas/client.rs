//! A plain HTTP client that signs like a MAAS client; it shows what was on the wire, and keeps no connection.

use hwautomation_sim::{Rack, RackSheet};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

static NONCE: AtomicU64 = AtomicU64::new(1);

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) struct Client {
    pub(crate) sheet: RackSheet,
    /// Replaces `{…}` in what is sent.
    pub(crate) words: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(&name.to_lowercase()).map_or("", String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Client {
    pub(crate) fn new(rack: &Rack) -> Self {
        let sheet = rack.sheet();
        let mut key = sheet.maas.api_key.split(':');
        let mut words: BTreeMap<String, String> = ["consumer", "token", "secret"]
            .map(|name| (name.to_owned(), key.next().expect("a key has three parts").to_owned()))
            .into();
        words.insert("nonce_kept".to_owned(), "kept".to_owned());
        Self { sheet, words }
    }

    pub(crate) fn id(&self, name: &str) -> String {
        let server = self.sheet.servers.iter().find(|server| server.name == name);
        server.expect("the rack has the server").system_id.clone()
    }

    /// Fills in `{…}`: nonce, time and the words.
    pub(crate) fn filled(&self, text: &str) -> String {
        let mut filled = text.replace("{nonce}", &format!("n{}", NONCE.fetch_add(1, Ordering::Relaxed)));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        for (word, time) in [
            ("{now}", now),
            ("{now-290}", now - 290),
            ("{now-310}", now - 310),
            ("{now+1}", now + 1),
            ("{now+3600}", now + 3600),
        ] {
            filled = filled.replace(word, &time.to_string());
        }
        for (word, value) in &self.words {
            filled = filled.replace(&format!("{{{word}}}"), value);
        }
        filled
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await.expect("MAAS answers")
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Answer {
        self.ask("POST", path, form).await.expect("MAAS answers")
    }

    pub(crate) async fn put(&self, path: &str, form: &str) -> Answer {
        self.ask("PUT", path, form).await.expect("MAAS answers")
    }

    /// Asks with good credentials, below `/MAAS/api/2.0/`.
    pub(crate) async fn ask(&self, method: &str, path: &str, form: &str) -> Result<Answer> {
        let authorization = "OAuth oauth_version=\"1.0\", oauth_signature_method=\"PLAINTEXT\", \
                             oauth_consumer_key=\"{consumer}\", oauth_token=\"{token}\", \
                             oauth_signature=\"%26{secret}\", oauth_timestamp=\"{now}\", oauth_nonce=\"{nonce}\"";
        let url = format!("/MAAS/api/2.0/{path}");
        self.send(method, &url, Some(authorization), Some(FORM), form).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        authorization: Option<&str>,
        content_type: Option<&str>,
        body: &str,
    ) -> Result<Answer> {
        let body = self.filled(body);
        let mut head =
            format!("{method} {} HTTP/1.1\r\nhost: maas\r\nconnection: close\r\n", self.filled(url));
        head += &format!("content-length: {}\r\n", body.len());
        for (name, value) in [("authorization", authorization), ("content-type", content_type)] {
            if let Some(value) = value {
                head += &format!("{name}: {}\r\n", self.filled(value));
            }
        }
        let address = self.sheet.maas.url.strip_prefix("http://").and_then(|url| url.strip_suffix("/MAAS"));
        let mut stream =
            TcpStream::connect(address.expect("the sheet has the URL of an HTTP server")).await?;
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        read(&String::from_utf8_lossy(&bytes))
    }
}

fn read(text: &str) -> Result<Answer> {
    let cut = || Error::new(ErrorKind::UnexpectedEof, "the connection was cut");
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Ok(Answer { status: status.ok_or_else(cut)?, headers, body: body.to_owned() })
}
