//! HTTP with one MAAS: a request sent once, limited in time and size, signed anew each time.

mod key;
mod lookup;
mod session;
mod tls;

pub(crate) use key::ApiKey;
pub(crate) use lookup::lookup;
pub(crate) use session::{Session, Tagging};

use crate::config::{MaasConfig, Timeouts, endpoint};
use crate::error::{Answer, Call, Cause, Effect, MaasError};
use crate::model::Complaint;
use hwautomation_core::error::{Error, Result};
use hwautomation_core::time::Clock;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use std::time::Duration;
use url::Url;

/// How long an answer may be, in bytes. A machine without hardware has 5 KB, one with many disks, partitions
/// and interfaces a few hundred; nothing else that we read is larger.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// How long a connection waits for its next request: shorter than any server's patience, so that a command
/// does not meet a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(3);
/// How long MAAS may ask to be left alone: a longer wish is a mistake, and deadlines are ours to set.
const AFTER_MAX: Duration = Duration::from_secs(3600);

/// Speaks HTTP with one MAAS.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    timeouts: Timeouts,
    clock: Clock,
}

/// One request to be sent.
struct Request<'r> {
    method: Method,
    /// The path below the API, with its slash at the end.
    path: &'r str,
    /// The operation that MAAS puts into the query, if it is one.
    op: Option<&'r str>,
    form: &'r [(&'r str, &'r str)],
    effect: Effect,
}

impl Client {
    /// Prepares to speak with a MAAS; connects later.
    pub(crate) fn new(config: &MaasConfig) -> Result<Self> {
        config.validate()?;
        let base = endpoint(&config.url).map_err(|(wrong, right)| {
            Error::invalid(format!("reading url: it {wrong}")).with_remedy(right)
        })?;
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client(&base, config.ca_file.as_deref())?)
            .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]))
            .user_agent(concat!("hwautomation-maas/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(config.timeouts.connect)
            .pool_idle_timeout(IDLE)
            // The key goes where the configuration says, once.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never());
        if base.scheme() == "http" {
            // A proxy would read the key.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|cause| {
            Error::internal("preparing HTTP").with_remedy("report this as a defect").with_source(cause)
        })?;
        Ok(Self { http, base, timeouts: config.timeouts, clock: Clock::system() })
    }

    /// Returns where MAAS is.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// Returns how long finding somebody may take.
    pub(crate) fn connect_timeout(&self) -> Duration {
        self.timeouts.connect
    }

    /// Sends a request and returns the body of a good answer.
    async fn send(&self, request: &Request<'_>, key: &ApiKey) -> Result<Vec<u8>, MaasError> {
        let sent = self.exchange(request, key).await;
        sent.map_err(|cause| MaasError { call: request.call(), cause })
    }

    async fn exchange(&self, request: &Request<'_>, key: &ApiKey) -> Result<Vec<u8>, Cause> {
        let header = key.sign(self.clock.now());
        let sent = self
            .http
            .request(request.method.clone(), self.url(request))
            .header(AUTHORIZATION, header)
            .timeout(self.limit(request.effect));
        let sent = if request.method == Method::GET { sent } else { sent.form(request.form) };
        let mut answer = sent.send().await?;
        match answer.status() {
            status if status.is_success() => body(&mut answer).await,
            StatusCode::UNAUTHORIZED => Err(Cause::Answer(Answer { status: 401, ..Answer::default() })),
            _ => Err(Cause::Answer(read_refusal(answer).await)),
        }
    }

    fn url(&self, request: &Request<'_>) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/api/2.0/{}", self.base.path().trim_end_matches('/'), request.path));
        url.set_query(request.op.map(|op| format!("op={op}")).as_deref());
        url
    }

    fn limit(&self, effect: Effect) -> Duration {
        match effect {
            Effect::Read => self.timeouts.read,
            Effect::Command | Effect::Commission => self.timeouts.command,
        }
    }
}

impl Request<'_> {
    fn call(&self) -> Call {
        let op = self.op.map(|op| format!("?op={op}")).unwrap_or_default();
        Call { text: format!("{} {}{op}", self.method, self.path), effect: self.effect }
    }
}

async fn read_refusal(mut answer: Response) -> Answer {
    let header = |name| answer.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let content_type = header(CONTENT_TYPE).unwrap_or_default().to_owned();
    let seconds = header(RETRY_AFTER).and_then(|text| text.trim().parse().ok());
    Answer {
        status: answer.status().as_u16(),
        retry_after: seconds.map(|seconds| Duration::from_secs(seconds).min(AFTER_MAX)),
        // The status counts, also where the explanation is cut off.
        complaint: Complaint::read(&content_type, &body(&mut answer).await.unwrap_or_default()),
    }
}

async fn body(answer: &mut Response) -> Result<Vec<u8>, Cause> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Cause::Protocol(format!("it is longer than {ANSWER_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
