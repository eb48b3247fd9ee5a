//! The program: options, the driver, and bytes both ways.

use crate::escape::{Escapes, Key};
use crate::terminal::{self, Raw};
use clap::Parser;
use hwautomation_core::error::{Error, Result};
use hwautomation_core::id::{MachineId, PluginName};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::CredentialsByScheme;
use hwautomation_core::secret::SecretRef;
use hwautomation_ipmi::{Console, IpmiConfig, IpmiController};
use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

const PORT: u16 = 623;
/// How much may wait to be typed before more is read.
const PENDING_MAX: usize = 64 * 1024;
/// How much is typed at a time.
const PIECE_MAX: usize = 512;

/// Brings a machine's serial console to this terminal
#[derive(Debug, Parser)]
#[command(
    name = "console",
    after_help = "On a terminal, at the beginning of a line: ~. leaves, ~B sends a break"
)]
struct Args {
    /// The BMC: a name or an address, with :PORT unless it is 623
    host: String,
    /// The BMC user
    #[arg(long, short, value_name = "NAME")]
    user: String,
    /// Which variable holds the password
    #[arg(long, value_name = "VARIABLE", default_value = "IPMI_PASSWORD")]
    password_env: String,
    /// Ends the console of somebody else first
    #[arg(long)]
    take: bool,
    /// Ends when nothing came, or nothing was taken of the last that was typed, for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    idle: u64,
}

/// Why it ended.
enum Ended {
    Left,
    /// Standard input has no more.
    Typed,
}

pub fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let ended = runtime.block_on(run(&args));
    runtime.shutdown_background();
    let Err(error) = ended else { return ExitCode::SUCCESS };
    eprintln!("console: {error}");
    if let Some(remedy) = error.remedy() {
        eprintln!("→ {remedy}");
    }
    ExitCode::FAILURE
}

async fn run(args: &Args) -> Result<()> {
    let (machine, connect) = machine(args)?;
    let config = IpmiConfig { connect, ..IpmiConfig::default() };
    let ipmi = IpmiController::new(config, Arc::new(CredentialsByScheme::usual()))?;
    if args.take {
        ipmi.end_console(&machine).await?;
    }
    let console = ipmi.console(&machine).await?;
    let ended = talk(&console, Duration::from_secs(args.idle)).await;
    console.close().await;
    ipmi.close().await;
    ended.map_err(why)
}

/// Describes the machine as a site's list of machines would.
fn machine(args: &Args) -> Result<(Machine, ConnectMap)> {
    let socket = resolve(&args.host)?;
    let mut machine = Machine::new(MachineId::from_static("console"));
    machine.addresses.bmc = Some(socket.ip());
    machine.credentials.insert("bmc".to_owned(), SecretRef::new(format!("env:{}", args.password_env))?);
    let settings = serde_json::json!({"username": args.user});
    machine.settings.insert(PluginName::from_static("ipmi"), settings);
    Ok((machine, ConnectMap::default().with(SocketAddr::new(socket.ip(), PORT), socket)))
}

fn resolve(host: &str) -> Result<SocketAddr> {
    let found = host.to_socket_addrs().or_else(|_| (host, PORT).to_socket_addrs());
    let first = found.ok().and_then(|mut found| found.next());
    first.ok_or_else(|| {
        Error::not_found(format!("the BMC {host} is not found")).with_remedy("correct its name")
    })
}

/// Types what comes from standard input, and shows what the machine writes.
async fn talk(console: &Console, idle: Duration) -> std::io::Result<()> {
    let raw = Raw::new()?;
    if raw.is_some() {
        eprint!("~. leaves, ~B sends a break\r\n");
    }
    let ended = tokio::select! {
        ended = show(console) => ended.map(|()| Ended::Left),
        ended = type_in(console, terminal::keys(), raw.as_ref().map(|_| Escapes::default()), idle) => ended,
        stopped = tokio::signal::ctrl_c() => stopped.map(|()| Ended::Left),
    };
    match ended? {
        Ended::Left => Ok(()),
        Ended::Typed => show_until_idle(console, idle).await,
    }
}

async fn show(console: &Console) -> std::io::Result<()> {
    let (mut ends, mut bytes) = (console, [0; 1024]);
    loop {
        let length = ends.read(&mut bytes).await?;
        print(&bytes[..length])?;
    }
}

async fn show_until_idle(console: &Console, idle: Duration) -> std::io::Result<()> {
    let (mut ends, mut bytes) = (console, [0; 1024]);
    while let Ok(length) = timeout(idle, ends.read(&mut bytes)).await {
        print(&bytes[..length?])?;
    }
    Ok(())
}

fn print(bytes: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Types until there is no more, or the person leaves: also while the machine takes nothing. What was typed before that
/// is typed first.
async fn type_in(
    console: &Console,
    mut keys: Receiver<Vec<u8>>,
    mut escapes: Option<Escapes>,
    idle: Duration,
) -> std::io::Result<Ended> {
    let mut pending = VecDeque::new();
    let ended = loop {
        tokio::select! {
            typed = type_first(console, &pending), if !pending.is_empty() => drop(pending.drain(..typed?)),
            read = keys.recv(), if pending.len() < PENDING_MAX => {
                let Some(bytes) = read else { break Ended::Typed };
                let understand = |byte| escapes.as_mut().map_or_else(|| vec![Key::Type(byte)], |to| to.read(byte));
                pending.extend(bytes.into_iter().flat_map(understand));
                if let Some(end) = pending.iter().position(|key| *key == Key::Leave) {
                    pending.truncate(end);
                    break Ended::Left;
                }
            }
        }
    };
    match (finish(console, pending, idle).await, &ended) {
        // Who leaves does not wait for a machine that takes nothing.
        (Err(late), Ended::Left) if late.kind() == ErrorKind::TimedOut => Ok(ended),
        (finished, _) => finished.map(|()| ended),
    }
}

/// Types the first of these keys, and tells how many that were. A break has its place between them.
async fn type_first(mut console: &Console, keys: &VecDeque<Key>) -> std::io::Result<usize> {
    let bytes = keys.iter().map_while(|key| if let Key::Type(byte) = key { Some(*byte) } else { None });
    let bytes: Vec<u8> = bytes.take(PIECE_MAX).collect();
    if !bytes.is_empty() {
        return console.write(&bytes).await;
    }
    match console.send_break() {
        // As many as may be wait already: this one is lost, and its key rings.
        Err(full) if full.kind() == ErrorKind::WouldBlock => drop(std::io::stderr().write_all(b"\x07")),
        sent => sent?,
    }
    Ok(1)
}

/// Types the rest, and waits until the machine has it: for each piece no longer than this.
async fn finish(mut console: &Console, mut pending: VecDeque<Key>, idle: Duration) -> std::io::Result<()> {
    while !pending.is_empty() {
        let typed = timeout(idle, type_first(console, &pending)).await??;
        pending.drain(..typed);
    }
    timeout(idle, console.flush()).await?
}

/// Finds what the driver said in the error of a stream.
fn why(cause: std::io::Error) -> Error {
    let said = cause.get_ref().and_then(|inner| inner.downcast_ref::<Arc<Error>>());
    match said {
        Some(said) => {
            let error = Error::new(said.kind(), said.message().to_owned());
            said.remedy().map(str::to_owned).into_iter().fold(error, Error::with_remedy)
        }
        None if cause.kind() == ErrorKind::TimedOut => Error::new(
            hwautomation_core::error::ErrorKind::Timeout,
            "the machine does not take what is typed",
        )
        .with_remedy("type when its system runs"),
        None => Error::internal("the console, or this terminal").with_source(cause),
    }
}
