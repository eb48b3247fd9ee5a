//! A service on 127.0.0.1 that answers as it is told, and remembers what it was asked.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod logs;
pub(crate) mod recorded;

use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::StaticCredentials;
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_maas::{MaasCommissioner, MaasConfig, Timeouts};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The API key of all tests; its consumer and token are those of the recordings.
pub(crate) const KEY: &str = "EXAMPLEconsumer000:EXAMPLEtokenkey000:EXAMPLEsecret-in-use";
/// Bounds every wait of a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method and target, such as `POST /MAAS/api/2.0/machines/abc123/?op=abort`.
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// Finds a header by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.clone().find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
    }
}

/// Says what the n-th request (from 0) is answered with; nothing is silence.
type Answers = dyn Fn(&Request, usize) -> Option<Vec<u8>> + Send + Sync;

pub(crate) struct Service {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Service {
    pub(crate) async fn start(
        answers: impl Fn(&Request, usize) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Arc::new(answers), None).await
    }

    /// Answers one after the other, and is silent after the last.
    pub(crate) async fn answering(answers: Vec<Vec<u8>>) -> Self {
        Self::start(move |_, number| answers.get(number).cloned()).await
    }

    pub(crate) async fn start_tls(acceptor: TlsAcceptor, answer: Vec<u8>) -> Self {
        Self::listen(Arc::new(move |_: &Request, _| Some(answer.clone())), Some(acceptor)).await
    }

    async fn listen(answers: Arc<Answers>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/MAAS", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, seen, tls) = (Arc::clone(&answers), Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &answers, &seen).await,
                        Some(tls) => serve(tls.accept(stream).await.ok()?, &answers, &seen).await,
                    }
                });
            }
        });
        Self { url, seen, task }
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// Lists what was asked, without the common beginning of the paths.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(|it| it.line.replace("/MAAS/api/2.0/", "")).collect()
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: &Arc<Answers>,
    seen: &Mutex<Vec<Request>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream).await?;
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.len() - 1
    };
    let Some(answer) = answers(&request, number) else { return std::future::pending().await };
    stream.write_all(&answer).await.ok()?;
    stream.shutdown().await.ok()
}

async fn read(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let mut request = Request { line, head, body: String::new() };
    let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}

/// Writes an answer; `headers` are whole lines.
pub(crate) fn reply(status: u16, headers: &[&str], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    format!("HTTP/1.1 {status} Text\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        .into_bytes()
}

pub(crate) fn text(status: u16, body: &str) -> Vec<u8> {
    reply(status, &["Content-Type: text/plain; charset=utf-8"], body)
}

pub(crate) fn json(body: &Value) -> Vec<u8> {
    reply(200, &["Content-Type: application/json; charset=utf-8"], &body.to_string())
}

/// Answers with the machine abc123, with these fields beside the usual.
pub(crate) fn shown(status: i64, more: Value) -> Vec<u8> {
    let mut shown = json!({"system_id": "abc123", "status": status, "status_name": "", "owner": null,
        "current_commissioning_result_id": 7, "commissioning_status": 2, "tag_names": []});
    let Value::Object(more) = more else { panic!("fields") };
    shown.as_object_mut().unwrap().extend(more);
    json(&shown)
}

/// Describes a machine that has this id in MAAS.
pub(crate) fn machine(system_id: &str) -> Machine {
    let mut machine = Machine::new(MachineId::new("srv001").unwrap());
    machine.settings.insert(PluginName::from_static("maas"), json!({ "system_id": system_id }));
    machine
}

/// Connects to a service with enough patience.
pub(crate) fn commissioner(service: &Service) -> MaasCommissioner {
    patient(&service.url, PATIENCE)
}

/// Connects with this patience for each request.
pub(crate) fn patient(url: &str, patience: Duration) -> MaasCommissioner {
    let timeouts = Timeouts { connect: patience, read: patience, command: patience };
    with(MaasConfig { timeouts, ..MaasConfig::new(url, SecretRef::new("static:maas").unwrap()) }).unwrap()
}

pub(crate) fn with(config: MaasConfig) -> Result<MaasCommissioner, hwautomation_core::error::Error> {
    let credentials = StaticCredentials::default().with("maas", Secret::new(KEY));
    MaasCommissioner::new(&config, Arc::new(credentials))
}
