//! The process that serves, on a core of its own.

use hwautomation_sim::FarmPlan;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

const SERVER_CORE: &str = "0";
const CLIENT_CORE: &str = "1";
const PAGE: u64 = 4096;

/// A process that serves until it is dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it ends, the server does.
    stdin: Option<ChildStdin>,
    pub(crate) port: u16,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> io::Result<Self> {
        let me = std::env::current_exe()?;
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]).arg(me).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let mut port = String::new();
        BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?).read_line(&mut port)?;
        let port = port.trim().parse().map_err(io::Error::other)?;
        Ok(Self { child, stdin, port })
    }

    /// Returns how long it has been on a processor. It has one thread.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        Ok(Duration::from_nanos(self.number("schedstat", 0)?))
    }

    /// Returns how much memory it holds, in bytes.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        Ok(self.number("statm", 1)? * PAGE)
    }

    fn number(&self, file: &str, place: usize) -> io::Result<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?;
        let word = text.split_whitespace().nth(place).ok_or(io::ErrorKind::InvalidData)?;
        word.parse().map_err(io::Error::other)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.child.wait().expect("it ends with its standard input");
    }
}

/// Keeps the client away from the server's core.
pub(crate) fn pin_this_process() {
    let id = std::process::id().to_string();
    let mut command = Command::new("taskset");
    let pinned = command.args(["-cp", CLIENT_CORE, &id]).stdout(Stdio::null()).status();
    assert!(pinned.is_ok_and(|status| status.success()), "taskset pins the client to core {CLIENT_CORE}");
}

/// Serves a farm until standard input ends.
pub(crate) fn serve(count: usize) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let farm = FarmPlan::new(count).port(0).start().await?;
        until_told_to_end(farm.port()).await
    })
}

/// Says where it serves, and waits for the end of standard input.
pub(crate) async fn until_told_to_end(port: u16) -> io::Result<()> {
    writeln!(io::stdout(), "{port}")?;
    let ended = tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new()));
    ended.await?.map(|_| ())
}
