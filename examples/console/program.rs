//! The program: the driver, and bytes both ways.

use crate::escape::{Escapes, Key};
use crate::options::Args;
use crate::power::fleet::Fleet;
use crate::power::login::Credentials;
use crate::power::resolve;
use crate::power::stop::Stop;
use crate::terminal::{self, Raw};
use crate::words;
use clap::Parser;
use hwautomation_core::error::{Error, ErrorKind, ErrorRecord, Result};
use hwautomation_ipmi::{Console, IpmiConfig, IpmiController};
use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

/// How much may wait to be typed before more is read.
const PENDING_MAX: usize = 64 * 1024;
/// How much is typed at a time.
const PIECE_MAX: usize = 512;

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
    words::tell(&error);
    ExitCode::FAILURE
}

async fn run(args: &Args) -> Result<(), ErrorRecord> {
    let record = |error: Error| ErrorRecord::from(&error);
    let stop = Stop::with_hangup();
    let mut stop =
        stop.map_err(|cause| record(Error::internal("listening for signals").with_source(cause)))?;
    let (fleet, ipmi) = prepare(args, &mut stop).await.map_err(record)?;
    let ended = serve(args, &fleet, &ipmi, &mut stop).await;
    ipmi.close().await;
    ended.map_err(|error| words::of_driver(&fleet, &error))
}

/// Finds the BMC, and who logs in.
async fn prepare(args: &Args, stop: &mut Stop) -> Result<(Fleet, IpmiController)> {
    let hosts = vec![args.host.clone()];
    resolve::check(&hosts)?;
    let known = HashMap::new();
    let credentials = Credentials::new(&args.access, None, stop).await?;
    let found = tokio::select! {
        found = resolve::resolve(hosts, &known) => found,
        () = stop.asked() => return Err(Error::new(ErrorKind::Cancelled, "stopped, so nothing was sent")),
    };
    let mut fleet = Fleet::new(found, &credentials.login)?;
    if let Some((_, error)) = fleet.lost.pop() {
        return Err(error);
    }
    let config = IpmiConfig { connect: fleet.connect(), ..args.access.config(1)? };
    let ipmi = IpmiController::new(config, credentials.source)?;
    Ok((fleet, ipmi))
}

/// Opens the console, and talks.
async fn serve(args: &Args, fleet: &Fleet, ipmi: &IpmiController, stop: &mut Stop) -> Result<()> {
    let Some(machine) = fleet.machines.first() else { return Ok(()) };
    let open = async {
        if args.take {
            ipmi.end_console(machine).await?;
        }
        ipmi.console(machine).await
    };
    let console = tokio::select! {
        console = open => console?,
        () = stop.asked() => return Ok(()),
    };
    converse(console, args, stop).await
}

/// Talks until it ends or somebody wants it to end, and gives the console back.
async fn converse(console: Console, args: &Args, stop: &mut Stop) -> Result<()> {
    let ended = tokio::select! {
        ended = talk(&console, Duration::from_secs(args.idle)) => ended,
        () = stop.asked() => Ok(()),
    };
    console.close().await;
    ended.map_err(words::of_stream)
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
        (Err(late), Ended::Left) if late.kind() == io::ErrorKind::TimedOut => Ok(ended),
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
        Err(full) if full.kind() == io::ErrorKind::WouldBlock => drop(std::io::stderr().write_all(b"\x07")),
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
