//! A service on 127.0.0.1 that answers as it is told, and remembers what it was asked.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod logs;

use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::time::Clock;
use hwautomation_vpc::{Authentication, Timeouts, TokenSource, VpcConfig};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

/// The API key of all tests.
pub(crate) const KEY: &str = "test-api-key-0123456789";
/// Bounds every wait of a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method and target, such as `POST /identity/token`.
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

type Answer = dyn Fn(&Request, usize) -> String + Send + Sync;

#[derive(Clone)]
struct Inner {
    answer: Arc<Answer>,
    gate: Arc<Semaphore>,
    seen: Arc<Mutex<Vec<Request>>>,
    arrived: Arc<watch::Sender<usize>>,
}

pub(crate) struct Service {
    pub(crate) url: String,
    inner: Inner,
    _task: AbortOnDropHandle<()>,
}

impl Service {
    /// Answers the n-th request (from 0) with what the function says.
    pub(crate) async fn start(answer: impl Fn(&Request, usize) -> String + Send + Sync + 'static) -> Self {
        Self::listen(Arc::new(answer), None).await
    }

    pub(crate) async fn start_tls(acceptor: TlsAcceptor, reply: String) -> Self {
        Self::listen(Arc::new(move |_: &Request, _| reply.clone()), Some(acceptor)).await
    }

    async fn listen(answer: Arc<Answer>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS / 2));
        let inner = Inner { answer, gate, seen: Arc::default(), arrived: Arc::default() };
        let serving = inner.clone();
        let task = AbortOnDropHandle::new(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (inner, tls) = (serving.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => inner.serve(stream).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => inner.serve(stream).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        }));
        Self { url, inner, _task: task }
    }

    /// Keeps every answer back from now on.
    pub(crate) fn close_gate(&self) {
        self.inner.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Lets everything through again.
    pub(crate) fn open_gate(&self) {
        self.inner.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.inner.seen.lock().unwrap().clone()
    }

    /// Waits until so many requests have arrived in all.
    pub(crate) async fn arrived(&self, count: usize) {
        let mut arrived = self.inner.arrived.subscribe();
        tokio::time::timeout(PATIENCE, arrived.wait_for(|seen| *seen >= count)).await.unwrap().unwrap();
    }
}

impl Inner {
    async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let request = read(&mut stream).await?;
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        self.arrived.send_replace(number + 1);
        let _permit = self.gate.acquire().await.ok()?;
        stream.write_all((self.answer)(&request, number).as_bytes()).await.ok()?;
        stream.shutdown().await.ok()
    }
}

async fn read(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    Some(Request { line, head, body: String::from_utf8(body).ok()? })
}

/// Finds a header by its lower-case name.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
}

/// Writes a reply; `headers` are whole lines.
pub(crate) fn reply(status: u16, headers: &[&str], body: &str) -> String {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    format!("HTTP/1.1 {status} Text\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

/// Grants a token for an hour, as IAM does.
pub(crate) fn grant(token: &str) -> String {
    let body = format!(
        r#"{{"access_token":"{token}","refresh_token":"not_supported",
        "token_type":"Bearer","expires_in":3600,"expiration":4102444800,
        "scope":"ibm openid","of_tomorrow":[{{}}]}}"#
    );
    reply(200, &["content-type: application/json"], &body)
}

pub(crate) fn config(iam_url: &str) -> VpcConfig {
    let key = SecretRef::new("env:IBMCLOUD_API_KEY").unwrap();
    VpcConfig { iam_url: iam_url.to_owned(), ..VpcConfig::new("eu-de", Authentication::ApiKey { key }) }
}

/// Makes a source on a clock that [`pass`] moves.
pub(crate) fn source(service: &Service) -> TokenSource {
    TokenSource::api_key(&config(&service.url), Secret::new(KEY), Clock::tokio()).unwrap()
}

/// Makes a source with limits of its own, in milliseconds.
pub(crate) fn hasty_source(url: &str, connect: u64, total: u64) -> TokenSource {
    let [connect, total] = [connect, total].map(Duration::from_millis);
    let config = VpcConfig { timeouts: Timeouts { connect, total }, ..config(url) };
    TokenSource::api_key(&config, Secret::new(KEY), Clock::tokio()).unwrap()
}

/// Lets time pass without waiting for it. Only while no request is under way: its limit would pass too.
pub(crate) async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// Asks until the source hands out this token.
pub(crate) async fn until_token(source: &TokenSource, wanted: &str) {
    let asking = async {
        while source.token().await.unwrap().expose() != wanted {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("the new token arrives");
}

/// Lets other calls come and go, so that one begun before them would have arrived by now.
pub(crate) async fn settle() {
    let other = Service::start(|_, _| grant("other")).await;
    for _ in 0..5 {
        source(&other).token().await.unwrap();
    }
}
