//! One HTTP call: sent once, limited in time and size, its failures told apart.

mod tls;

use crate::config::{VpcConfig, endpoint};
use crate::error::{Answer, VpcError, read_retry_after};
use crate::model::{Complaint, clean};
use hwautomation_core::error::{Error, Result};
use hwautomation_core::time::Clock;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response};
use std::time::Duration;
use url::Url;

/// How long a reply may be, in bytes: a page of a hundred servers is a tenth of it.
const REPLY_BYTES_MAX: usize = 4 << 20;
/// The headers by which IBM's support finds a call.
const ID_HEADERS: [&str; 2] = ["X-Request-Id", "X-Correlation-Id"];

/// Speaks HTTP with one endpoint.
#[derive(Debug)]
pub(crate) struct Transport {
    client: Client,
    base: Url,
    clock: Clock,
}

impl Transport {
    /// Prepares to speak with `base`; connects later.
    pub(crate) fn new(base: &str, config: &VpcConfig, clock: Clock) -> Result<Self> {
        let base = endpoint(base).map_err(|(wrong, right)| {
            Error::invalid(format!("reading an endpoint: it {wrong}")).with_remedy(right)
        })?;
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls::client(&base, config.ca_file.as_deref())?)
            .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]))
            .user_agent(concat!("hwautomation-vpc/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(config.timeouts.connect)
            .timeout(config.timeouts.total)
            // Secrets go where the configuration says, once.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never());
        if base.scheme() == "http" {
            // This computer and the metadata service are near; a proxy would read along.
            client = client.no_proxy();
        }
        let client = client.build().map_err(|cause| VpcError::from(cause).into_error("preparing HTTP"))?;
        Ok(Self { client, base, clock })
    }

    /// Begins a request for a path below the endpoint.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        self.client.request(method, url)
    }

    /// Sends it and returns the body of a good reply.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, VpcError> {
        let request = request.build()?;
        let call = format!("{} {}", request.method(), request.url().path());
        let mut reply = self.client.execute(request).await?;
        if reply.status().is_success() {
            return body(&mut reply).await;
        }
        Err(VpcError::Answer(self.answer(call, reply).await))
    }

    async fn answer(&self, call: String, mut reply: Response) -> Answer {
        Answer {
            call,
            status: reply.status().as_u16(),
            retry_after: self.retry_after(&reply),
            ids: ids(&reply),
            // The status counts, also where the explanation is cut off.
            complaint: Complaint::read(&body(&mut reply).await.unwrap_or_default()),
        }
    }

    /// Returns the clock that replies are judged by.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the endpoint.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    fn retry_after(&self, reply: &Response) -> Option<Duration> {
        let text = reply.headers().get(RETRY_AFTER)?.to_str().ok()?;
        read_retry_after(text, self.clock.now())
    }
}

fn ids(reply: &Response) -> Vec<(&'static str, String)> {
    let id = |name| Some((name, clean(reply.headers().get(name)?.to_str().ok()?)));
    ID_HEADERS.into_iter().filter_map(id).collect()
}

async fn body(reply: &mut Response) -> Result<Vec<u8>, VpcError> {
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await? {
        if body.len() + chunk.len() > REPLY_BYTES_MAX {
            return Err(VpcError::Protocol(format!("it is longer than {REPLY_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
