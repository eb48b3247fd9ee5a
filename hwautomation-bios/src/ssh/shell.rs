//! Core's [`RemoteShell`] over SSH.

use super::config::{SshConfig, SshSettings};
use super::error::SshError;
use super::pins::HostKeyPins;
use super::transport::{Finished, Pool, Road};
use super::{files, quoting};
use async_trait::async_trait;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{CredentialSource, RemoteShell, ShellCommand, ShellOutput};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How much of what a script of ours complains is read.
const COMPLAINT_BYTES_MAX: usize = 4096;

/// Runs commands on hosts over SSH, as the account's POSIX shell takes them.
///
/// A machine's connection is kept and used again, as long as its boot generation, its address and its settings stay
/// the same; it is closed when nobody used it for a while, and when the shell is dropped.
///
/// The host's key is checked against [`HostKeyPins`] or `settings.ssh.host_keys` before the credential is shown.
/// Nothing is tried twice, but a kept connection that turns out to be dead before a command was handed to it is
/// replaced once.
///
/// Dropping a call that runs leaves the command on the host to itself.
#[derive(Debug)]
pub struct SshShell {
    config: SshConfig,
    pool: Pool,
}

/// Says what to run within which limits.
struct Job {
    line: String,
    stdin: Vec<u8>,
    keep_max: usize,
    timeout: Duration,
}

impl SshShell {
    /// Makes a shell that has no connection yet.
    ///
    /// # Errors
    ///
    /// `Invalid` when the configuration has values that cannot be.
    pub fn new(
        config: SshConfig,
        credentials: Arc<dyn CredentialSource>,
        pins: Arc<dyn HostKeyPins>,
    ) -> Result<Self> {
        config.validate()?;
        Ok(Self { pool: Pool::new(config.clone(), credentials, pins), config })
    }

    fn road(&self, machine: &Machine) -> Result<Road> {
        let settings = SshSettings::of(machine)?;
        let nominal = SocketAddr::new(machine.host_address()?, settings.port);
        Ok(Road {
            machine: machine.id.clone(),
            generation: machine.boot_generation,
            socket: self.config.connect.resolve(nominal),
            credential: machine.credential("ssh")?.clone(),
            settings,
        })
    }

    async fn finish(&self, road: &Road, job: Job) -> Result<Finished, SshError> {
        let (usage, channel) = self.pool.open(road).await?;
        let running = Finished::run(channel, job.line, job.stdin, job.keep_max);
        let finished =
            timeout(job.timeout, running).await.map_err(|_| SshError::CommandTimeout(job.timeout))?;
        if matches!(finished, Ok(_) | Err(SshError::ExecRefused)) {
            usage.finish();
        }
        finished
    }
}

#[async_trait]
impl RemoteShell for SshShell {
    async fn run(&self, machine: &Machine, command: &ShellCommand) -> Result<ShellOutput> {
        let road = self.road(machine)?;
        // The arguments are left out: they may hold a secret.
        let what = action(&format!("running {:?}", command.program), &road);
        let ran = async {
            let line = quoting::line(&command.program, command.args.iter().map(String::as_str))?;
            let (stdin, keep_max) = (command.stdin.clone(), command.output_bytes_max);
            self.finish(&road, Job { line, stdin, keep_max, timeout: command.timeout }).await
        };
        let Finished { status, stdout, stderr } = ran.await.map_err(|error| error.into_error(&what))?;
        tracing::debug!(machine = %machine.id, program = command.program, status, "command ended");
        Ok(ShellOutput { status, stdout, stderr })
    }

    async fn put(&self, machine: &Machine, path: &str, content: &[u8]) -> Result<()> {
        let road = self.road(machine)?;
        let what = action(&format!("putting {path:?}"), &road);
        let put = async {
            let args = files::put_args(path, content.len())?;
            let line = quoting::line("sh", args.iter().map(String::as_str))?;
            let (stdin, keep_max) = (content.to_vec(), COMPLAINT_BYTES_MAX);
            let job = Job { line, stdin, keep_max, timeout: self.config.file_timeout };
            files::put_answer(&self.finish(&road, job).await?)
        };
        put.await.map_err(|error| error.into_error(&what))
    }

    async fn get(&self, machine: &Machine, path: &str, bytes_max: usize) -> Result<Vec<u8>> {
        let road = self.road(machine)?;
        let what = action(&format!("getting {path:?}"), &road);
        let got = async {
            let args = files::get_args(path, bytes_max)?;
            let line = quoting::line("sh", args.iter().map(String::as_str))?;
            // One byte more than allowed shows that there is more.
            let keep_max = bytes_max.saturating_add(1).max(COMPLAINT_BYTES_MAX);
            let job = Job { line, stdin: Vec::new(), keep_max, timeout: self.config.file_timeout };
            files::get_answer(self.finish(&road, job).await?, bytes_max)
        };
        got.await.map_err(|error| error.into_error(&what))
    }
}

fn action(doing: &str, road: &Road) -> String {
    format!("{doing} on machine {} over SSH at {}", road.machine, road.socket)
}
