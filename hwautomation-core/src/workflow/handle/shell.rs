//! A shell on the host of one machine.

use super::PowerLedger;
use crate::error::{Error, ErrorKind, Result};
use crate::machine::Machine;
use crate::plugin::{RemoteShell, ShellCommand, ShellOutput};
use crate::workflow::Call;
use std::sync::Arc;

/// Runs commands on the host of one machine.
#[derive(Debug, Clone)]
pub struct ShellHandle {
    pub(in crate::workflow) machine: Arc<Machine>,
    pub(in crate::workflow) plugin: Arc<dyn RemoteShell>,
    pub(in crate::workflow) ledger: Arc<PowerLedger>,
}

impl ShellHandle {
    /// Runs a command that changes nothing that matters. Wrap one that does into
    /// [`once`](crate::workflow::WorkflowContext::once).
    ///
    /// # Errors
    ///
    /// Those of [`RemoteShell::run`].
    pub async fn run(self, command: &ShellCommand) -> Result<ShellOutput> {
        self.plugin.run(&self.machine, command).await
    }

    /// Writes a file.
    ///
    /// # Errors
    ///
    /// Those of [`RemoteShell::put`].
    pub async fn put(self, path: &str, content: &[u8]) -> Result<()> {
        self.plugin.put(&self.machine, path, content).await
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Those of [`RemoteShell::get`].
    pub async fn get(self, path: &str, bytes_max: usize) -> Result<Vec<u8>> {
        self.plugin.get(&self.machine, path, bytes_max).await
    }

    /// Prepares to restart the host from within. It is a power command and needs a fresh reading like any other.
    pub fn reboot(self, command: ShellCommand) -> Call<()> {
        let Self { machine, plugin, ledger } = self;
        let run = async move {
            let output = plugin.run(&machine, &command).await?;
            if output.succeeded() {
                return Ok(());
            }
            Err(Error::new(
                ErrorKind::Refused,
                format!("{} on machine {} failed", command.program, machine.id),
            )
            .with_remedy("log in and see whether the account may restart the host"))
        };
        Call::new("in-band restart", run).guarded_by(ledger).boots(true)
    }
}
